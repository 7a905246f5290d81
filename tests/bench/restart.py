#!/usr/bin/python3
"""How long the daemon takes to be back with a million live keys: real broker, real journal, `kill -9`.

    WARDWATCH_BUILD=/tmp/build tests/bench/restart.py [--keys 1000000] [--rounds 3]

A rule counts refusals by badge, and as many badges as --keys are refused once: each is a live key. Once a snapshot has them
all, nine tenths of the inputs come that are due until the next one (journal.snapshot_inputs, as it is by itself), so that
the replay is nearly the longest that there can be. Then the supervisor and its workers are killed and started again, and the time runs until the engine answers and takes messages
(the intake's fence is back). No database: the store is no part of this.

Prints JSON. Use a release build.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import live
from live import TOPIC, Daemon, wait_for

JOURNAL_GIB = 2
SNAPSHOT_INPUTS = 500_000  # the default of journal.snapshot_inputs
LOT = 20_000
RULE = """\
- rule: probing
  select: {x: {kind: access.denied}}
  by: badge
  within: 12h
  when: count(x) >= 1000
  clear: {quiet: 12h}
  raise: {hazard: fraud, priority: low}
"""
PAYLOAD = ('{"type":"access","time":%d,"isKnown":"true","access":"Denied","username":"Nurse","uid":"{number}",'
           '"hostname":"door-ward-3"}')


def rules_folder(folder):
    rules = pathlib.Path(folder) / "rules"
    (rules / "hospital").mkdir(parents=True)
    (rules / "hospital" / "rule.yaml").write_text(RULE)
    (rules / "sensors").symlink_to(live.HERE.parents[1] / "rules" / "sensors")
    return rules


def publish(broker, count):
    """The badges from 1 on, one message each."""
    subprocess.run(live.load(broker.port, count, 1, PAYLOAD % time.time()), stdout=subprocess.DEVNULL, check=True)


def fill(broker, daemon, keys):
    """Messages until a snapshot has all keys; how many they were."""
    def snapshot():
        journal = daemon.status()["journal"]
        return -1 if journal["snapshot_at_work"] else journal["snapshot"] or 0

    publish(broker, keys)
    published = keys
    while snapshot() < keys:
        publish(broker, LOT)
        published += LOT
        wait_for(lambda: daemon.status()["sessions"]["bulk"]["messages"] >= published, 120, "all messages")
        wait_for(lambda: snapshot() >= 0, 120, "the end of a snapshot")
    return published


def restart(daemon):
    """(seconds, processor seconds of the engine)"""
    daemon.kill()
    began = time.monotonic()
    daemon.start(wait=False)
    wait_for(lambda: live.settled(daemon), 120, "a live intake")
    return time.monotonic() - began, live.cpu(daemon.workers()["engine"])


def measure(keys, rounds, folder):
    settings = {"mqtt.urgent": ["none/#"], "mqtt.bulk": [TOPIC], "mqtt.batch": live.RECEIVE_MAXIMUM,
                "journal.size": f"{JOURNAL_GIB}GiB", "log.level": "notice"}
    with live.broker(folder) as broker, \
            Daemon(folder, broker=broker, settings=settings, rules=rules_folder(folder)) as daemon:
        for _ in range(JOURNAL_GIB):  # each of the first starts fills a GiB of the journal with zeros, which takes its time
            wait_for(lambda: live.settled(daemon), 60, "a live intake")
            daemon.stop()
            daemon.start()
        wait_for(lambda: live.settled(daemon), 60, "a live intake")
        published = fill(broker, daemon, keys)
        publish(broker, SNAPSHOT_INPUTS * 9 // 10)
        published += SNAPSHOT_INPUTS * 9 // 10
        wait_for(lambda: daemon.status()["sessions"]["bulk"]["messages"] >= published, 120, "all messages")
        status = daemon.status()
        times = [restart(daemon) for _ in range(rounds)]
        after = daemon.status()
        assert after["stages"]["correlate"]["keys"] == status["stages"]["correlate"]["keys"] >= keys
        assert not after["replay_differs"]
        return {"keys": keys, "replayed": after["replayed"], "seconds": statistics.median(t for t, _ in times),
                "processor": statistics.median(p for _, p in times), "rounds": times}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wardwatch-restart-") as folder:
        print(json.dumps(measure(options.keys, options.rounds, folder), indent=1))


if __name__ == "__main__":
    main()
