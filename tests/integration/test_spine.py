"""Published = stored, lost 0, duplicated 0, and the same alarms as an undisturbed run: whatever dies, and whenever."""

import json
import pathlib
import signal
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.leash import find_driver  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import live_rules, no_answer  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/mqtt-load")


class Scene:
    """Broker, PostgreSQL and daemon with the numbered messages' rules."""

    def __init__(self, tmp_path, make_daemon, broker, postgres, **settings):
        self.folder, self.broker, self.postgres = tmp_path, broker, postgres
        self.daemon = make_daemon(broker=broker, postgres=postgres, rules=spine.write_rules(tmp_path / "rules"),
                                  settings={name.replace("__", "."): value for name, value in settings.items()})
        spine.migrate(postgres, self.daemon.config)
        self.daemon.start()
        self.live()

    def live(self):
        self.daemon.wait_live()

    def load(self, **options):
        return spine.Load(self.broker, self.folder / "load.log", **options)

    def check(self, load):
        result = load.finish()
        published = load.list()
        assert result["acknowledged"] == len(published)
        spine.compare(self.postgres, published)
        spine.settle(self.daemon)
        assert spine.stored_alarms(self.postgres) == spine.expected_alarms(published)
        return published


@pytest.fixture
def scene(tmp_path, make_daemon):
    with Broker(tmp_path) as broker, Postgres() as postgres:
        yield lambda **settings: Scene(tmp_path, make_daemon, broker, postgres, **settings)


def test_undisturbed(scene):
    s = scene()
    published = s.check(s.load(count=5000, devices=10))
    assert len(published) == 5000
    assert s.daemon.status()["replay_differs"] == 0


