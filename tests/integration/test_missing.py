"""`wardwatch query missing`: the inputs whose number stands nowhere, and no others, whatever part of the record is asked about."""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.machine import find_built  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import Store, find_driver, is_command, is_engine_input  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

COUNT = 40_000  # more than two of the blocks of 16,384 numbers that are counted together
DAYS = "timestamptz '2026-03-01 00:00Z' + interval '1 second' * seq * 10"


@pytest.fixture(scope="module")
def pg(tmp_path_factory):
    """A record over five days, with messages, commands and the engine's own inputs in between."""
    with Postgres("fsync = off") as postgres, Store(tmp_path_factory.mktemp("missing"), postgres) as store:
        store.migrate()
        postgres.query("SELECT ensure_partitions('2026-03-01', '2026-03-06')")
        postgres.query("INSERT INTO journal (journal_id, site) VALUES (gen_random_uuid(), 'one'), (gen_random_uuid(), 'two')")
        kinds = {True: [], False: []}
        for seq in range(1, COUNT + 1):
            kinds[is_command(seq) or is_engine_input(seq)].append(seq)
        for journal in (1, 2):
            postgres.query(f"INSERT INTO message SELECT {journal}, seq, {DAYS}, {DAYS}, 'bulk', false, false, false, 't', '' FROM unnest(%s) seq", kinds[False])
            postgres.query(f"INSERT INTO command SELECT {journal}, seq, {DAYS}, {DAYS}, 'socket', 'ann', 'c-' || seq, 'ack', '{{}}' FROM unnest(%s) seq", kinds[True])
        postgres.query("INSERT INTO store_cursor (journal, seq) SELECT journal, %s FROM journal", COUNT)
        yield postgres


@pytest.fixture
def without(pg):
    """Takes numbers out of journal 2, for one test."""
    connection = pg.connect(autocommit=False)
    cursor = connection.cursor()
    cursor.execute("SET session_replication_role = replica")  # no triggers

    def take(*spans):
        for first, last in spans:
            for table in ("message", "command"):
                cursor.execute(f"CREATE TABLE IF NOT EXISTS public.gone_{table} AS SELECT * FROM {table} WHERE false")
                cursor.execute(f"WITH gone AS (DELETE FROM {table} WHERE journal = 2 AND seq BETWEEN %s AND %s RETURNING *)"
                               f" INSERT INTO public.gone_{table} SELECT * FROM gone", (first, last))
        connection.commit()
    yield take
    connection.rollback()
    cursor.execute("SET session_replication_role = replica")
    for table in ("message", "command"):
        cursor.execute(f"INSERT INTO {table} SELECT * FROM public.gone_{table}")
        cursor.execute(f"DROP TABLE public.gone_{table}")
    cursor.execute("DELETE FROM store_gap")
    cursor.execute("DELETE FROM retention_record")
    connection.commit()
    connection.close()


def missing(pg, first="2000-01-01", last="2026-12-31"):
    done = subprocess.run([str(find_built("daemon/wardwatch")), "query", "missing", "--database", pg.url, "--from", first, "--to", last, "--format", "json"],
                          capture_output=True, text=True, check=True)
    return [(row["journal"], row["first_seq"], row["last_seq"]) for row in json.loads(done.stdout)]


def test_nothing(pg):
    for span in ((), ("2026-03-02", "2026-03-03"), ("2026-03-02T07:13Z", "2026-03-02T07:14Z"), ("2025-01-01", "2025-01-02"), ("2026-07-01", "2026-07-02")):
        assert missing(pg, *span) == []


@pytest.mark.parametrize("gone", [[(1, 1)], [(COUNT, COUNT)], [(1, 3), (7, 7)], [(102, 103)], [(16383, 16384)], [(16000, 33000)], [(39_000, COUNT)],
                                  [(5, 5), (16_390, 16_400), (32_000, 33_000)], [(1, COUNT)]])
def test_what_is_gone(pg, without, gone):
    without(*gone)
    assert missing(pg) == [(2, *span) for span in gone]


def test_what_is_gone_of_a_span_and_at_its_edges(pg, without):
    """A day has 8640 numbers: the second one those from 8640 to 17279."""
    gone = [(100, 110), (8_630, 8_650), (10_000, 10_000), (17_270, 17_300), (30_000, 30_010)]
    without(*gone)
    assert missing(pg, "2026-03-02", "2026-03-03") == [(2, *span) for span in gone[1:4]]
    assert missing(pg, "2026-03-04", "2026-03-05") == [(2, *gone[4])]
    assert missing(pg, "2026-03-05T01:00Z", "2026-03-06") == []


def test_a_day_that_is_gone_whole(pg, without):
    without((8_000, 18_000))
    assert missing(pg, "2026-03-02", "2026-03-03") == [(2, 8_000, 18_000)]


def test_a_number_that_stands_twice_hides_none(pg, without):
    """As many rows as numbers, and one number missing all the same."""
    without((20_005, 20_005))
    connection = pg.connect()
    connection.cursor().execute(f"INSERT INTO message SELECT 2, 20006, {DAYS} + interval '1 second', {DAYS}, 'bulk', false, false, false, 't', '' FROM (VALUES (20006)) v(seq)")
    assert missing(pg) == [(2, 20_005, 20_005)]
    connection.cursor().execute("SET session_replication_role = replica; DELETE FROM message WHERE journal = 2 AND seq = 20006 AND received_at <> journal_time")
    connection.close()


def test_what_was_dropped_or_trimmed_is_not_missing(pg, without):
    without((1, 9_000), (25_000, 25_100), (30_000, 30_000))
    pg.query("INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, journal, rows, first_seq, last_seq)"
             " VALUES ('raw', 'message', 'message_20260301', '2026-03-01', '2026-03-02', '1 day', 2, 9000, 1, 9000)")
    pg.query("INSERT INTO store_gap (journal, first_seq, last_seq, reason) VALUES (2, 25000, 25100, 'trimmed')")
    assert missing(pg) == [(2, 30_000, 30_000)]
    assert missing(pg, "2026-03-02", "2026-03-03") == []
