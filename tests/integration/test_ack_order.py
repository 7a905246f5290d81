"""PUBACK leaves only after the commit: seen on the wire, with the commit held back by a tracer."""

import pathlib
import shutil
import signal
import subprocess
import sys

import paho.mqtt.publish
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import process_state, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.proxy import PUBACK, PUBLISH, Proxy  # noqa: E402

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

HELD = 60_000_000  # µs: far longer than the test lets it take


class Tracer:
    """Holds every fdatasync of a process back before it begins."""

    def __init__(self, pid, log):
        self.process = subprocess.Popen(["strace", "-q", "-o", log, "-e", "trace=fdatasync", "-e",
                                         f"inject=fdatasync:delay_enter={HELD}", "-p", str(pid)],
                                        stderr=subprocess.PIPE, text=True)
        wait_for(lambda: self._attached(pid), 10, "the tracer")

    def _attached(self, pid):
        if self.process.poll() is not None:
            pytest.skip(f"this machine does not let us trace: {self.process.stderr.read().strip()}")
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return f"TracerPid:\t{self.process.pid}" in status

    def let_go(self):
        self.process.send_signal(signal.SIGKILL) # the tracee goes on with its call
        self.process.wait(10)


@pytest.fixture
def wired(tmp_path, make_daemon):
    """A daemon that reaches its broker through a recording proxy."""
    with Broker(tmp_path) as broker, Postgres() as postgres, Proxy("127.0.0.1", broker.port) as proxy:
        daemon = make_daemon(broker=broker, postgres=postgres, rules=spine.write_rules(tmp_path / "rules"),
                             settings={"mqtt.port": proxy.port, "mqtt.urgent": [], "supervisor.hung_after": "60s"})
        spine.migrate(postgres, daemon.config)
        daemon.start()
        wait_for(lambda: not daemon.status()["blind"], 30, "a live intake")
        # the fence, too, is acknowledged: from here on the wire is quiet
        wait_for(lambda: proxy.count("up", PUBACK) == proxy.count("down", PUBLISH), 10, "the fence's ack")
        proxy.forget()
        yield broker, postgres, proxy, daemon


def publish(broker, number):
    paho.mqtt.publish.single("bulk/d1", f'{{"device":"d1","number":{number}}}', qos=1, hostname=broker.host, port=broker.port)


def held_commit(broker, proxy, daemon, log):
    """Publishes, and returns when the message is in the engine's hands and its commit is held."""
    pid = daemon.pid("engine")
    tracer = Tracer(pid, log)
    publish(broker, 1)
    wait_for(lambda: proxy.count("down", PUBLISH) == 1, 10, "the message on the wire")
    wait_for(lambda: process_state(pid) == "t", 10, "the held commit")
    return tracer


def test_no_puback_before_the_commit(wired, tmp_path):
    broker, postgres, proxy, daemon = wired
    tracer = held_commit(broker, proxy, daemon, tmp_path / "strace")
    assert proxy.count("up", PUBACK) == 0
    tracer.let_go()
    wait_for(lambda: proxy.count("up", PUBACK) == 1, 10, "the ack after the commit")
    wait_for(lambda: spine.stored(postgres) == [(1, 1)], 20, "the row")


def test_killed_in_the_commit_it_comes_again(wired, tmp_path):
    broker, postgres, proxy, daemon = wired
    tracer = held_commit(broker, proxy, daemon, tmp_path / "strace")
    old = daemon.kill("engine")
    tracer.let_go()
    assert proxy.count("up", PUBACK) == 0
    daemon.wait_restarted("engine", old)
    wait_for(lambda: proxy.count("up", PUBACK) >= 1, 20, "the ack of the redelivery")
    wait_for(lambda: spine.stored(postgres) == [(1, 1)], 20, "the row, once")
    spine.settle(daemon)
    assert spine.stored(postgres) == [(1, 1)]
