#!/usr/bin/python3
"""Kills the journal's writer at each of its system calls that change the disk, and looks at what is left.

For each N the writer runs under strace, which delivers SIGKILL at (or an error from) its Nth such call, first into an
empty directory, and then into one that holds a journal already. Afterwards everything that the writer had printed as
safe must be there, in order and right, nothing may be wrong, and the next writer must go on where it was.

    journal_crash.py WRITER [--step N] [--turns N]      TAP on stdout
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

CALLS = "pwrite64,pwritev,write,fdatasync,fsync,msync,ftruncate,fallocate,rename,unlink,mkdir,openat,chmod,fchmod"
DISK = "pwrite64,pwritev,fdatasync"


# the leak checker of a sanitized writer stops processes as strace does: not both
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")


class Wrong(Exception):
    """What was promised is not so."""


def run(writer, directory, what, inject=None):
    """Runs the writer; its exit status and the numbers that it said were safe."""
    command = [writer, directory, str(what)]
    if inject:
        call = inject.split(":")[0]
        strace = ["strace", "-f", "-qq", "-e", f"trace={call}", "-e", f"inject={inject}", "-o", "/dev/null"]
        command = strace + command
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, env=ENVIRONMENT)
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    safe = max([int(word[1]) for word in lines if word[0] in ("safe", "head")], default=0)
    return done.returncode, safe, done.stderr.decode()


def verify(writer, directory, safe):
    """The journal holds all that is safe, and nothing that is wrong."""
    if not os.path.exists(os.path.join(directory, "journal", "data.mdb")):
        if safe:
            raise Wrong(f"no journal, but {safe} was safe")
        return
    status, _, errors = run(writer, directory, 0)
    if status:
        raise Wrong(f"the next writer cannot open: {errors}")
    done = subprocess.run([writer, directory, "verify"], stdout=subprocess.PIPE, timeout=120, check=False)
    words = done.stdout.decode().split()
    if done.returncode or len(words) != 6:
        raise Wrong(f"verify failed: {done.returncode} {words}")
    if int(words[1]) < safe:
        raise Wrong(f"head is {words[1]}, but {safe} was safe")
    if int(words[5]):
        raise Wrong(f"{words[5]} records are wrong")
    status, after, errors = run(writer, directory, 3)
    if status or after < safe + 1:
        raise Wrong(f"the next writer does not go on: {status} {after} {errors}")


def points(writer, directory, turns, calls, step):
    """(call, N) for the calls of a whole run, each by its own count, as strace counts them."""
    trace = os.path.join(directory, "trace")
    state = os.path.join(directory, "count")
    os.mkdir(state)
    subprocess.run(
        ["strace", "-f", "-qq", "-e", f"trace={calls}", "-o", trace, writer, state, str(turns)],
        stdout=subprocess.DEVNULL,
        env=ENVIRONMENT,
        timeout=120,
        check=True,
    )
    counts = {}
    with open(trace, encoding="ascii", errors="replace") as lines:
        for line in lines:
            words = line.split(None, 1)
            if len(words) == 2 and "(" in words[1]:
                call = words[1].split("(", 1)[0]
                counts[call] = counts.get(call, 0) + 1
    return [(call, n) for call, count in sorted(counts.items()) for n in range(1, count + 1)][::step]


def try_point(writer, base, directory, turns, inject):
    """One crash: a copy of `base` (or an empty directory), the writer, the look."""
    shutil.rmtree(directory, ignore_errors=True)
    if base:
        shutil.copytree(base, directory)
    else:
        os.mkdir(directory)
    status, safe, _ = run(writer, directory, turns, inject)
    verify(writer, directory, safe)
    return status


def series(args, top, name, base, calls, action, number):
    """One row of TAP: all points of one kind of fault."""
    struck = 0
    tried = points(args.writer, tempfile.mkdtemp(dir=top), args.turns, calls, args.step)
    for call, when in tried:
        inject = f"{call}:{action}:when={when}"
        try:
            struck += try_point(args.writer, base, os.path.join(top, "state"), args.turns, inject) != 0
        except Wrong as wrong:
            print(f"not ok {number} - {name}\n# at {inject}: {wrong}", flush=True)
            return False
    good = struck > len(tried) // 2
    print(f"{'ok' if good else 'not ok'} {number} - {name}\n# {len(tried)} points, it struck at {struck}", flush=True)
    return good


def main():
    """All series."""
    parser = argparse.ArgumentParser()
    parser.add_argument("writer")
    parser.add_argument("--step", type=int, default=1, help="try each Nth point")
    parser.add_argument("--turns", type=int, default=25)
    args = parser.parse_args()
    if not shutil.which("strace"):
        print("1..0 # SKIP strace is not installed")
        return 0
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        print("1..0 # SKIP strace may not trace here")
        return 0
    top = tempfile.mkdtemp(prefix="wardwatch-crash-")
    try:
        base = os.path.join(top, "base")
        os.mkdir(base)
        run(args.writer, base, 150)
        rows = [
            ("killed at each call, new journal", None, CALLS, "signal=KILL"),
            ("killed at each write and sync, old journal", base, DISK, "signal=KILL"),
            ("each sync fails", base, "fdatasync", "error=EIO"),
            ("each write fails", base, "pwrite64,pwritev", "error=EIO"),
            ("no space at each write", base, "pwrite64,pwritev", "error=ENOSPC"),
        ]
        print(f"1..{len(rows)}", flush=True)
        good = [series(args, top, *row, number) for number, row in enumerate(rows, 1)]
    finally:
        shutil.rmtree(top, ignore_errors=True)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
