#!/usr/bin/python3
"""Rows per second of `wardwatch verify`, beside a plain `COPY … TO STDOUT` of the very same rows in the same run.

    WARDWATCH_BUILD=/tmp/build tests/bench/verify.py [--rows 2000000] [--rounds 3]

The rows are stored by the store itself, out of a journal: messages and their events, with the proof that it makes.
What PostgreSQL gives out when nobody looks at it is the limit: each table's columns in binary, by psql to /dev/null, as
many tables at once as the machine has processors. `verify` reads them in order, hashes each row twice, once for its
digest and once for its leaf, and holds both against each other, by one thread and by one for each processor. Prints JSON;
the figures are medians of the rounds, which alternate. 10,000,000 rows take some 7 GB in /tmp. Use a build without
sanitizers.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from harness.postgres import Postgres, binaries  # noqa: E402
from harness.store import Engine, Store  # noqa: E402
from harness.verify import find_wardwatch  # noqa: E402

CHUNK = 400_000  # inputs that the journal holds at a time
SETTINGS = "max_wal_size = 8GB\nshared_buffers = 1GB\nautovacuum = off\nfsync = off\nsynchronous_commit = off"


def fill(pg, folder, inputs):
    with Store(folder, pg) as store:
        store.migrate()
        engine = Engine(store.run / "wardwatch.sock")
        store.start()
        while store.head < inputs:
            store.fill(min(CHUNK, inputs - store.head), "events")
            engine.head(store.head)
            store.wait_cursor(timeout=600)
            store.trim(store.head)
        store.stop()
        engine.close()
    connection = pg.connect()
    connection.cursor().execute("VACUUM ANALYZE")
    connection.close()


def copies(pg):
    """A psql for each table, of the rows that verify reads."""
    for relation, columns in pg.query("SELECT relation, columns FROM proof_layout WHERE relation IN ('message', 'event')"):
        sql = f"COPY (SELECT {columns} FROM wardwatch.{relation}) TO STDOUT (FORMAT binary)"
        yield [str(pathlib.Path(binaries()) / "psql"), "-X", "-q", "-d", pg.url, "-c", sql]


def timed(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def copy(pg, jobs):
    commands = list(copies(pg))
    while commands:
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands[:jobs]]
        del commands[:jobs]
        assert not any(process.wait() for process in running)


def verify(pg, jobs):
    done = subprocess.run([find_wardwatch(), "verify", "--database", pg.url, "--jobs", str(jobs)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    jobs = os.cpu_count()
    took = {"copy": [], "copy_at_once": [], "verify": [], "verify_at_once": []}
    with tempfile.TemporaryDirectory() as folder, Postgres(SETTINGS) as pg:
        filled = timed(lambda: fill(pg, pathlib.Path(folder), options.rows // 2))
        rows = pg.value("SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM event)")
        copy(pg, jobs)  # the server's cache is warm for all of them
        for _ in range(options.rounds):
            took["copy"].append(timed(lambda: copy(pg, 1)))
            took["verify"].append(timed(lambda: verify(pg, 1)))
            took["copy_at_once"].append(timed(lambda: copy(pg, jobs)))
            took["verify_at_once"].append(timed(lambda: verify(pg, jobs)))
    rates = {name: round(rows / statistics.median(seconds)) for name, seconds in took.items()}
    print(json.dumps({"rows": rows, "filled_seconds": round(filled), "jobs": jobs, **rates,
                      "ratio": round(rates["verify"] / rates["copy"], 3),
                      "ratio_at_once": round(rates["verify_at_once"] / rates["copy_at_once"], 3)}, indent=2))


if __name__ == "__main__":
    main()
