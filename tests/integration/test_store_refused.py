"""What the store does when PostgreSQL, the journal or the schema is not as it should be."""

import pathlib
import shutil
import subprocess
import sys
import time

import psycopg2
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.postgres import Postgres, wait_for  # noqa: E402
from harness.store import SOURCE, Engine, Store, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")


@pytest.fixture(scope="module")
def cluster():
    with Postgres() as postgres:
        yield postgres


@pytest.fixture
def pg(cluster):
    """One cluster for all, a new database for each."""
    connection = cluster.connect("postgres")
    connection.cursor().execute("DROP DATABASE IF EXISTS wardwatch WITH (FORCE)")
    connection.cursor().execute("CREATE DATABASE wardwatch")
    connection.close()
    return cluster


@pytest.fixture
def bare(tmp_path, pg):
    with Store(tmp_path, pg) as s:
        yield s


@pytest.fixture
def store(bare):
    bare.migrate()
    return bare


@pytest.fixture
def engine(store):
    e = Engine(store.run / "wardwatch.sock")
    yield e
    e.close()


# --- rows ---


def test_rows_that_break_a_constraint(store, pg, engine):
    pg.query("ALTER TABLE event ADD CONSTRAINT poison CHECK (seq NOT IN (777, 778))")
    store.fill(5000)
    store.start()
    store.wait_cursor(timeout=60)
    store.assert_complete(quarantined=[(777, 0), (778, 0)])
    # PostgreSQL names the row: what comes before it, itself, the next one, what comes behind, and nothing is searched for
    assert pg.value("SELECT count(*) FROM proof_segment") == 4
    record, sqlstate, error = pg.query("SELECT record, sqlstate, error FROM quarantine WHERE seq = 777")[0]
    assert b"door.opened" in bytes(record) and sqlstate == "23514" and "poison" in error
    ids = {n["id"] for n in wait_for(lambda: engine.notices("row-quarantined"), 10, "the notice")}
    wait_for(lambda: len({n["id"] for n in engine.notices("row-quarantined")}) == 2, 10, "both notices")
    assert f"store-{store.journal_id()}-row-777-0" in ids | {n["id"] for n in engine.notices("row-quarantined")}


def test_what_the_engine_cannot_take_now_is_said_again(store, pg, engine):
    pg.query("ALTER TABLE event ADD CONSTRAINT poison CHECK (seq <> 777)")
    engine.put_off = ["row-quarantined"]
    store.fill(1000)
    store.start()
    wait_for(lambda: len(engine.notices("row-quarantined")) == 2, 30, "the notice once more")
    assert len({n["id"] for n in engine.notices("row-quarantined")}) == 1


