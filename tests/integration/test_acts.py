"""What operators do to an alarm from the command line: every act through the real daemon, refusals with their cure."""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import Scene, rule  # noqa: E402


@pytest.fixture
def scene(tmp_path, make_daemon):
    with Broker(tmp_path) as broker, Postgres() as postgres:
        made = Scene(tmp_path, make_daemon, broker, postgres, rules=rule("one", 1, "high"))
        spine.migrate(postgres, made.daemon.config)
        yield made.start()


@pytest.fixture
def alarm(scene):
    scene.publish("a", 1)
    return str(scene.alarm("one", "a")["id"])


def does(scene, *words):
    done = scene.daemon.run(*words, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["alarm"]


def refused(scene, *words):
    """The cure of a refusal, as people read it."""
    done = scene.daemon.run(*words)
    assert done.returncode == 1 and done.stderr.startswith("refused: "), (done.stdout, done.stderr)
    return done.stderr.partition("help: ")[2]


def test_silence_says_nothing_else(scene, alarm):
    silent = does(scene, "silence", alarm)
    assert (silent["state"], silent["silenced"], silent["sound"]) == ("UNACK", True, "none")
    assert "sound" not in refused(scene, "silence", alarm)  # it is silent


def test_shelve_and_unshelve(scene, alarm):
    assert "--reason" in refused(scene, "shelve", alarm, "--until", "1h")
    assert "--until" in refused(scene, "shelve", alarm, "--reason", "mopping")
    assert "--until" in refused(scene, "shelve", alarm, "--reason", "mopping", "--until", "90h")
    assert "2h" in scene.daemon.run("shelve", alarm, "--reason", "x", "--until", "tomorrow").stderr
    shelved = does(scene, "shelve", alarm, "--reason", "mopping", "--until", "1h")
    assert shelved["state"] == "SHLVD" and shelved["shelved_until"]
    assert refused(scene, "shelve", alarm, "--reason", "mopping", "--until", "1h")
    assert does(scene, "unshelve", alarm)["state"] == "ACKED"  # who shows it again has seen it
    assert does(scene, "shelve", alarm, "--reason", "until it clears", "--one-shot")["regions"]["shelved"] == "one-shot"
    assert does(scene, "unshelve", alarm)["state"] == "ACKED"


def test_out_of_service_and_back(scene, alarm):
    words = ("out-of-service", alarm, "--reason", "repair")
    assert "--work-order" in refused(scene, *words, "--until", "8h")
    assert "--until" in refused(scene, *words, "--work-order", "WO-7")
    out = does(scene, *words, "--work-order", "WO-7", "--until", "8h", "--second-person", "bob")
    assert (out["state"], out["work_order"]) == ("OOSRV", "WO-7")
    assert does(scene, "return-to-service", alarm)["state"] == "UNACK"
    assert refused(scene, "return-to-service", alarm)


def test_an_outdated_version_is_refused(scene, alarm):
    version = str(scene.alarm("one", "a")["version"])
    assert does(scene, "ack", alarm, "--reason", "seen")["state"] == "ACKED"
    scene.publish("a", 1)  # it comes again
    scene.daemon.wait_live()
    assert "version" in refused(scene, "shelve", alarm, "--reason", "x", "--until", "1h", "--version", "99")
    assert version == "1"


def test_an_id_is_its_actors_own(scene):
    """Whoever guesses the id of another's command, such as that of a report on a notification, answers it for nobody."""
    daemon = scene.daemon
    assert daemon.call("operator-add", name="eve", may=["operator"], break_glass=True, reason="new")["ok"]
    guessed = "1/duty/1/0/desk/mail#1"
    first = daemon.call("incident-open", **{"as": "eve"}, id=guessed, hazard="theft", title="nothing at all")
    assert first["ok"]
    own = daemon.call("incident-open", id=guessed, hazard="fire", title="what matters")
    assert own["ok"] and own["changes"] != first["changes"]
    again = daemon.call("incident-open", id=guessed, hazard="fire", title="what matters")
    assert again == own  # the same of the same actor is one
    assert daemon.call("incident-open", **{"as": "eve"}, id=guessed, hazard="theft", title="nothing at all") == first


def test_what_sounded_is_in_the_history(scene, alarm):
    does(scene, "silence", alarm)
    does(scene, "ack", alarm, "--reason", "seen")
    spine.settle(scene.daemon)
    rows = scene.postgres.query("SELECT cause, annunciate, sound FROM alarm_transition ORDER BY version")
    assert rows == [("RAISE", True, "high"), ("SILENCE", False, "none"), ("ACKNOWLEDGE", False, "none")]


def test_words_of_an_act_stand_in_their_order(scene, alarm):
    def act(*words):
        return scene.daemon.run("act", *words)

    assert act("incident-take", "1").stdout.startswith("incident 1 taken")
    assert act("note", "1", "a = b, and b=c").returncode == 0
    assert act("incident-hold", "1", "30m", "version=2", "--reason", "police").stdout.startswith("incident 1 held")
    assert act("amend", "note=1", "more").stdout.startswith("note 1 amended")
    for words, wrong in ((("amend", "1", "x"), "one of two"), (("incident-take", "1", "3", "4"), "one word too many"),
                         (("incident-take", "[1"), "cannot be sent"), (("incident-tale", "1"), "no act")):
        done = act(*words)
        assert done.returncode == 2 and wrong in done.stderr, (words, done)
