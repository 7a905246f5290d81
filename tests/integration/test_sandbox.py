"""What somebody who has taken a worker over can still do: each forbidden act is tried from within its sandbox, and each
one that the worker needs. The kernel answers; nothing here imitates it."""

import ctypes
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.daemon import Daemon, binary, wait_for  # noqa: E402
from harness.machine import find_built  # noqa: E402
from harness.scene import read_live  # noqa: E402

PROBE = pathlib.Path(os.environ["WARDWATCH_BIN"]).parents[1] / "tests/faults/fault-sandbox-probe" \
    if os.environ.get("WARDWATCH_BIN") else find_built("tests/faults/fault-sandbox-probe")
WHOLE = subprocess.run([binary(), "sandbox"], capture_output=True, text=True, check=False)

pytestmark = pytest.mark.skipif(not PROBE or not PROBE.exists(), reason="build first: ninja tests/faults/fault-sandbox-probe")
confined = pytest.mark.skipif(WHOLE.returncode != 0, reason=WHOLE.stdout.strip())

KILLED = "killed"  # by SIGSYS
WORKERS = ("engine", "store", "notify", "console", "auth")
TARGETS = ("journal", "snapshot", "session", "credentials", "writer_password", "reader_password", "channels", "proof_key",
           "tls_key", "broker_password", "rules", "shadow", "home")


class Ground:
    """A configuration with every secret, the files that it names, and a listener at each port that matters."""

    def __init__(self, folder):
        self.folder = folder
        self.listeners = {}
        for name in ("state/journal", "state/snapshots", "state/console", "state/auth", "run/auth", "conf/rules/sensors", "site/hospital", "secrets",
                     "home", "mqtt", "tls", "proof", "pages"):
            (folder / name).mkdir(parents=True)
        self.paths = {"journal": "state/journal/data.mdb", "snapshot": "state/snapshots/1.snapshot",
                      "session": "state/console/sessions", "credentials": "state/auth/credentials",
                      "writer_password": "secrets/writer", "reader_password": "secrets/reader", "channels": "notify.d/channels",
                      "proof_key": "secrets/proof", "tls_key": "tls/key", "broker_password": "secrets/mqtt",
                      "rules": "conf/rules/sensors/a.yaml", "home": "home/letter"}
        (folder / "notify.d").mkdir()
        for path in self.paths.values():
            (folder / path).write_text("secret")
            (folder / path).chmod(0o600)
        self.paths = {name: folder / path for name, path in self.paths.items()} | {"shadow": pathlib.Path("/etc/shadow")}
        for name in ("broker", "database", "other"):
            self.listeners[name] = socket.create_server(("127.0.0.1", 0))
        self.ports = {name: s.getsockname()[1] for name, s in self.listeners.items()}
        self.free = {name: free_port() for name in ("engine", "store", "notify", "console", "auth", "page", "none")}
        self.config = folder / "conf/wardwatch.yaml"
        self.write({})

    def write(self, more):
        f, p = self.folder, self.paths
        settings = {
            "state": {"dir": str(f / "state"), "run_dir": str(f / "run")},
            "paths": {"sensors": [str(f / "conf/rules")], "rules": [str(f / "conf/rules")], "site": [str(f / "site/hospital")]},
            "mqtt": {"port": self.ports["broker"], "bulk": ["a/#"], "password_file": str(p["broker_password"]), "user": "w"},
            "database": {"url": f"host=127.0.0.1 port={self.ports['database']} dbname=w", "password_file": str(p["writer_password"])},
            "proof": {"key": str(p["proof_key"]), "file": str(f / "proof/checkpoints")},
            "notify": {"channels": str(p["channels"])},
            "auth": {"enabled": True},
            "console": {"listen": f"127.0.0.1:{self.free['page']}", "tls_cert": str(f / "tls/cert"), "tls_key": str(p["tls_key"]),
                        "database": f"host=127.0.0.1 port={self.ports['database']} dbname=w user=r",
                        "database_password_file": str(p["reader_password"]), "pages": str(f / "pages")},
            "metrics": {name: self.free[name] for name in WORKERS},
            "users": {name: "" for name in WORKERS},
            "sandbox": {"mode": "required"},
        } | more
        self.config.write_text(json.dumps(settings))

    def probe(self, worker, act, argument="", **options):
        done = subprocess.run([PROBE, self.config, worker, act, str(argument)], capture_output=True, text=True, timeout=60,
                              check=False, **options)
        if done.returncode < 0:
            assert done.returncode == -31, done  # SIGSYS
            return KILLED
        assert done.returncode == 0, (worker, act, argument, done.returncode, done.stderr)
        return done.stdout.strip()

    def close(self):
        for s in self.listeners.values():
            s.close()