def test_rows_that_a_trigger_refuses(store, pg):
    pg.query("""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
                IF NEW.seq IN (104, 1000, 1501) THEN
                        RAISE EXCEPTION 'not this one';
                END IF;
                RETURN NEW;
        END $$""")
    for table in ("message", "alarm_transition"):
        pg.query(f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()")
    store.fill(2000)
    store.start()
    store.wait_cursor()
    # 1501 is a message that raises an alarm: both records are refused, its event is not
    store.assert_complete(quarantined=[(104, -1), (1000, -1), (1501, -1), (1501, 1)])


def test_rows_that_are_refused_at_commit(store, pg):
    pg.query("""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
                IF NEW.seq = 52 THEN
                        RAISE EXCEPTION 'not this one';
                END IF;
                RETURN NULL;
        END $$""")
    pg.query("CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON command DEFERRABLE INITIALLY DEFERRED"
             " FOR EACH ROW EXECUTE FUNCTION refuse()")
    store.fill(500)
    store.start()
    store.wait_cursor()
    store.assert_complete(quarantined=[(52, -1), (52, 0)])


def test_more_than_the_server_can_do_at_once(store, pg):
    pg.query("""CREATE FUNCTION weary() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
                IF (SELECT count(*) FROM came) > 150 THEN
                        RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = '57014';
                END IF;
                RETURN NULL;
        END $$""")
    pg.query("CREATE TRIGGER weary AFTER INSERT ON message REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION weary()")
    store.fill(2000)
    store.start()
    store.wait_cursor(timeout=60)
    store.assert_complete()


def test_record_that_cannot_be_read(store, pg, engine):
    store.fill(300, broken=104)
    store.start()
    store.wait_cursor()
    store.assert_complete(quarantined=[(104, -1)])
    record, sqlstate = pg.query("SELECT record, sqlstate FROM quarantine")[0]
    assert bytes(record) == b"this is no record" and sqlstate == "WW001"
    wait_for(lambda: engine.notices("row-quarantined"), 10, "the notice")


def test_notice_is_repeated_until_it_is_answered_and_found_again(store, pg, engine):
    engine.silent = {"row-quarantined"}
    store.fill(300, broken=104)
    store.start()
    store.wait_cursor()
    wait_for(lambda: engine.notices("row-quarantined"), 10, "the notice")
    wait_for(lambda: len(engine.notices("row-quarantined")) >= 2, 15, "the repeat")
    store.kill()
    seen = len(engine.notices("row-quarantined"))
    engine.silent = set()
    store.start()
    wait_for(lambda: len(engine.notices("row-quarantined")) > seen, 15, "the notice of the next store")
    assert len({n["id"] for n in engine.notices("row-quarantined")}) == 1


# --- the engine's side ---


def test_engine_is_told_the_cursor_and_wakes_the_store(store, pg, engine):
    store.fill(300)
    store.start()
    wait_for(lambda: any(line["cmd"] == "reader" for line in engine.lines), 10, "the reader")
    wait_for(lambda: engine.cursors() and engine.cursors()[-1]["seq"] == 300, 10, "the report")
    assert engine.cursors()[-1]["figures"]["connected"] is True
    wait_for(lambda: engine.notices("database-back"), 10, "the notice")
    assert not engine.notices("database-lost")
    store.fill(10)
    began = time.monotonic()
    engine.head(310)
    wait_for(lambda: engine.cursors()[-1]["seq"] == 310, 10, "the report")
    assert time.monotonic() - began < 0.9  # woken: looking by itself takes one second to two


def test_database_lost_and_back_are_told(store, pg, engine):
    store.fill(10)
    store.start()
    wait_for(lambda: engine.cursors() and engine.cursors()[-1]["seq"] == 10, 10, "the report")
    pg.stop()
    wait_for(lambda: engine.notices("database-lost"), 25, "the notice")
    pg.start()
    wait_for(lambda: len({n["id"] for n in engine.notices("database-back")}) == 2, 25, "the notice")


# --- journal and cursor ---


def test_journal_trimmed_beyond_the_cursor(store, pg, engine):
    store.fill(500)
    store.start()
    store.wait_cursor()
    store.stop()
    store.fill(1000)
    store.trim(900)
    store.start()
    store.wait_cursor()
    assert pg.query("SELECT first_seq, last_seq FROM store_gap") == [(501, 900)]
    assert pg.value("SELECT count(*) FROM input") == 500 + 600
    gap = wait_for(lambda: engine.notices("store-gap"), 10, "the notice")
    assert gap[0]["subject"] == "inputs 501 to 900"


def test_database_restored_from_an_older_backup(store, pg):
    store.fill(1000)
    store.start()
    store.wait_cursor()
    store.stop()
    admin = pg.connect("postgres")
    admin.cursor().execute("CREATE DATABASE backup TEMPLATE wardwatch")
    store.start()
    store.fill(2000)
    store.wait_cursor()
    admin.cursor().execute("DROP DATABASE wardwatch WITH (FORCE)")
    admin.cursor().execute("ALTER DATABASE backup RENAME TO wardwatch")
    admin.close()
    store.fill(100)
    store.wait_cursor()
    store.assert_complete()


def test_new_database_is_filled_from_the_journal(store, pg):
    store.fill(1000)
    store.start()
    store.wait_cursor()
    admin = pg.connect("postgres")
    admin.cursor().execute("DROP DATABASE wardwatch WITH (FORCE)")
    admin.cursor().execute("CREATE DATABASE wardwatch")
    admin.close()
    store.migrate()
    store.wait_cursor()
    store.assert_complete()


def test_journal_set_back_to_an_older_copy(store, pg, engine):
    store.fill(1000)
    store.copy_state("backup")
    store.start()
    store.fill(1002)  # to a command: what the other journal has there is a message
    store.wait_cursor()
    store.stop()
    rows = pg.value("SELECT count(*) FROM input")
    store.restore_state("backup")
    store.start()
    wait_for(lambda: "journal-set-back" in store.log, 10, "the refusal")
    assert wait_for(lambda: engine.notices("store-gap"), 10, "the notice")[0]["subject"] == "journal set back"
    store.stop()
    # also when it has grown past the cursor, with other records
    store.head = 1000
    store.fill(1500, "events")
    (store.folder / "store.log").write_text("")
    store.start()
    wait_for(lambda: "journal-set-back" in store.log, 10, "the refusal")
    assert pg.value("SELECT count(*) FROM input") == rows
    assert store.cursor() == 2002


def test_another_journal_in_the_same_place(store, pg):
    store.fill(300)
    store.start()
    store.wait_cursor()
    process = store.process
    shutil.move(store.state / "journal", store.state / "journal.damaged")
    store.head = 0
    store.fill(200)
    assert process.wait(15) == 1
    store.start()
    store.wait_cursor()
    assert pg.value("SELECT count(*) FROM journal") == 2
    assert pg.query("SELECT journal, count(*) FROM input GROUP BY 1 ORDER BY 1") == [(1, 300), (2, 200)]


# --- the server ---


def test_read_only_server_is_refused(store, pg):
    pg.query("ALTER DATABASE wardwatch SET default_transaction_read_only = on")
    store.fill(100)
    store.start()
    wait_for(lambda: "session is read-only" in store.log, 15, "the refusal")
    assert store.cursor() is None
    admin = pg.connect("postgres")
    admin.cursor().execute("ALTER DATABASE wardwatch RESET default_transaction_read_only")
    admin.close()
    store.wait_cursor()
    store.assert_complete()


def test_server_over_tcp(bare, pg):
    bare.write_config(pg.url_tcp)
    bare.migrate()
    bare.fill(2000)
    bare.start()
    bare.wait_cursor()
    bare.assert_complete()


def test_tcp_without_tls_is_refused_unless_it_is_asked_for(bare, pg):
    bare.write_config(pg.url_tcp.replace("sslmode=disable", ""))
    done = bare.migrate(check=False)
    assert done.returncode == 1 and "SSL" in done.stderr + done.stdout or "root certificate" in done.stderr


def test_writer_role_is_enough(store, pg):
    pg.query("DROP ROLE IF EXISTS ww_store")
    pg.query("CREATE ROLE ww_store LOGIN IN ROLE wardwatch_writer")
    store.write_config(pg.url.replace(f"user={pg.user}", "user=ww_store"))
    store.fill(1000)
    store.start()
    store.wait_cursor()
    store.assert_complete()


def test_password_from_a_file(store, pg, tmp_path):
    pg.query("DROP ROLE IF EXISTS ww_login")
    pg.query("CREATE ROLE ww_login LOGIN PASSWORD 'kept in a file' IN ROLE wardwatch_writer")
    rules = pg.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("host all ww_login 127.0.0.1/32 scram-sha-256\n" + before)
    pg.query("SELECT pg_reload_conf()")
    secret = tmp_path / "password"
    secret.write_text("not this one\n")
    secret.chmod(0o600)
    store.write_config(pg.url_tcp.replace(f"user={pg.user}", "user=ww_login"), password_file=secret)
    store.fill(300)
    store.start()
    wait_for(lambda: "password authentication failed" in store.log, 15, "the refusal")
    secret.write_text("kept in a file\n")  # read again at each connection
    store.wait_cursor()
    store.assert_complete()
    assert "kept in a file" not in store.log
    rules.write_text(before)


# --- history ---


@pytest.mark.parametrize("sql", ["UPDATE message SET topic = 'x'", "DELETE FROM event", "TRUNCATE alarm",
                                 "DELETE FROM quarantine", "UPDATE alarm_transition SET reason = 'x'",
                                 "DELETE FROM message_default", "UPDATE journal SET site = 'x'"])
def test_history_is_not_changed(store, pg, sql):
    store.fill(300, broken=104)
    store.start()
    store.wait_cursor()
    # a row whose day has no partition, so that the default one has something to lose
    pg.query("INSERT INTO message VALUES (1, 999999, '1999-01-01', now(), 'bulk', false, false, false, 't', '')")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="history is not changed"):
        pg.query(sql)


