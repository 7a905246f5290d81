"""A controller that is lost mutes what hangs on it: through the real daemon, on the screen and in the auditor's tables."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import harness.scene  # noqa: E402
from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

SITE = """\
site: test
assets:
  - {asset: gateway, device: gw, class: controller}
  - {asset: front-door, device: door, class: door, parent: gateway}
  - {asset: side-door, device: side, class: door, parent: gateway}
  - {asset: shed, device: shed, class: door}
"""
RULES = """\
- rule: controller-lost
  title: "{asset} is lost"
  select: {x: {kind: passage, where: number == 1}}
  by: asset
  mute: {match: {rule: door-lost}, under: asset, settle: 3s}
  raise: {hazard: system, priority: high}
  examples:
    - given: [0s x gateway number=1]
      alarms: [0s gateway]
- rule: door-lost
  title: "{asset} is lost"
  select: {x: {kind: passage, where: number == 2}}
  by: asset
  raise: {hazard: system, priority: low}
  examples:
    - given: [0s x front-door number=2]
      alarms: [0s front-door]
"""
PENDING, MUTED = "controller-lost (pending)", "controller-lost asset=gateway"


class Scene(harness.scene.Scene):
    def by_asset(self):
        return {alarm["asset"]: alarm for alarm in self.alarms().values()}

    def wait(self, asset, state, by=""):
        def there():
            alarm = self.by_asset().get(asset)
            return alarm and (alarm["state"], alarm["suppressed_by"]) == (state, by) and alarm
        return wait_for(there, 30, f"{asset} {state} {by}")

    def history(self, asset):
        spine.settle(self.daemon)
        return self.postgres.query("SELECT cause, new_state, suppressed_by, annunciate FROM alarm_transition "
                                   "WHERE asset = %s ORDER BY seq, n", asset)

    def act(self, cmd, alarm):
        answer = self.daemon.call(cmd, alarm=alarm["id"], version=alarm["version"], reason="seen")
        assert answer["ok"], answer
        return answer["alarm"]


@pytest.fixture
def scene(tmp_path, make_daemon):
    with Broker(tmp_path) as broker, Postgres() as postgres:
        made = Scene(tmp_path, make_daemon, broker, postgres, rules=RULES, sensors=spine.SENSORS, site=SITE)
        spine.migrate(postgres, made.daemon.config)
        yield made.start()


def test_a_child_before_its_parent(scene):
    scene.publish("door", 2)
    assert scene.wait("front-door", "DSUPR", PENDING)["regions"]["active"]
    scene.publish("gw", 1)
    parent = scene.wait("gateway", "UNACK")
    scene.wait("front-door", "DSUPR", MUTED)
    assert f"suppressed by {MUTED}" in scene.daemon.run("alarms").stdout
    figures = scene.daemon.status()["stages"]["alarms"]
    assert (figures["suppressed"], figures["pending"], figures["muting"]) == (1, 0, 1)
    # what the operator does to the parent changes nothing
    parent = scene.act("ack", parent)
    scene.publish("side", 2)
    scene.wait("side-door", "DSUPR", MUTED)
    # over a death of the engine, too
    old = scene.daemon.kill("engine")
    scene.daemon.wait_restarted("engine", old)
    scene.live()
    assert scene.daemon.status()["replay_differs"] == 0
    assert scene.by_asset()["front-door"]["suppressed_by"] == MUTED
    # when the parent is back, what is still true is announced, after settle and wait
    scene.act("reset", parent)
    scene.wait("front-door", "UNACK")
    scene.wait("side-door", "UNACK")
    assert scene.history("front-door") == [("RAISE", "DSUPR", PENDING, False), ("SUPPRESS", "DSUPR", MUTED, False),
                                           ("UNSUPPRESS", "UNACK", "", True)]
    assert scene.history("side-door") == [("RAISE", "DSUPR", MUTED, False), ("UNSUPPRESS", "UNACK", "", True)]
    (context,) = scene.postgres.query("SELECT context FROM alarm_transition WHERE cause = 'SUPPRESS'")[0]
    assert context.startswith(f"muted by alarm {parent['id']}, since ")


def test_a_child_whose_parent_is_well(scene):
    scene.publish("shed", 2)  # hangs on nothing: at once
    scene.publish("door", 2)
    scene.wait("shed", "UNACK")
    scene.wait("front-door", "UNACK")
    assert scene.history("shed") == [("RAISE", "UNACK", "", True)]
    assert scene.history("front-door") == [("RAISE", "DSUPR", PENDING, False), ("UNSUPPRESS", "UNACK", "", True)]
    waited = scene.postgres.value("SELECT b.changed_at - a.raised_at FROM alarm_transition a JOIN alarm_transition b "
                                  "USING (journal, alarm) WHERE a.asset = 'front-door' AND a.cause = 'RAISE' "
                                  "AND b.cause = 'UNSUPPRESS'")
    assert 5 <= waited.total_seconds() < 20  # settle 3 s and wait 2 s


def test_a_reload_without_the_mute(scene):
    scene.publish("gw", 1)
    scene.wait("gateway", "UNACK")
    scene.publish("door", 2)
    scene.wait("front-door", "DSUPR", MUTED)
    (scene.daemon.rules / "hospital" / "test.yaml").write_text(
        "".join(line for line in RULES.splitlines(True) if "mute:" not in line))
    scene.daemon.reload()
    scene.wait("front-door", "UNACK")
    assert scene.history("front-door")[-1] == ("UNSUPPRESS", "UNACK", "", True)
    assert scene.postgres.value("SELECT actor FROM alarm_transition WHERE cause = 'UNSUPPRESS'") == "reload"
