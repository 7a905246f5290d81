"""The real daemon, in folders of its own.

    with Daemon(tmp_path, broker=broker, postgres=postgres) as daemon:
        daemon.call("status"), daemon.status(), daemon.kill("engine"), daemon.freeze("store"), daemon.reload()

Nothing here waits for a time: everything waits for a condition, with a deadline.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid

from .machine import SOURCE, HarnessError, find_built, wait_for


class DaemonError(HarnessError):
    pass


def binary():
    """$WARDWATCH_BIN, or the newest build's."""
    if os.environ.get("WARDWATCH_BIN"):
        return pathlib.Path(os.environ["WARDWATCH_BIN"])
    found = find_built("daemon/wardwatch")
    if not found:
        raise DaemonError("there is no wardwatch: build it, or set WARDWATCH_BIN")
    return found


def process_state(pid):
    """The letter of /proc/PID/stat, None if there is no such process; a zombie is none."""
    try:
        letter = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None
    return None if letter in "ZX" else letter


def children(pid):
    """{subcommand: pid} of the processes that a supervisor has started."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if stat[1] == str(pid) and stat[0] not in "ZX" and len(words) > 2:
            found[words[1].decode(errors="replace")] = int(entry.name)
    return found


class Socket:
    """The command socket: one JSON object a line."""

    def __init__(self, path, timeout=20.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def send(self, **request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def next(self):
        """The next object, None at the end."""
        line = self.lines.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def call(self, cmd, **fields):
        """Sends a command and returns the answer that carries its id."""
        wanted = fields.pop("id", None) or f"test-{uuid.uuid4()}"
        self.send(cmd=cmd, id=wanted, **fields)
        while True:
            answer = self.next()
            if answer is None:
                raise DaemonError("the engine closed the connection")
            if answer.get("id") == wanted:
                return answer

    def close(self):
        self.lines.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Daemon:
    def __init__(self, folder, broker=None, postgres=None, settings=None, rules=None):
        """`broker`: harness.broker.Broker, None = nobody listens. `postgres`: harness.postgres.Postgres, migrated
        already; or a conninfo text; None = no store. `settings`: {"journal.size": "64MiB"}. `rules`: a folder with
        sensors/, hospital/, site/; None = a copy of the repository's."""
        self.folder = pathlib.Path(folder) / "wardwatch"
        self.folder.mkdir(parents=True, exist_ok=True)
        # the path of a socket is short
        self.run_dir = pathlib.Path(tempfile.mkdtemp(prefix="ww-run-"))
        self.config = self.folder / "wardwatch.yaml"
        self.rules = self.folder / "rules"
        self.process = None
        self.options = []  # of `run`
        self.environment = {}  # beside the test's own
        self.program = None  # another than binary()
        self.broker, self.postgres = broker, postgres
        self._copy_rules(pathlib.Path(rules) if rules else SOURCE / "rules")
        self.settings = self._defaults() | (settings or {})
        self.write_config()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()  # one that did not come up in time lives on otherwise
            raise
        return self

    def __exit__(self, *exception):
        self.close()

    def _copy_rules(self, source):
        for part in ("sensors", "hospital", "site"):
            (self.rules / part).mkdir(parents=True, exist_ok=True)
            if (source / part).is_dir():
                shutil.copytree(source / part, self.rules / part, dirs_exist_ok=True)

    def _defaults(self):
        settings = {
            "site.name": "test",
            "state.dir": self.folder / "state",
            "state.run_dir": self.run_dir,
            "paths.sensors": [self.rules / "sensors"],
            "paths.rules": [self.rules / "hospital"],
            "paths.site": [self.rules / "site"],
            "mqtt.host": "127.0.0.1",
            "mqtt.port": self.broker.port if self.broker else 1,
            "mqtt.backoff_min": "100ms",
            "mqtt.backoff_max": "1s",
            "mqtt.self_test": False,
            "mqtt.urgent": ["urgent/#"],
            "mqtt.bulk": ["bulk/#", "zigbee2mqtt/#", "tags/#", "/rfid/send"],
            "journal.size": "64MiB",
            "metrics.supervisor": "off",
            "metrics.engine": "off",
            "metrics.store": "off",
            "metrics.notify": "off",
            "metrics.console": "off",
            "metrics.auth": "off",
            "sandbox.mode": "required",
            "sandbox.programs": [self.folder.parent.parent],
            "sandbox.programs_write": [self.folder.parent.parent],
            "users.engine": "",
            "users.store": "",
            "users.auth": "",
            "users.console": "",
            "users.notify": "",
        }
        if self.broker and self.broker.users:
            name, word = next(iter(self.broker.users.items()))
            settings |= {"mqtt.user": name, "mqtt.password_file": self.secret("mqtt", word)}
        if self.postgres:
            settings["database.url"] = self.postgres if isinstance(self.postgres, str) else self.postgres.url
        return settings

    def secret(self, name, word):
        path = self.folder / f"{name}.secret"
        path.write_text(word + "\n")
        path.chmod(0o600)
        return path

    def write_config(self, **changes):
        """Writes the configuration; `changes` with __ for the dot: mqtt__port=1883."""
        self.settings |= {key.replace("__", "."): value for key, value in changes.items()}
        groups = {}
        for key, value in self.settings.items():
            group, _, leaf = key.partition(".")
            if isinstance(value, (list, tuple)):
                value = [str(item) for item in value]
            elif not isinstance(value, (bool, int)):
                value = str(value)
            groups.setdefault(group, []).append(f"  {leaf}: {json.dumps(value)}\n")
        self.config.write_text("".join(f"{group}:\n{''.join(leaves)}" for group, leaves in groups.items()))

    # --- its life ---

    @property
    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self, wait=True, timeout=30.0, **process):
        """Starts it; with `wait` until the engine answers. `process`: more for Popen."""
        self.since = len(self.log)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([self.program or binary(), "run", "-c", self.config, *self.options],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=os.environ | self.environment, **process)
        if wait:
            self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=30.0):
        def ready():
            if self.process.poll() is not None:
                raise DaemonError(f"the daemon ended with {self.process.returncode}:\n{self.log[-4000:]}")
            return self.answers()

        try:
            wait_for(ready, timeout, "an answering engine")
        except HarnessError as error:
            raise DaemonError(f"{error}\n{self.log[-4000:]}") from None

    def answers(self):
        try:
            return self.status()
        except (OSError, DaemonError, ValueError):
            return None

    def wait_live(self, timeout=40.0):
        """Until every session is through with its backlog."""
        wait_for(lambda: (status := self.answers()) and not status["blind"], timeout, "a live intake")

    def stop(self, timeout=40.0):
        """The orderly way; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def workers(self):
        """{name: pid} of those that live now."""
        return {name: pid for name, pid in children(self.process.pid).items() if name != "check"}

    def pid(self, name):
        """The pid of a worker, or of the supervisor; waits until there is one."""
        if name == "supervisor":
            return self.process.pid
        return wait_for(lambda: self.workers().get(name), what=f"a process of {name}")

    def signal(self, name, number):
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def kill(self, name="supervisor"):
        """kill -9; of the supervisor: waits until it and its workers are gone."""
        workers = self.workers()
        pid = self.signal(name, signal.SIGKILL)
        if name == "supervisor":
            self.process.wait()
            self.wait_gone(*workers.values())
        return pid

    def freeze(self, name):
        return self.signal(name, signal.SIGSTOP)

    def thaw(self, name):
        return self.signal(name, signal.SIGCONT)

    @staticmethod
    def wait_gone(*pids, timeout=10.0):
        wait_for(lambda: not any(process_state(pid) for pid in pids), timeout, f"the end of {pids}")

    def wait_restarted(self, name, old, timeout=30.0):
        """Waits for another process than `old` under this name; returns its pid."""
        return wait_for(lambda: self.workers().get(name) not in (None, old) and self.workers()[name], timeout,
                        f"a new {name}")

    def wait_log(self, text, timeout=30.0):
        """Waits until the log of this start has `text`."""
        try:
            wait_for(lambda: text in self.log[self.since:], timeout, f"{text!r} in the log")
        except HarnessError as error:
            raise DaemonError(f"{error}\n{self.log[self.since:][-4000:]}") from None

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    # --- talking to it ---

    def connect(self, timeout=20.0):
        return Socket(self.run_dir / "wardwatch.sock", timeout)

    def call(self, cmd, **fields):
        with self.connect() as s:
            return s.call(cmd, **fields)

    def status(self):
        answer = self.call("status")
        if "status" not in answer:
            raise DaemonError(f"no status: {answer}")
        return answer["status"]

    def run_into(self, path, *words, timeout=60):
        """The same, for an answer that is too long for the memory of this process: into a file."""
        with path.open("w") as out:
            return subprocess.run([binary(), words[0], "-c", self.config, *words[1:]], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.PIPE, text=True, timeout=timeout, check=False)

    def run(self, *words, timeout=60):
        """A subcommand: run("journal", "status"); returns the CompletedProcess."""
        return subprocess.run([binary(), words[0], "-c", self.config, *words[1:]], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, check=False)
