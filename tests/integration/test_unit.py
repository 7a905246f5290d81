"""The daemon under what wardwatch.service grants and hides, without systemd: what works as root in the open need not work there."""

import os
import pathlib
import pwd
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine, unit  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import SOURCE, wait_for  # noqa: E402
from harness.leash import find_driver  # noqa: E402
from harness.machine import starved  # noqa: E402

pytestmark = [pytest.mark.skipif(not unit.can_have_own_view(), reason="only root can have a /proc of its own"),
              pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/mqtt-load")]


@pytest.fixture
def started(tmp_path):
    """A factory: started({…}) is a daemon that answers."""
    made = []
    with Broker(tmp_path, verbose=False) as broker:
        tmp_path.chmod(0o755)

        def start(settings=None, **options):
            made.append(unit.UnitDaemon(tmp_path, broker=broker, postgres="host=/nowhere dbname=wardwatch", settings=settings, **options))
            return made[0].start()

        yield start
        for daemon in made:
            daemon.close()


def test_what_the_unit_lends(started):
    """The supervisor has four capabilities, and workers none."""
    assert unit.value("CapabilityBoundingSet") == unit.value("AmbientCapabilities")
    daemon = started({"auth.enabled": True})
    for worker, name in (("engine", unit.ENGINE), ("store", unit.STORE), ("auth", unit.AUTH)):
        status = dict(line.split(":\t", 1) for line in
                      pathlib.Path(f"/proc/{daemon.pid(worker)}/status").read_text().splitlines())
        assert status["Uid"].split() == [str(pwd.getpwnam(name).pw_uid)] * 4
        for capabilities in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(status[capabilities], 16) == 0, (worker, capabilities)
    # a hung worker of another user is killed all the same: CAP_KILL
    pid = daemon.freeze("engine")
    wait_for(lambda: daemon.workers().get("engine") not in (None, pid), 60, "another engine")
    daemon.wait_ready()
    assert daemon.stop() == 0


def test_an_orderly_stop_counts(started):
    """What was closed in order is not looked through at the next start; what was not is."""
    daemon = started()
    assert daemon.stop() == 0
    daemon.start()
    daemon.wait_log("new, or closed in order")
    old = daemon.kill("engine")
    daemon.wait_restarted("engine", old)
    daemon.wait_log("looked through page by page")
    assert daemon.stop() == 0


def test_an_engine_that_gets_no_processor_is_not_taken_for_hung(started, tmp_path):
    """Its user is another one, whose processes the supervisor does not even see."""
    daemon = started({"supervisor.hung_after": "2s"}, rules=spine.write_rules(tmp_path / "rules"))
    daemon.wait_live()
    pid = daemon.pid("engine")
    with starved(pid, max(os.sched_getaffinity(0))):
        load = spine.Load(daemon.broker, tmp_path / "load.log", count=20000, devices=10)
        daemon.wait_log("worker-starved worker=engine")
    load.finish()
    wait_for(lambda: daemon.status()["sessions"]["bulk"]["messages"] == 20000, 60, "all that was published")
    assert daemon.pid("engine") == pid and "worker-hung" not in daemon.log


def test_the_stop_fits_into_the_unit_s():
    """Workers are stopped one after the other: all of their times together are less than systemd gives the daemon."""
    waits = dict(re.findall(r"^#define STOP_(\w+) +\((\d+) \* WW_SECOND\)$", (SOURCE / "daemon/supervisor.c").read_text(), re.M))
    assert len(waits) == 5 and int(waits["ENGINE"]) > 10
    assert sum(map(int, waits.values())) + 10 <= int(unit.value("TimeoutStopSec"))
