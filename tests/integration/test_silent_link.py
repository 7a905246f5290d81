"""A link that says nothing: the broker is frozen, or the wire is silent, and nobody has noticed yet. Keepalive is 10 s, so the loss
is seen after 15; the absences here are due after five. What has come to the broker in time must not be missed by them."""

import json
import subprocess
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/", 1)[0])

from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.proxy import Proxy  # noqa: E402
from harness.scene import Scene, no_answer  # noqa: E402

QUIET = """\
- rule: quiet
  title: nothing at all
  select: {x: {kind: passage, where: "number == 20"}}
  by: device
  sequence: [x, not x]
  within: 3s
  raise: {hazard: sabotage, priority: high}
  examples:
    - given: [0s x D1 number=20]
      alarms: [3s D1]
    - given: [0s x D1 number=20, 1s x D1 number=20, 2s x D1 number=20]
      alarms: [5s D1]
"""


@pytest.fixture
def scene(tmp_path, make_daemon):
    with Broker(tmp_path) as broker:
        proxy = Proxy("127.0.0.1", broker.port)
        try:
            scene = Scene(tmp_path, make_daemon, broker, rules=no_answer("3s") + QUIET,
                          settings={"mqtt.port": proxy.port, "mqtt.keepalive": "10s"})
            scene.proxy = proxy
            yield scene.start()
        finally:
            proxy.close()


def notices(scene):
    return [r["topic"] for at, r in scene.records() if at == "input" and r["type"] == "notice" and r["topic"].startswith("intake-")]


def taken(scene, device):
    return [json.loads(r["payload"])["number"] for at, r in scene.records()
            if at == "input" and r["type"] == "message" and r["topic"] == f"bulk/{device}"]


def ask(scene, device):
    scene.publish(device, 10)
    scene.publish(device, 20)
    wait_for(lambda: taken(scene, device) == [10, 20], 20, "the questions")


def blind_again(scene, known):
    """Seen without the link's end: by what the broker did not show."""
    wait_for(lambda: notices(scene)[len(known):] == ["intake-blind"], 30, "blindness")


def told(scene, device):
    return {rule for rule, key in scene.alarms() if key == f"device={device}"}


def answered_in_silence(scene, silence, answer, speak):
    known = notices(scene)
    ask(scene, "asker")
    silence()
    end = answer()
    blind_again(scene, known)
    speak()
    end()
    wait_for(lambda: notices(scene)[len(known):][-1] == "intake-sighted", 60, "sight")
    wait_for(lambda: sorted(taken(scene, "asker")) == [10, 11, 20, 20], 20, "the answers")
    ask(scene, "mute")  # on a link that is well
    wait_for(lambda: told(scene, "mute") == {"no-answer", "quiet"}, 30, "an absence that is one")
    assert told(scene, "asker") == {"quiet"}  # of the second, that nothing followed
    return notices(scene)[len(known):]


def test_a_frozen_broker(scene):
    """The answers are on their way to the broker, which does not read them."""
    def answer():
        senders = []
        for number in (11, 20):
            senders.append(subprocess.Popen(["mosquitto_pub", *scene.broker.client_arguments(), "-q", "1", "-t", "bulk/asker", "-m",
                                             json.dumps({"device": "asker", "number": number})]))
        return lambda: [sender.wait(60) for sender in senders]

    answered_in_silence(scene, scene.broker.freeze, answer, scene.broker.thaw)


def test_a_silent_wire(scene):
    """The broker has the answers in time; nothing of it comes through."""
    def answer():
        scene.publish("asker", 11)
        scene.publish("asker", 20)
        return lambda: None

    answered_in_silence(scene, scene.proxy.silence, answer, lambda: (scene.proxy.speak(), scene.proxy.cut()))


def test_a_slow_wire(scene):
    """Slower than what is waited for, always: absences are told late, not never."""
    known = notices(scene)
    scene.proxy.delay = 0.8  # each way, each packet
    ask(scene, "slow")
    wait_for(lambda: told(scene, "slow") == {"no-answer", "quiet"}, 60, "an absence")
    assert notices(scene)[len(known):][:2] == ["intake-blind", "intake-sighted"]


def test_a_link_that_is_well_stays_so(scene):
    known = notices(scene)
    ask(scene, "mute")
    wait_for(lambda: told(scene, "mute") == {"no-answer", "quiet"}, 30, "an absence that is one")
    assert notices(scene) == known
