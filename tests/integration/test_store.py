"""The store against a real PostgreSQL: every record once, whatever happens to either side."""

import pathlib
import random
import socket
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.postgres import Postgres, wait_for  # noqa: E402
from harness.store import HOSTILE, Engine, Store, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")


@pytest.fixture
def pg():
    with Postgres() as postgres:
        yield postgres


@pytest.fixture
def store(tmp_path, pg):
    with Store(tmp_path, pg) as s:
        s.migrate()
        yield s


def test_every_record_arrives_once(store):
    store.fill(5000)
    store.start()
    store.wait_cursor()
    store.fill(1500)
    store.wait_cursor()
    store.assert_complete()
    assert store.stop() == 0


def test_what_is_stored_is_what_was_said(store, pg):
    store.fill(400)
    store.start()
    store.wait_cursor()
    # 37, 74, … carry bytes that are no text: NUL, 0xff, a backslash, a quote
    topic, payload = pg.query("SELECT decode(topic, 'escape'), payload FROM message WHERE seq = 37")[0]
    assert bytes(topic) == b"dev/" + HOSTILE
    assert bytes(payload).startswith(b'{"number": 37,')
    device, attributes, flags, value = pg.query(
        "SELECT decode(device, 'escape'), attributes, flags, value_number FROM event WHERE seq = 37")[0]
    assert bytes(device) == HOSTILE
    assert flags == ["retained", "suspect"]
    assert value == 37 / 8
    escaped = pg.value("SELECT device FROM event WHERE seq = 37")
    assert attributes == {"badge": 37, escaped: escaped}
    assert bytes(pg.value("SELECT decode(detail, 'escape') FROM undecoded WHERE seq = 10")) == HOSTILE
    assert pg.query("SELECT request->>'reason', ok, reply FROM command_answered WHERE seq = 52") == [("tested", True, {"ok": True})]
    assert pg.query("SELECT hash, convert_from(text, 'UTF8') FROM ruleset_text") == [
        ("00112233445566778899aabbccddeeff", "rules: []\n")]
    now = pg.query("SELECT state, priority, class, title, regions FROM alarm_now WHERE alarm = 101")
    assert now == [("UNACK", "critical", "infant", "Test 病", ["active"])]
    evidence = pg.query("SELECT v.role, e.device FROM alarm_evidence v LEFT JOIN event e ON e.journal = v.journal AND e.seq = v.event_seq"
                        " AND e.idx = v.event_idx AND e.time = v.event_time WHERE v.alarm = 101 ORDER BY position")
    assert evidence == [("exit", "door-101"), ("tag", None)]


def test_hostile_content_is_stored_and_not_refused(store, pg):
    count = 100
    store.fill(count, "hostile")
    store.start()
    store.wait_cursor()
    assert pg.query("SELECT n, sqlstate, error FROM quarantine") == []
    assert pg.value("SELECT count(DISTINCT seq) FROM input") == count
    for table in ("event", "alarm", "alarm_transition", "alarm_evidence", "command_reply", "notice", "undecoded", "ruleset"):
        assert pg.value(f"SELECT count(*) FROM {table}") == count, table
    # what is escaped can be read back
    for column in ("topic FROM message", "reason FROM undecoded", "actor FROM alarm_transition", "device FROM event",
                   "command_id FROM command"):
        name, table = column.split(" FROM ")
        assert pg.value(f"SELECT count(decode(replace({name}, '…', '...'), 'escape')) FROM {table}") > 0
    assert 480 < pg.value("SELECT max(octet_length(device)) FROM event") <= 512
    assert pg.value("SELECT max(octet_length(topic)) FROM message") > 3000


def test_rows_go_to_the_partition_of_their_day(store, pg):
    store.fill(200)
    store.start()
    store.wait_cursor()
    assert pg.value("SELECT count(*) FROM message_default") == 0
    day = pg.value("SELECT to_char(min(received_at) AT TIME ZONE 'UTC', 'YYYYMMDD') FROM message")
    assert pg.value(f"SELECT count(*) FROM message_{day}") == pg.value("SELECT count(*) FROM message")
    # a week ahead, and made once only
    assert pg.value("SELECT ensure_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 6)") == 0