@pytest.mark.parametrize("victim", ["engine", "store", "supervisor"])
def test_kill_9_under_load(scene, seed, victim):
    s = scene(journal__snapshot_inputs=3000)
    load = s.load(count=12000, rate=1500, devices=10)
    for _ in range(5):
        spine.pause(0.2, 1.2, seed)
        if victim == "supervisor":
            s.daemon.kill("supervisor")
            s.daemon.start()
        else:
            old = s.daemon.kill(victim)
            s.daemon.wait_restarted(victim, old)
    s.check(load)
    assert s.daemon.status()["replay_differs"] == 0
    if victim != "store":
        verified = s.daemon.run("journal", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_kill_9_of_all_at_once(scene, seed):
    s = scene(journal__snapshot_inputs=2000)
    load = s.load(count=10000, rate=1500, devices=7)
    for _ in range(3):
        spine.pause(0.3, 1.2, seed)
        workers = s.daemon.workers()
        for name in ("engine", "store"):
            if name in workers:
                s.daemon.signal(name, signal.SIGKILL)
        s.daemon.kill("supervisor")
        s.daemon.start()
    s.check(load)


def test_postgres_away_for_a_while(scene, seed):
    s = scene()
    load = s.load(count=12000, rate=2000, devices=10)
    spine.pause(0.3, 0.8, seed)
    s.postgres.stop()
    wait_for(lambda: load.acknowledged() > 8000, 60, "load while PostgreSQL is away")
    # alarms go on meanwhile, and the operator is told of the database
    wait_for(lambda: {"every-hundredth", "system/database-lost"} <= live_rules(s.daemon), 20, "both alarms")
    s.postgres.start()
    s.check(load)


def test_postgres_killed_under_load(scene, seed):
    s = scene()
    load = s.load(count=9000, rate=1500, devices=10)
    for _ in range(3):
        spine.pause(0.3, 1.0, seed)
        s.postgres.kill()
        s.postgres.start()
    s.check(load)


def test_broker_restarted_under_load(scene, seed):
    s = scene()
    load = s.load(count=9000, rate=1500, devices=10)
    for _ in range(3):
        spine.pause(0.4, 1.0, seed)
        s.broker.restart()
    s.check(load)


def test_journal_full_closes_the_lanes_and_loses_nothing(scene):
    """PostgreSQL is away, so that nothing may be trimmed; the small map fills; the broker queues; then it all drains."""
    s = scene(journal__size="4MiB", journal__keep="1m", journal__snapshot_inputs=1000)
    s.postgres.stop()
    load = s.load(count=30000, devices=10)
    wait_for(lambda: s.daemon.status()["sessions"]["bulk"]["closed_by_us"], 60, "a closed bulk lane")
    # urgent messages still get through
    urgent = spine.Load(s.broker, s.folder / "urgent.log", count=5, devices=1, topic="urgent/{device}", first=100000,
                        name="urgent")
    urgent.finish()
    wait_for(lambda: s.daemon.status()["sessions"]["urgent"]["messages"] >= 5, 20, "urgent messages")
    assert s.daemon.status()["sessions"]["bulk"]["closed_by_us"]
    result = load.finish()
    s.postgres.start()
    spine.compare(s.postgres, load.list() + urgent.list(), timeout=240)
    assert result["acknowledged"] == 30000
    spine.settle(s.daemon)
    assert not s.daemon.status()["sessions"]["bulk"]["closed_by_us"]


def test_orderly_stop_and_start(scene):
    s = scene()
    load = s.load(count=6000, rate=1500, devices=10)
    wait_for(lambda: load.acknowledged() > 2000, 30, "load")
    assert s.daemon.stop() == 0
    s.daemon.start()
    s.check(load)
    assert s.daemon.status()["replayed"] == 0  # the snapshot at the head made a replay unnecessary


# --- between two events, and before a deadline ---

TIMED = """\
- rule: second-after-first
  title: first, then second
  select:
    first: {kind: passage, where: "number == 1"}
    second: {kind: passage, where: "number == 2"}
  by: device
  sequence: [first, second]
  within: 10m
  raise: {hazard: theft, priority: high}
  examples:
    - given: [0s first D1 number=1, 5s second D1 number=2]
      alarms: [5s D1]
""" + no_answer("4s")


def publish(broker, device, number):
    import paho.mqtt.publish

    paho.mqtt.publish.single(f"bulk/{device}", json.dumps({"device": device, "number": number}), qos=1, hostname=broker.host,
                             port=broker.port)


def alarms(postgres, rule):
    return postgres.query("SELECT key FROM alarm WHERE rule = %s ORDER BY key", rule)


@pytest.fixture
def timed(tmp_path, make_daemon):
    with Broker(tmp_path) as broker, Postgres() as postgres:
        s = Scene.__new__(Scene)
        s.folder, s.broker, s.postgres = tmp_path, broker, postgres
        s.daemon = make_daemon(broker=broker, postgres=postgres, rules=spine.write_rules(tmp_path / "rules", TIMED))
        spine.migrate(postgres, s.daemon.config)
        s.daemon.start()
        s.live()
        yield s


def taken(s, n):
    wait_for(lambda: s.postgres.value("SELECT count(*) FROM message") >= n, 30, f"{n} messages stored")


def test_engine_killed_between_the_two_events_of_a_sequence(timed):
    publish(timed.broker, "d1", 1)
    taken(timed, 1)
    old = timed.daemon.kill("engine")
    timed.daemon.wait_restarted("engine", old)
    timed.live()
    publish(timed.broker, "d1", 2)
    wait_for(lambda: alarms(timed.postgres, "second-after-first") == [("device=d1",)], 20, "the sequence's alarm")
    assert timed.daemon.status()["replay_differs"] == 0


def test_engine_killed_before_a_deadline(timed):
    publish(timed.broker, "late", 10)
    publish(timed.broker, "answered", 10)
    taken(timed, 2)
    asked = time.monotonic()
    old = timed.daemon.kill("engine")
    timed.daemon.wait_restarted("engine", old)
    timed.live()
    assert time.monotonic() - asked < 3.5, "the restart itself outlasted the deadline"
    publish(timed.broker, "answered", 11)
    wait_for(lambda: alarms(timed.postgres, "no-answer") == [("device=late",)], 30, "the missing answer's alarm")
    assert timed.daemon.status()["replay_differs"] == 0


def test_deadline_passes_while_the_engine_is_away(timed):
    """It is not known whether the answer came: the deadline moves behind the backlog, and the answer in it counts."""
    publish(timed.broker, "late", 10)
    publish(timed.broker, "answered", 10)
    taken(timed, 2)
    timed.daemon.kill("supervisor")
    publish(timed.broker, "answered", 11)
    deadline = time.monotonic() + 5
    wait_for(lambda: time.monotonic() > deadline, 10, "the deadline")
    timed.daemon.start()
    wait_for(lambda: alarms(timed.postgres, "no-answer") == [("device=late",)], 30, "the missing answer's alarm")
    spine.settle(timed.daemon)
    assert alarms(timed.postgres, "no-answer") == [("device=late",)]
    assert timed.daemon.status()["replay_differs"] == 0
