#!/usr/bin/python3
"""An operator's command, request → answer, beside a full load: real broker, real PostgreSQL, real daemon.

    WARDWATCH_BUILD=/tmp/build tests/bench/commands.py [--alarms 10000] [--rate 100] [--events 5000] [--seconds 30]

A rule raises an alarm for each badge that is refused and keeps it active until somebody resets it; as many badges as
--alarms are refused once. Then the generator publishes badge readings (QoS 1) at --events a second, each of which is an
event that the rules look at, a reader follows the feed, and one client sends --rate commands a second: acknowledge,
unacknowledge, silence, alarm after alarm. A command is due at its time, whether the one before has been answered or not, and
its time runs from there until the answer, which leaves after the commit. In the same run and on the same disk a file of its
own is written and synchronised, since that is what an answer waits for, and how long it takes the machine decides. Counted is
only a run that holds the rates: all answered and none refused, all alarms active to the end, no message waiting.

Prints JSON. Use a release build.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import time

import live
from live import TOPIC, Daemon, wait_for

from harness.postgres import Postgres
from harness.spine import migrate

POSTGRES = "max_wal_size = 8GB\nautovacuum = off"
DEVICES = 1000
RULE = """\
- rule: refused
  title: Badge {badge} was refused
  select: {x: {kind: access.denied}}
  by: badge
  raise: {hazard: fraud, priority: low}
- rule: passed-often
  title: Badge {badge} passes all the time
  select: {x: {kind: access.granted}}
  by: badge
  within: 1m
  when: count(x) >= 100000
  raise: {hazard: fraud, priority: low}
"""
DENIED = ('{"type":"access","time":%d,"isKnown":"true","access":"Denied","username":"Nurse","uid":"{number}",'
          '"hostname":"door-ward-3"}')
GRANTED = ('{"type":"access","time":%d,"isKnown":"true","access":"Always","username":"Nurse {number}","uid":"04a1b2{device}",'
           '"hostname":"door-ward-{device}"}')
ACTS = ("ack", "unack", "silence")
REASON = "seen on the screen"


def rules_folder(folder):
    rules = pathlib.Path(folder) / "rules"
    (rules / "hospital").mkdir(parents=True)
    (rules / "hospital" / "rule.yaml").write_text(RULE)
    (rules / "sensors").symlink_to(live.HERE.parents[1] / "rules" / "sensors")
    return rules


def raise_alarms(daemon, broker, count):
    """Their numbers, in an order that is no order."""
    subprocess.run(live.load(broker.port, count, 1, DENIED % time.time()), stdout=subprocess.DEVNULL, check=True)
    wait_for(lambda: daemon.status()["stages"]["alarms"]["active"] >= count, 120, "all alarms")
    numbers = [alarm["id"] for alarm in standing(daemon)]
    assert len(numbers) == count, f"{len(numbers)} alarms"
    random.Random(7).shuffle(numbers)
    return numbers


def standing(daemon):
    """The rule's active alarms, from the feed."""
    with daemon.connect(60) as socket:
        socket.send(cmd="follow")
        while not (line := socket.next()).get("live_end"):
            if line.get("live", {}).get("rule") == "refused" and line["live"]["regions"]["active"]:
                yield line["live"]


class Client:
    """Sends when it is time; another thread takes the answers."""

    def __init__(self, daemon, commands, rate):
        self.socket, self.commands, self.rate = daemon.connect(60), commands, rate
        self.due, self.sent, self.answered, self.refused = {}, {}, {}, []
        self.reader = threading.Thread(target=self.read)

    def read(self):
        while len(self.answered) < len(self.commands):
            answer = self.socket.next()
            self.answered[answer["id"]] = time.monotonic()
            if not answer.get("ok"):
                self.refused.append(answer)

    def run(self):
        self.reader.start()
        began = time.monotonic()
        for i, command in enumerate(self.commands):
            self.due[command["id"]] = began + i / self.rate
            time.sleep(max(0.0, began + i / self.rate - time.monotonic()))
            self.socket.send(**command)
            self.sent[command["id"]] = time.monotonic()
        self.reader.join()
        self.socket.close()
        return time.monotonic() - began

    def milliseconds(self):
        return sorted((self.answered[key] - due) * 1000 for key, due in self.due.items())

    def late(self):
        """How far behind its time it sent, at the 99th percentile, ms: the client's own part."""
        return percentile(sorted((self.sent[key] - due) * 1000 for key, due in self.due.items()), 0.99)


