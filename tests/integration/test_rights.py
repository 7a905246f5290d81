"""Who may do what in the database: each role, on each table and view, with each verb, tried by a login of that role.

What is decided stands here once more, by hand. A table or a view that is in the catalog and not here fails, and so does
one that is here and lets somebody do more, or less.
"""

import json
import pathlib
import sys

import psycopg2
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.forge import rebuild  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import Store, find_driver  # noqa: E402
from harness.verify import WHOLE, Copy, verify  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

ROLES = ("owner", "writer", "reader", "console", "auditor", "nobody")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
REFUSED = (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ObjectNotInPrerequisiteState,
           psycopg2.errors.WrongObjectType)

READ = {"reader", "console", "auditor"}
RECORDED = {"console", "auditor"}

# table: who may SELECT all of it, beside owner and writer; what the writer may do beside; columns that READ may not see
TABLES = {
    "access_record": (set(), set(), None),
    "alarm": (READ, {"INSERT"}, None),
    "alarm_evidence": (READ, {"INSERT"}, None),
    "alarm_transition": (READ, {"INSERT"}, None),
    "change": (READ, {"INSERT"}, None),
    "change_restricted": (set(), {"INSERT"}, None),
    "change_withheld": (set(), set(), None),
    "command": (set(), {"INSERT"}, None),
    "command_reply": (set(), {"INSERT"}, None),
    "engine_input": (READ, {"INSERT"}, None),
    "event": (READ, {"INSERT"}, None),
    "figure_alarm": (READ, set(), None),
    "figure_final": (READ, set(), None),
    "figure_incident": (READ, set(), None),
    "figure_member": (READ, set(), None),
    "figure_move": (READ, set(), None),
    "figure_wait": (READ, set(), None),
    "journal": (READ, {"INSERT"}, None),
    "message": (set(), {"INSERT"}, "payload"),
    "notice": (READ, {"INSERT"}, None),
    "proof_layout": (READ, {"INSERT"}, None),
    "proof_part": (READ, {"INSERT"}, None),
    "proof_segment": (READ, {"INSERT"}, None),
    "quarantine": (set(), {"INSERT"}, "record"),
    "retention_class": (READ, set(), None),
    "retention_record": (READ, set(), None),
    "retention_setting": (READ, set(), None),
    "rule_text": (READ, set(), None),
    "ruleset": (READ, {"INSERT"}, None),
    "schema_migration": (READ, set(), None),
    "site_asset": (READ, {"INSERT"}, None),
    "site_zone": (READ, {"INSERT"}, None),
    "store_cursor": (READ, {"INSERT", "UPDATE"}, None),
    "store_gap": (READ, {"INSERT"}, None),
    "stored_table": (READ, set(), None),
    "undecoded": (READ, {"INSERT"}, None),
}
# No trigger guards them: only the owner could change them, and the writer its cursor. What is derived is written by the owner's functions.
NO_HISTORY = {"store_cursor", "schema_migration", *(name for name in TABLES if name.startswith("figure_"))}

# Every view may be read by READ, but these: reading them is recorded.
VIEWS = {
    "access_log": {"auditor"},
    "change_raw": RECORDED,
    "change_restricted_raw": RECORDED,
    "command_answered": RECORDED,
    "command_raw": RECORDED,
    "command_reply_raw": RECORDED,
    "message_raw": RECORDED,
    "quarantine_raw": RECORDED,
    "record_restricted": RECORDED,
}

RELATIONS = """
SELECT relname, relkind = 'v' FROM pg_class
WHERE relnamespace = 'wardwatch'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition ORDER BY 1
"""
FUNCTIONS = """
SELECT oid::regprocedure::text, array_to_string(proconfig, ','), pg_get_userbyid(proowner),
       ARRAY(SELECT coalesce(nullif(grantee, 0)::regrole::text, 'PUBLIC') FROM aclexplode(coalesce(proacl, acldefault('f', proowner)))
             WHERE grantee <> proowner ORDER BY 1)
FROM pg_proc WHERE pronamespace = 'wardwatch'::regnamespace AND prosecdef
"""
# functions that run with the owner's rights, and who may call them
DEFINERS = {
    "apply_retention(integer)": ["wardwatch_writer"],
    "compact_proof(integer)": ["wardwatch_writer"],
    "derive_alarm(integer,bigint)": [],
    "derive_from_alarm()": [],
    "derive_from_change()": [],
    "derive_from_transition()": [],
    "derive_incident(integer,bigint)": [],
    "ensure_partitions(date,date)": ["wardwatch_writer"],
    "ensure_partitions(date,date,integer)": ["wardwatch_writer"],
    "figures_rebuild()": [],
    "keep_rule_text()": [],
    "record_access(text)": ["wardwatch_auditor", "wardwatch_console", "wardwatch_writer"],
    "set_retention(text,interval)": ["wardwatch_writer"],
}