def raised(daemon, rule, subject):
    """The alarms of the system itself that wait for somebody; none while the engine is away."""
    try:
        with daemon.connect() as feed:
            live = read_live(feed)[0]
    except (OSError, TypeError):
        return []
    return [a for (name, key), a in live.items() if name == rule and subject in key and a["state"] == "UNACK"]


def free_port():
    """Below those that the kernel gives to whoever connects: nobody takes it meanwhile."""
    while True:
        port = random.randrange(20000, 30000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            pass


@pytest.fixture(scope="module")
def ground():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ww-sandbox-", dir="/var/lib"))  # /tmp is open to programs of channels
    made = Ground(folder)
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


# What each worker may read and write. All of it belongs to the very user that tries: no mode of a file holds it back.
READS = {
    "engine": {"journal", "snapshot", "session", "credentials", "broker_password", "rules"},  # all of state.dir: see the table
    "store": {"journal", "writer_password", "proof_key"},
    "notify": {"journal", "channels", "shadow"},  # /etc for programs: there users and modes hold it back
    "console": {"session", "reader_password", "tls_key"},
    "auth": {"credentials"},
    "snapshot": {"snapshot"},
}
WRITES = {
    "engine": {"journal", "snapshot", "session", "credentials"},
    "store": {"journal"},
    "notify": {"journal"},
    "console": {"session"},
    "auth": {"credentials"},
    "snapshot": {"snapshot"},
}


@confined
@pytest.mark.parametrize("worker", READS)
def test_files(ground, worker):
    found = {}
    for name in TARGETS:
        for act in ("read", "write"):
            found[name, act] = ground.probe(worker, act, ground.paths[name])
    wanted = {(name, act): "ok" if name in allowed[worker] else "EACCES"
              for act, allowed in (("read", READS), ("write", WRITES)) for name in TARGETS}
    assert found == wanted


@confined
def test_a_console_that_is_taken_over(ground):
    journal, state = ground.paths["journal"], ground.folder / "state"
    for act, argument in (("truncate", journal), ("remove", journal), ("create", state / "journal/lock.mdb"), ("create", state / "x"),
                          ("create", ground.folder / "run/x"), ("remove", ground.paths["credentials"])):
        assert ground.probe("console", act, argument) == "EACCES", act
    assert ground.probe("console", "connect", ground.ports["broker"]) == "EACCES"
    assert ground.probe("console", "connect", ground.ports["other"]) == "EACCES"
    assert ground.probe("console", "listen", ground.free["none"]) == "EACCES"
    assert ground.probe("console", "signal", os.getpid()) == "ENOSYS"
    # and what it needs
    assert ground.probe("console", "connect", ground.ports["database"]) == "ok"
    assert ground.probe("console", "listen", ground.free["page"]) == "ok"
    assert ground.probe("console", "create", state / "console/new") == "ok"
    assert ground.probe("console", "remove", state / "console/new") == "ok"
    assert ground.probe("console", "resolve", "localhost") == "ok"


CONNECTS = {"engine": {"broker"}, "store": {"database"}, "notify": {"broker", "database", "other"}, "console": {"database"}, "auth": set()}


@confined
@pytest.mark.parametrize("worker", WORKERS)
def test_ports(ground, worker):
    assert {name for name, port in ground.ports.items() if ground.probe(worker, "connect", port) == "ok"} == CONNECTS[worker]
    listens = {name for name, port in ground.free.items() if ground.probe(worker, "listen", port) == "ok"}
    assert listens == {worker} | ({"page"} if worker == "console" else set())
    # a connection that is to leave from an IPv4 address binds to a port that the kernel chooses
    assert ground.probe(worker, "listen", 0) == ("ok" if worker == "engine" else "EACCES")


# Acts that an intruder wants and that no worker has a use for: the process ends at once, or it is told that there is no
# such thing. A build with a sanitizer lets ptrace through to the kernel, for its own search for leaks.
@confined
@pytest.mark.parametrize("worker", WORKERS)
def test_acts_of_intruders(ground, worker):
    with subprocess.Popen(["/bin/sleep", "100"]) as other:
        found = {act: ground.probe(worker, act, argument) for act, argument in (
            ("ptrace", other.pid), ("memory", other.pid), ("mount", ground.folder / "home"), ("chroot", "/"), ("namespace", ""),
            ("bpf", ""), ("uring", ""), ("module", ""), ("keys", ""))}
        signalled = ground.probe(worker, "signal", other.pid)
        other.kill()
    assert found.pop("ptrace") in (KILLED, "EPERM")
    assert set(found.values()) == {KILLED}, found
    assert signalled == ("ok" if worker == "engine" else "EPERM" if worker == "notify" else "ENOSYS")
    assert ground.probe(worker, "packet") in ("EAFNOSUPPORT", "EPERM")
    assert ground.probe(worker, "vsock") == "EAFNOSUPPORT"
    assert ground.probe(worker, "symlink", ground.folder / "state/console/link") in ("ENOSYS", "EACCES")
    assert ground.probe(worker, "setuid") in ("ENOSYS", "EPERM") or os.geteuid() == 0
    assert ground.probe(worker, "thread") == "ok"
    assert ground.probe(worker, "core") == "ok"
    if worker not in ("engine", "notify"):
        assert ground.probe(worker, "unknown") == "ENOSYS"


@confined
def test_programs(ground):
    """Only the notifier runs some: those of the system, and of the folders that the configuration names."""
    own = ground.folder / "home/send"
    own.write_text("#!/bin/sh\nexit 0\n")
    own.chmod(0o755)
    for worker in set(WORKERS) - {"notify"}:
        assert ground.probe(worker, "become", "/bin/true") == KILLED
    assert ground.probe("notify", "run", "/bin/true") == "ok"
    assert ground.probe("notify", "run", own) == "EACCES"
    ground.write({"sandbox": {"mode": "required", "programs": [str(ground.folder / "home")]}})
    try:
        assert ground.probe("notify", "run", own) == "ok"
    finally:
        ground.write({})


@confined
def test_a_snapshot_is_all_that_its_child_writes(ground):
    assert ground.probe("snapshot", "create", ground.folder / "state/snapshots/2.new") == "ok"
    assert ground.probe("snapshot", "connect", ground.ports["broker"]) == "ENOSYS"
    assert ground.probe("snapshot", "become", "/bin/true") == KILLED


@confined
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to give up")
def test_root_without_a_user_keeps_no_capability(ground):
    """Of a file that others own and nobody else may read, root alone would get the content."""
    secret = ground.folder / "pages/secret"
    secret.write_text("x")
    secret.chmod(0o600)
    os.chown(secret, 1, 1)
    assert ground.probe("console", "read", secret) == "EACCES"
    secret.chmod(0o644)
    assert ground.probe("console", "read", secret) == "ok"


@confined
def test_a_forbidden_act_is_an_alarm(tmp_path):
    """The signal that the kernel sends; whichever worker it was, the engine itself among them."""
    with Daemon(tmp_path, rules=spine.write_rules(tmp_path / "rules"), settings={"auth.enabled": True}) as daemon:
        for worker in ("auth", "engine"):
            old = daemon.signal(worker, signal.SIGSYS)
            daemon.wait_restarted(worker, old)
            wait_for(lambda: raised(daemon, "system/worker-forbidden", worker), 20, f"the alarm of {worker}")


# --- a kernel that cannot ---


def without_landlock():
    """In a child: Landlock's calls are unknown from here on, as on a kernel that is older or was built without it."""
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    ctx = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(0x7FFF0000)))  # SCMP_ACT_ALLOW
    for number in (444, 445, 446):
        assert lib.seccomp_rule_add(ctx, ctypes.c_uint32(0x00050000 | 38), number, 0) == 0  # ENOSYS
    assert lib.seccomp_load(ctx) == 0


def test_required_does_not_start_without(ground):
    done = subprocess.run([PROBE, ground.config, "console", "thread"], capture_output=True, text=True, check=False,
                          preexec_fn=without_landlock)
    assert done.returncode == 3
    assert "the kernel has no Landlock" in done.stderr and "`when-available`" in done.stderr


def test_when_available_goes_on_and_tells(tmp_path):
    """The daemon runs, an alarm says what is open, and it goes when a kernel comes that can."""
    daemon = Daemon(tmp_path, rules=spine.write_rules(tmp_path / "rules"), settings={"sandbox.mode": "when-available"})

    def degraded():
        return raised(daemon, "system/sandbox-degraded", "")

    try:
        daemon.start(preexec_fn=without_landlock)
        told = wait_for(degraded, 20, "the alarm")
        assert "no Landlock" in told[0]["title"]
        daemon.stop()
        daemon.start()
        assert degraded() == [] or WHOLE.returncode != 0
    finally:
        daemon.close()
