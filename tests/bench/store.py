#!/usr/bin/python3
"""Rows per second of the store, against raw `COPY FROM` of the very same rows in the same run.

    WARDWATCH_BUILD=/tmp/build tests/bench/store.py [--inputs 300000] [--rounds 3]

Each input is a message with one event: two rows. The store's time runs from its first transaction's cursor to the last;
raw COPY gets the same rows, as binary files made by PostgreSQL itself, into empty tables with the same indexes and
partitions, 10,000 rows of each table a transaction. Prints JSON; `ratio` is the store's rate by the raw one, the median
of the rounds. Use a build without sanitizers.
"""

import argparse
import io
import json
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from harness.postgres import Postgres  # noqa: E402
from harness.store import Engine, Store  # noqa: E402

TABLES = ("message", "event")
CHUNK = 10_000


def fresh(pg):
    connection = pg.connect("postgres")
    connection.cursor().execute("DROP DATABASE IF EXISTS wardwatch WITH (FORCE)")
    connection.cursor().execute("CREATE DATABASE wardwatch")
    connection.cursor().execute("CHECKPOINT")
    connection.close()


def measure_store(pg, inputs, folder):
    """(rows/s, chunks of the rows as binary COPY)"""
    fresh(pg)
    with Store(folder, pg) as store:
        store.migrate()
        store.fill(inputs, "events")
        engine = Engine(store.run / "wardwatch.sock")
        engine.known_head = inputs
        journal = store.journal_id()
        watch = pg.connect()
        cursor = watch.cursor()

        def seq():
            cursor.execute("SELECT max(c.seq) FROM store_cursor c JOIN journal j USING (journal) WHERE j.journal_id = %s::uuid", (journal,))
            return cursor.fetchone()[0] or 0

        store.start()
        while not (first := seq()):
            time.sleep(0.001)
        began = time.monotonic()
        while seq() < inputs:
            if store.process.poll() is not None:
                raise SystemExit(store.log)
            time.sleep(0.005)
        rate = 2 * (inputs - first) / (time.monotonic() - began)
        chunks = []
        for low in range(1, inputs + 1, CHUNK):
            chunk = {}
            for table in TABLES:
                chunk[table] = io.BytesIO()
                cursor.copy_expert(f"COPY (SELECT * FROM {table} WHERE seq >= {low} AND seq < {low + CHUNK} ORDER BY seq)"
                                   " TO STDOUT (FORMAT binary)", chunk[table])
            chunks.append(chunk)
        watch.close()
        store.stop()
        engine.close()
        return rate, chunks


def measure_raw(pg, chunks, inputs, folder):
    fresh(pg)
    with Store(folder, pg) as store:
        store.migrate()
    connection = pg.connect(autocommit=False)
    cursor = connection.cursor()
    cursor.execute("SELECT ensure_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 7)")
    connection.commit()
    began = time.monotonic()
    for chunk in chunks:
        for table in TABLES:
            chunk[table].seek(0)
            cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT binary)", chunk[table], size=1 << 16)
        connection.commit()
    rate = 2 * inputs / (time.monotonic() - began)
    connection.close()
    return rate


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = []
    with Postgres(extra="max_wal_size = 8GB\nautovacuum = off") as pg:
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
                store, chunks = measure_store(pg, options.inputs, one)
                raw = measure_raw(pg, chunks, options.inputs, two)
            rounds.append({"store": round(store), "raw": round(raw), "ratio": round(store / raw, 3)})
    print(json.dumps({
        "rows": 2 * options.inputs,
        "store_rows_per_second": statistics.median(r["store"] for r in rounds),
        "raw_copy_rows_per_second": statistics.median(r["raw"] for r in rounds),
        "ratio": statistics.median(r["ratio"] for r in rounds),
        "rounds": rounds,
    }, indent=2))


if __name__ == "__main__":
    main()
