"""Started as root, each worker runs under its own user, with nothing more than it needs; and strangers are not heard."""

import ctypes
import errno
import os
import pathlib
import pwd
import random
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import Daemon, wait_for  # noqa: E402
from harness.leash import find_driver  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users"),
              pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/mqtt-load")]

ENGINE, STORE, STRANGER = "daemon", "postgres", "nobody"  # users that every Debian with PostgreSQL has


@pytest.fixture
def folder():
    """Where other users can go; pytest's own folders are root's alone."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="ww-users-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def field(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split(":", 1)[1].split()
    return None


def answered(path, user):
    """What a process of `user` gets when it asks for the status."""
    ask = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(sys.argv[1]);"
           "s.sendall(b'{\"cmd\":\"status\",\"id\":\"1\"}\\n'); print(len(s.recv(100)))")
    entry = pwd.getpwnam(user)
    done = subprocess.run(["/usr/bin/python3", "-c", ask, path], capture_output=True, text=True, user=entry.pw_uid,
                          group=entry.pw_gid, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0 and int(done.stdout) > 0


def test_each_worker_under_its_own_user(folder):
    with Broker(folder) as broker, Postgres() as postgres:
        daemon = Daemon(folder, broker=broker, postgres=postgres, rules=spine.write_rules(folder / "rules"),
                        settings={"users.engine": ENGINE, "users.store": STORE})
        daemon.run_dir.chmod(0o755)
        spine.migrate(postgres, daemon.config)
        with daemon:
            wait_for(lambda: not daemon.status()["blind"], 30, "a live intake")
            for name, user in (("engine", ENGINE), ("store", STORE)):
                pid = daemon.pid(name)
                assert set(field(pid, "Uid")) == {str(pwd.getpwnam(user).pw_uid)}
                assert field(pid, "CapEff") == ["0000000000000000"] and field(pid, "NoNewPrivs") == ["1"]
            load = spine.Load(broker, folder / "load.log", count=2000)
            load.finish()
            spine.compare(postgres, load.list())
            # the store's cursor reaches the engine: without it nothing would ever be trimmed
            wait_for(lambda: daemon.status()["journal"]["store_cursor"] > 2000, 20, "the store's cursor")
            assert answered(daemon.run_dir / "wardwatch.sock", ENGINE)
            assert not answered(daemon.run_dir / "wardwatch.sock", STRANGER)


def replace_passwd():
    """As `adduser` does it: another file, here with the same lines."""
    beside = pathlib.Path("/etc/passwd.ww-test")
    shutil.copy2("/etc/passwd", beside)
    os.chown(beside, 0, 0)
    beside.rename("/etc/passwd")


def test_a_user_is_added_to_the_machine(folder):
    """The file of users is another one then; who asks at a socket is known all the same."""
    with Broker(folder) as broker, Postgres() as postgres:
        daemon = Daemon(folder, broker=broker, postgres=postgres, rules=spine.write_rules(folder / "rules"),
                        settings={"users.engine": ENGINE, "users.store": STORE})
        daemon.run_dir.chmod(0o755)
        spine.migrate(postgres, daemon.config)
        with daemon:
            daemon.wait_live()
            replace_passwd()
            daemon.kill("store")
            spine.Load(broker, folder / "load.log", count=500).finish()
            wait_for(lambda: daemon.status()["journal"]["store_cursor"] > 500, 30, "a store that the engine knows")


class Compare(ctypes.Structure):
    """struct scmp_arg_cmp."""
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def refuse_setgid():
    """What RestrictSUIDSGID= of the unit does: nobody sets a set-group-id bit, with EPERM."""
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    allow, error, masked = 0x7FFF0000, 0x00050000 | errno.EPERM, 7
    rules = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(allow)))
    for name, arg in ((b"chmod", 1), (b"fchmod", 1), (b"fchmodat", 2), (b"mkdir", 1), (b"mkdirat", 2)):
        compare = Compare(arg, masked, 0o2000, 0o2000)
        if lib.seccomp_rule_add_array(rules, ctypes.c_uint32(error), lib.seccomp_syscall_resolve_name(name), 1, ctypes.byref(compare)):
            os._exit(1)
    if lib.seccomp_load(rules):
        os._exit(1)


def test_a_salvaged_journal_reaches_the_store(folder):
    """What takes the place of a damaged journal has the rights of the one before, and nothing more is needed for it than
    the unit grants."""
    with Broker(folder) as broker, Postgres() as postgres:
        daemon = Daemon(folder, broker=broker, postgres=postgres, rules=spine.write_rules(folder / "rules"),
                        settings={"users.engine": ENGINE, "users.store": STORE, "journal.size": "8MiB"})
        daemon.run_dir.chmod(0o755)
        spine.migrate(postgres, daemon.config)
        with daemon:
            daemon.wait_live()
            load = spine.Load(broker, folder / "load.log", count=2000)
            load.finish()
            spine.compare(postgres, load.list())
            spine.settle(daemon)
            assert daemon.stop() == 0
            data = daemon.folder / "state/journal/data.mdb"
            whole, chance = data.read_bytes().rstrip(b"\0"), random.Random(1)
            with data.open("r+b") as f:
                for at in range(8192, len(whole), 16384):
                    f.seek(at)
                    f.write(chance.randbytes(4096))
            before = data.parent.stat()
            # the folders are there already: only root's part of the start sets such bits
            daemon.start(preexec_fn=refuse_setgid)
            daemon.wait_live()
            assert (daemon.folder / "state/journal.damaged-1").is_dir(), daemon.log[-3000:]
            now = data.parent.stat()
            assert (now.st_uid, now.st_gid, now.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
            more = spine.Load(broker, folder / "more.log", count=500, first=5000)
            more.finish()
            spine.compare(postgres, load.list() + more.list())
