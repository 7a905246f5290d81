"""A sensor lies. As another device: the broker's ACL ties a client to its topic, and what it publishes elsewhere does not
come. With another's name in its payload, or a wrong checksum: kept, marked as suspect, alarmed, and it moves no state. An old
capture: its number was here, so it is a duplicate, and raises nothing."""

import subprocess

from harness import spine

TARGET = "refused, alarmed"
ACL = """\
user ww
topic readwrite #
pattern write bulk/%u
"""
SENSORS = spine.SENSORS.replace("attributes:\n", "number: {path: number, within: 1h}\nattributes:\n").replace(
    "    has: [number]\n", "    has: [number]\n    check: payload.device == topic.device\n")
RULES = spine.RULES + """
- rule: sensor-lies
  title: "{device} says what cannot be"
  select: {x: {kind: passage, flags: suspect}}
  by: device
  raise: {hazard: sabotage, class: tamper, priority: high}
  examples:
    - given: [0s x D1 number=50 flags=suspect]
      alarms: [0s D1]
"""


def publish(h, user, topic, *payloads):
    command = ["mosquitto_pub", "-h", h.broker.host, "-p", str(h.broker.port), "-V", "5", "-q", "1", "-u", user, "-P", "secret",
               "-t", topic, "-l"]
    return subprocess.run(command, input="\n".join(payloads) + "\n", text=True, capture_output=True, timeout=60, check=False)


def body(device, number):
    return f'{{"device":"{device}","number":{number}}}'


def run(h, random):
    users = {"ww": "secret", "d1": "secret", "d2": "secret"}
    h.start(rules=RULES, sensors=SENSORS, broker={"users": users, "acl": ACL})
    honest = [body("d1", n) for n in range(40, 56)]
    publish(h, "d1", "bulk/d1", *honest)
    refused = publish(h, "d2", "bulk/d1", body("d1", 150), body("d1", 250))
    publish(h, "d2", "bulk/d2", body("d1", 150))
    publish(h, "d1", "bulk/d1", body("d1", 50), body("d1", 50))  # the old capture
    h.wait_alarm("sensor-lies", key="device=d2")
    h.wait(lambda: h.postgres.value("SELECT count(*) FROM message") >= 19, "all messages")
    spine.settle(h.daemon)
    h.expect(h.postgres.value("SELECT count(*) FROM message") == 19, "what the broker refuses has come")
    h.expect("Not authorized" in refused.stderr + refused.stdout, f"the liar was not told: {refused}")
    raised = h.postgres.query("SELECT a.rule, a.key, count(*) FROM alarm_transition t JOIN alarm a USING (journal, alarm) "
                              "WHERE a.rule IN ('every-hundredth', 'sensor-lies') GROUP BY 1, 2 ORDER BY 1")
    h.expect([(rule, key) for rule, key, _ in raised] == [("every-hundredth", "device=d1"), ("sensor-lies", "device=d2")],
             f"alarms: {raised}")
    h.expect(h.postgres.value("SELECT raised_count FROM alarm_now WHERE rule = 'every-hundredth'") == 1, "the capture counted")
    h.verdict.published += 19
