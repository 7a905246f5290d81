"""A database out of a backup: as schema/README.md tells to take and to restore it, and what the store does about it."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.postgres import Postgres, Restored, wait_for  # noqa: E402
from harness.store import Engine, Store, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")


@pytest.fixture(scope="module")
def cluster():
    with Postgres("fsync = off") as postgres:
        yield postgres


@pytest.fixture
def pg(cluster):
    make_anew(cluster)
    return cluster


@pytest.fixture
def store(tmp_path, pg):
    with Store(tmp_path, pg) as s:
        s.migrate()
        s.fill(1000)
        s.start()
        s.wait_cursor()
        yield s


@pytest.fixture
def backup(pg, tmp_path):
    """Where the server's user may write; not there yet."""
    folder = pg.folder / tmp_path.name
    folder.mkdir()
    folder.chmod(0o777)
    return folder / "backup"


def make_anew(pg):
    admin = pg.connect("postgres")
    admin.cursor().execute("DROP DATABASE wardwatch WITH (FORCE)")
    admin.cursor().execute("CREATE DATABASE wardwatch")
    admin.close()


def rights(pg):
    return pg.query("SELECT relname, relowner::regrole::text, ARRAY(SELECT grantee::regrole || ' ' || privilege_type FROM aclexplode(relacl)"
                    "  WHERE grantee <> relowner ORDER BY 1) FROM pg_class"
                    " WHERE relnamespace = 'wardwatch'::regnamespace AND relkind IN ('r', 'p', 'v', 'S') ORDER BY 1")


def test_dump_taken_under_way_is_filled_up(store, pg, backup):
    pg.dump(backup)
    shape = rights(pg)
    store.fill(2000)
    store.wait_cursor()
    make_anew(pg)
    pg.restore(backup)
    store.fill(100)
    store.wait_cursor()
    store.assert_complete()
    # rights, triggers and partitions came with it
    restored = {row[0]: row for row in rights(pg)}
    assert [row for row in shape if restored.get(row[0]) != row] == []
    with pytest.raises(Exception, match="history is not changed"):
        pg.query("DELETE FROM event")


def test_physical_copy_is_filled_up(store, pg, backup):
    pg.base_backup(backup)
    store.fill(2000)
    store.wait_cursor()
    store.stop()
    with Restored(backup) as restored:
        store.write_config(restored.url)
        store.pg = restored
        assert store.cursor() == 1000
        store.start()
        store.wait_cursor()
        store.assert_complete()


def test_backup_older_than_the_journal_reaches_leaves_a_gap_that_is_told(store, pg, backup):
    engine = Engine(store.run / "wardwatch.sock")
    pg.dump(backup)
    store.fill(2000)
    engine.head(store.head)
    store.wait_cursor()
    store.stop()
    store.trim(2500)
    make_anew(pg)
    pg.restore(backup)
    store.start()
    store.wait_cursor()
    assert pg.query("SELECT first_seq, last_seq FROM store_gap") == [(1001, 2500)]
    assert wait_for(lambda: engine.notices("store-gap"), 10, "the notice")[0]["subject"] == "inputs 1001 to 2500"
    assert pg.value("SELECT count(*) FROM input") == 1000 + 500
    engine.close()


def test_backup_of_an_older_schema_waits_for_the_migration(store, pg, tmp_path, backup):
    """Restored as it was; the store does not touch it before `wardwatch migrate`."""
    pg.dump(backup)
    store.stop()
    make_anew(pg)
    pg.restore(backup)
    pg.query("DELETE FROM schema_migration WHERE version = (SELECT max(version) FROM schema_migration)")
    store.fill(100)
    store.start()
    wait_for(lambda: "run `wardwatch migrate`" in store.log, 15, "the refusal")
    assert store.cursor() == 1000


def test_damaged_copy_is_found_before_it_is_used(store, pg, backup):
    pg.base_backup(backup)
    with (backup / "global" / "pg_control").open("r+b") as f:
        f.write(b"damaged")
    with pytest.raises(Exception, match="pg_verifybackup"):
        Restored(backup).__enter__()
