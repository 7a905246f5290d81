"""Retained messages at each reconnection: what is as it was known gives nothing, what changed is told once, flagged, and may
raise; a retained pulse is nothing. The link is cut again and again, half of the times with a change meanwhile."""

import subprocess

from harness.proxy import Proxy

TARGET = "exactly the changes"
SENSORS = """\
sensor: doors
version: 1
title: A door that tells its state, retained, and a button
source: tests
topics: ["bulk/{device}/door", "bulk/{device}/button"]
messages:
  - message: door
    has: [open]
    events:
      - {kind: contact, state: open}
  - message: button
    has: [pressed]
    events:
      - {kind: panic}
examples:
  - given:
      - {topic: bulk/d1/door, payload: '{"open":true}'}
    events:
      - {device: d1, kind: contact.opened, flags: [initial]}
"""
RULES = """\
- rule: door-open
  title: "{device} is open"
  select: {o: {kind: contact.opened}}
  by: device
  raise: {hazard: theft, priority: medium}
  examples:
    - given: [0s o D1]
      alarms: [0s D1]

- rule: button
  title: "{device}: help"
  select: {p: {kind: panic}}
  by: device
  raise: {hazard: robbery, class: panic, priority: critical}
  examples:
    - given: [0s p D1]
      alarms: [0s D1]
"""


def retain(h, topic, text):
    subprocess.run(["mosquitto_pub", *h.broker.client_arguments(), "-V", "5", "-q", "1", "-r", "-t", topic, "-m", text], check=True,
                   timeout=30)


def run(h, random):
    h.prepare(rules=RULES, sensors=SENSORS)
    proxy = h.closes(Proxy("127.0.0.1", h.broker.port))
    # a second each would be most of the time
    h.daemon.write_config(mqtt__port=proxy.port, mqtt__backoff_min="100ms", mqtt__backoff_max="200ms")
    doors, rounds = 10, 1000 if h.long else 12
    state = {n: False for n in range(doors)}
    for n in range(doors):
        retain(h, f"bulk/d{n}/door", '{"open":false}')
        retain(h, f"bulk/d{n}/button", '{"pressed":true}')
    h.start()
    changes = opened = 0
    for n in range(rounds):
        h.live()
        if n % 2:
            proxy.silence()
            door = random.randrange(doors)
            state[door] = not state[door]
            retain(h, f"bulk/d{door}/door", '{"open":%s}' % str(state[door]).lower())
            changes, opened = changes + 1, opened + state[door]
            connections = proxy.connections
            proxy.speak()
        else:
            connections = proxy.connections
        proxy.cut()
        h.wait(lambda: proxy.connections >= connections + 2, "both links again")
    h.live()
    # A closing is decided `wait` after the last cut, and with it what the door did since: one that has opened again is
    # raised anew only then. One door more opens and closes last: when its end is decided, all before it is.
    last = doors
    for is_open in (True, False):
        retain(h, f"bulk/d{last}/door", '{"open":%s}' % str(is_open).lower())
    changes, opened = changes + 2, opened + 1
    want = doors + changes
    count = "SELECT count(*) FROM event WHERE kind LIKE 'contact.%'"
    h.wait(lambda: h.postgres.value(count) >= want, f"{want} events")
    ended = ("SELECT count(*) FROM alarm_transition t JOIN alarm a USING (journal, alarm) "
             f"WHERE a.rule = 'door-open' AND a.key = 'device=d{last}' AND lower(t.cause) = 'clear'")
    h.wait(lambda: h.postgres.value(ended) == 1, "the end of the last alarm")
    h.wait(lambda: h.status().get("journal", {}).get("store_lag") == 0, "a store without lag")
    h.expect(h.postgres.value(count) == want, f"{h.postgres.value(count)} events, {want} changes")
    h.expect(h.postgres.value("SELECT count(*) FROM event WHERE kind LIKE 'panic%'") == 0, "a retained pulse was told")
    raised = h.postgres.value("SELECT count(*) FROM alarm_transition t JOIN alarm a USING (journal, alarm) "
                              "WHERE a.rule = 'door-open' AND lower(t.cause) = 'raise'")
    h.expect(raised == opened, f"raised {raised} times, opened {opened} times")
    wanted = {door for door, is_open in state.items() if is_open}

    def open_now():
        return {int(key[len("device=d"):]) for (rule, key), alarm in h.alarms().items()
                if rule == "door-open" and alarm["regions"]["active"]}
    h.wait(lambda: open_now() == wanted, f"doors {wanted} open, and no other")  # an end is decided behind the watermark
    h.verdict.published += changes
    h.notes.append(f"{rounds} reconnections, {changes} changes")
