"""Started as root, each worker runs under its own user, with nothing more than it needs; and strangers are not heard."""

import os
import pathlib
import pwd
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
