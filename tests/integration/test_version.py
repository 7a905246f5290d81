"""Another version on the same state: it goes on where it concludes the same, and nowhere else unless it was told to."""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker  # noqa: E402
from harness.machine import find_built  # noqa: E402
from harness.scene import SENSORS, Scene, rule  # noqa: E402

OTHER = find_built("tests/faults/fault-other-version")  # says 0.0.9-other, and reads one topic differently
TOPIC = "bulk/told-otherwise/{}"

pytestmark = pytest.mark.skipif(not OTHER, reason="build first: ninja tests/faults/fault-other-version")


@pytest.fixture
def scene(tmp_path, make_daemon):
    sensors = SENSORS.replace('"bulk/crash-me/{device}"', '"bulk/told-otherwise/{device}"')
    with Broker(tmp_path) as broker:
        s = Scene(tmp_path, make_daemon, broker, settings={"supervisor.backoff_max": "1s"}, sensors=sensors).start()
        s.publish("a", 1)
        s.alarm("one", "a")
        yield s


@pytest.fixture
def other(monkeypatch):
    """Within it, what is started is the other version."""
    class Other:
        def __enter__(self):
            monkeypatch.setenv("WARDWATCH_BIN", str(OTHER))

        def __exit__(self, *exception):
            monkeypatch.undo()
    return Other()


def killed(scene):
    """The engine first: one whose supervisor is gone may still end in order, and leave a snapshot at the head."""
    scene.daemon.freeze("supervisor")
    scene.daemon.kill("engine")
    scene.daemon.kill()


def notices(scene, name):
    found = (record["notice"] for place, record in scene.records() if place == "output" and record["type"] == "notice")
    return [notice["text"] for notice in found if notice["name"] == name]


def raised(scene):
    """Of the rules alone."""
    return {key: alarm for key, alarm in scene.alarms().items() if not key[0].startswith("system/")}


def start_fails(scene, text):
    """It is started again and again, and says each time why not."""
    scene.daemon.start(wait=False)
    scene.daemon.wait_log(text)
    scene.daemon.wait_log("worker-died")
    assert scene.daemon.answers() is None
    assert scene.daemon.stop() == 0


def test_a_version_goes_on_where_another_was_stopped(scene, other):
    before = raised(scene)
    assert scene.daemon.stop() == 0
    with other:
        scene.start()
        assert scene.daemon.status()["version"] == "0.0.9-other"
        assert scene.daemon.status()["replayed"] == 0
        assert raised(scene) == before
        text, = notices(scene, "version-changed")
        assert text.startswith("version 0.0.9-other goes on")
        # what it has taken itself it may replay, though the snapshot is the other one's
        scene.publish("b", 1)
        scene.alarm("one", "b")
        killed(scene)
        scene.start()
        assert scene.daemon.status()["replay_differs"] == 0
        assert len(notices(scene, "version-changed")) == 1
        now = raised(scene)
        assert set(now) == {("one", "device=a"), ("one", "device=b")}
        assert scene.daemon.stop() == 0
    scene.start()  # and back
    assert raised(scene) == now
    assert len(notices(scene, "version-changed")) == 2


def test_a_version_replays_another_s_inputs_if_it_concludes_the_same(scene, other):
    before = raised(scene)
    killed(scene)
    with other:
        scene.start()
        status = scene.daemon.status()
        assert status["replayed"] > 0 and status["replay_differs"] == 0
        assert raised(scene) == before
        text, = notices(scene, "version-changed")
        assert "0 outputs differ" in text
        killed(scene)
        scene.start()
        assert len(notices(scene, "version-changed")) == 1


def test_a_version_that_concludes_something_else_does_not_start(scene, other):
    scene.publish("b", 2, TOPIC)
    scene.alarm("two", "b")
    before = raised(scene)
    killed(scene)
    version = scene.daemon.run("--version").stdout.split()[-1]
    with other:
        start_fails(scene, f"start version {version} once")
        assert "--replay-other-version" in scene.daemon.log
        start_fails(scene, f"start version {version} once")  # it has changed nothing
    # the cure that it names
    scene.start()
    assert scene.daemon.status()["replay_differs"] == 0
    assert raised(scene) == before
    assert notices(scene, "version-changed") == []
    assert scene.daemon.stop() == 0
    with other:
        scene.start()
        assert raised(scene) == before
        assert len(notices(scene, "version-changed")) == 1


def test_in_an_emergency_it_goes_on_and_raises_an_alarm(scene, other):
    scene.publish("b", 2, TOPIC)
    scene.alarm("two", "b")
    killed(scene)
    with other:
        scene.daemon.options = ["--replay-other-version"]
        scene.start()
        assert scene.daemon.status()["replay_differs"] > 0
        alarms = scene.alarms()
        assert alarms[("system/replay-differs", "")]["regions"]["active"]
        assert ("one", "device=a") in alarms and ("two", "device=b") not in alarms
        assert "goes on after input" in notices(scene, "version-changed")[0]
        live = json.loads(scene.daemon.run("journal", "status", "--json").stdout)["live"]
        open_subjects = [json.loads(line) for line in scene.daemon.run("open", "--json").stdout.splitlines()]
        assert live == len(alarms) + len(open_subjects)  # readers are told what the engine knows
        scene.publish("c", 1)
        scene.alarm("one", "c")
        assert scene.daemon.stop() == 0
        scene.daemon.options = []
        scene.start()
        assert scene.daemon.status()["replay_differs"] == 0


def test_a_snapshot_that_cannot_be_taken_over_is_left_alone(scene, other):
    """Rules that the other version refuses stand in it; nothing of it is lost."""
    scene.reload(rule("one", 1) + rule("two", 2).replace("two at", "refused by the other version:"))
    before = raised(scene)
    assert scene.daemon.stop() == 0
    folder = scene.daemon.folder / "state" / "snapshots"
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    with other:
        start_fails(scene, "cannot take it over")
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    scene.start()
    assert raised(scene) == before
    # mended, as the log says
    scene.reload(rule("one", 1) + rule("two", 2))
    assert scene.daemon.stop() == 0
    with other:
        scene.start()
        assert raised(scene) == before
