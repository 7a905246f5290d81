"""The engine is away between two events that belong together, or when a deadline passes: the second event still completes
the first, what was answered meanwhile is not missed, and what was not answered is told once."""

import json
import time

from harness import spine
from harness.scene import no_answer

VARIANTS = ("sequence", "before", "over")
SLICE = ("sequence", "over")
RULES = spine.RULES + no_answer("4s")


def say(h, device, number):
    h.broker.publish(f"bulk/{device}", json.dumps({"device": device, "number": number}))


def told(h, rule):
    return [key for (key,) in h.postgres.query("SELECT key FROM alarm WHERE rule = %s ORDER BY key", rule)]


def stored(h, n):
    h.wait(lambda: h.postgres.value("SELECT count(*) FROM message") >= n, f"{n} messages stored")


def away_over_the_deadline(h):
    """It is not known whether the answer came: the deadline moves behind the backlog, and the answer in it counts."""
    h.daemon.kill("supervisor")
    say(h, "answered", 11)
    deadline = time.monotonic() + 5
    h.wait(lambda: time.monotonic() > deadline, "the deadline")
    h.daemon.start()
    h.live()


def away_before_it(h):
    old = h.daemon.kill("engine")
    h.daemon.wait_restarted("engine", old)
    say(h, "answered", 11)


def run(h, random):
    h.start(rules=RULES)
    if h.variant == "sequence":
        say(h, "first", 3)
        stored(h, 1)
        old = h.daemon.kill("engine")
        h.daemon.wait_restarted("engine", old)
        say(h, "first", 6)
        h.wait(lambda: told(h, "second-after-first") == ["device=first"], "the sequence's alarm")
    else:
        say(h, "late", 10)
        say(h, "answered", 10)
        stored(h, 2)
        (away_over_the_deadline if h.variant == "over" else away_before_it)(h)
        h.wait(lambda: "device=late" in told(h, "no-answer"), "the missing answer's alarm")
        spine.settle(h.daemon)
        h.expect(told(h, "no-answer") == ["device=late"], f"told: {told(h, 'no-answer')}")
    h.check(alarms=False, deep=True)
