"""Rules of every kind that the language has, for messages that carry a number: what the sweeps run.

Those of spine.py stand beside them, whose alarms can be told beforehand; of these, what came is replayed and compared."""

import json
import pathlib

from harness import spine
from harness.scene import no_answer

SENSORS = """\
sensor: load
version: 1
title: Numbered messages, and a door that follows the number
source: tests
topics: ["bulk/{device}", "urgent/{device}"]
attributes:
  number: number
messages:
  - message: numbered
    has: [number]
    events:
      - {kind: passage}
      - {kind: contact, state: {path: number, map: {"2": active, "12": active, "22": active, "4": normal, "14": normal, "24": normal}},
         where: "payload.number % 2 == 0 and payload.number < 30"}
      - {kind: temperature, value: number, where: "payload.number % 5 == 0"}
examples:
  - given:
      - {topic: bulk/d1, payload: '{"device":"d1","number":7}'}
    events:
      - {device: d1, kind: passage, attributes: {number: 7}}
"""

MORE = """\
- rule: door-held
  title: "{device} stays open"
  select: {o: {kind: contact.opened}}
  by: device
  hold: 300ms
  clear: {quiet: 200ms}
  raise: {hazard: theft, priority: medium}
  examples:
    - given: [0s o D1]
      alarms: [300ms D1]

- rule: open-now
  title: "{device} is open"
  select: {o: {kind: contact.opened}}
  by: device
  raise: {hazard: theft, priority: high}
  examples:
    - given: [0s o D1]
      alarms: [0s D1]

- rule: guarded
  title: "{device} passed while it is open"
  select: {x: {kind: passage}}
  by: device
  within: 2s
  when: count(x) >= 3
  while: alarm(open-now)
  clear: {quiet: 500ms}
  raise: {hazard: sabotage, priority: low}
  examples:
    - given: [0s x D1 number=1]
      alarms: []

- rule: warm
  title: "{device} is warm"
  select: {t: {kind: temperature}}
  by: device
  within: 3s
  when: avg(t.value) > 10
  regrade: [{if: "max(t.value) > 20", priority: high}, {after: 1s, priority: critical}]
  raise: {hazard: fire, class: general, priority: medium}
  examples:
    - given: [0s t D1 value=5]
      alarms: []

- rule: busy
  title: "many numbers at {device}"
  select: {x: {kind: passage}}
  by: device
  within: 2s
  when: distinct(x.number) >= 5 and rate(x) > 1
  raise: {hazard: fraud, priority: low}
  examples:
    - given: [0s x D1 number=1]
      alarms: []

- rule: in-one-go
  title: "{device}: in one go"
  select: {x: {kind: passage}}
  by: device
  gap: 500ms
  within: 10s
  when: count(x) >= 4
  raise: {hazard: loss, priority: low}
  examples:
    - given: [0s x D1 number=1]
      alarms: []

- rule: by-the-minute
  title: "{device}: a busy minute"
  select: {x: {kind: passage}}
  by: device
  every: 1m
  when: count(x) >= 8
  raise: {hazard: loss, priority: low}
  examples:
    - given: [0s x D1 number=1]
      alarms: []

- rule: not-the-second
  title: "{device}: first, never second"
  select:
    first: {kind: passage, where: "number == 7"}
    second: {kind: passage, where: "number == 8"}
  by: device
  sequence: [first, not second]
  within: 1s
  raise: {hazard: robbery, priority: medium}
  examples:
    - given: [0s first D1 number=7]
      alarms: [1s D1]

- rule: risk
  title: "{device}: much at once"
  select: {a: {kind: alarm.raised}}
  by: device
  when: "score(a, 5s) >= 3"
  clear: "score(a, 5s) < 1"
  raise: {hazard: disaster, priority: medium}
  examples:
    - given: [0s a D1]
      alarms: []

- rule: mutes
  title: "{device}: mutes what is low"
  select: {x: {kind: passage, where: "number == 9"}}
  by: device
  clear: {quiet: 1s}
  mute: {match: {hazard: fraud}, settle: 300ms}
  raise: {hazard: system, priority: low}
  examples:
    - given: [0s x D1 number=9]
      alarms: [0s D1]

- rule: to-be-seen
  title: "{device}: somebody acknowledges it"
  select: {x: {kind: passage, where: "number == 1"}}
  by: device
  raise: {hazard: theft, priority: medium}
  examples:
    - given: [0s x D1 number=1]
      alarms: [0s D1]
"""

RULES = spine.RULES + MORE + no_answer("700ms")

RESPONSE = """\
incidents: {from: medium}
channels: [{channel: desk}, {channel: mail}]
recipients: [{recipient: chief, address: {mail: chief@example.org}}]
posts: [{post: control-room}]
escalations:
  - escalation: theft
    match: {hazard: theft}
    steps:
      - {after: 0s, to: [control-room, chief], by: [desk, mail]}
      - {after: 1s, to: chief, by: mail, until: resolved}
"""


def write_response(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "response.yaml").write_text(RESPONSE)
    return folder


def publish(broker, device, numbers):
    """Returns (device, number) of what the broker has acknowledged: all of it."""
    broker.publish(f"bulk/{device}", *[json.dumps({"device": f"d{device}", "number": n}) for n in numbers])
    return [(device, n) for n in numbers]
