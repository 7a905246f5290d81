"""A step with an action: the command goes out by MQTT, and is done when the controller says so, or has failed."""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import Scene, rule  # noqa: E402

LOCK = """\
procedures:
  - procedure: lock-down
    steps:
      - step: lock
        text: Lock the exits
        required: true
        action:
          topic: locks/ward/set
          payload: '{"lock": true, "incident": {incident}}'
          confirm: {kind: passage}
          within: 3s
"""


@pytest.fixture
def scene(tmp_path, make_daemon):
    response = tmp_path / "response"
    response.mkdir()
    (response / "lock.yaml").write_text(LOCK)
    rules = rule("one", 1).replace("priority: medium", "priority: medium, procedure: lock-down")
    with Broker(tmp_path) as broker, Postgres() as postgres:
        made = Scene(tmp_path, make_daemon, broker, postgres, rules=rules, settings={"paths.response": [response]})
        spine.migrate(postgres, made.daemon.config)
        yield made.start()


def step(scene):
    """As `wardwatch open step --json` shows it; None: it is not open."""
    lines = scene.daemon.run("open", "step", "--json").stdout.splitlines()
    return json.loads(lines[0]) if lines else None


def run(scene, controller):
    """Runs the step; what the controller got."""
    listener = subprocess.Popen(["mosquitto_sub", *scene.broker.client_arguments(), "-t", "locks/#", "-v", "-C", "1", "-W", "30",
                                 "-i", controller, "-q", "1", "-c"], stdout=subprocess.PIPE, text=True)
    wait_for(lambda: f"Sending SUBACK to {controller}" in scene.broker.log, 20, "the controller")
    answer = scene.daemon.call("step-run", step=1)
    assert answer["ok"], answer
    return listener.communicate(timeout=40)[0].strip()


def stored(scene):
    return scene.postgres.query("SELECT what, actor FROM change WHERE subject = 'step' ORDER BY version")


def test_confirmed_is_done_and_unconfirmed_has_failed(scene):
    scene.publish("door", 1)
    wait_for(lambda: step(scene), 20, "the step")
    assert run(scene, "deaf") == 'locks/ward/set {"lock": true, "incident": 1}'
    assert wait_for(lambda: (s := step(scene)) and s["body"]["state"] == "failed" and s, 20, "its failure")["what"] == "step-unconfirmed"
    assert "failed" in scene.daemon.run("open", "step").stdout
    refused = scene.daemon.call("incident-resolve", incident=1)
    assert refused["error"]["name"] == "steps-open"
    assert run(scene, "lock-1") == 'locks/ward/set {"lock": true, "incident": 1}'
    scene.publish("lock-1", 2)
    wait_for(lambda: (s := step(scene)) is None or s["body"]["state"] == "done", 20, "the confirmation")
    names = ["step-run", "step-unconfirmed", "step-run", "step-confirmed"]
    rows = wait_for(lambda: (r := stored(scene)) and len(r) >= 5 and r, 30, "the record")
    assert [row[0] for row in rows][1:] == names, rows
    assert scene.daemon.call("incident-resolve", incident=1)["ok"]
