"""Journal time and a wall clock that is wrong, over restarts of the engine and of the daemon."""

import datetime
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.faketime import environment  # noqa: E402
from harness.scene import Scene  # noqa: E402

HOURS = 8
AHEAD = HOURS * 3600


@pytest.fixture
def scene(tmp_path, make_daemon):
    """Not started. `scene.clock` is the file by which the daemon's wall clock is set."""
    with Broker(tmp_path) as broker:
        s = Scene(tmp_path, make_daemon, broker, settings={"sandbox.mode": "off"})
        s.clock = tmp_path / "clock"
        s.clock.write_text("+0")
        s.daemon.environment = environment(s.clock)
        yield s


def said(scene, name):
    """The texts of the notices of that name."""
    return [record["notice"]["text"] for place, record in scene.records()
            if place == "output" and record["type"] == "notice" and record["notice"]["name"] == name]


def journal_ahead(scene):
    """Of the true time, in hours, as near as the newest record says."""
    scene.publish("any", 0)
    then = datetime.datetime.fromisoformat(scene.daemon.status()["journal_time"])
    return round((then.timestamp() - time.time()) / 3600)


def test_a_step_that_was_not_followed_is_not_followed_by_the_next_engine(scene):
    scene.start()
    scene.clock.write_text(f"+{AHEAD}")
    wait_for(lambda: scene.publish("a", 0) or scene.daemon.status()["clock_held"], 30, "the step is seen")
    for restart in (scene.restart_engine, lambda: (scene.daemon.stop(), scene.start())):
        restart()
        assert scene.daemon.status()["clock_held"] is True and journal_ahead(scene) == 0
        assert round(scene.daemon.status()["clock_ahead_s"] / 3600) == -HOURS
    done = scene.daemon.run("clock", "confirm")
    assert done.returncode == 0, done.stderr
    assert wait_for(lambda: journal_ahead(scene), 30, "journal time follows the wall") == HOURS
    scene.restart_engine()
    assert scene.daemon.status()["clock_held"] is False and journal_ahead(scene) == HOURS
    assert len(said(scene, "clock-forward")) == 1 and said(scene, "clock-forward")[0].startswith("by 8 h 0 min; ")


def test_a_step_while_nobody_ran_is_seen(scene):
    scene.start()
    journal_ahead(scene)
    scene.daemon.stop()
    scene.clock.write_text(f"+{AHEAD}")
    scene.start()
    assert journal_ahead(scene) == 0 and scene.daemon.status()["clock_held"] is True
    assert len(said(scene, "clock-forward")) == 1


def test_another_boot_takes_the_clock_that_it_finds_and_tells_when_it_is_put_right(scene):
    scene.start()
    journal_ahead(scene)
    scene.daemon.stop()
    scene.daemon.environment["WARDWATCH_BOOT_ID"] = "another"
    scene.clock.write_text(f"+{AHEAD}")  # the clock's chip keeps local time
    scene.start()
    assert journal_ahead(scene) == HOURS and scene.daemon.status()["clock_held"] is False
    scene.clock.write_text("+0")  # NTP puts it right
    wait_for(lambda: scene.publish("a", 0) or said(scene, "clock-backward"), 30, "the notice")
    scene.restart_engine()
    assert round(scene.daemon.status()["clock_ahead_s"] / 3600) == HOURS
    assert journal_ahead(scene) == HOURS  # it cannot go back
    told = said(scene, "clock-backward")
    assert len(told) == 1 and told[0].startswith("journal time is 8 h 0 min ahead")
    assert "system/clock" in {rule for rule, _ in scene.alarms()}
