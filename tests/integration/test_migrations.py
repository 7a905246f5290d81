"""From every earlier version with data in it: what was there is there afterwards, and rows go on arriving."""

import concurrent.futures
import pathlib
import re
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.machine import wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import SOURCE, Store, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

FILES = sorted((SOURCE / "schema").glob("[0-9]*.sql"))
COUNT = 400

COLUMNS = """
SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'wardwatch'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname NOT IN ('schema_migration', 'store_cursor') GROUP BY c.relname
"""
SHAPE = """
SELECT c.relname, c.relkind::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
       col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'wardwatch'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition ORDER BY 1, 3
"""


@pytest.fixture(scope="module")
def cluster():
    with Postgres("fsync = off") as postgres:
        yield postgres


def database(cluster, name="wardwatch"):
    connection = cluster.connect("postgres")
    connection.cursor().execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    connection.cursor().execute(f"CREATE DATABASE {name}")
    connection.close()


@pytest.fixture(scope="module")
def written(cluster, tmp_path_factory):
    """The rows of a journal as the newest schema takes them: {table: (its columns, rows)}, the shape of it all, and what is
    derived from them: {table: (columns, rows as text)}."""
    database(cluster)
    with Store(tmp_path_factory.mktemp("written"), cluster) as store:
        store.migrate()
        store.fill(COUNT, broken=104)
        store.start()
        store.wait_cursor()
        store.stop()
        rows = {table: (columns, cluster.query(f"SELECT {columns} FROM {table}")) for table, columns in cluster.query(COLUMNS)}
        derived = {table: (rows[table][0], texts(cluster, table, rows[table][0])) for table, in cluster.query("SELECT name FROM figure_tables()")}
        assert derived["figure_alarm"][1] and derived["figure_move"][1] and derived["figure_wait"][1]
        yield store, rows, cluster.query(SHAPE), derived


def up_to(tmp_path, version):
    folder = tmp_path / "schema"
    folder.mkdir()
    for path in FILES[:version]:
        shutil.copy(path, folder)
    return folder


def put_back(pg, rows, derived):
    """Writes those rows into the older tables, as far as they have the columns; what is derived from them is left to the
    triggers. Returns what stands there then."""
    pg.query("SELECT ensure_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 7)")
    there = dict(pg.query(COLUMNS))
    connection = pg.connect()
    for table in sorted(there, key=lambda t: t != "journal"):
        if table not in rows or table in derived or table in ("retention_class", "retention_setting", "stored_table", "rule_text"):
            continue
        columns = [c for c in rows[table][0].split(", ") if c in there[table].split(", ")]
        places = [rows[table][0].split(", ").index(c) for c in columns]
        with connection.cursor() as cursor:
            for row in rows[table][1]:
                cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE VALUES ({', '.join(['%s'] * len(columns))})",
                               [as_json(table, columns[n], row[p]) for n, p in enumerate(places)])
    connection.close()
    return {table: (columns, texts(pg, table, columns)) for table, columns in there.items()}


def texts(pg, table, columns):
    return sorted(text for text, in pg.query(f"SELECT ROW({columns})::text FROM {table}"))


def as_json(table, column, value):
    from psycopg2.extras import Json
    return Json(value) if column in ("request", "reply", "attributes", "body") and table != "engine_input" and value is not None else value


@pytest.mark.parametrize("version", range(1, len(FILES)))
def test_from_an_earlier_version(cluster, written, tmp_path, version):
    older, rows, shape, derived = written
    database(cluster)
    older.migrate(up_to(tmp_path, version))
    before = put_back(cluster, rows, derived)
    assert len(before["message"][1]) > 300 and len(before["alarm_evidence"][1]) > 0
    cluster.query("INSERT INTO store_cursor (journal, seq) VALUES (1, %s)", COUNT)
    said = older.migrate().stdout
    assert re.findall(r"^(\d{4})_", said, re.M) == [f"{n:04}" for n in range(version + 1, len(FILES) + 1)]
    for table, (columns, wanted) in before.items():
        if table not in ("retention_class", "stored_table", "retention_setting"):
            assert texts(cluster, table, columns) == wanted, table
    for table, (columns, wanted) in derived.items():
        assert texts(cluster, table, columns) == wanted, table
    assert cluster.query(SHAPE) == shape
    older.fill(300)
    older.start()
    older.wait_cursor()
    older.stop()
    older.assert_complete(quarantined=[(104, -1)])
    assert cluster.value("SELECT count(*) FROM alarm_evidence v LEFT JOIN alarm_transition t USING (journal, seq, n, changed_at)"
                         " WHERE t.seq IS NULL") == 0
    assert cluster.query("SELECT * FROM figures_differ('-infinity', 'infinity')") == []
    assert cluster.value("SELECT convert_from(text, 'UTF8') FROM ruleset_text") == "rules: []\n"
    assert cluster.value("SELECT sum(n) FROM (SELECT count(*) n FROM message_default UNION ALL SELECT count(*) FROM command_default"
                         " UNION ALL SELECT count(*) FROM alarm_default) d") == 0


