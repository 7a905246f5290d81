"""What is kept long enough goes, whole partitions at a time, written down; what is held, and what is younger, stays."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.machine import find_built  # noqa: E402
from harness.postgres import Postgres, wait_for  # noqa: E402
from harness.store import Store, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

OLD = "2021-03-0"  # its days 1 to 3


@pytest.fixture(scope="module")
def cluster():
    with Postgres("fsync = off") as postgres:
        yield postgres


@pytest.fixture
def pg(cluster):
    connection = cluster.connect("postgres")
    connection.cursor().execute("DROP DATABASE IF EXISTS wardwatch WITH (FORCE)")
    connection.cursor().execute("CREATE DATABASE wardwatch")
    connection.close()
    return cluster


@pytest.fixture
def store(tmp_path, pg):
    """Three old days of history, and the login of a daemon that may write and no more."""
    with Store(tmp_path, pg) as s:
        s.migrate()
        pg.query("DROP ROLE IF EXISTS ww_store")
        pg.query("CREATE ROLE ww_store LOGIN IN ROLE wardwatch_writer")
        pg.query(f"SELECT ensure_partitions('{OLD}1', '{OLD}3')")
        pg.query("INSERT INTO journal (journal_id, site) VALUES (gen_random_uuid(), 'old'), (gen_random_uuid(), 'older')")
        pg.query(f"""INSERT INTO message SELECT 1 + n % 2, n, t, t, 'bulk', false, false, false, 'topic', 'payload'
                     FROM generate_series(1, 60) n, LATERAL (SELECT timestamptz '{OLD}1 00:00Z' + n * interval '1 hour' AS t) t""")
        pg.query(f"INSERT INTO notice VALUES (1, 5, 0, '{OLD}1', 'version-changed', '', '')")
        s.write_config(pg.url.replace(f"user={pg.user}", "user=ww_store"))
        yield s


def configure(store, **keep):
    text = store.config.read_text()
    store.config.write_text(text + "retention: {" + ", ".join(f"{c}: {k}" for c, k in keep.items()) + "}\n")


def run(store, *arguments, check=0):
    done = subprocess.run([str(find_built("daemon/wardwatch")), "retention", "--config", str(store.config), *arguments],
                          capture_output=True, text=True)
    assert done.returncode == check, done.stdout + done.stderr
    return done.stdout + done.stderr


def partitions(pg, relation):
    return [p for p, in pg.query("SELECT partition FROM stored_partition WHERE relation = %s AND range_from < '2022-01-01' ORDER BY 1",
                                 relation)]


def test_what_is_past_its_time_goes(store, pg):
    kept = pg.value("SELECT count(*) FROM stored_partition WHERE range_from > '2022-01-01'")
    said = run(store)
    assert "message_20210301" in said and "message_20210303" in said
    assert partitions(pg, "message") == partitions(pg, "event") == partitions(pg, "notice") == []
    assert pg.value("SELECT count(*) FROM message") == 0
    # alarms and acts are kept for longer
    assert partitions(pg, "alarm") == ["alarm_202103"] and partitions(pg, "command") == ["command_202103"]
    assert pg.value("SELECT count(*) FROM stored_partition WHERE range_from > '2022-01-01'") == kept
    assert pg.query("SELECT partition, journal, rows, first_seq, last_seq FROM retention_record WHERE relation = 'message' ORDER BY 1, 2") == [
        ("message_20210301", 1, 11, 2, 22), ("message_20210301", 2, 12, 1, 23),
        ("message_20210302", 1, 12, 24, 46), ("message_20210302", 2, 12, 25, 47),
        ("message_20210303", 1, 7, 48, 60), ("message_20210303", 2, 6, 49, 59)]
    assert pg.query("SELECT journal, rows FROM retention_record WHERE relation = 'event'") == [(None, 0)] * 3
    assert pg.query("SELECT DISTINCT dropped_by, keep::text FROM retention_record WHERE class = 'raw'") == [("ww_store", "400 days")]
    assert run(store) == "nothing is past its time\n"
    assert pg.value("SELECT count(*) FROM retention_setting") == 10, "the keys' defaults are those of the database"


def test_dry_run_changes_nothing(store, pg):
    before = pg.query("SELECT partition FROM stored_partition ORDER BY 1")
    configure(store, raw="100d")
    said = run(store, "--dry-run")
    assert "message_20210301             2021-03-01 to 2021-03-02  would be dropped\n" in said
    assert pg.query("SELECT partition FROM stored_partition ORDER BY 1") == before
    assert pg.value("SELECT count(*) FROM retention_record") == 0
    assert pg.value("SELECT keep::text FROM retention WHERE class = 'raw'") == "400 days"


def test_less_than_the_least_is_refused(store, pg):
    configure(store, raw="30d")
    assert "class raw must be kept for 90 days at least" in run(store, check=1)
    assert partitions(pg, "message") == ["message_20210301", "message_20210302", "message_20210303"]
    pg.query("INSERT INTO retention_setting (class, what, span) VALUES ('raw', 'least', '30 days')")
    assert "message_20210301" in run(store)
    assert pg.query("SELECT keep::text, set_by FROM retention WHERE class = 'raw'") == [("30 days", "ww_store")]


def test_for_ever(store, pg):
    configure(store, raw="0s", events="0s", system="0s")
    assert run(store) == "nothing is past its time\n"
    assert pg.value("SELECT keep FROM retention WHERE class = 'raw'") is None
    assert len(partitions(pg, "message")) == 3


def test_what_is_held_stays(store, pg):
    pg.query(f"""CREATE OR REPLACE FUNCTION partition_held(relation text, range_from timestamptz, range_to timestamptz) RETURNS text
                 LANGUAGE sql STABLE AS $$ SELECT 'hold 1' WHERE relation = 'message' AND range_from = '{OLD}2 00:00Z' $$""")
    assert "message_20210302             2021-03-02 to 2021-03-03  held: hold 1\n" in run(store, "--dry-run")
    run(store)
    assert partitions(pg, "message") == ["message_20210302"] and partitions(pg, "event") == []
    assert pg.value("SELECT count(*) FROM message") == 24


def test_the_store_does_it_by_itself(store, pg):
    configure(store, alarms="1d")  # refused: that hinders neither the others nor the rows
    store.fill(300)
    store.start()
    store.wait_cursor()
    wait_for(lambda: partitions(pg, "message") + partitions(pg, "event") + partitions(pg, "notice") == [], 20, "their end")
    assert partitions(pg, "alarm") == ["alarm_202103"]
    assert "retention-refused" in store.log and "message_20210303" in store.log
    store.assert_complete()


def test_a_reader_of_the_partition_is_waited_for(store, pg):
    locker = pg.connect(autocommit=False)
    locker.cursor().execute("SELECT count(*) FROM message")
    store.fill(300)
    store.start()
    store.wait_cursor()
    wait_for(lambda: "retention-failed" in store.log, 20, "giving up")
    store.fill(300)
    store.wait_cursor()
    locker.close()
    assert len(partitions(pg, "message")) == 3
    run(store)
    assert partitions(pg, "message") == []


@pytest.mark.parametrize("holds, reads", [("SELECT count(*) FROM message", "event"), ("LOCK TABLE ONLY message IN ACCESS SHARE MODE", "message")])
def test_a_reader_is_not_ended_by_what_is_dropped(store, pg, holds, reads):
    """It holds a table, or the head of one, and goes on to another, or to the partitions, while those are to be dropped."""
    reader = pg.connect(autocommit=False)
    cursor = reader.cursor()
    cursor.execute(holds)
    dropping = subprocess.Popen([str(find_built("daemon/wardwatch")), "retention", "--config", str(store.config)], stdout=subprocess.PIPE, text=True)
    wait_for(lambda: pg.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%apply_retention%%'"), 20, "it waits")
    cursor.execute(f"SELECT count(*) FROM {reads}")  # PostgreSQL would end it here: deadlock detected
    reader.close()
    assert "message_20210303" in dropping.communicate(timeout=60)[0] and dropping.returncode == 0
    assert partitions(pg, "message") == partitions(pg, "event") == []
    assert pg.value("SELECT deadlocks FROM pg_stat_database WHERE datname = 'wardwatch'") == 0
