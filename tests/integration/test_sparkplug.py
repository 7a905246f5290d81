"""What we say to devices: a node that speaks before its birth is asked to be born again, over the real broker."""

import contextlib
import json
import pathlib
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import SOURCE, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import Scene, rule  # noqa: E402

TYPE = SOURCE / "rules" / "sensors" / "sparkplug.yaml"
# seq 3, one metric: alias 1, a truth value
DATA = bytes.fromhex("120410017001" "1803")


class Listener:
    """Hears what is said under a filter: [(topic, payload)]."""

    def __init__(self, broker, filter):
        self.heard = []
        self.process = subprocess.Popen(["mosquitto_sub", *broker.client_arguments(), "-i", "node", "-t", filter, "-F",
                                         "%t %x"], stdout=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        wait_for(lambda: "Sending SUBACK to node" in broker.log, 20, "the listener's subscription")

    def _read(self):
        for line in self.process.stdout:
            topic, _, payload = line.strip().rpartition(" ")
            self.heard.append((topic, bytes.fromhex(payload)))

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.thread.join(10)


def publish_bytes(broker, topic, payload):
    subprocess.run(["mosquitto_pub", *broker.client_arguments(), "-q", "1", "-t", topic, "-s"], input=payload, check=True,
                   timeout=30)


def publishes(daemon):
    """What the journal holds of them; a line of a dump begins with its number."""
    dumped = daemon.run("journal", "dump")
    assert dumped.returncode == 0, dumped.stderr
    records = [json.loads(line[line.index("{"):]) for line in dumped.stdout.splitlines()]
    return [r["publish"] for r in records if r.get("type") == "publish"]


@pytest.fixture
def scene(tmp_path, make_daemon):
    with Broker(tmp_path) as broker, Postgres() as postgres:
        scene = Scene(tmp_path, make_daemon, broker, postgres, rules=rule("one", 1),
                      settings={"mqtt.bulk": ["bulk/#", "spBv1.0/#"]})
        (scene.daemon.rules / "sensors" / "sparkplug.yaml").write_text(TYPE.read_text())
        spine.migrate(postgres, scene.daemon.config)
        yield scene.start()


def test_rebirth_is_asked_for_once(scene):
    with contextlib.closing(Listener(scene.broker, "spBv1.0/+/NCMD/#")) as node:
        publish_bytes(scene.broker, "spBv1.0/Plant 1/DDATA/gw 1/io", DATA)
        wait_for(lambda: node.heard, 20, "the request")
        topic, payload = node.heard[0]
        assert topic == "spBv1.0/Plant 1/NCMD/gw 1"
        assert b"Node Control/Rebirth" in payload and payload.endswith(b"\x70\x01"), "a truth value, true"
        # again within the minute: nothing; and what the journal concluded once is not said again by a restart
        publish_bytes(scene.broker, "spBv1.0/Plant 1/DDATA/gw 1/io", DATA)
        scene.restart_engine()
        scene.daemon.wait_live()
        publish_bytes(scene.broker, "spBv1.0/Plant 1/DDATA/gw 2/io", DATA)
        wait_for(lambda: len(node.heard) >= 2, 20, "the request to another node")
        assert [t for t, _ in node.heard] == ["spBv1.0/Plant 1/NCMD/gw 1", "spBv1.0/Plant 1/NCMD/gw 2"]
    assert scene.daemon.status()["replay_differs"] == 0
    spine.settle(scene.daemon)
    assert [p["topic"] for p in publishes(scene.daemon)] == ["spBv1.0/Plant 1/NCMD/gw 1", "spBv1.0/Plant 1/NCMD/gw 2"]
    assert scene.postgres.value("SELECT count(*) FROM event WHERE device = 'gw 1/io/alias:1'") == 1
    assert scene.postgres.value("SELECT count(*) FROM quarantine") == 0
