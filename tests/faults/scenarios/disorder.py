"""Duplicates, disorder and lateness: a proxy doubles messages and shuffles those that are near each other. A device that
numbers its messages is deduplicated, events go to their places by the device's own time, and the alarms are those of the
sorted run."""

import json
import threading
import time

import paho.mqtt.client

from faulttest import oracle
from harness import proxy as wire
from harness import spine
from harness.machine import HarnessError
from harness.proxy import Proxy

TARGET = "equals the sorted run"
SENSORS = spine.SENSORS.replace("attributes:\n", "number: {path: number, within: 1h}\ntime: {path: at, form: epoch_ms}\nattributes:\n")
RULES = """\
- rule: in-order
  title: "{device}: first, second, third"
  select:
    first: {kind: passage, where: "number % 10 == 1"}
    second: {kind: passage, where: "number % 10 == 2"}
    third: {kind: passage, where: "number % 10 == 3"}
  by: device
  wait: 15s
  sequence: [first, second, third]
  within: 1s
  raise: {hazard: theft, priority: medium}
  examples:
    - given: [0s first D1 number=1, 100ms second D1 number=2, 200ms third D1 number=3]
      alarms: [200ms D1]

- rule: skipped
  title: "{device}: first, third without second"
  select:
    first: {kind: passage, where: "number % 10 == 1"}
    second: {kind: passage, where: "number % 10 == 2"}
    third: {kind: passage, where: "number % 10 == 3"}
  by: device
  wait: 15s
  sequence: [first, not second, third]
  within: 1s
  raise: {hazard: sabotage, priority: medium}
  examples:
    - given: [0s first D1 number=1, 100ms second D1 number=2, 200ms third D1 number=3]
      alarms: []

- rule: seven
  title: "{device}: seven times"
  select: {x: {kind: passage}}
  by: device
  within: 1h
  wait: 15s
  when: count(x) >= 7
  clear: manual
  raise: {hazard: loss, priority: low}
  examples:
    - given: [0s x D1 number=1]
      alarms: []
"""


class Shuffler(Proxy):
    """Doubles each third PUBLISH and lets up to eight of them change places."""

    def __init__(self, port, random):
        self.random, self.held, self.lock = random, [], threading.Lock()
        super().__init__("127.0.0.1", port)

    def _read(self, source, direction, rest):
        if direction != "down":
            return super()._read(source, direction, rest)
        data = source.recv(65536)
        if not data:
            return None, rest
        packets, rest = wire.split(rest + data)
        out, run = [], []
        for packet, raw in packets:
            if packet.kind == wire.PUBLISH and packet.topic.startswith("bulk/"):
                run += [raw] * (2 if self.random.random() < 0.33 else 1)
                if len(run) >= 8:
                    self.random.shuffle(run)
                    out, run = out + run, []
            else:
                self.random.shuffle(run)
                out, run = out + run + [raw], []
        self.random.shuffle(run)
        return b"".join(out + run), rest


def publish(h, devices, count):
    """Each device a number each 10 ms of its own time, in bursts of ten, so that there is something to shuffle. A burst begins
    when the one before is published: on a slow machine, too, its last message is no later than the rules wait. On a quick one
    the devices' time runs ahead: a burst begins where the one before ends. Last comes a device that skips."""
    client = paho.mqtt.client.Client("disorder", protocol=paho.mqtt.client.MQTTv5)
    client.max_inflight_messages_set(2000)
    client.connect(h.broker.host, h.broker.port)
    client.loop_start()
    published, start = [], 0

    def send(device, number):
        body = {"device": f"d{device}", "number": number, "at": int((start + number % 10 * 0.01) * 1000)}
        published.append((device, number))
        return client.publish(f"bulk/{device}", json.dumps(body), qos=1)

    for first in range(0, count, 10):
        start = max(time.time(), start + 0.1)
        for number in range(first, first + 10):
            for device in range(devices):
                last = send(device, number)
        last.wait_for_publish(60)
    start += 0.1
    for number in (1, 3):
        last = send(devices, number)
    last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
    return published


def run(h, random):
    h.prepare(rules=RULES, sensors=SENSORS)
    proxy = h.closes(Shuffler(h.broker.port, random))
    h.daemon.write_config(mqtt__port=proxy.port)
    h.start()
    devices, count = (100, 60) if h.long else (20, 30)
    published = publish(h, devices, count)
    h.wait(lambda: h.postgres.value("SELECT count(DISTINCT payload) FROM message WHERE topic LIKE 'bulk/%'") >= len(published),
           "all messages")
    spine.settle(h.daemon)
    rows = h.postgres.query("SELECT device, attributes->>'number' FROM event WHERE kind = 'passage' AND NOT 'duplicate' = ANY(flags)")
    h.verdict.add(oracle.compare_lists(published, [(int(device.lstrip("d")), int(number)) for device, number in rows]))
    wants = {("in-order", f"device={d}") for d in range(devices)} | {("seven", f"device={d}") for d in range(devices)}
    wants.add(("skipped", f"device={devices}"))  # the last to be decided, when the rules have waited: so all others are
    told = ("SELECT a.key, count(*) FROM alarm_transition t JOIN alarm a USING (journal, alarm) "
            "WHERE a.rule = 'in-order' AND lower(t.cause) IN ('raise', 'again') GROUP BY 1")
    have = "SELECT rule, key FROM alarm WHERE rule IN ('in-order', 'seven', 'skipped')"
    sequences = {f"device={d}": count // 10 for d in range(devices)}
    try:
        h.wait(lambda: dict(h.postgres.query(told)) == sequences and set(h.postgres.query(have)) >= wants, "the alarms", 90)
    except HarnessError:
        h.wrong(f"sequences: {dict(h.postgres.query(told))}, each should be told {count // 10} times")
    alarms = set(h.postgres.query(have))
    h.expect(alarms == wants, f"too many {alarms - wants}, missing {wants - alarms}")
    h.expect(h.postgres.value("SELECT count(*) FROM message") > len(published), "nothing was doubled")
