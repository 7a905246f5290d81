"""A real PostgreSQL cluster of its own: in a folder of its own, on a Unix socket in it and on a loopback port.

    with Postgres() as pg:
        pg.url              conninfo for wardwatch (Unix socket)
        pg.url_tcp          the same over TCP (no TLS)
        pg.connect()        a psycopg2 connection, autocommit, search_path = wardwatch
        pg.stop(), pg.kill(), pg.freeze(), pg.thaw(), pg.start(), pg.restart()

fsync is on: a kill -9 must lose nothing (nor does it without, as long as the machine stays up; tests that are about
something else switch it off). PostgreSQL refuses to run as root; then everything runs as `postgres`. The
folder lies in /tmp because that user has to reach it, and is removed at the end.
"""

import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2

from .machine import HarnessError, free_port, wait_for

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = on
synchronous_commit = on
full_page_writes = on
max_connections = 40
shared_buffers = 128MB
max_wal_size = 2GB
log_min_messages = warning
log_line_prefix = '%m [%p] '
deadlock_timeout = 200ms
{extra}
"""


class PostgresError(HarnessError):
    pass


def binaries():
    """The folder of initdb and postgres: Debian keeps them by version, outside the PATH."""
    found = shutil.which("initdb")
    if found:
        return pathlib.Path(found).resolve().parent
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not folders:
        raise PostgresError("PostgreSQL is not installed: apt-get install postgresql")
    return folders[-1].parent


class Postgres:
    def __init__(self, extra="", encoding="UTF8"):
        """`extra`: further lines of postgresql.conf."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ww-pg-", dir="/tmp"))
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.extra, self.encoding = extra, encoding
        self.port = None
        self.process = None
        self.frozen = []

    def __enter__(self):
        try:
            self._create()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception):
        self.close()

    # --- addresses ---

    @property
    def url(self):
        return f"host={self.folder} port={self.port} user={self.user} dbname=wardwatch"

    @property
    def url_tcp(self):
        return f"host=127.0.0.1 port={self.port} user={self.user} dbname=wardwatch sslmode=disable"

    def connect(self, dbname="wardwatch", autocommit=True):
        connection = psycopg2.connect(host=str(self.folder), port=self.port, user=self.user, dbname=dbname,
                                      options="-c search_path=wardwatch,public", connect_timeout=10)
        connection.autocommit = autocommit
        return connection

    def query(self, sql, *values):
        """All rows of one query, on a connection of its own."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def value(self, sql, *values):
        return self.query(sql, *values)[0][0]

    @property
    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    # --- life ---

    def _as_user(self):
        """Keywords for subprocess that drop root's rights."""
        if os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(self.user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _run(self, program, *arguments):
        """One of PostgreSQL's programs, as its user."""
        done = subprocess.run([str(binaries() / program), *map(str, arguments)], capture_output=True, text=True, cwd="/",
                              check=False, **self._as_user())
        if done.returncode:
            raise PostgresError(f"{program}: {done.stderr}")

    def dump(self, path):
        """pg_dump into a folder, one file for each table."""
        self._run("pg_dump", "-h", self.folder, "-p", self.port, "-U", self.user, "-Fd", "-f", path, "wardwatch")

    def restore(self, path):
        """pg_restore of such a folder into the database, which must be empty."""
        self._run("pg_restore", "-h", self.folder, "-p", self.port, "-U", self.user, "--exit-on-error", "-d", "wardwatch", path)

    def base_backup(self, path):
        """A physical copy of the whole cluster, with the WAL that it needs."""
        self._run("pg_basebackup", "-h", self.folder, "-p", self.port, "-U", self.user, "-c", "fast", "-X", "stream", "-D", path)

    def _create(self):
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        os.chmod(self.folder, 0o755)
        command = [binaries() / "initdb", "-D", self.folder / "data", "-A", "trust", "-E", self.encoding, "--no-locale",
                   "-U", self.user, "--no-instructions"]
        made = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd="/", **self._as_user())
        if made.returncode:
            raise PostgresError(made.stderr)

    def start(self, timeout=60):
        """Until it answers a query; a cluster that was killed recovers first."""
        for _ in range(5):
            self.port = self.port or free_port()
            (self.folder / "data" / "postgresql.auto.conf").write_text(
                SETTINGS.format(port=self.port, folder=self.folder, extra=self.extra))
            log = open(self.folder / "log", "ab")
            self.process = subprocess.Popen([str(binaries() / "postgres"), "-D", str(self.folder / "data")], cwd="/",
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._as_user())
            log.close()
            if self._wait_up(timeout):
                break
            if "could not bind" not in self.log and "Address already in use" not in self.log:
                raise PostgresError(f"PostgreSQL does not start:\n{self.log}")
            self.port = None
        else:
            raise PostgresError("no free port")
        if not self._exists("wardwatch"):
            connection = self.connect("postgres")
            connection.cursor().execute("CREATE DATABASE wardwatch")
            connection.close()

    def _wait_up(self, timeout):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            try:
                self.connect("postgres").close()
                return True
            except psycopg2.OperationalError:
                time.sleep(0.02)
        raise PostgresError(f"PostgreSQL does not answer:\n{self.log}")

    def _exists(self, name):
        connection = self.connect("postgres")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            found = cursor.fetchone()
        connection.close()
        return found

    def stop(self, how=signal.SIGINT, timeout=60):
        """Orderly and at once (`fast`): sessions are ended, everything is written."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout)
        self.process = None

    def kill(self):
        """kill -9 of the whole cluster, as a power cut would look to a client."""
        if not self.process or self.process.poll() is not None:
            return
        pids = self.pids()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(30)
        self.process = None
        wait_for(lambda: not any(self._alive(p) for p in pids), what="the end of all backends")

    @staticmethod
    def _alive(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def restart(self):
        self.stop()
        self.start()

    def pids(self):
        """The postmaster first, then its children."""
        parent = self.process.pid
        children = []
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if re.search(rf"^PPid:\s+{parent}$", text, re.M):
                children.append(int(status.parent.name))
        return [parent] + children

    def freeze(self):
        """SIGSTOP: it still accepts connections (the kernel does), and answers nothing."""
        self.frozen = []
        for pid in self.pids():  # the postmaster first: then no child is born
            try:
                os.kill(pid, signal.SIGSTOP)
                self.frozen.append(pid)
            except ProcessLookupError:
                pass  # a background worker that has just ended

    def thaw(self):
        for pid in self.frozen:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        self.frozen = []

    def promote(self):
        """Of a standby: it takes writes from now on."""
        self.query("SELECT pg_promote()")

    def close(self):
        self.thaw()
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Restored(Postgres):
    """A cluster that begins as a physical copy: as it was when base_backup() took it."""

    def __init__(self, backup, extra="fsync = off"):
        super().__init__(extra)
        self.backup = backup

    def _create(self):
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        os.chmod(self.folder, 0o755)
        self._run("pg_verifybackup", self.backup)
        shutil.move(self.backup, self.folder / "data")


class Standby(Postgres):
    """A streaming standby of `primary`, read-only until promote()."""

    def __init__(self, primary):
        super().__init__(f"primary_conninfo = 'host={primary.folder} port={primary.port} user={primary.user} "
                         "application_name=standby'\nfsync = off")
        self.primary = primary

    def _create(self):
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        os.chmod(self.folder, 0o755)
        self.primary.base_backup(self.folder / "data")
        (self.folder / "data" / "standby.signal").touch()

    def url_of_both(self):
        """conninfo of the two, the primary first: whoever takes writes is meant."""
        one, two = self.primary, self
        return f"host={one.folder},{two.folder} port={one.port},{two.port} user={one.user} dbname=wardwatch"
