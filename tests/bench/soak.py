#!/usr/bin/python3
"""A long watch: does anything grow that should not? Real broker, real PostgreSQL, the example hospital with all its rules.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/soak.py [--hours 2] [--rate 200] [--speed 10] [--samples FILE]

The simulated hospital lives --speed times as fast, a generator publishes --rate badge readings a second beside it, each
another one, and an operator acknowledges and disposes of what is raised. Each ten seconds is noted what the processes hold:
proportional memory without the journal's map, file descriptors, the store's lag. Nothing is judged while the caches
fill (the first quarter); then the last quarter is held against the second. At the end the generator's messages are counted
in PostgreSQL: lost 0, duplicated 0; no worker has been started again; and a replay of the journal concludes the same.

Prints JSON: of each process its MiB and descriptors in the second and in the last quarter, and the growth between them. The
exit code is 1 if something was lost, doubled, restarted or grew beyond --growth. Use a release build. This is no part of
`tests/bench/run`.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import live
from live import Daemon, wait_for
from week import settings

from harness import spine
from harness.postgres import Postgres
from harness.scene import read_live

ROOT = pathlib.Path(__file__).resolve().parents[2]
EVERY = 10.0  # s between two samples
DEVICES = 1000
PAYLOAD = ('{"type":"access","time":%d,"isKnown":"true","access":"Always","username":"Nurse {number}","uid":"04a1b2{device}",'
           '"hostname":"door-soak-{device}"}')
MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)")  # a line of smaps that begins one: the file


def memory(pid):
    """Proportional set size in KiB, without files of the journal: those pages are the kernel's to take back."""
    total, mapped = 0, ""
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        begins = MAPPING.fullmatch(line)
        if begins:
            mapped = begins[1]
        elif line.startswith("Pss:") and not mapped.endswith(".mdb"):
            total += int(line.split()[1])
    return total


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Operator:
    """Acknowledges what waits for it, and closes incidents, as a quick control room would."""

    def __init__(self, daemon):
        self.daemon, self.on, self.acts, self.refused = daemon, True, 0, 0
        self.thread = threading.Thread(target=self._go, daemon=True)
        self.thread.start()

    def _go(self):
        while self.on:
            with self.daemon.connect() as feed:
                alarms, _ = read_live(feed)
            with self.daemon.connect() as socket:
                for alarm in alarms.values():
                    if alarm["state"] in ("UNACK", "RTNUN"):
                        answer = socket.call("ack", alarm=alarm["id"], version=alarm["version"], reason="seen")
                        self.acts += 1
                        self.refused += not answer["ok"]  # it changed meanwhile
            time.sleep(EVERY / 2)

    def stop(self):
        self.on = False
        self.thread.join()


def sample(workers, daemon):
    status = daemon.status()
    return {"at": time.monotonic(), "lag": status["journal"]["store_lag"], "keys": status["stages"]["correlate"]["keys"],
            "memory": {name: memory(pid) for name, pid in workers.items()},
            "descriptors": {name: descriptors(pid) for name, pid in workers.items()}}


def watch(daemon, workers, seconds, log):
    samples, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        samples.append(sample(workers, daemon))
        if log:
            print(json.dumps(samples[-1]), file=log, flush=True)
        time.sleep(EVERY)
    return samples


def quarter(samples, number):
    n = len(samples)
    return samples[n * number // 4:n * (number + 1) // 4]


def compare(samples):
    """{process: {"mib": [second quarter, last quarter], "growth": 0.01, "descriptors": [most, most]}}"""
    before, after = quarter(samples, 1), quarter(samples, 3)
    found = {}
    for name in samples[0]["memory"]:
        mib = [statistics.median(s["memory"][name] for s in part) / 1024 for part in (before, after)]
        found[name] = {"mib": [round(x, 1) for x in mib], "growth": round(mib[1] / mib[0] - 1, 3),
                       "descriptors": [max(s["descriptors"][name] for s in part) for part in (before, after)]}
    return found


def run(options, folder, broker, postgres):
    daemon = Daemon(folder, broker=broker, postgres=postgres, settings=settings() | {"journal.size": "2GiB", "journal.keep": "10m"})
    spine.migrate(postgres, daemon.config)
    with daemon, open(options.samples or os.devnull, "w", encoding="utf-8") as log:
        wait_for(lambda: live.settled(daemon), 60, "a live intake")
        workers = {"supervisor": daemon.process.pid} | daemon.workers()
        hospital = subprocess.Popen([ROOT / "contrib/simulate", "--port", str(broker.port), "--speed", str(options.speed)],
                                    stdout=subprocess.DEVNULL)
        generator = subprocess.Popen(live.load(broker.port, round(options.rate * options.hours * 3600), DEVICES, PAYLOAD % time.time(),
                                               options.rate, options.hours * 3600 + 600), stdout=subprocess.PIPE, text=True)
        operator = Operator(daemon)
        try:
            samples = watch(daemon, workers, options.hours * 3600, log)
        finally:
            operator.stop()
            hospital.terminate()
            hospital.wait()
        published = json.loads(generator.communicate(timeout=600)[0].splitlines()[-1])
        wait_for(lambda: daemon.status()["journal"]["store_lag"] == 0, 300, "a store without lag")
        same = {"supervisor": daemon.process.pid} | daemon.workers() == workers
        mine = r"SELECT count(*), count(DISTINCT payload) FROM message WHERE convert_from(payload, 'UTF8') LIKE '%%door-soak-%%'"
        stored, different = postgres.query(mine)[0]
        daemon.stop()
        daemon.start(timeout=300)
        wait_for(lambda: live.settled(daemon), 60, "a live intake")
        differs = daemon.status()["replay_differs"]
    return {"hours": options.hours, "published": published["acknowledged"], "stored": stored, "lost": published["acknowledged"] - different,
            "duplicated": stored - different, "acts": operator.acts, "refused": operator.refused,
            "alarms": postgres.value("SELECT count(*) FROM alarm"), "same_workers": same, "replay_differs": differs,
            "lag_worst": max(s["lag"] for s in samples), "keys": [max(s["keys"] for s in quarter(samples, q)) for q in (1, 3)],
            "processes": compare(samples)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--speed", type=float, default=10.0)
    parser.add_argument("--growth", type=float, default=0.05, help="of memory, from the second quarter to the last one")
    parser.add_argument("--samples", type=pathlib.Path, help="each sample as a line of JSON")
    options = parser.parse_args()
    if options.hours * 3600 < 8 * EVERY:
        parser.error("--hours: two samples in each quarter at least")
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = pathlib.Path(name)
        with live.broker(folder) as broker, Postgres(extra="max_wal_size = 4GB") as postgres:
            found = run(options, folder, broker, postgres)
    print(json.dumps(found, indent=2))
    grown = [name for name, p in found["processes"].items() if p["growth"] > options.growth or p["descriptors"][1] > p["descriptors"][0]]
    sys.exit(1 if grown or found["lost"] or found["duplicated"] or found["replay_differs"] or not found["same_workers"] else 0)


if __name__ == "__main__":
    main()
