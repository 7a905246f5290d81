"""Keys without end: a rule keeps as many as its `limits` say, lets the oldest go, and an alarm names the rule; memory stays."""

import pathlib

from harness import spine

TARGET = "memory ≤ cap"
SLICE = ()
RULES = spine.RULES + """
- rule: each-one
  title: "{number} was seen"
  select: {x: {kind: passage}}
  by: number
  within: 1h
  when: count(x) >= 3
  limits: {keys: 10000}
  raise: {hazard: fraud, priority: low}
  examples:
    - given: [0s x 1 number=1]
      alarms: []
"""


IN_DOUBT = 48  # MiB: 1,048,576 messages whose acks the broker has not read yet, 40 bytes each; given back when it has


def resident(pid):
    """MiB of the process that are its own."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0


def run(h, random):
    """One device, so that only the numbers are many: each is a key of its own."""
    h.start(rules=RULES, journal__size="1GiB" if h.long else "64MiB", journal__keep="1m")
    first = 20000
    load = h.load(count=first, devices=1)
    load.finish()
    h.wait(lambda: h.status().get("sessions", {}).get("bulk", {}).get("messages", 0) >= first, "the first messages", 120)
    pid = h.daemon.pid("engine")
    before = resident(pid)
    count = 10_000_000 if h.long else 30_000
    more = h.load(count=count, devices=1, first=first, window=2000, give_up=3600)
    more.finish(3600)
    h.wait(lambda: h.status().get("sessions", {}).get("bulk", {}).get("messages", 0) >= first + count, "all messages", 1200)
    cap, most = before * 1.5 + 32, resident(pid)
    h.expect(most < cap + IN_DOUBT, f"memory went from {before:.0f} to {most:.0f} MiB")
    h.wait(lambda: resident(pid) < cap, f"memory below {cap:.0f} MiB", 300)
    after = resident(pid)
    rules = {rule for rule, _ in h.alarms()}
    limit = [rule for rule in rules if "limit" in rule or "keys" in rule]
    h.expect(limit, f"no alarm of the limit: {rules}")
    h.notes.append(f"{first + count:,} keys: {before:.0f} → {after:.0f} MiB, {most:.0f} with what was in doubt")
    h.wait(lambda: h.postgres.value("SELECT count(*) FROM message") >= first + count, "all of them in PostgreSQL", 1200)
    h.check(load, more, alarms=False, timeout=1200)
