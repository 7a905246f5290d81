"""Ladders under kill -9: each step's notifications are there exactly once, in time, and none for what is in hand."""

import datetime
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.scene import Scene, rule  # noqa: E402

SPAN = 5  # seconds from step to step
STEPS = 4
LADDER = f"""\
channels: [{{channel: desk}}, {{channel: mail}}]
recipients: [{{recipient: chief, address: {{mail: chief@example.org}}}}]
posts: [{{post: control-room}}]
escalations:
  - escalation: theft
    match: {{hazard: theft}}
    steps:
""" + "".join(f"      - {{after: {SPAN * k}s, to: [control-room, chief], by: [desk, mail], until: {until}}}\n"
              for k, until in enumerate(["acknowledged", "acknowledged", "resolved", "resolved"]))


@pytest.fixture
def scene(tmp_path, make_daemon):
    response = tmp_path / "response"
    response.mkdir()
    (response / "ladder.yaml").write_text(LADDER)
    with Broker(tmp_path) as broker:
        yield Scene(tmp_path, make_daemon, broker, settings={"paths.response": [response]},
                    rules=rule("one", 1) + rule("two", 2) + rule("three", 3)).start()


def live(scene, subject):
    """Open subjects of a kind, as the feed has them."""
    found = []
    with scene.daemon.connect() as feed:
        feed.send(cmd="follow")
        while "live_end" not in (line := feed.next()):
            if line.get("live_change", {}).get("subject") == subject:
                found.append(line["live_change"])
    return found


def due(scene, incident, step):
    """The notifications of a step, once it has fired."""

    def fired():
        try:
            found = [n for n in live(scene, "notification") if n["incident"] == incident and n["body"]["step"] == step]
        except (OSError, TypeError, AttributeError):
            return None  # the engine is on its way
        return found if len(found) == 4 else None

    return wait_for(fired, 40, f"step {step} of incident {incident}")


def incident_of(scene, device, number):
    """Raises an alarm; its incident, with the second in which it was opened."""
    scene.publish(device, number)
    (found,) = wait_for(lambda: [i for i in live(scene, "incident") if i["body"]["title"].endswith(f" at {device}")],
                        20, f"an incident of {device}")
    return found["id"], second(found["body"]["opened_at"])


def second(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def kill(scene):
    old = scene.daemon.kill("engine")
    scene.daemon.wait_restarted("engine", old)
    scene.daemon.wait_ready()


def kill_until(scene, moment):
    """The engine is dead, and nobody starts it, until `moment` has passed."""
    old = scene.daemon.pid("engine")
    scene.daemon.freeze("supervisor")
    scene.daemon.signal("engine", 9)
    wait_for(lambda: time.time() > moment, 60, "the moment")
    scene.daemon.thaw("supervisor")
    scene.daemon.wait_restarted("engine", old)
    scene.daemon.wait_ready()
    return time.time()


def fired(scene):
    """{(incident, step): the wall clock of the input that made its notifications due}"""
    received, found = {}, {}
    for place, record in scene.records():
        if place == "input":
            received[record["seq"]] = second(record["received"])
        elif record.get("change", {}).get("subject") == "notification" and record["change"]["version"] == 1:
            found[record["change"]["incident"], record["change"]["body"]["step"]] = received[record["seq"]]
    return found


def told(scene):
    """{incident: [key of each notification that was ever made due]}, from the journal."""
    found = {}
    for place, record in scene.records():
        change = record.get("change")
        if place == "output" and change and change["subject"] == "notification" and change["version"] == 1:
            found.setdefault(change["incident"], []).append(change["body"]["key"])
    return found


def keys(incident, steps):
    return sorted(f"{incident}/theft/{step}/{to}/{by}" for step in steps for to in ("control-room", "chief")
                  for by in ("desk", "mail"))


def test_killed_at_each_step(scene):
    incident, opened = incident_of(scene, "a", 1)
    for step in range(1, STEPS + 1):
        for n in due(scene, incident, step):
            assert second(n["body"]["due_at"]) == pytest.approx(opened + SPAN * (step - 1), abs=1e-3)
        kill(scene)
    assert [e["id"] for e in live(scene, "escalation")] == []  # over
    assert sorted(told(scene)[incident]) == keys(incident, range(1, STEPS + 1))
    assert scene.daemon.status()["replay_differs"] == 0


def test_overdue_steps_fire_at_once(scene):
    incident, opened = incident_of(scene, "a", 1)
    due(scene, incident, 1)
    moment = opened + SPAN * 2 + 1
    back = kill_until(scene, moment)
    for step in (2, 3, 4):
        due(scene, incident, step)
    kill(scene)
    when = fired(scene)
    assert all(moment <= when[incident, step] <= back + SPAN for step in (2, 3)), (moment, back, when)
    assert when[incident, 4] >= opened + SPAN * 3
    assert sorted(told(scene)[incident]) == keys(incident, range(1, STEPS + 1))
    assert scene.daemon.status()["replay_differs"] == 0


def test_nobody_is_told_of_what_is_in_hand_or_closed(scene):
    seen, opened = incident_of(scene, "a", 1)
    closed, _ = incident_of(scene, "b", 2)
    due(scene, seen, 1)
    due(scene, closed, 1)
    def acknowledge(rule_name, device):
        alarm = scene.alarm(rule_name, device)
        answer = scene.daemon.call("ack", id=f"seen-{device}", alarm=alarm["id"], version=alarm["version"], reason="seen")
        assert answer["ok"], answer

    acknowledge("one", "a")
    disposal = {"code": "test", "done": "x", "reason": "x"}
    for verb, more in (("incident-resolve", {}), ("dispose", disposal)):
        answer = scene.daemon.call(verb, id=f"b-{verb}", incident=closed, **more)
        assert answer["ok"], answer
    refused = scene.daemon.call("incident-close", id="b-refused", incident=closed, edition=0)  # whatever who asks says of it
    assert refused["error"]["name"] == "alarms-unacknowledged", refused
    acknowledge("two", "b")
    assert scene.daemon.call("incident-close", id="b-close", incident=closed)["ok"]
    before = {n["body"]["step"] for n in live(scene, "notification") if n["incident"] == seen}
    last = kill_until(scene, opened + SPAN * STEPS)
    due(scene, seen, 3)  # these wait for more than an acknowledgement
    due(scene, seen, 4)
    other, _ = incident_of(scene, "c", 3)
    due(scene, other, 2)  # a ladder that began later has come as far
    assert time.time() > last
    found = told(scene)
    assert sorted(found[seen]) == keys(seen, before | {3, 4})
    assert 2 not in before, "too slow a machine: the second step fired before the acknowledgement"
    assert {key.split("/")[2] for key in found[closed]} <= {"1"} and len(found[closed]) == 4
