"""A journal with known content, the store that drains it, and what must then stand in PostgreSQL.

What input N is follows from its number (tests/unit/store/store_driver.c): 1 is a reload, of every 50 one is a command and
one a bare time record, the rest are messages; every tenth message cannot be decoded, the others give an event, and
every hundredth an alarm.
"""

import json
import pathlib
import shutil
import signal
import socket
import subprocess
import threading

from .machine import SOURCE, find_built, wait_for

HOSTILE = b"d\0\xff\\\"\xc3\xa9\xe7\x97\x85"


def find_driver():
    return find_built("tests/unit/store/store-driver")


def is_command(n):
    return n % 50 == 2


def is_engine_input(n):
    return n == 1 or n % 50 == 3


def is_message(n):
    return not is_command(n) and not is_engine_input(n)


def is_undecoded(n):
    return is_message(n) and n % 10 == 0


def is_event(n):
    return is_message(n) and n % 10 != 0


def is_alarm(n):
    return is_event(n) and n % 100 == 1


class Engine:
    """The engine's end of the command socket, as far as the store sees it."""

    def __init__(self, path):
        self.lines = []
        self.silent = set()  # names of notices that get no answer
        self.put_off = []  # names of notices: each is answered once with "not now"
        self.known_head = 0
        self.connections = []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection):
        try:
            with connection.makefile("r") as lines:
                for line in lines:
                    self._take(connection, json.loads(line))
        except OSError:
            pass  # the store was killed

    def _take(self, connection, request):
        self.lines.append(request)
        if request["cmd"] == "reader" and self.known_head:
            self.send(connection, {"head": self.known_head})
        if request.get("name") in self.put_off:
            self.put_off.remove(request["name"])
            error = {"name": "journal-full", "text": "the journal is nearly full", "cure": "repeat"}
            self.send(connection, {"id": request["id"], "ok": False, "again": True, "error": error})
        elif "id" in request and request.get("name") not in self.silent:
            self.send(connection, {"id": request["id"], "ok": True})

    @staticmethod
    def send(connection, line):
        connection.sendall((json.dumps(line) + "\n").encode())

    def head(self, n):
        self.known_head = n
        for connection in list(self.connections):
            try:
                self.send(connection, {"head": n})
            except OSError:
                self.connections.remove(connection)

    def notices(self, name=None):
        return [line for line in list(self.lines) if line["cmd"] == "notice" and name in (None, line["name"])]

    def cursors(self):
        return [line for line in list(self.lines) if line["cmd"] == "cursor"]

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for connection in self.connections:
            connection.close()


class Store:
    """One state directory and its store."""

    def __init__(self, folder, pg, url=None, **database):
        self.pg = pg
        self.folder = pathlib.Path(folder)
        self.state, self.run = self.folder / "state", self.folder / "run"
        self.state.mkdir()
        self.run.mkdir()
        self.config = self.folder / "wardwatch.yaml"
        self.head = 0
        self.processes = []
        self.write_config(url or pg.url, **database)

    def write_config(self, url, **database):
        keys = "".join(f", {key}: {value}" for key, value in database.items())
        self.config.write_text(
            "site: {name: test}\n"
            f"state: {{dir: {self.state}, run_dir: {self.run}}}\n"
            "mqtt: {host: localhost, urgent: [urgent/#], bulk: [bulk/#]}\n"
            "paths: {sensors: [], rules: [], site: []}\n"
            'metrics: {supervisor: off, engine: off, store: off}\n'
            'users: {engine: "", store: ""}\n'
            f'database: {{url: "{url}"{keys}}}\n')

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    # --- the driver ---

    def drive(self, verb, *arguments, check=True):
        done = subprocess.run([str(find_driver()), verb, *map(str, arguments)], capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"{verb}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def migrate(self, folder=None, check=True):
        return self.drive("migrate", self.config, folder or SOURCE / "schema", check=check)

    def fill(self, count, kind="mixed", broken=0):
        self.drive("fill", self.state, self.head + 1, count, kind, broken)
        self.head += count

    def trim(self, upto):
        self.drive("trim", self.state, upto)

    def journal_id(self):
        return self.drive("id", self.state).stdout.split()[0]

    # --- the worker ---

    def start(self, control_fd=-1):
        log = open(self.folder / "store.log", "ab")
        process = subprocess.Popen([str(find_driver()), "store", str(self.config), str(control_fd)], stdout=log, stderr=log,
                                   pass_fds=[control_fd] if control_fd >= 0 else [])
        log.close()
        self.processes.append(process)
        return process

    @property
    def process(self):
        return self.processes[-1]

    @property
    def log(self):
        path = self.folder / "store.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=15):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    # --- what is there ---

    def cursor(self):
        rows = self.pg.query("SELECT seq FROM store_cursor c JOIN journal j USING (journal) WHERE j.journal_id = %s::uuid",
                             self.journal_id())
        return rows[0][0] if rows else None

    def wait_cursor(self, seq=None, timeout=60):
        seq = self.head if seq is None else seq
        try:
            return wait_for(lambda: (self.cursor() or 0) >= seq, timeout, f"cursor at {seq}")
        except Exception as error:
            raise AssertionError(f"{error}; it is {self.cursor()}\n{self.log[-3000:]}") from error

    def assert_complete(self, quarantined=(), first=1):
        """Each input from `first` to the head once, and what was concluded from it once; nothing else. `quarantined`:
        (seq, n) of records that are in quarantine instead, n = -1 for the input."""
        quarantined = set(quarantined)
        wanted = range(first, self.head + 1)

        def present(n, output=None):
            return (n, -1 if output is None else output) not in quarantined

        def seqs(sql):
            return [row[0] for row in self.pg.query(sql)]

        assert seqs("SELECT seq FROM message ORDER BY 1") == [n for n in wanted if is_message(n) and present(n)]
        assert seqs("SELECT seq FROM command ORDER BY 1") == [n for n in wanted if is_command(n) and present(n)]
        assert seqs("SELECT seq FROM engine_input ORDER BY 1") == [n for n in wanted if is_engine_input(n) and present(n)]
        assert seqs("SELECT seq FROM command_reply ORDER BY 1") == [n for n in wanted if is_command(n) and present(n, 0)]
        assert seqs("SELECT seq FROM undecoded ORDER BY 1") == [n for n in wanted if is_undecoded(n) and present(n, 0)]
        assert seqs("SELECT seq FROM event ORDER BY 1") == [n for n in wanted if is_event(n) and present(n, 0)]
        alarms = [n for n in wanted if is_alarm(n) and present(n, 1)]
        assert seqs("SELECT seq FROM alarm ORDER BY 1") == alarms
        assert seqs("SELECT seq FROM alarm_transition ORDER BY 1") == alarms
        assert seqs("SELECT seq FROM alarm_evidence ORDER BY 1, position") == sorted(alarms * 2)
        assert set(self.pg.query("SELECT seq, n FROM quarantine")) == quarantined
        assert self.pg.value("SELECT count(*) FROM message WHERE (convert_from(payload, 'UTF8')::json->>'number')::bigint <> seq") == 0
        assert self.pg.value("SELECT count(DISTINCT seq) FROM input") == len(wanted)

    def copy_state(self, name):
        shutil.copytree(self.state, self.folder / name)

    def restore_state(self, name):
        """And has a writer look through it, as the engine does at its start: the store takes its word."""
        shutil.rmtree(self.state)
        shutil.copytree(self.folder / name, self.state)
        self.drive("fill", self.state, 1, 0, "mixed", 0)