class Disk(threading.Thread):
    """How long a block takes to the disk meanwhile."""

    def __init__(self, folder):
        super().__init__()
        self.file, self.times, self.going = os.open(pathlib.Path(folder) / "block", os.O_RDWR | os.O_CREAT, 0o600), [], True

    def run(self):
        while self.going:
            began = time.monotonic()
            os.pwrite(self.file, os.urandom(4096), 0)
            os.fdatasync(self.file)
            self.times.append((time.monotonic() - began) * 1000)
            time.sleep(0.02)

    def stop(self):
        self.going = False
        self.join()
        os.close(self.file)
        return sorted(self.times)


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


def commands(numbers, count):
    """One alarm after the other: acknowledged, taken back, silenced."""
    for i in range(count):
        act = ACTS[i % len(ACTS)]
        alarm = numbers[i // len(ACTS) % len(numbers)]
        yield {"cmd": act, "id": f"c{i}", "alarm": alarm, "reason": REASON} | ({"version": 1} if act == "ack" else {})


def measure(options, folder):
    settings = {"mqtt.urgent": ["none/#"], "mqtt.bulk": [TOPIC], "journal.size": "1GiB",
                "mqtt.batch": live.RECEIVE_MAXIMUM, "log.level": "notice"}
    with live.broker(folder) as broker, Postgres(extra=POSTGRES) as postgres:
        daemon = Daemon(folder, broker=broker, postgres=postgres, settings=settings, rules=rules_folder(folder))
        migrate(postgres, daemon.config)
        with daemon, open(os.devnull, "w", encoding="utf-8") as nowhere:
            wait_for(lambda: live.settled(daemon), 60, "a live intake")
            numbers = raise_alarms(daemon, broker, options.alarms)
            wait_for(lambda: daemon.status()["journal"]["store_lag"] == 0, 60, "a store at work")
            follower = subprocess.Popen([os.environ["WARDWATCH_BIN"], "alarms", "--follow", "--json", "-c", daemon.config],
                                        stdout=nowhere)
            generator = subprocess.Popen(live.load(broker.port, 10**9, DEVICES, GRANTED % time.time(), options.events),
                                         stdout=subprocess.DEVNULL)

            def messages():
                return daemon.status()["sessions"]["bulk"]["messages"]

            try:
                before = messages()
                wait_for(lambda: messages() > before + options.events, 30, "load")
                client = Client(daemon, list(commands(numbers, options.rate * options.seconds)), options.rate)
                disk = Disk(folder)
                disk.start()
                before, began, used = messages(), time.monotonic(), live.cpu(daemon.pid("engine"))
                seconds = client.run()
                used = live.cpu(daemon.pid("engine")) - used
                events = (messages() - before) / (time.monotonic() - began)
                synced = disk.stop()
                active = sum(1 for _ in standing(daemon))
            finally:
                for process in (generator, follower):
                    process.terminate()
                    process.wait()
            daemon.stop()
    assert not client.refused, client.refused[0]
    assert active == options.alarms, f"{active} alarms are active"
    assert events >= 0.98 * options.events, f"{events:.0f} events/s only"
    times = client.milliseconds()
    return {"alarms": options.alarms, "commands": len(times), "commands_per_second": len(times) / seconds, "events_per_second": events,
            "disk_p50": percentile(synced, 0.5), "disk_p99": percentile(synced, 0.99), "p50": percentile(times, 0.5), "p99": percentile(times, 0.99), "max": times[-1], "client_late_p99": client.late(),
            "engine_cpu": used / seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wardwatch-commands-") as folder:
        print(json.dumps(measure(options, folder), indent=1))


if __name__ == "__main__":
    main()
