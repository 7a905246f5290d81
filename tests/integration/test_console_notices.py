"""What the console has to say to an engine whose journal has no room."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import console_house, spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.console import Visitor  # noqa: E402
from harness.daemon import Daemon, wait_for  # noqa: E402
from harness.leash import find_driver  # noqa: E402
from harness.machine import free_port  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/mqtt-load")


def test_a_login_is_told_when_there_is_room(tmp_path):
    """Who logs in while the journal is full stands in the record, once, in the order in which they came."""
    names = ["anna", "bert", "carl"]
    port = free_port()
    with Postgres() as postgres, Broker(tmp_path) as broker, Daemon(
            tmp_path, broker=broker, postgres=postgres, rules=spine.write_rules(tmp_path / "rules"),
            settings={"auth.enabled": True, "console.listen": f"127.0.0.1:{port}", "journal.size": "4MiB"}) as daemon:
        spine.migrate(postgres, daemon.config)
        daemon.wait_live()
        console_house.up(daemon, port)
        for name in names:
            assert daemon.call("operator-add", name=name, may=["operator"], break_glass=True, reason="the first ones")["ok"]
            console_house.user(daemon, "add", name, password=console_house.GIVEN)
        spine.settle(daemon)
        postgres.stop()
        load = spine.Load(broker, tmp_path / "load.log", count=200000, topic="urgent/{device}")

        def full():
            answer = daemon.call("note", incident=1, text="is there room?")
            return answer.get("again") and answer["error"]["text"] == "the journal is full"

        try:
            wait_for(full, 90, "a journal that is full")
        finally:
            load.process.kill()
            load.process.wait()
        before = daemon.status()["feed"]["not_taken"]["full"]
        for name in names:
            assert Visitor(port).login(name, console_house.GIVEN).status == 200
        wait_for(lambda: daemon.status()["feed"]["not_taken"]["full"] > before, what="a notice that was put off")
        assert full()
        postgres.start()
        told = "SELECT subject FROM notice WHERE name = 'login' ORDER BY seq"
        wait_for(lambda: len(postgres.query(told)) >= len(names), 90, "who logged in")
        spine.settle(daemon)
        assert [subject for subject, in postgres.query(told)] == names
