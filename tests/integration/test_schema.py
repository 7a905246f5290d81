"""schema/README.md says what the database says about itself.

    test_schema.py --write      puts the catalog's comments into the README
"""

import pathlib
import re
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.postgres import Postgres  # noqa: E402
from harness.store import SOURCE, Store, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

README = SOURCE / "schema" / "README.md"
TABLES = re.compile(r"(?<=<!-- tables -->\n).*(?=<!-- end of tables -->)", re.S)

RELATIONS = """
SELECT c.oid, c.relname, c.relkind, obj_description(c.oid, 'pg_class') FROM pg_class c
WHERE c.relnamespace = 'wardwatch'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
ORDER BY c.relkind = 'v', c.relname
"""
COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
FUNCTIONS = """
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', obj_description(p.oid, 'pg_proc') FROM pg_proc p
WHERE p.pronamespace = 'wardwatch'::regnamespace AND p.provolatile <> 'v' ORDER BY 1
"""


@pytest.fixture(scope="module")
def pg(tmp_path_factory):
    with Postgres("fsync = off") as postgres, Store(tmp_path_factory.mktemp("schema"), postgres) as store:
        store.migrate()
        yield postgres


def short(type_):
    return {"timestamp with time zone": "time", "timestamp with time zone[]": "time[]"}.get(type_, type_)


def render(pg):
    text = []
    for oid, name, kind, comment in pg.query(RELATIONS):
        text.append(f"\n### {name}{' (view)' if kind == 'v' else ''}\n\n{comment}\n")
        if kind == "v":
            text.append("\n" + ", ".join(f"`{column}` {short(type_)}" for column, type_, _, _ in pg.query(COLUMNS, oid)) + "\n")
            continue
        text.append("\n| column | type | |\n| --- | --- | --- |\n")
        for column, type_, not_null, meaning in pg.query(COLUMNS, oid):
            text.append(f"| `{column}` | {type_}{'' if not_null else ', may be null'} | {meaning} |\n")
    text.append("\n### The functions\n\nThose that only read.\n\n| function | |\n| --- | --- |\n")
    text += [f"| `{name}` | {comment} |\n" for name, comment in pg.query(FUNCTIONS)]
    return "".join(text) + "\n"


def test_every_table_and_column_is_explained(pg):
    missing = []
    for oid, name, kind, comment in pg.query(RELATIONS):
        if not comment:
            missing.append(name)
        if kind != "v":
            missing += [f"{name}.{column}" for column, _, _, meaning in pg.query(COLUMNS, oid) if not meaning]
    assert missing == []


def test_readme_says_what_the_catalog_says(pg):
    assert TABLES.search(README.read_text()).group() == render(pg), "run tests/integration/test_schema.py --write"


def test_every_history_table_refuses_changes(pg):
    guarded = {name for name, in pg.query("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'history_row'"
                                          " AND tgparentid = 0")}
    tables = {name for _, name, kind, _ in pg.query(RELATIONS) if kind != "v"}
    derived = {name for name, in pg.query("SELECT name FROM figure_tables()")}
    assert tables - guarded == {"store_cursor", "schema_migration"} | derived


def test_columns_of_the_program_are_those_of_the_schema(pg):
    source = (SOURCE / "daemon" / "store" / "table.c").read_text()
    rows = re.findall(r'\[TABLE_\w+\] =\s*\{\s*"(\w+)",\s*((?:"[^"]*"\s*)+),\s*"(\w*)",\s*"(\w*)",\s*(\d+)\s*\}', source)
    assert len(rows) == 16
    for name, text, types, time, fields in rows:
        columns = "".join(re.findall(r'"([^"]*)"', text)).split(", ")
        assert len(columns) == int(fields), name
        # no types: of the site model, whose text is in engine_input
        assert len(types) == (0 if name in ("site_zone", "site_asset") else int(fields)), name
        # the store does not write the time of a quarantined record
        assert time == (pg.value("SELECT coalesce(max(time_column), '') FROM stored_table WHERE name = %s", name)
                        if name != "quarantine" else ""), name
        known = {c: (not_null, default) for c, not_null, default in pg.query(
            "SELECT attname, attnotnull, atthasdef FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", name)}
        assert set(columns) <= set(known), name
        assert {c for c, (not_null, default) in known.items() if not_null and not default} <= set(columns), name


def test_the_program_wants_the_newest_file():
    wanted = re.search(r"STORE_SCHEMA_VERSION (\d+)", (SOURCE / "daemon" / "store" / "table.h").read_text())
    assert int(wanted[1]) == max(int(path.name[:4]) for path in (SOURCE / "schema").glob("*.sql"))


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    with Postgres("fsync = off") as postgres, tempfile.TemporaryDirectory() as folder, Store(folder, postgres) as made:
        made.migrate()
        rendered = render(postgres)
        README.write_text(TABLES.sub(lambda _: rendered, README.read_text()))
