"""A PIN that a bridge publishes is in the journal, and nowhere else: not in PostgreSQL, not in events, not in a dump."""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

PIN = "82649173"
PANEL = """
sensor: panel
version: 1
topics: ["bulk/panel/{device}"]
redact: [user.pin, users]
messages:
  - message: code
    has: [user]
    fields: {pin: {path: [user.pin, pin], as: string, redact: true}}
    attributes: {user: user.name}
    events:
      - {kind: duress, where: length(pin) == 8}
      - {kind: code.valid, value: user.name}
  - message: state
    has: [open]
    events: [{kind: door, state: open}]
"""
SENT = [
    {"user": {"name": "ann", "pin": PIN}},
    {"user": {"name": "ann"}, "pin": int(PIN)},
    {"open": True, "users": [{"pin": PIN}, {"pin": int(PIN)}]},
    {"nobody": 1, "user_pin": "not a secret", "users": {"7": PIN}},
]
BROKEN = '{"user": {"pin": "' + PIN + '"'


@pytest.fixture
def scene(tmp_path, make_daemon):
    rules = tmp_path / "rules"
    for part in ("sensors", "hospital", "site"):
        (rules / part).mkdir(parents=True)
    (rules / "sensors/panel.yaml").write_text(PANEL)
    with Broker(tmp_path) as broker, Postgres() as postgres:
        daemon = make_daemon(broker=broker, postgres=postgres, rules=rules)
        spine.migrate(postgres, daemon.config)
        daemon.start()
        daemon.wait_live()
        yield broker, postgres, daemon


def everything(postgres):
    """Each value of each table as text; of bytes what they are as text."""
    names = [name for (name,) in postgres.query("SELECT tablename FROM pg_tables WHERE schemaname = 'wardwatch'")]
    texts = [str(row) for name in names for row in postgres.query(f"SELECT t::text FROM wardwatch.{name} t")]
    for table, column in (("message", "payload"), ("quarantine", "record")):
        texts += [bytes(value).decode("latin-1") for (value,) in postgres.query(f"SELECT {column} FROM {table}")]
    return texts


def test_a_pin_stays_in_the_journal(scene):
    broker, postgres, daemon = scene
    texts = [json.dumps(message) for message in SENT] + [BROKEN]
    broker.publish("bulk/panel/p1", *texts)
    wait_for(lambda: postgres.value("SELECT count(*) FROM message") == len(texts), what="the messages in PostgreSQL")
    stored = [bytes(payload) for (payload,) in postgres.query("SELECT payload FROM message ORDER BY seq")]
    assert [len(payload) for payload in stored] == [len(text) for text in texts]
    assert [json.loads(payload) for payload in stored[:4]] == [
        {"user": {"name": "ann", "pin": "********"}},
        {"user": {"name": "ann"}, "pin": "******"},
        {"open": True, "users": [{"pin": "********"}, {"pin": "******"}]},
        {"nobody": 1, "user_pin": "not a secret", "users": {"7": "********"}},
    ]
    # the PIN was read all the same
    kinds = [kind for (kind,) in postgres.query("SELECT kind FROM event ORDER BY seq, n")]
    assert kinds == ["duress", "code.valid", "duress", "code.valid", "door.opened"]
    assert postgres.value("SELECT count(*) FROM undecoded") == 2
    texts = everything(postgres)
    assert any("ann" in text for text in texts)
    assert not [text for text in texts if PIN in text or PIN.encode().hex() in text]
    dump = daemon.run("journal", "dump")
    assert dump.returncode == 0 and "********" in dump.stdout
    assert PIN not in dump.stdout
    # what was sent is still there for a replay, for those who may read the journal
    assert any(PIN.encode() in path.read_bytes() for path in (daemon.folder / "state").rglob("*") if path.is_file())
