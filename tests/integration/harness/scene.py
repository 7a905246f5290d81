"""A broker and a daemon with rules of the test's own, as operators and other processes meet them."""

import json

from . import spine
from .daemon import wait_for

SENSORS = spine.SENSORS.replace('topics: ["bulk/{device}", "urgent/{device}"]',
                                'topics: ["bulk/{device}", "urgent/{device}", "bulk/crash-me/{device}"]')
SENSORS = SENSORS.replace("  number: number\n", "  number: number\n  note: note\n")

RULE = """\
- rule: {name}
  title: "{name} at {{device}}"
  select: {{x: {{kind: passage, where: "number == {number}"}}}}
  by: device
  raise: {{hazard: theft, priority: {priority}}}
  examples:
    - given: [0s x D1 number={number}]
      alarms: [0s D1]
"""

NO_ANSWER = """\
- rule: no-answer
  title: no answer in time
  select:
    ask: {{kind: passage, where: "{number} == 10"}}
    answer: {{kind: passage, where: "{number} == {answer}"}}
  by: device
  after: ask
  expect: answer
  for: {wait}
  raise: {{hazard: sabotage, priority: high}}
  examples:
    - given: [0s ask D1 number=10]
      alarms: [{wait} D1]
    - given: [0s ask D1 number=10, 500ms answer D1 number={answer}]
      alarms: []
"""


def rule(name, number, priority="medium"):
    return RULE.format(name=name, number=number, priority=priority)


def no_answer(wait, number="number", answer=11):
    """A deadline: what asks is 10, in whatever way a message has its number."""
    return NO_ANSWER.format(wait=wait, number=number, answer=answer)


class Scene:
    def __init__(self, tmp_path, make_daemon, broker, postgres=None, settings=None, rules=None, sensors=SENSORS,
                 site=spine.SITE):
        self.broker, self.postgres = broker, postgres
        folder = spine.write_rules(tmp_path / "rules", rule("one", 1) + rule("two", 2) if rules is None else rules, sensors,
                                   site)
        self.daemon = make_daemon(broker=broker, postgres=postgres, rules=folder, settings=settings)
        self.rules_file = self.daemon.rules / "hospital" / "test.yaml"

    def start(self):
        self.daemon.start()
        return self.live()

    def live(self):
        self.daemon.wait_live()
        return self

    def publish(self, device, number, topic="bulk/{}"):
        self.broker.publish(topic.format(device), json.dumps({"device": device, "number": number}))

    def alarms(self):
        """What is, as the feed says it: {(rule, key): alarm}."""
        with self.daemon.connect() as feed:
            return read_live(feed)[0]

    def alarm(self, name, device):
        key = (name, f"device={device}")
        return wait_for(lambda: self.alarms().get(key), 20, f"an alarm of {key}")

    def rules_hash(self):
        return self.daemon.status()["rules"]["hash"]

    def reload(self, rules, timeout=60):
        """Puts these rules in force."""
        old = self.rules_hash()
        self.rules_file.write_text(rules)
        self.daemon.reload()
        wait_for(lambda: self.rules_hash() != old, timeout, "new rules in force")

    def restart_engine(self):
        old = self.daemon.kill("engine")
        self.daemon.wait_restarted("engine", old)
        self.live()

    def records(self):
        """The journal: [(place, record)], place "input" or "output"."""
        dump = self.daemon.run("journal", "dump", "--json").stdout
        lines = map(json.loads, filter(None, dump.split("\n")))  # splitlines() splits at U+0085, too
        return [(line["in"], line["record"]) for line in lines]


def read_live(feed, request=None):
    """({(rule, key): alarm}, where the state ends)."""
    feed.send(**(request or {"cmd": "follow"}))
    alarms = {}
    while "live_end" not in (line := feed.next()):
        if "live" in line and "key" in line["live"]:
            alarms[(line["live"]["rule"], line["live"]["key"])] = line["live"]
    return alarms, line["live_end"]


def live_rules(daemon):
    """The rules of the alarms that are not normal."""
    with daemon.connect() as feed:
        return {rule for rule, _ in read_live(feed)[0]}
