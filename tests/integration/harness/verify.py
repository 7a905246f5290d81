"""`wardwatch verify` as an auditor runs it, and a database that somebody with every right tampers with."""

import json
import os
import pathlib
import subprocess

from .machine import find_built

WHOLE, NOT_WHOLE = 0, 3


def find_wardwatch():
    given = os.environ.get("WARDWATCH_BIN")
    return pathlib.Path(given) if given else find_built("daemon/wardwatch")


class Verdict:
    def __init__(self, code, lines, errors):
        self.code, self.errors = code, errors
        self.findings = [line for line in lines if "found" in line]
        self.notes = [line["note"] for line in lines if "note" in line]
        self.journals = [line for line in lines if "segments" in line]

    def kinds(self):
        return {finding["found"] for finding in self.findings}

    def rows(self, kind):
        """{(table, seq, n, position)} of the findings of that kind"""
        return {(f["table"], f["seq"], f["n"], f["position"]) for f in self.findings if f["found"] == kind and "seq" in f}

    def __repr__(self):
        return f"{self.code} {self.findings[:10]} {self.notes} {self.journals} {self.errors}"


def verify(url, *arguments):
    return _verify("--database", url, *arguments)


def verify_export(path, *arguments):
    return _verify("--export", path, *arguments)


def _verify(*arguments):
    done = subprocess.run([str(find_wardwatch()), "verify", "--json", *map(str, arguments)], capture_output=True, text=True)
    return Verdict(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


class Copy:
    """A copy of the database, for tampering with: a superuser whom no trigger stops."""

    made = 0

    def __init__(self, pg, original="wardwatch"):
        Copy.made += 1
        self.pg, self.original, self.name = pg, original, f"copy{Copy.made}"
        self.url = pg.url.replace("dbname=wardwatch", f"dbname={self.name}")

    def __enter__(self):
        self._server(f"CREATE DATABASE {self.name} TEMPLATE {self.original}")
        self.connection = self.pg.connect(self.name)
        self.run("SET session_replication_role = replica")
        return self

    def __exit__(self, *exception):
        self.connection.close()
        self._server(f"DROP DATABASE {self.name}")

    def _server(self, sql):
        connection = self.pg.connect("postgres")
        connection.cursor().execute(sql)
        connection.close()

    def run(self, sql, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def verify(self, *arguments):
        return verify(self.url, *arguments)
