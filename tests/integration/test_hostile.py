"""Documents that are made to break their reader, on the command socket and as messages: each is answered or refused, what was taken
is stored, and nobody dies of one. Over HTTP: test_console_limits.py; as rules: tests/unit/config/yaml.c, tests/check."""

import itertools
import json
import pathlib
import socket
import sys

import paho.mqtt.client
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.hostile import VALUES  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import Scene  # noqa: E402

# what takes a value: a command of each kind, with %s where it stands
COMMANDS = ('{"cmd":"note","incident":1,"text":%s}', '{"cmd":"incident-open","hazard":"theft","title":%s}', '{"cmd":%s}',
            '{"cmd":"ack","alarm":%s}', '{"cmd":"record","kind":"x","act":"y","fields":{"z":%s}}', '{"cmd":"status","id":%s}',
            '{"cmd":"incident-open","hazard":"theft","title":"t","unknown":%s}', '{"cmd":"follow","from":%s}',
            '{"cmd":"list","list":%s,"add":%s}', '{"cmd":"rules-sign","hash":%s,"reason":%s}', "{%s}")


@pytest.fixture
def scene(tmp_path, make_daemon):
    with Broker(tmp_path) as broker, Postgres("fsync = off") as postgres:
        scene = Scene(tmp_path, make_daemon, broker, postgres)
        spine.migrate(postgres, scene.daemon.config)
        yield scene.start()


def says(path, line):
    """What comes back, "" where the other side hangs up. It must be one of the two."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(str(path))
        try:
            s.sendall(line.encode(errors="surrogateescape") + b"\n")
            return s.makefile("rb").readline()
        except (BrokenPipeError, ConnectionResetError):
            return b""


def test_commands(scene):
    pid, path = scene.daemon.pid("engine"), scene.daemon.run_dir / "wardwatch.sock"
    for n, (command, (name, value)) in enumerate(itertools.product(COMMANDS, VALUES.items())):
        answer = says(path, command.replace("%s", value).replace("{", f'{{"id":"{n}",', 1))
        assert not answer or json.loads(answer), (command, name)
    assert scene.daemon.pid("engine") == pid
    spine.settle(scene.daemon)
    # each that was taken is in the database, as what it was
    assert scene.postgres.value("SELECT count(*) FROM quarantine") == 0
    journaled = [record for place, record in scene.records() if place == "input" and record["type"] == "command"]
    rows = scene.postgres.query("SELECT seq, jsonb_typeof(request) FROM command ORDER BY seq")
    assert [(record["seq"], "object") for record in journaled] == rows
    # and in the state: a start from the snapshot and one from the journal know the same
    opened = scene.postgres.value("SELECT count(*) FROM incident")
    assert opened > 5
    scene.restart_engine()
    assert scene.daemon.status()["replay_differs"] == 0
    assert scene.daemon.stop() == 0
    scene.start()
    assert scene.daemon.status()["replayed"] == 0
    assert not [rule for rule, _ in scene.alarms() if rule.startswith("system/")]


# --- messages ---

TOPICS = ("\\", "'; DROP TABLE message; --", "%s%n", "\u202e\u2066", "\U0010fffd", "病房", "d" * 5000, " ", "\"", "$x", "a{b}", "\\000")


def publish(scene, messages):
    """On one connection; those that the broker itself does not take are left out."""
    client = paho.mqtt.client.Client("hostile", protocol=paho.mqtt.client.MQTTv5)
    client.connect(scene.broker.host, scene.broker.port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def test_messages(scene):
    pid = scene.daemon.pid("engine")
    payloads = [(f"bulk/h{n}", f'{{"number":{number},"note":{note}}}'.encode(errors="surrogateescape"))
                for n, (number, note) in enumerate([*((value, '"x"') for value in VALUES.values()), *(("1", value) for value in VALUES.values())])]
    payloads = [(topic, payload) for topic, payload in payloads if len(payload) < 250000]
    messages = payloads + [(f"bulk/{topic}", b'{"number":1}') for topic in TOPICS] + [("bulk/last", b'{"number":1}')]
    publish(scene, messages)
    count = "SELECT count(*) FROM message"
    wait_for(lambda: scene.postgres.value(count) >= len(messages), 60, "all of them in PostgreSQL")
    rows = scene.postgres.query("SELECT decode(topic, 'escape'), payload FROM message ORDER BY seq")
    assert [(bytes(topic).decode(), bytes(payload)) for topic, payload in rows] == messages  # in order, each byte of them
    assert scene.postgres.value("SELECT count(*) FROM quarantine") == 0
    told = "SELECT (SELECT count(DISTINCT seq) FROM event) + (SELECT count(*) FROM undecoded)"
    assert scene.postgres.value(told) >= len(messages)  # decoded, or told as not
    # devices are called as their topics call them, and what is no number is none
    devices = {bytes(row[0]).decode() for row in scene.postgres.query("SELECT decode(device, 'escape') FROM event")}
    assert {topic for topic in TOPICS if len(topic) < 200} <= devices
    assert scene.postgres.value("SELECT count(*) FROM event WHERE value_number IN ('NaN', 'Infinity', '-Infinity')") == 0
    assert scene.daemon.pid("engine") == pid
    for words in (("replay", "--as-recorded"), ("verify", "--database", scene.postgres.url)):
        done = scene.daemon.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
