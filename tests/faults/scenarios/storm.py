"""A storm on the bulk topics, as fast as the broker takes it: memory is bounded, and the panic button overtakes.

The recovery is a panic's way from its publication to its alarm in the feed."""

import json
import pathlib
import threading
import time

import paho.mqtt.client

from harness import spine

TARGET = "panic p99 ≤ 1 s"
LIMIT = 1
# without the rule that tells each message: the one who listens is to wait for the engine, and not the engine's lines for him
RULES = spine.RULES[:spine.RULES.index("- rule: ten-in-a-day")] + """
- rule: panic-now
  title: "{device}: help"
  select: {x: {kind: passage, where: "number >= 5000000 and number < 6000000"}}
  by: device
  raise: {hazard: robbery, class: panic, priority: critical}
  examples:
    - given: [0s x D1 number=5000000]
      alarms: [0s D1]
"""


class Panics:
    """Who listens to the feed, and presses."""

    def __init__(self, h):
        self.h, self.seen = h, {}
        self.client = paho.mqtt.client.Client("panic", protocol=paho.mqtt.client.MQTTv5)
        self.client.connect(h.broker.host, h.broker.port)
        self.client.loop_start()
        self.feed = h.daemon.connect(timeout=300)
        self.feed.send(cmd="follow")
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        try:
            while (line := self.feed.next()) is not None:
                alarm = line.get("transition", {}).get("alarm") or line.get("live") or {}
                if alarm.get("rule") == "panic-now":
                    self.seen.setdefault(alarm["key"], time.monotonic())
        except (OSError, ValueError):
            pass

    def press(self, n):
        device, number = 900000 + n, 5000000 + n
        began = time.monotonic()
        self.client.publish(f"urgent/{device}", json.dumps({"device": f"d{device}", "number": number}), qos=1).wait_for_publish(30)
        key = f"device={device}"
        self.h.wait(lambda: key in self.seen, f"the alarm of panic {n}")
        self.h.recoveries.append(self.seen[key] - began)
        return device, number

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def peak(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("RssAnon:")).split()[1]) / 1024


def run(h, random):
    h.start(rules=RULES, journal__size="4GiB" if h.long else "64MiB", journal__keep="1m")
    panics = Panics(h)
    # a minute, however many it takes
    many = {"count": 6_000_000, "seconds": 60, "give_up": 300} if h.long else {"count": 40_000}
    load = h.load(devices=1000, window=4000, **many)
    began, pressed, most = time.monotonic(), [], 0
    while load.process.poll() is None and time.monotonic() - began < 90:
        pressed.append(panics.press(len(pressed)))
        most = max(most, peak(h.daemon.pid("engine")))
        h.pause(0.05, 0.3, random)
    took = time.monotonic() - began
    load.finish(300)
    published = load.list()
    panics.close()
    ordered = sorted(h.recoveries)
    h.notes.append(f"{len(published) / took:,.0f} messages/s, {len(pressed)} panics, p99 {ordered[int(len(ordered) * 0.99)]:.2f} s, "
                   f"engine {most:.0f} MiB")
    h.expect(most < 1024, f"the engine grew to {most:.0f} MiB")
    h.check(more=published + pressed, alarms=False, timeout=900)
