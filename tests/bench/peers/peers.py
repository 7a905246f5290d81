#!/usr/bin/python3
"""Correlation beside its peers: syslog-ng's patterndb and SEC, over the same events in the same run.

    WARDWATCH_BUILD=/tmp/build tests/bench/peers/peers.py [--events 299000] [--rounds 3]

Ten rules: a badge that is refused three times within five minutes in one of ten zones. Wardwatch gets the events as the
JSON messages that a door controller publishes, the peers as syslog lines of two thirds of the length, with the zone in
them. Each is one process; what counts is its processor time, start-up taken off, and it is done when it has ended by
itself and its alarms are in their file, the marker behind the last line with them. They run in turn, because the machine
is noisy; of the two fast ones each round takes the best of three runs, and ratios are taken round by round. The events
span less than five minutes, so that SEC, which knows no time but the clock's, can come to the same alarms; that all of
them are the same is checked.

Prints JSON. Use a release build.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import patterndb
import sec

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("WARDWATCH_BUILD", HERE.parents[2] / "build"))
LINES = BUILD / "tests" / "bench" / "bench-lines"
EVENTS_MAX = 299_999  # one each millisecond
BEST_OF = 3  # of those that are done in a second
PACKAGES = {"syslog-ng": "syslog-ng-core", "sec": "sec"}


class Wardwatch:
    name = "wardwatch"

    def __init__(self, folder):
        self.alarms_file = folder / "wardwatch.alarms"

    def command(self, lines):
        return [str(LINES), "correlate", str(lines)]

    def finish(self, out):
        self.alarms_file.write_text(out)

    def alarms(self):
        return self.alarms_file.read_text().splitlines()


def cpu(peer, lines, folder):
    """Processor seconds of the peer over these lines."""
    feeder = subprocess.Popen(["cat", str(lines)], stdout=subprocess.PIPE) if getattr(peer, "reads_stdin", False) else None
    with open(folder / "out", "w+", encoding="utf-8") as out, open(folder / "err", "w+", encoding="utf-8") as err:
        process = subprocess.Popen(peer.command(lines), stdin=feeder.stdout if feeder else subprocess.DEVNULL, stdout=out,
                                   stderr=err)
        if feeder:
            feeder.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if feeder:
            feeder.wait()
        if process.returncode:
            err.seek(0)
            sys.exit(f"{peer.name} failed: {err.read()}")
        out.seek(0)
        peer.finish(out.read())
    return usage.ru_utime + usage.ru_stime


def least(peer, lines, folder):
    runs = 1 if isinstance(peer, sec.Sec) else BEST_OF
    return min(cpu(peer, lines, folder) for _ in range(runs))


def write_lines(folder, form, events, last):
    path = folder / f"{form}-{events}"
    with open(path, "w", encoding="utf-8") as out:
        subprocess.run([str(LINES), form, str(events)], stdout=out, check=True)
        out.write(last)
    return path


def measure(folder, events, rounds):
    forms = {"messages": "", "syslog": patterndb.LAST_LINE}
    full, none = ({form: write_lines(folder, form, n, last) for form, last in forms.items()} for n in (events, 0))
    peers = [Wardwatch(folder), patterndb.Patterndb(folder), sec.Sec(folder, "kind"), sec.Sec(folder, "zone")]
    rates = []
    for _ in range(rounds):
        rate = {}
        for peer in peers:
            form = "messages" if peer.name == "wardwatch" else "syslog"
            start = least(peer, none[form], folder)
            rate[peer.name] = events / (least(peer, full[form], folder) - start)
        rates.append(rate)
    return peers, rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=EVENTS_MAX - 999)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not 1 <= options.events <= EVENTS_MAX or options.rounds < 1:
        parser.error(f"--events is 1 to {EVENTS_MAX}, --rounds at least 1")
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program, path="/usr/sbin:/usr/bin")]
    if missing:
        print(json.dumps({"missing": missing}))
        return
    with tempfile.TemporaryDirectory(prefix="wardwatch-peers-") as name:
        peers, rates = measure(pathlib.Path(name), options.events, options.rounds)
        alarms = {peer.name: sorted(peer.alarms()) for peer in peers}
    if not alarms["wardwatch"]:
        sys.exit("nothing was raised: that is no comparison")
    ours = rates[0].keys() - {"wardwatch"}
    print(json.dumps({
        "events": options.events,
        "rates": {name: round(statistics.median(r[name] for r in rates)) for name in rates[0]},
        "ratios": {name: [round(r["wardwatch"] / r[name], 2) for r in rates] for name in sorted(ours)},
        "alarms": {name: len(found) for name, found in alarms.items()},
        "same": all(found == alarms["wardwatch"] for found in alarms.values()),
    }, indent=1))


if __name__ == "__main__":
    main()
