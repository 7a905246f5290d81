"""The clock jumps (libfaketime): a year on or back, a leap second, over the change to summer time. Steps are told; each step
of a ladder is taken once and never early, and each deadline passes once and never early.

Early is judged by the test's own clock: not before the span has really gone by."""

import json
import time

from faulttest.hospital import Skipped
from harness import spine
from harness.faketime import environment
from harness.machine import HarnessError
from harness.scene import live_rules, no_answer

TARGET = "0 false or missed"
VARIANTS = ("year-on", "year-back", "leap", "summer-time")
SLICE = ("year-on", "year-back")
STEP = 2.0
LADDER = f"""\
channels: [{{channel: desk}}]
posts: [{{post: control-room}}]
escalations:
  - escalation: theft
    match: {{hazard: theft}}
    steps:
      - {{after: 0s, to: control-room, by: desk}}
      - {{after: {int(STEP)}s, to: control-room, by: desk, until: resolved}}
"""
JUMPS = {"year-on": "+31536000", "year-back": "-31536000", "leap": "-1"}
SUMMER = "@2026-03-29 00:59:57"  # UTC; three seconds later Berlin's clocks go from 02:00 to 03:00


def faketime(h):
    file = h.folder / "now"
    file.write_text(SUMMER if h.variant == "summer-time" else "+0")
    try:
        return file, environment(file)
    except HarnessError as error:
        raise Skipped(str(error)) from None


def say(h, device, number):
    h.broker.publish(f"bulk/{device}", json.dumps({"device": device, "number": number}))


def steps(h):
    """(incident, step) of each step that has been taken, as the feed has them."""
    found = []
    with h.daemon.connect() as feed:
        feed.send(cmd="follow")
        while "live_end" not in (line := feed.next()):
            change = line.get("live_change", {})
            if change.get("subject") == "notification":
                found.append((change["incident"], change["body"]["step"]))
    return found


def run(h, random):
    response = h.folder / "response"
    response.mkdir()
    (response / "ladder.yaml").write_text(LADDER)
    file, clock = faketime(h)
    h.prepare(rules=spine.RULES + no_answer("3s"), environment=clock, paths__response=[response])
    h.start()
    began = time.monotonic()
    say(h, "alarm", 50)  # every-hundredth: medium, an incident, a ladder
    say(h, "asker", 10)
    say(h, "answered", 10)
    h.wait(lambda: len(steps(h)) >= 1, "the first step")
    if h.variant in JUMPS:
        file.write_text(JUMPS[h.variant])
    say(h, "answered", 11)
    h.wait(lambda: len(steps(h)) >= 2, "the second step", 30)
    h.expect(time.monotonic() - began >= STEP - 0.1, "the second step was early")
    h.wait(lambda: "no-answer" in live_rules(h.daemon), "the deadline", 30)
    h.expect(time.monotonic() - began >= 3, "the deadline was early")
    if h.variant.startswith("year"):
        h.wait(lambda: h.postgres.value("SELECT count(*) FROM notice WHERE name ~ 'clock'"), "a notice of the step")
    taken = steps(h)
    h.expect(len(taken) == len(set(taken)) == 2, f"steps: {taken}")
    h.daemon.kill("engine")
    h.wait(lambda: h.daemon.answers(), "the next engine")
    h.wait(lambda: steps(h) and True, "its state")
    h.expect(sorted(steps(h)) == sorted(taken), "a restart took a step again")
    h.expect(h.daemon.status()["clock_held"] == (h.variant == "year-on"), "the next engine follows another time")
    load = h.load(count=500, devices=5)
    h.check(load, timeout=60)
    told = [key for (key,) in h.postgres.query("SELECT key FROM alarm WHERE rule = 'no-answer'")]
    h.expect(told == ["device=asker"], f"told as not answered: {told}")