@pytest.fixture(scope="module")
def pg(tmp_path_factory):
    with Postgres("fsync = off") as postgres, Store(tmp_path_factory.mktemp("rights"), postgres) as store:
        store.migrate()
        for role in ROLES:
            postgres.query(f"CREATE ROLE login_{role} LOGIN" + (f" IN ROLE wardwatch_{role}" if role != "nobody" else ""))
        store.fill(300, broken=104)
        store.start()
        store.wait_cursor()
        store.stop()
        connection = postgres.connect("postgres")
        connection.cursor().execute("CREATE DATABASE untouched TEMPLATE wardwatch")  # for who needs what the store alone wrote
        connection.close()
        yield postgres


def login(pg, role):
    connection = psycopg2.connect(host=str(pg.folder), port=pg.port, user=f"login_{role}", dbname="wardwatch",
                                  options="-c search_path=wardwatch,public", application_name=f"test-{role}")
    connection.autocommit = True
    return connection


def may(connection, sql):
    """Is it let through? Rolled back at once; what the row itself breaks comes after the right to write it."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("BEGIN")
            cursor.execute(sql)
            return True
        except REFUSED:
            return False
        except (psycopg2.errors.IntegrityError, psycopg2.errors.FeatureNotSupported):
            return True
        finally:
            cursor.execute("ROLLBACK")


def statement(verb, name, column):
    return {"SELECT": f"SELECT * FROM wardwatch.{name} LIMIT 1", "INSERT": f"INSERT INTO wardwatch.{name} DEFAULT VALUES",
            "UPDATE": f"UPDATE wardwatch.{name} SET {column} = {column}", "DELETE": f"DELETE FROM wardwatch.{name}",
            "TRUNCATE": f"TRUNCATE wardwatch.{name} CASCADE"}[verb]


def decided(name, is_view, role, verb):
    if is_view:
        return verb == "SELECT" and role in VIEWS.get(name, READ) | {"owner", "writer"}
    readers, writes, _ = TABLES[name]
    if role == "owner":
        return verb in ("SELECT", "INSERT") or name in NO_HISTORY
    if role == "writer":
        return verb == "SELECT" or verb in writes
    return verb == "SELECT" and role in readers


def test_each_table_is_decided_about(pg):
    assert {name for name, is_view in pg.query(RELATIONS) if not is_view} == set(TABLES)
    assert set(VIEWS) <= {name for name, is_view in pg.query(RELATIONS) if is_view}
    assert {name for name, in pg.query("SELECT name FROM stored_table")} == set(TABLES) | set(VIEWS)


@pytest.mark.parametrize("role", ROLES)
def test_each_verb_on_each_table(pg, role):
    wrong = []
    connection = login(pg, role)
    # a row, so that a trigger for each row has one to refuse
    for name in ("retention_record", "access_record", "store_gap"):
        pg.query({"retention_record": "INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, rows)"
                                      " VALUES ('raw', 'message', 'x', now(), now(), '1 day', 0)",
                  "access_record": "INSERT INTO access_record (person, application, what, query) VALUES ('', '', 'x', 'x')",
                  "store_gap": "INSERT INTO store_gap VALUES (1, 1, 1, 'x') ON CONFLICT DO NOTHING"}[name])
    for name, is_view in pg.query(RELATIONS):
        column = pg.value("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                          " AND attidentity = '' ORDER BY attnum LIMIT 1", name)
        for verb in VERBS:
            if is_view and verb != "SELECT" and role == "owner":
                continue  # its rows are those of the tables beneath
            if verb != "SELECT" and verb != "INSERT" and role == "owner" and not is_view \
                    and not pg.value(f"SELECT count(*) FROM {name}"):
                continue  # nothing in it that a trigger could refuse
            if may(connection, statement(verb, name, column)) != decided(name, is_view, role, verb):
                wrong.append((name, verb))
    connection.close()
    assert wrong == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
@pytest.mark.parametrize("sql", ["CREATE TABLE wardwatch.x (a integer)", "DROP TABLE wardwatch.message",
                                 "DROP TABLE wardwatch.message_default", "ALTER TABLE wardwatch.event ADD COLUMN x text",
                                 "ALTER TABLE wardwatch.alarm DISABLE TRIGGER USER", "DROP TRIGGER history_row ON wardwatch.event",
                                 "DROP VIEW wardwatch.input", "CREATE INDEX x ON wardwatch.event (kind)",
                                 "ALTER TABLE wardwatch.event DETACH PARTITION wardwatch.event_default", "SELECT wardwatch.settle()",
                                 "CREATE OR REPLACE FUNCTION wardwatch.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                                 "SET ROLE wardwatch_owner",
                                 "SET session_replication_role = replica"])
def test_nobody_but_the_owner_changes_the_schema(pg, role, sql):
    connection = login(pg, role)
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(sql)
    connection.close()


def test_partitions_are_not_a_way_round(pg):
    for role in ROLES[1:]:
        connection = login(pg, role)
        for name, column in pg.query("SELECT relname, attname FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum = 1"
                                     " WHERE relnamespace = 'wardwatch'::regnamespace AND relispartition AND relkind = 'r'"):
            for verb in VERBS:
                assert not may(connection, statement(verb, name, column)), (role, verb, name)
        connection.close()


def test_withheld_columns(pg):
    for name, (_, _, hidden) in TABLES.items():
        if not hidden:
            continue
        for role in READ:
            connection = login(pg, role)
            assert may(connection, f"SELECT journal, seq FROM {name}")
            assert not may(connection, f"SELECT {hidden} FROM {name}")
            connection.close()


def test_functions_with_the_owners_rights(pg):
    found = pg.query(FUNCTIONS)
    assert {name: grantees for name, _, _, grantees in found} == DEFINERS
    assert {config.split(",plan_cache_mode")[0].split(",lock_timeout")[0] for _, config, _, _ in found} == {"search_path=wardwatch, pg_temp"}
    assert {owner for _, _, owner, _ in found} == {"wardwatch_owner"}


def test_everything_belongs_to_the_owner(pg):
    assert pg.query("SELECT relname FROM pg_class WHERE relnamespace = 'wardwatch'::regnamespace"
                    " AND relkind IN ('r', 'p', 'v', 'S') AND pg_get_userbyid(relowner) <> 'wardwatch_owner'") == []
    assert pg.query("SELECT proname FROM pg_proc WHERE pronamespace = 'wardwatch'::regnamespace"
                    " AND pg_get_userbyid(proowner) <> 'wardwatch_owner'") == []


# --- reading that is recorded ---


def accesses(pg):
    return pg.query("SELECT role, person, application, what, query FROM access_record WHERE application LIKE 'read-%' ORDER BY access")


def test_reading_is_recorded_once(pg):
    connection = login(pg, "auditor")
    with connection.cursor() as cursor:
        cursor.execute("SET application_name = 'read-once'; SET wardwatch.person = 'ann'")
        cursor.execute("SELECT m.seq, c.name FROM message_raw m LEFT JOIN command_answered c ON c.seq = m.seq + 1 WHERE m.seq < 60")
        assert len(cursor.fetchall()) > 40
        cursor.execute("SELECT count(*) FROM quarantine_raw WHERE seq = -1")  # no row is a reading, too
    connection.close()
    rows = accesses(pg)
    assert sorted((role, person, what) for role, person, _, what, _ in rows) == [
        ("login_auditor", "ann", "command_answered"), ("login_auditor", "ann", "message_raw"), ("login_auditor", "ann", "quarantine_raw")]
    assert any("LEFT JOIN command_answered" in row[4] for row in rows)


def test_restricted_records_are_withheld(pg):
    """No relation that a reader may select holds a word of them; the view that does records who read it."""
    body = json.dumps({"restricted": True, "kind": "case", "number": "C-7", "state": "open", "fields": {"parties": ["Hidden Li"]}})
    pg.query("INSERT INTO change_restricted (journal, seq, n, changed_at, subject, id, version, what, ended, exercise, actor, reason, body)"
             " VALUES (1, 900, 0, now(), 'record', 7, 1, 'opened', false, false, 'ann', 'Hidden why', %s)", body)
    reader, auditor = login(pg, "reader"), login(pg, "auditor")
    with reader.cursor() as cursor:
        shown = [name for name, _ in pg.query(RELATIONS) if may(reader, f"SELECT * FROM {name} LIMIT 1")]
        assert {"change", "change_now", "record", "record_history"} <= set(shown)
        for name in shown:
            cursor.execute(f"SELECT count(*) FROM {name} x WHERE x::text LIKE '%Hidden%'")
            assert cursor.fetchone() == (0,), name
    with auditor.cursor() as cursor:
        cursor.execute("SET application_name = 'read-restricted'")
        cursor.execute("SELECT number, fields->'parties'->>0, reason FROM record_restricted")
        assert cursor.fetchall() == [("C-7", "Hidden Li", "Hidden why")]
    reader.close()
    auditor.close()
    assert [row[3] for row in accesses(pg) if row[2] == "read-restricted"] == ["record_restricted"]


def test_restricted_records_of_an_older_version_are_withheld(pg):
    """They stood in change, and the chain says so: they are out of sight, and the record is whole."""
    with Copy(pg, "untouched") as copy:
        copy.run("INSERT INTO change (journal, seq, n, changed_at, subject, id, version, what, ended, exercise, actor, reason, body)"
                 " VALUES (1, 200, 9, now(), 'record', 7, 1, 'opened', false, false, 'ann', 'Hidden why', '{\"restricted\": true}')")
        rebuild(copy, "change")
        assert verify(copy.url).code == WHOLE
        copy.run("SET session_replication_role = origin")
        assert copy.run("SELECT withhold_restricted()") == [(1,)]
        assert verify(copy.url).code == WHOLE
        auditor = psycopg2.connect(host=str(pg.folder), port=pg.port, user="login_auditor", dbname=copy.name,
                                   options="-c search_path=wardwatch")
        with auditor, auditor.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM change WHERE reason = 'Hidden why'")
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT reason FROM record_restricted")
            assert cursor.fetchall() == [("Hidden why",)]
        auditor.close()
        verdict = verify(copy.url.replace(f"user={pg.user}", "user=login_auditor"))
        assert verdict.code == WHOLE, verdict
        assert copy.run("SELECT count(*) FROM access_record WHERE what = 'change_raw'")[0][0] > 0
        copy.run("SET session_replication_role = replica")
        copy.run("UPDATE change_withheld SET reason = 'x'")
        assert verify(copy.url).kinds() == {"row altered"}


def test_export_is_recorded(pg):
    connection = login(pg, "auditor")
    before = pg.value("SELECT count(*) FROM access_record WHERE what = 'message_raw'")
    with connection.cursor() as cursor, open("/dev/null", "w") as sink:
        cursor.copy_expert("COPY (SELECT * FROM message_raw) TO STDOUT", sink)
    connection.close()
    assert pg.value("SELECT count(*) FROM access_record WHERE what = 'message_raw'") == before + 1


def test_reading_that_is_rolled_back_leaves_a_trace(pg):
    connection = login(pg, "console")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM command_answered")
        cursor.execute("ROLLBACK")
        cursor.execute("SELECT count(*) FROM command_answered")
    connection.close()
    last, before = [row[0] for row in pg.query("SELECT access FROM access_record ORDER BY access DESC LIMIT 2")]
    assert last == before + 2
    assert f"wardwatch access {before + 1}: command_answered by login_console" in pg.log


def test_reading_that_cannot_be_recorded_is_refused(pg):
    connection = login(pg, "auditor")
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction, match="is recorded"):
            cursor.execute("SELECT count(*) FROM message_raw")
        cursor.execute("SELECT count(*) FROM event")
    connection.close()


def test_whole_reading_of_the_log_is_the_auditors(pg):
    for role, allowed in (("auditor", True), ("console", False), ("reader", False)):
        connection = login(pg, role)
        assert may(connection, "SELECT * FROM access_log") == allowed
        connection.close()
