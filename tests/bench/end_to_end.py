#!/usr/bin/python3
"""The whole way, side by side with what it is made of: real broker, real PostgreSQL, real daemon.

    WARDWATCH_BUILD=/tmp/build tests/bench/end_to_end.py rate [--messages 200000] [--rounds 3]
    WARDWATCH_BUILD=/tmp/build tests/bench/end_to_end.py latency [--samples 1000] [--rate 1000]

rate: the generator publishes badge readings (QoS 1) as fast as the broker acknowledges them, in turn to (sink) a
subscriber that does nothing and (daemon) Wardwatch. The time runs from the start of the generator until the subscriber
has the last message, or until PostgreSQL has committed it. Then the rows are counted: lost 0, duplicated 0. Beside it,
the processor time of each process, since all of them share the machine.

latency: one client publishes panic messages and follows the alarms; in turn with them it times the broker's echo, and the
commit of one record to a journal of its own on the same disk. The generator publishes badge readings at a steady rate
meanwhile. Bar: alarm p99 ≤ 2 × (echo p99 + commit p99).

Prints JSON. Use a release build.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time

import live
from live import RECEIVE_MAXIMUM, TOPIC, Daemon, wait_for

from harness.postgres import Postgres
from harness.spine import migrate

POSTGRES = "max_wal_size = 8GB\nautovacuum = off"
DEVICES = 1000
SETTINGS = {"mqtt.urgent": ["zigbee/#"], "mqtt.bulk": ["zigbee2mqtt/#", TOPIC], "journal.size": "1GiB",
            "mqtt.batch": RECEIVE_MAXIMUM, "log.level": "notice"}


def payload():
    """150 bytes of an esp-rfid door controller; each message of a run is another text."""
    return ('{"type":"access","time":%d,"isKnown":"true","access":"Always","username":"Nurse {number}",'
            '"uid":"04a1b2{device}","hostname":"door-ward-{device}"}' % time.time())


def load(broker, count, rate=0):
    return subprocess.Popen(live.load(broker.port, count, DEVICES, payload(), rate), stdout=subprocess.PIPE, text=True)


def last_line(process):
    out, _ = process.communicate(timeout=600)
    return json.loads(out.splitlines()[-1])


# --- processor time ---

def cpu(pids):
    return sum(map(live.cpu, pids))


class Clock:
    """Processor seconds by name between two moments; postgres' children come and go, so each is remembered."""

    def __init__(self, **pids):
        self.pids = pids
        self.before = {name: cpu(who) for name, who in pids.items()}

    def read(self):
        return {name: round(cpu(who) - self.before[name], 2) for name, who in self.pids.items()}


# --- rate ---

def fresh(postgres):
    connection = postgres.connect("postgres")
    cursor = connection.cursor()
    cursor.execute("DROP DATABASE IF EXISTS wardwatch WITH (FORCE)")
    cursor.execute("CREATE DATABASE wardwatch")
    cursor.execute("CHECKPOINT")
    connection.close()


def measure_sink(broker, messages):
    sink = subprocess.Popen([live.LOAD.with_name("mqtt-sink"), "--port", str(broker.port), "--receive-maximum",
                             str(RECEIVE_MAXIMUM), "--count", str(messages), "--idle", "60", TOPIC],
                            stdout=subprocess.PIPE, text=True)
    assert sink.stdout.readline() == "ready\n"
    clock = Clock(broker=[broker.process.pid], sink=[sink.pid])
    began = time.monotonic()
    generator = load(broker, messages)
    used = {}
    while sink.poll() is None:
        used = clock.read()
        time.sleep(0.005)
    seconds = time.monotonic() - began
    last_line(generator)
    assert last_line(sink)["messages"] == messages
    return {"rate": messages / seconds, "cpu": used}


def check(postgres, messages):
    stored, different = postgres.query("SELECT count(*), count(DISTINCT payload) FROM message WHERE topic = %s", TOPIC)[0]
    assert stored == messages, f"{messages - stored} lost"
    assert different == messages, f"{messages - different} duplicated"
    events = postgres.value("SELECT count(*) FROM event")
    assert events == messages, f"{events} events"