# --- schema ---


def test_store_waits_for_the_schema(bare, pg):
    bare.fill(300)
    bare.start()
    wait_for(lambda: "run `wardwatch migrate`" in bare.log, 15, "the refusal")
    bare.migrate()
    bare.wait_cursor()
    bare.assert_complete()


def test_newer_schema_is_refused(store, pg):
    pg.query("INSERT INTO schema_migration (version, name, checksum) VALUES (9999, 'x', 'x')")
    store.fill(100)
    store.start()
    wait_for(lambda: "install the newer Wardwatch" in store.log, 15, "the refusal")
    assert store.cursor() is None
    done = store.migrate(check=False)
    assert done.returncode == 1 and "newer Wardwatch" in done.stderr


def test_changed_migration_is_refused(store, tmp_path):
    folder = tmp_path / "schema"
    shutil.copytree(SOURCE / "schema", folder)
    assert store.migrate(folder).stdout.startswith("the schema is up to date")
    with open(folder / "0001_history.sql", "a") as f:
        f.write("-- changed\n")
    done = store.migrate(folder, check=False)
    assert done.returncode == 1 and "never changed" in done.stderr


def test_failing_migration_leaves_nothing(store, pg, tmp_path):
    folder = tmp_path / "schema"
    shutil.copytree(SOURCE / "schema", folder)
    number = len(list(folder.glob("0*.sql"))) + 1
    (folder / f"{number:04}_fails.sql").write_text("CREATE TABLE half (a integer);\nSELECT 1 / 0;\n")
    done = store.migrate(folder, check=False)
    assert done.returncode == 1 and "division by zero" in done.stderr
    assert pg.value("SELECT to_regclass('wardwatch.half')") is None
    assert pg.value("SELECT max(version) FROM schema_migration") == number - 1


def test_gap_in_the_numbers_is_refused(bare, tmp_path):
    folder = tmp_path / "schema"
    shutil.copytree(SOURCE / "schema", folder)
    (folder / "0099_far.sql").write_text("SELECT 1;\n")
    done = bare.migrate(folder, check=False)
    assert done.returncode == 1 and "is expected here" in done.stderr


def test_migrating_at_the_same_time(bare, pg):
    command = [str(find_driver()), "migrate", str(bare.config), str(SOURCE / "schema")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [p.communicate() for p in both]
    assert [p.returncode for p in both] == [0, 0, 0], said
    assert sum("applied" in out for out, _ in said) == 1