def test_a_reader_of_many_tables_is_not_ended_by_partitions(store, pg):
    """It holds one table while the store makes the partitions of all, and goes on to the others, one after another."""
    tables = [name for name, in pg.query("SELECT name FROM stored_table WHERE period IS NOT NULL ORDER BY name")]
    reader = pg.connect(autocommit=False)
    cursor = reader.cursor()
    cursor.execute("SELECT count(*) FROM event")
    store.fill(200)
    store.start()
    wait_for(lambda: pg.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%ensure_partitions%%'"), 20, "it waits")
    for table in tables:
        cursor.execute(f"SELECT count(*) FROM {table}")  # PostgreSQL would end it here: deadlock detected
    reader.close()
    store.wait_cursor()
    assert pg.value("SELECT (SELECT count(*) FROM message_default) + (SELECT count(*) FROM event_default)") == 0, "it tried again"
    assert pg.value("SELECT deadlocks FROM pg_stat_database WHERE datname = 'wardwatch'") == 0
    store.assert_complete()


def test_store_killed_twenty_times(tmp_path, pg):
    random.seed(20)
    places = []
    with Store(tmp_path, pg, batch_rows=100) as store:
        engine = Engine(store.run / "wardwatch.sock")
        store.migrate()
        for _ in range(20):
            store.fill(2000)
            engine.head(store.head)
            store.start()
            place = (store.cursor() or 0) + random.randrange(1, 1500)
            store.wait_cursor(place)
            store.kill()
            places.append((store.head - store.cursor()) > 0)
        store.start()
        store.wait_cursor()
        store.assert_complete()
        engine.close()
    assert sum(places) >= 10, "most kills should have come in the middle of the work"


def test_database_killed_five_times(store, pg):
    random.seed(5)
    store.fill(2000)
    store.start()
    for _ in range(5):
        store.fill(3000)
        time.sleep(random.uniform(0.2, 1.2))  # the moment of the kill, not a condition
        pg.kill()
        pg.start()
    store.wait_cursor()
    store.assert_complete()
    assert store.process.poll() is None


def test_database_away_for_a_while(store, pg):
    store.fill(500)
    store.start()
    store.wait_cursor()
    pg.stop()
    store.fill(4000)
    wait_for(lambda: "database-absent" in store.log, 15, "the store sees it")
    pg.start()
    started = time.monotonic()
    store.wait_cursor(timeout=30)
    assert time.monotonic() - started < 20
    store.assert_complete()


def frozen_in_the_middle(store, pg, control_fd=-1):
    """A store whose database stopped answering while rows were on their way."""
    store.fill(40000)
    store.start(control_fd)
    store.wait_cursor(1)
    assert store.cursor() < store.head
    pg.freeze()


def test_database_hangs_and_the_store_is_stopped(tmp_path, pg):
    with Store(tmp_path, pg, batch_rows=200) as store:
        store.migrate()
        frozen_in_the_middle(store, pg)
        began = time.monotonic()
        assert store.stop(10) == 0
        assert time.monotonic() - began < 8  # it waits for the transaction in hand, but not for ever
        store.start()
        pg.thaw()
        store.wait_cursor()
        store.assert_complete()


def test_database_hangs_and_the_store_stays_alive(tmp_path, pg):
    ours, theirs = socket.socketpair()
    with Store(tmp_path, pg, batch_rows=200) as store:
        store.migrate()
        frozen_in_the_middle(store, pg, theirs.fileno())
        theirs.close()
        ours.settimeout(2.5)  # `alive` comes every second
        end = time.monotonic() + 40
        with ours.makefile("r") as lines:
            while time.monotonic() < end:
                assert lines.readline()
        assert "does not answer" in store.log  # it has given that connection up
        pg.thaw()
        store.wait_cursor()
        store.assert_complete()
        ours.close()  # the supervisor is gone
        assert store.process.wait(10) == 0


def test_two_stores_at_once(store, pg):
    store.fill(20000)
    store.start()
    store.start()
    store.wait_cursor()
    store.fill(3000)
    store.wait_cursor()
    store.assert_complete()


def test_locked_table(store, pg):
    store.fill(300)
    store.start()
    store.wait_cursor()
    locker = pg.connect(autocommit=False)
    locker.cursor().execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
    store.fill(700)
    wait_for(lambda: pg.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wardwatch' AND wait_event_type = 'Lock'"),
             10, "the store waits for the lock")
    # longer than its lock timeout
    wait_for(lambda: not pg.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wardwatch' AND wait_event_type = 'Lock'"),
             15, "the store gives up waiting")
    locker.close()
    store.wait_cursor()
    store.assert_complete()
    assert pg.value("SELECT count(*) FROM quarantine") == 0


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_serialization_failure_and_deadlock_are_tried_again(store, pg, sqlstate):
    pg.query("CREATE SEQUENCE attempts")
    pg.query("GRANT ALL ON SEQUENCE attempts TO PUBLIC")
    pg.query(f"""CREATE FUNCTION fails_twice() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
                IF NEW.seq = 150 AND nextval('wardwatch.attempts') <= 2 THEN
                        RAISE EXCEPTION 'planted' USING ERRCODE = '{sqlstate}';
                END IF;
                RETURN NEW;
        END $$""")
    pg.query("CREATE TRIGGER fails_twice BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION fails_twice()")
    store.fill(1000)
    store.start()
    store.wait_cursor()
    store.assert_complete()
    assert pg.value("SELECT last_value FROM attempts") == 3


def test_deadlock(store, pg):
    """With somebody who locks the store's tables in the other order; the server ends the store's transaction."""
    pg.query("ALTER DATABASE wardwatch SET deadlock_timeout = '2s'")  # whoever waits for so long looks whether it is one
    store.fill(300)
    store.start()
    store.wait_cursor()
    locker = pg.connect(autocommit=False)
    cursor = locker.cursor()
    cursor.execute("SET deadlock_timeout = '60s'; LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
    store.fill(700)
    wait_for(lambda: pg.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wardwatch' AND wait_event_type = 'Lock'"),
             10, "the store waits for the lock")
    cursor.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")  # which the store has: it comes when the store has lost
    locker.close()
    store.wait_cursor()
    store.assert_complete()
    assert "deadlock detected" in pg.log
    assert store.log.count("database-connected") == 1  # tried again on the same connection


def test_connection_cut_in_the_middle(store, pg):
    random.seed(7)
    store.fill(1000)
    store.start()
    for _ in range(10):
        store.fill(2000)
        time.sleep(random.uniform(0.0, 0.4))  # the moment of the cut, not a condition
        pg.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wardwatch'")
    store.wait_cursor()
    store.assert_complete()
