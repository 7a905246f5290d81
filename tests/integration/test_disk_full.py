"""The disk that holds the state fills up: the journal has its room already, snapshots fail and say so, the lanes close when
the map is full, the broker queues; with room again everything drains. Lost 0, duplicated 0."""

import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.leash import find_driver  # noqa: E402
from harness.machine import wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import live_rules  # noqa: E402

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk"),
              pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/mqtt-load")]


@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=0755", "tmpfs", path], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        pytest.skip(f"this machine does not let us mount: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def fill(disk):
    """Takes what is left of the disk."""
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"\0" * 4096)
        except OSError:
            pass


def test_disk_full(tmp_path, small_disk, make_daemon):
    with Broker(tmp_path) as broker, Postgres() as postgres:
        daemon = make_daemon(broker=broker, postgres=postgres, rules=spine.write_rules(tmp_path / "rules"),
                             settings={"state.dir": small_disk / "state", "journal.size": "4MiB", "journal.keep": "1m",
                                       "journal.snapshot_inputs": 1000})
        spine.migrate(postgres, daemon.config)
        daemon.start()
        wait_for(lambda: not daemon.status()["blind"], 30, "a live intake")
        fill(small_disk)
        load = spine.Load(broker, tmp_path / "load.log", count=30000)
        wait_for(lambda: "system/snapshot-failed" in live_rules(daemon), 30, "the alarm of the failed snapshot")
        wait_for(lambda: daemon.status()["sessions"]["bulk"]["closed_by_us"], 60, "a closed bulk lane")
        load.finish()
        (small_disk / "filler").unlink()
        spine.compare(postgres, load.list(), timeout=180)
        spine.settle(daemon)
        assert spine.stored_alarms(postgres) == spine.expected_alarms(load.list())
        wait_for(lambda: not daemon.status()["sessions"]["bulk"]["closed_by_us"], 30, "an open lane")