OWN = f"{len(FILES) + 1:04}_own"
MEETS = """
LOCK TABLE public.first;
DO $$
BEGIN
        WHILE NOT EXISTS (SELECT FROM public.had_its_turn) AND NOT EXISTS (
                SELECT FROM pg_locks WHERE relation = 'public.first'::regclass AND NOT granted) LOOP
                IF clock_timestamp() > now() + interval '1 minute' THEN
                        RAISE EXCEPTION 'nobody wants what we hold';
                END IF;
                PERFORM pg_sleep(0.01);
        END LOOP;
END
$$;
LOCK TABLE public.second;
CREATE TABLE public.made ();
"""


@pytest.fixture
def with_own(cluster, tmp_path):
    """migrate() of the real migrations and one more, on a database that has all but that one."""
    database(cluster)
    cluster.query("CREATE TABLE public.first (); CREATE TABLE public.second (); CREATE TABLE public.had_its_turn (n integer)")
    with Store(tmp_path, cluster) as store:
        store.migrate()
        folder = up_to(tmp_path, len(FILES))

        def migrate(text):
            (folder / f"{OWN}.sql").write_text(text)
            return store.migrate(folder, check=False)

        yield migrate


def holds(cluster, table, granted=True):
    return cluster.value("SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND granted = %s", f"public.{table}", granted) > 0


def test_a_migration_that_meets_another_session_is_tried_again(cluster, with_own):
    """Each holds what the other wants, and the other does not give way."""
    other = cluster.connect(autocommit=False)
    cursor = other.cursor()
    cursor.execute("SET deadlock_timeout = '1h'; LOCK TABLE public.second")
    with concurrent.futures.ThreadPoolExecutor() as threads:
        migrating = threads.submit(with_own, MEETS)
        wait_for(lambda: migrating.done() or holds(cluster, "first"), 60, "the migration at work")
        cursor.execute("LOCK TABLE public.first; INSERT INTO public.had_its_turn VALUES (1)")
        other.commit()
        said = migrating.result(60)
    other.close()
    assert said.returncode == 0, said.stderr
    assert f"{OWN}.sql applied\n" in said.stdout
    assert said.stderr == (f"wardwatch migrate: {OWN}: another session is in the way, try 2 of 10 follows: "
                           "deadlock detected 40P01\n")
    assert cluster.value("SELECT to_regclass('public.made') IS NOT NULL")
    assert cluster.value("SELECT name FROM schema_migration ORDER BY version DESC LIMIT 1") == OWN


def test_a_migration_is_not_tried_for_ever(cluster, with_own):
    other = cluster.connect(autocommit=False)
    other.cursor().execute("LOCK TABLE public.second")
    said = with_own("CREATE TABLE public.made (); SET LOCAL lock_timeout = '10ms'; LOCK TABLE public.second")
    other.close()
    assert said.returncode != 0 and said.stdout == ""
    lines = said.stderr.splitlines()
    assert [line for line in lines if ", try " in line] == lines[:-1] and len(lines) == 10
    assert lines[-1] == f"wardwatch migrate: {OWN}: canceling statement due to lock timeout 55P03"
    assert cluster.value("SELECT to_regclass('public.made') IS NULL")
    assert cluster.value("SELECT count(*) FROM schema_migration") == len(FILES)


@pytest.mark.parametrize("text, why", [("SELECT 1 / 0", "division by zero 22012"),
                                       ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(60)", "canceling statement due to statement timeout 57014")])
def test_what_would_fail_again_is_not_tried_again(cluster, with_own, text, why):
    said = with_own(text)
    assert said.returncode != 0 and said.stderr == f"wardwatch migrate: {OWN}: {why}\n"
    assert cluster.value("SELECT count(*) FROM schema_migration") == len(FILES)
