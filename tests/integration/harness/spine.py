"""The whole way under load: generator, broker, daemon, PostgreSQL; and the oracle that compares their lists.

The generator writes down each (device, number) that the broker acknowledged. When things are quiet that list is compared
with the messages in PostgreSQL: lost 0, duplicated 0, invented 0. The alarms are compared with what the rules below must
give for that list, however the run was disturbed: none of them depends on when a message came.
"""

import collections
import json
import pathlib
import re
import subprocess
import time

from harness.daemon import SOURCE, binary, wait_for
from harness.leash import find_driver

SENSORS = """\
sensor: load
version: 1
title: Numbered messages of the load generator
source: tests
topics: ["bulk/{device}", "urgent/{device}"]
attributes:
  number: number
messages:
  - message: numbered
    has: [number]
    events:
      - {kind: passage}
examples:
  - given:
      - {topic: bulk/d1, payload: '{"device":"d1","number":7}'}
    events:
      - {device: d1, kind: passage, attributes: {number: 7}}
"""

RULES = """\
- rule: every-hundredth
  title: "{device} passed a hundredth time"
  select: {x: {kind: passage, where: "number % 100 == 50"}}
  by: device
  raise: {hazard: theft, priority: medium}
  examples:
    - given: [0s x D1 number=50]
      alarms: [0s D1]

- rule: ten-in-a-day
  title: "{device} passed ten times"
  select: {x: {kind: passage}}
  by: device
  within: 24h
  when: count(x) >= 10
  clear: manual
  raise: {hazard: theft, priority: low}
  examples:
    - given: [0s x D1 number=1]
      alarms: []

- rule: second-after-first
  title: "{device}: first, then second"
  select:
    first: {kind: passage, where: "number == 3"}
    second: {kind: passage, where: "number == 6"}
  by: device
  sequence: [first, second]
  within: 24h
  raise: {hazard: theft, priority: high}
  examples:
    - given: [0s first D1 number=3, 5s second D1 number=6]
      alarms: [5s D1]
    - given: [0s second D1 number=6, 5s first D1 number=3]
      alarms: []
"""

SITE = "site: test\n"


def write_rules(folder, rules=RULES, sensors=SENSORS, site=SITE):
    """A folder for Daemon(rules=…)."""
    folder = pathlib.Path(folder)
    for part, text in (("sensors", sensors), ("hospital", rules), ("site", site)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / part / "test.yaml").write_text(text)
    return folder


def read_pairs(path):
    """(device, number) of each whole line."""
    return [tuple(map(int, line.split())) for line in path.read_text().splitlines() if line.count(" ") == 1] if path.exists() else []


class Load:
    """mqtt-load, running."""

    def __init__(self, broker, log, count, rate=0, devices=10, topic="bulk/{device}", first=0, window=500, name="load", seconds=None,
                 give_up=120):
        """`seconds`: that long, if `count` is not reached before. `give_up`: seconds after which it ends whatever is out."""
        self.log, self.result = pathlib.Path(log), None
        self.sent_again = self.log.with_name(self.log.name + ".again")
        self.process = subprocess.Popen(
            [find_driver().with_name("mqtt-load"), "--port", str(broker.port), "--log", self.log, "--again", self.sent_again,
             "--count", str(count), "--rate", str(rate), "--devices", str(devices), "--topic", topic, "--first", str(first), "--window",
             str(window), "--client-id", name, "--give-up", str(give_up), *(["--seconds", str(seconds)] if seconds else [])],
            stdout=subprocess.PIPE, text=True)

    def acknowledged(self):
        """How many so far."""
        return len(self.list())

    def list(self):
        return read_pairs(self.log)

    def again(self):
        """Each time that one was sent again: the broker may have taken it as one more."""
        return read_pairs(self.sent_again)

    def finish(self, timeout=300):
        """What it says at its end; may be asked again."""
        if not self.result:
            out, _ = self.process.communicate(timeout=timeout)
            self.result = json.loads(out.splitlines()[-1])
        return self.result


def migrate(postgres, config):
    done = subprocess.run([binary(), "migrate", "-c", config], capture_output=True, text=True,
                          env={"WARDWATCH_SCHEMA": str(SOURCE / "schema"), "PATH": "/usr/bin:/bin"}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def stored(postgres, like="%"):
    """The (device, number) of each message row: a list, so that a duplicate shows."""
    rows = postgres.query("SELECT convert_from(payload, 'UTF8') FROM message WHERE topic LIKE %s", like)
    bodies = [json.loads(text) for (text,) in rows]
    return [(int(b["device"].lstrip("d")), int(b["number"])) for b in bodies]


def expected_alarms(published):
    """{(rule, key, cause): n} that the rules above give for what was published, in any timing."""
    numbers = collections.defaultdict(list)
    for device, number in published:
        numbers[device].append(number)
    want = collections.Counter()
    for device, of in numbers.items():
        key = f"device={device}"
        for rule, matches in (("every-hundredth", sum(n % 100 == 50 for n in of)), ("ten-in-a-day", max(0, len(of) - 9)),
                              ("second-after-first", int(3 in of and 6 in of))):
            if matches:
                want[(rule, key, "raise")] = 1
            if matches > 1:
                want[(rule, key, "again")] = matches - 1
    return want


def stored_alarms(postgres):
    rows = postgres.query("SELECT a.rule, a.key, t.cause, count(*) FROM alarm_transition t JOIN alarm a "
                          "ON a.journal = t.journal AND a.alarm = t.alarm WHERE a.rule NOT LIKE 'system/%%' GROUP BY 1, 2, 3")
    return collections.Counter({(rule, key, cause.lower()): n for rule, key, cause, n in rows})


def compare(postgres, published, timeout=120):
    """Waits until as many messages are stored as were published and the store stands still, then holds the lists
    against each other."""
    want = collections.Counter(published)
    assert max(want.values()) == 1, "the generator itself repeated"
    try:
        wait_for(lambda: postgres.value("SELECT count(*) FROM message WHERE topic LIKE 'bulk/%%' OR topic LIKE 'urgent/%%'")
                 >= len(published), timeout, f"{len(published)} messages in PostgreSQL")
    finally:
        have = collections.Counter(stored(postgres, "bulk/%") + stored(postgres, "urgent/%"))
        lost = sum((want - have).values())
        duplicated = sum(n - 1 for n in have.values() if n > 1)
        invented = len([key for key in have if key not in want])
        result = {"published": len(published), "stored": sum(have.values()), "lost": lost, "duplicated": duplicated,
                  "invented": invented}
        print(result)
    assert (lost, duplicated, invented) == (0, 0, 0), result
    return result


def settle(daemon, timeout=60):
    """Until the store has everything that the journal has."""
    def quiet():
        status = daemon.answers()
        return status and status["journal"]["store_lag"] == 0 and not status["blind"]
    wait_for(quiet, timeout, "a store without lag")


def pause(low, high, random):
    """Lets the load run on for a random while before the next blow. The length is the randomness of the test, nothing
    is waited for."""
    time.sleep(random.uniform(low, high))


def pack_rule(name, file):
    """The text of one rule of rules/hospital: the whole pack asks for the example hospital's lists and zones."""
    rules = re.split(r"^(?=- rule: )", (SOURCE / "rules/hospital" / file).read_text(), flags=re.M)
    return next(rule for rule in rules if rule.startswith(f"- rule: {name}\n"))