def measure_daemon(broker, postgres, messages, folder):
    fresh(postgres)
    daemon = Daemon(folder, broker=broker, postgres=postgres, settings=SETTINGS)
    migrate(postgres, daemon.config)
    with daemon:
        wait_for(lambda: live.settled(daemon), 40, "a live intake")
        watch = postgres.connect()
        cursor = watch.cursor()

        def seq():
            cursor.execute("SELECT max(seq) FROM store_cursor")
            return cursor.fetchone()[0] or 0

        wait_for(lambda: seq() > 0, 40, "a store at work")
        workers = daemon.workers()
        clock = Clock(broker=[broker.process.pid], engine=[workers["engine"]], store=[workers["store"]],
                      postgres=postgres.pids())
        began = time.monotonic()
        first = seq()
        generator = load(broker, messages)
        while seq() < first + messages:
            time.sleep(0.01)
        seconds = time.monotonic() - began
        used = clock.read()
        published = last_line(generator)
        wait_for(lambda: daemon.status()["journal"]["store_lag"] == 0, 40, "a store without lag")
        check(postgres, messages)
        turns = daemon.status()["turns"]
        watch.close()
        daemon.stop()
    return {"rate": messages / seconds, "published": published["rate"], "cpu": used, "turns": turns}


def rate(options):
    rounds = []
    with Postgres(extra=POSTGRES) as postgres:
        for _ in range(options.rounds):
            # each with a broker of its own, since the daemon's session stays
            with tempfile.TemporaryDirectory() as folder, live.broker(folder) as broker:
                sink = measure_sink(broker, options.messages)
            with tempfile.TemporaryDirectory() as folder, live.broker(folder) as broker:
                daemon = measure_daemon(broker, postgres, options.messages, folder)
            rounds.append({"sink": sink, "daemon": daemon, "ratio": daemon["rate"] / sink["rate"]})
            print(json.dumps(rounds[-1]), file=sys.stderr)
    return {
        "messages": options.messages,
        "bytes": len(payload()),
        "sink": statistics.median(r["sink"]["rate"] for r in rounds),
        "daemon": statistics.median(r["daemon"]["rate"] for r in rounds),
        "ratio": statistics.median(r["ratio"] for r in rounds),
        "rounds": rounds,
    }


# --- latency ---

def latency(options):
    with tempfile.TemporaryDirectory() as folder, live.broker(folder) as broker, \
            Postgres(extra=POSTGRES) as postgres:
        daemon = Daemon(folder, broker=broker, postgres=postgres, settings=SETTINGS)
        migrate(postgres, daemon.config)
        with daemon:
            wait_for(lambda: live.settled(daemon), 40, "a live intake")
            wait_for(lambda: daemon.status()["journal"]["store_lag"] == 0, 40, "a store at work")
            generator = load(broker, 10**9, options.rate)
            try:
                before = daemon.status()["sessions"]["bulk"]["messages"]
                wait_for(lambda: daemon.status()["sessions"]["bulk"]["messages"] > before + options.rate, 30, "load")
                done = subprocess.run([live.BUILD / "tests" / "bench" / "bench-latency", str(broker.port),
                                       daemon.run_dir / "wardwatch.sock", str(options.samples), folder], capture_output=True, text=True, check=False)
            finally:
                generator.terminate()
                generator.communicate()
            if done.returncode:
                raise SystemExit(done.stderr + daemon.log[-2000:])
            daemon.stop()
    found = json.loads(done.stdout.splitlines()[-1])
    result = {key: value / 1000 if "_" in key else value for key, value in found.items()}
    result["bar"] = 2 * (result["echo_p99"] + result["commit_p99"])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["rate", "latency"])
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=1000)
    options = parser.parse_args()
    print(json.dumps({"rate": rate, "latency": latency}[options.what](options), indent=2))


if __name__ == "__main__":
    main()
