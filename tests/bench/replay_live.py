#!/usr/bin/python3
"""A long life, replayed: the same alarms to the byte, from a file and from PostgreSQL.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/replay_live.py [--messages 10000000] [--folder DIR]
    WARDWATCH_BUILD=/tmp/build-release tests/bench/replay_live.py --days 30 [--daily 100000] [--folder DIR]

Publishes the messages through a real broker into a real daemon with a real PostgreSQL, until all are stored. With
--days the journal is that of so many days, made in advance by a clock that is moved by hand (month.c): the real daemon
starts on it, replays and compares all of it, and stores it. Then the journal is written down as a recording, that and
the history in PostgreSQL are replayed, and every change of every alarm is compared with what the journal had.

Prints JSON; the exit code is 1 if anything differs. It needs some 2 KiB of disk a message. Use a build without
sanitizers; this is no part of `tests/bench/run`.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import live
from live import BUILD, Daemon, wait_for

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


# windows of hours and days, the night, what does not come: all that a month has and a minute has not
MONTH_RULES = """\
- rule: few-in-an-hour
  select: {x: {kind: passage}}
  by: device
  every: 1h
  when: count(x) < 12
  clear: {quiet: 2h}
  raise: {hazard: theft, priority: low}
  examples: [{given: [0s x D1 number=1], until: 2h, alarms: [1h D1]}]
- rule: many-in-a-day
  select: {x: {kind: passage}}
  by: device
  every: 1d
  when: count(x) >= 520
  clear: {quiet: 6h}
  raise: {hazard: theft, priority: medium}
  examples: [{given: [0s x D1 number=1], alarms: []}]
- rule: hundreds-within-a-day
  select: {x: {kind: passage, where: "number % 100 == 0"}}
  by: device
  within: 24h
  when: count(x) >= 9
  raise: {hazard: theft, priority: medium}
  examples: [{given: [0s x D1 number=100], alarms: []}]
- rule: at-night
  select: {x: {kind: passage, where: "number % 1000 == 0"}}
  while: schedule(night)
  clear: {quiet: 10m}
  raise: {hazard: theft, priority: high}
  examples: [{start: "2026-01-01T23:00:00+01:00", given: [0s x device=D1 number=1000], alarms: [0s]}]
- rule: over-hours
  select:
    first: {kind: passage, where: "number % 9000 == 1"}
    second: {kind: passage, where: "number % 9000 == 8000"}
  sequence: [first, second]
  within: 3h
  clear: {quiet: 1h}
  raise: {hazard: theft, priority: high}
  examples: [{given: [0s first device=D1 number=1, 2h second device=D1 number=8000], alarms: [2h]}]
- rule: no-answer
  select:
    ask: {kind: passage, where: "number % 5000 == 10"}
    answer: {kind: passage, where: "number % 5000 == 60"}
  after: ask
  expect: answer
  for: 40s
  raise: {hazard: sabotage, priority: high}
  examples: [{given: [0s ask device=D1 number=10], alarms: [40s]}]
- rule: at-risk
  select: {x: {kind: passage, where: "number % 10 == 0"}}
  by: device
  when: score(x, 2h) >= 8
  raise: {hazard: theft, priority: medium}
  examples: [{given: [0s x D1 number=10], alarms: []}]
"""
MONTH_SITE = """\
site: test
timezone: Europe/Berlin
schedules:
  night: {daily: "22:00-06:00"}
"""


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


def compared(daemon, postgres, folder, wanted, *words):
    """What the replays give, of a life whose changes are `wanted`."""
    found = {}
    for what, source in (("file", [str(folder / "recording.jsonl")]), ("postgres", [])):
        got, seconds, mib = replayed(daemon, *source, *words)
        found[what] = {"same": got == wanted, "changes": got.lines, "seconds": seconds, "peak_mib": mib}
    return found


def by_broker(options, folder, broker, postgres):
    settings = {"journal.size": f"{max(1, options.messages // 1_500_000)}GiB", "mqtt.batch": live.RECEIVE_MAXIMUM}
    daemon = made(folder, broker, postgres, RULES, settings)
    try:
        daemon.start()
        daemon.wait_live()
        seconds = round(live_run(options, daemon, broker, postgres), 1)
        wanted = lived(daemon, folder / "recording.jsonl")
        stored = postgres.value("SELECT count(*) FROM alarm_transition")
        return {"messages": options.messages, "live_seconds": seconds, "changes": wanted.lines,
                "changes_in_postgres": stored} | compared(daemon, postgres, folder, wanted)
    finally:
        daemon.close()


def by_days(options, folder, broker, postgres):
    daemon = made(folder, broker, postgres, MONTH_RULES, {"journal.size": "4GiB"}, MONTH_SITE)
    end = (datetime.datetime(2026, 1, 1) + datetime.timedelta(days=options.days)).isoformat() + "Z"
    try:
        (daemon.folder / "state").mkdir()
        subprocess.run([BUILD / "tests/bench/bench-month", daemon.config, str(options.days), str(options.daily)], check=True,
                       stdout=sys.stderr)
        wanted = lived(daemon, folder / "recording.jsonl")
        daemon.start(timeout=600)
        daemon.wait_live()
        messages = options.days * options.daily
        wait_for(lambda: postgres.value("SELECT count(*) FROM message") >= messages, 3600, "every message in PostgreSQL")
        spine.settle(daemon)
        stored = postgres.value("SELECT count(*) FROM alarm_transition WHERE time < %s", end)
        return {"days": options.days, "messages": messages, "replay_differs": daemon.status()["replay_differs"],
                "changes": wanted.lines, "changes_in_postgres": stored} | compared(daemon, postgres, folder, wanted, "--to", end)
    finally:
        daemon.close()


def made(folder, broker, postgres, rules, settings, site=spine.SITE):
    settings = settings | {"mqtt.bulk": ["bulk/#"], "log.level": "notice"}
    daemon = Daemon(folder, broker=broker, postgres=postgres, rules=spine.write_rules(folder / "rules", rules, site=site),
                    settings=settings)
    spine.migrate(postgres, daemon.config)
    return daemon


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--days", type=int)
    parser.add_argument("--daily", type=int, default=100_000)
    parser.add_argument("--folder", default=os.environ.get("TMPDIR", "/var/tmp"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        with live.broker(folder) as broker, Postgres(extra="max_wal_size = 8GB\nautovacuum = off") as postgres:
            found = (by_days if options.days else by_broker)(options, folder, broker, postgres)
    print(json.dumps(found, indent=2))
    same = found["file"]["same"] and found["postgres"]["same"] and found["changes_in_postgres"] == found["changes"]
    sys.exit(0 if same and not found.get("replay_differs") else 1)


if __name__ == "__main__":
    main()
