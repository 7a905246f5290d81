"""The broker stops in order, hangs, or a wire goes silent: operators see it, the link comes back, nothing is lost, and no
absence is told that the backlog refutes.

The recovery is from the broker's return until the intake is live again."""

import json
import time

from harness import spine
from harness.proxy import Proxy
from harness.scene import no_answer

TARGET = "back ≤ 35 s"
LIMIT = 35
VARIANTS = ("stopped", "frozen", "silent", "cut")
SLICE = ("silent",)


def strike(h, proxy):
    if h.variant == "stopped":
        h.broker.stop()
        return h.broker.start
    if h.variant == "frozen":
        h.broker.freeze()
        return h.broker.thaw
    if h.variant == "silent":
        proxy.silence()
        return lambda: (proxy.speak(), proxy.cut())
    proxy.cut()
    return lambda: None


def lost(h):
    """Operators see it: the alarm of the lost intake is active."""
    found = [a for (rule, _), a in h.alarms().items() if rule == "system/intake-lost"]
    return any(a["regions"]["active"] for a in found)


def answered_late(h, broken):
    """Asked before the fault, answered while the link is away: the answer waits in the backlog."""
    h.broker.publish("bulk/asker", json.dumps({"device": "asker", "number": 10}))
    h.wait(lambda: h.postgres.value("SELECT count(*) FROM message WHERE topic = 'bulk/asker'") == 1, "the question")
    mend = strike(h, broken)
    if h.variant == "silent":
        h.broker.publish("bulk/asker", json.dumps({"device": "asker", "number": 11}))
        due = time.monotonic() + 9.5

        def mend_behind_the_deadline():
            h.wait(lambda: time.monotonic() > due, "the deadline")
            mend()
        return mend_behind_the_deadline, True
    return mend, False


def run(h, random):
    h.prepare(rules=spine.RULES + no_answer("9s"), mqtt__keepalive="5s")
    proxy = h.closes(Proxy("127.0.0.1", h.broker.port))
    h.daemon.write_config(mqtt__port=proxy.port)
    h.start()
    rounds = (3 if h.long else 1) * (3 if h.variant == "cut" else 1)
    load = h.load(count=2500 * rounds, rate=1500, devices=10)
    asked = False
    for n in range(rounds):
        h.pause(0.2, 0.8, random)
        if n == 0:
            mend, asked = answered_late(h, proxy)
        else:
            mend = strike(h, proxy)
        if h.variant != "cut":
            h.wait(lambda: lost(h), "the alarm of the lost intake", 40)
        mend()
        with h.recovery():
            h.live(80)
    h.check(load)
    h.live()
    told = h.postgres.value("SELECT count(*) FROM alarm WHERE rule = 'no-answer'")
    if asked:
        h.expect(told == 0, "an absence was told that the backlog refutes")
