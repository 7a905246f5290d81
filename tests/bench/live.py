"""What the benchmarks of a running daemon share: the harness of the integration tests, a broker that holds nothing back,
and the processor time of a process. A build is named by WARDWATCH_BUILD."""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("WARDWATCH_BUILD", HERE.parents[1] / "build"))
os.environ.setdefault("WARDWATCH_BIN", str(BUILD / "daemon" / "wardwatch"))
sys.path.insert(0, str(HERE.parent / "integration"))

from harness.broker import Broker  # noqa: E402
from harness.daemon import Daemon, wait_for  # noqa: E402, F401

# as contrib/mosquitto.conf has it
BROKER = """\
max_queued_bytes 0
max_inflight_messages 10000
autosave_interval 30
log_type error
connection_messages false
"""
TOPIC = "/rfid/send"
RECEIVE_MAXIMUM = 4000  # mqtt.batch
LOAD = BUILD / "tests" / "unit" / "ingress" / "mqtt-load"


def broker(folder):
    return Broker(folder, extra=BROKER, verbose=False)


def load(port, count, devices, payload, rate=0, give_up=600):
    """The command of a generator of badge readings, which ends after `give_up` seconds, however many it has sent."""
    return [LOAD, "--port", str(port), "--count", str(count), "--rate", str(rate), "--devices", str(devices), "--topic",
            TOPIC, "--payload", payload, "--give-up", str(give_up)]


def settled(daemon):
    """Its status, if it takes messages and is through with the backlog."""
    status = daemon.answers()
    return status if status and not status["blind"] else None


def cpu(pid):
    """Seconds that the process has had; 0 if it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
