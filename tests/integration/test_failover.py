"""The store when the database is lost for good: a standby takes over, or its disk is full for a while."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.postgres import Postgres, Standby, wait_for  # noqa: E402
from harness.store import Engine, Store, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

COMMIT_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wardwatch' AND wait_event = 'SyncRep'"


@pytest.fixture
def pair():
    with Postgres("fsync = off") as primary, Standby(primary) as standby:
        yield primary, standby


def receiving(primary):
    return primary.value("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")


def test_standby_promoted_in_the_middle_of_a_commit(tmp_path, pair):
    primary, standby = pair
    primary.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    with Store(tmp_path, primary, url=standby.url_of_both(), batch_rows=100) as store:
        store.migrate()
        engine = Engine(store.run / "wardwatch.sock")
        store.fill(3000)
        engine.head(store.head)
        wait_for(lambda: receiving(primary), 10, "the standby follows")
        store.start()
        store.wait_cursor(1)
        primary.query("SELECT pg_reload_conf()")
        wait_for(lambda: primary.value("SHOW synchronous_standby_names") == "standby", 10, "the setting")
        standby.freeze()  # a COMMIT is written here, and waits for the standby there
        store.fill(3000)
        engine.head(store.head)
        wait_for(lambda: primary.value(COMMIT_WAITS), 20, "a COMMIT that waits")
        primary.kill()
        standby.thaw()
        standby.promote()
        store.pg = standby
        store.wait_cursor(timeout=30)
        store.assert_complete()
        engine.close()


def test_standby_that_was_behind(tmp_path, pair):
    """It never got what the primary had committed: the cursor there is older, and the journal fills what is missing."""
    primary, standby = pair
    with Store(tmp_path, primary, url=standby.url_of_both(), batch_rows=100) as store:
        store.migrate()
        store.fill(1000)
        wait_for(lambda: receiving(primary), 10, "the standby follows")
        store.start()
        store.wait_cursor()
        wait_for(lambda: standby.value("SELECT max(seq) FROM store_cursor") == 1000, 15, "the standby has it")
        standby.freeze()
        store.fill(2000)
        store.wait_cursor()
        primary.kill()
        standby.thaw()
        assert standby.value("SELECT max(seq) FROM store_cursor") < store.head
        store.fill(500)
        # in between there is a server, but none that takes writes
        wait_for(lambda: "session is read-only" in store.log, 15, "the refusal")
        standby.promote()
        store.pg = standby
        store.wait_cursor(timeout=30)
        store.assert_complete()


# --- its disk ---


@pytest.fixture
def small_disk():
    """Where the server's user reaches it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="ww-disk-", dir="/tmp"))
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0777", "tmpfs", path], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        path.rmdir()
        pytest.skip(f"this machine does not let us mount: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", path], check=True)
    path.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_disk_of_the_database_is_full_for_a_while(tmp_path, small_disk):
    with Postgres("fsync = off") as pg, Store(tmp_path, pg) as store:
        place = small_disk / "tables"
        place.mkdir()
        shutil.chown(place, pg.user)
        admin = pg.connect("postgres")
        admin.cursor().execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        admin.cursor().execute("DROP DATABASE wardwatch")
        admin.cursor().execute("CREATE DATABASE wardwatch TABLESPACE small")
        admin.close()
        store.migrate()
        store.fill(500)
        store.start()
        store.wait_cursor()
        with (small_disk / "filler").open("wb", buffering=0) as filler:
            left = os.statvfs(small_disk)
            filler.write(bytes(left.f_bavail * left.f_frsize - 128 * 1024))
        store.fill(8000)
        wait_for(lambda: "No space left on device" in store.log, 20, "the disk is full")
        (small_disk / "filler").unlink()
        store.wait_cursor(timeout=30)
        store.assert_complete()
        assert pg.value("SELECT count(*) FROM quarantine") == 0
