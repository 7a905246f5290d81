#!/usr/bin/python3
"""A long life, replayed: the same alarms to the byte, from a file and from PostgreSQL.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/replay_live.py [--messages 10000000] [--folder DIR]

Publishes the messages through a real broker into a real daemon with a real PostgreSQL, until all are stored. Then it
writes the journal down as a recording and replays that, and the history in PostgreSQL, and compares every change of
every alarm with what the live run had written. Prints JSON; the exit code is 1 if anything differs. It needs some
2 KiB of disk a message. Use a build without sanitizers; this is no part of `tests/bench/run`.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import live
from live import Daemon, wait_for

from harness import spine
from harness.postgres import Postgres
from harness.scene import no_answer, read_live

START, END = b'{"in":"output","record":', b"}\n"
DEVICES = 1000
RULES = """\
- rule: now-and-then
  select: {x: {kind: passage, where: "number % 1000 == 500"}}
  by: device
  clear: {quiet: 5s}
  raise: {hazard: theft, priority: low}
  examples: [{given: [0s x D1 number=1500], alarms: [0s D1]}]
- rule: second-after-first
  select:
    first: {kind: passage, where: "number % 3000 == 3"}
    second: {kind: passage, where: "number % 3000 == 6"}
  by: device
  sequence: [first, second]
  within: 1h
  clear: {quiet: 3s}
  raise: {hazard: theft, priority: high}
  examples: [{given: [0s first D1 number=3003, 5s second D1 number=6], alarms: [5s D1]}]
- rule: many-at-once
  select: {x: {kind: passage, where: "number % 2000 == 7"}}
  within: 2s
  when: distinct(x.device) >= 20
  raise: {hazard: theft, priority: medium}
  examples: [{given: [0s x device=D1 number=7], alarms: []}]
""" + no_answer("1s", "number % 4000", 200)


class Digest:
    """Of lines, in order."""

    def __init__(self):
        self.hash, self.lines = hashlib.sha256(), 0

    def add(self, line):
        self.hash.update(line)
        self.lines += 1

    def __eq__(self, other):
        return (self.lines, self.hash.digest()) == (other.lines, other.hash.digest())


def command(daemon, *words):
    return [os.environ["WARDWATCH_BIN"], *words, "-c", str(daemon.config)]


def lived(daemon, recording):
    """The changes that the journal has; all of it goes into the recording."""
    digest = Digest()
    with recording.open("wb") as out:
        process = subprocess.Popen(command(daemon, "journal", "dump", "--json"), stdout=subprocess.PIPE)
        for line in process.stdout:
            out.write(line)
            if line.startswith(START) and json.loads(line)["record"]["type"] == "transition":
                digest.add(line[len(START):-len(END)])
    if process.wait():
        sys.exit("the journal could not be written down")
    return digest


def replayed(daemon, *words):
    began, digest = time.monotonic(), Digest()
    process = subprocess.Popen(command(daemon, "replay", *words, "--as-recorded", "--json"), stdout=subprocess.PIPE)
    for line in process.stdout:
        digest.add(line.rstrip(b"\n"))
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit("the replay failed")
    return digest, round(time.monotonic() - began, 1), round(usage.ru_maxrss / 1024, 1)


def live_run(options, daemon, broker, postgres):
    began = time.monotonic()
    words = [live.LOAD, "--port", str(broker.port), "--count", str(options.messages), "--devices", str(DEVICES),
             "--topic", "bulk/{device}", "--payload", '{"device":"{device}","number":{number}}', "--give-up", "3600"]
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    wait_for(lambda: postgres.value("SELECT count(*) FROM message") >= options.messages, 3600, "every message in PostgreSQL")
    wait_for(lambda: calm(daemon), 60, "the end of what ends by itself")
    spine.settle(daemon)
    return time.monotonic() - began


def calm(daemon):
    """Nothing changes by itself any more: a recording ends with its last line, and what comes behind it is not in it."""
    with daemon.connect() as feed:
        alarms = read_live(feed)[0]
    return not [a for (rule, _), a in alarms.items() if rule != "no-answer" and a["regions"]["active"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--folder", default=os.environ.get("TMPDIR", "/var/tmp"))
    options = parser.parse_args()
    found = {"messages": options.messages}
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        rules = spine.write_rules(folder / "rules", RULES)
        settings = {"journal.size": f"{max(1, options.messages // 1_500_000)}GiB", "mqtt.batch": live.RECEIVE_MAXIMUM,
                    "mqtt.bulk": ["bulk/#"], "log.level": "notice"}
        with live.broker(folder) as broker, Postgres(extra="max_wal_size = 8GB\nautovacuum = off") as postgres:
            daemon = Daemon(folder, broker=broker, postgres=postgres, rules=rules, settings=settings)
            try:
                spine.migrate(postgres, daemon.config)
                daemon.start()
                daemon.wait_live()
                found["live_seconds"] = round(live_run(options, daemon, broker, postgres), 1)
                recording = folder / "recording.jsonl"
                wanted = lived(daemon, recording)
                found["changes"] = wanted.lines
                found["changes_in_postgres"] = postgres.value("SELECT count(*) FROM alarm_transition")
                for what, words in (("file", [str(recording)]), ("postgres", [])):
                    got, seconds, mib = replayed(daemon, *words)
                    found[what] = {"same": got == wanted, "changes": got.lines, "seconds": seconds, "peak_mib": mib}
            finally:
                daemon.close()
    print(json.dumps(found, indent=2))
    same = found["file"]["same"] and found["postgres"]["same"] and found["changes_in_postgres"] == found["changes"]
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
