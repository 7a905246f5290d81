"""What every part asks of the machine: a free port, a program that was built, that something comes true, or is starved."""

import contextlib
import itertools
import os
import pathlib
import random
import socket
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[3]


class HarnessError(Exception):
    """Of the parts that the tests put together, not of what they test."""


class NotInTime(HarnessError):
    pass


def wait_for(condition, timeout=30.0, what="the condition"):
    """The first true value of condition(), or NotInTime after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise NotInTime(f"{what}: not within {timeout} s")
        time.sleep(0.02)


# Below those that the kernel gives to outgoing connections; each of pytest's processes has a thousand of its own.
PORTS_FIRST, PORTS_EACH = 12000, 1000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.cycle(random.SystemRandom().sample(range(PORTS_EACH), PORTS_EACH))


def free_port():
    """A port that nobody listened on a moment ago. Whoever loses the race has to ask again."""
    for offset in itertools.islice(_ports, PORTS_EACH):
        port = PORTS_FIRST + _worker % 16 * PORTS_EACH + offset
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise HarnessError(f"none of {PORTS_EACH} ports from {PORTS_FIRST} on is free")


def find_built(name):
    """Of $WARDWATCH_BUILD, of the build that $WARDWATCH_BIN is in, or of the newest build folder; None if not built."""
    if os.environ.get("WARDWATCH_BUILD"):
        found = [pathlib.Path(os.environ["WARDWATCH_BUILD"]) / name]
    elif os.environ.get("WARDWATCH_BIN"):
        found = [pathlib.Path(os.environ["WARDWATCH_BIN"]).resolve().parents[1] / name]
    else:
        found = [*SOURCE.glob("build*/" + name), *SOURCE.glob("var/build*/" + name)]
    return max((f for f in found if f.exists()), key=lambda f: f.stat().st_mtime, default=None)


@contextlib.contextmanager
def starved(pid, processor):
    """The process gets next to nothing of its only processor: there are others there, and it comes behind all of them."""
    group, processors = pathlib.Path(f"/proc/{pid}/autogroup"), os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, {processor})
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    if group.exists():  # sessions share a processor fairly, whatever their processes are
        group.write_text("19")
    hogs = [subprocess.Popen(["taskset", "-c", str(processor), sys.executable, "-c", "while True: pass"], start_new_session=True)
            for _ in range(3)]
    try:
        for hog in hogs:
            if group.exists():
                pathlib.Path(f"/proc/{hog.pid}/autogroup").write_text("-20")
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
        os.sched_setaffinity(pid, processors)
        os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
        if group.exists():
            group.write_text("0")
