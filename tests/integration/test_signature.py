"""Messages that their device signs: through a real broker, by somebody who has the key, has not, or has a recording."""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.machine import SOURCE  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import read_live  # noqa: E402

sys.path.insert(0, str(SOURCE / "contrib"))
from simulator import signer  # noqa: E402

KEY = bytes(range(32))


def sign(topic, message, boot, number, key=KEY):
    return signer.sign(key, topic, message, boot, number)


def publish(broker, topic, payload):
    """One message of several lines, taken by the broker when this returns."""
    subprocess.run(["mosquitto_pub", *broker.client_arguments(), "-V", "5", "-q", "1", "-t", topic, "-s"],
                   input=payload if isinstance(payload, bytes) else payload.encode(), check=True, timeout=60)


@pytest.fixture
def hospital(tmp_path, make_daemon):
    keys = tmp_path / "keys"
    keys.write_text(f"- device: panel\n  topics: [bulk/signed/#]\n  key: {KEY.hex()}\n"
                    f"- device: new\n  topics: [bulk/new]\n  unsigned: true\n  key: {KEY.hex()}\n")
    keys.chmod(0o600)
    with Broker(tmp_path) as broker:
        daemon = make_daemon(broker=broker, rules=spine.write_rules(tmp_path / "rules"), settings={"mqtt.signatures": keys})
        daemon.start()
        daemon.wait_live()
        yield broker, daemon, keys


def raised(daemon, rule, subject=""):
    with daemon.connect() as feed:
        return [a for (name, key), a in read_live(feed)[0].items() if name == rule and subject in key]


def dump(daemon):
    lines = map(json.loads, daemon.run("journal", "dump", "--json").stdout.splitlines())
    return [line["record"] for line in lines]


def inputs(daemon, topic):
    return [line for line in dump(daemon) if line.get("type") == "message" and line.get("topic") == topic]


def undecoded(daemon):
    return [line["undecoded"]["reason"] for line in dump(daemon) if line.get("type") == "undecoded"]


def body(device, number):
    return json.dumps({"device": device, "number": number})


def test_signed_forged_recorded(hospital):
    broker, daemon, keys = hospital
    topic = "bulk/signed/a"
    right = sign(topic, body("a", 1), 1, 1)

    publish(broker, topic, right)
    publish(broker, topic, body("a", 2))  # who has no key
    publish(broker, topic, sign(topic, body("a", 3), 1, 3, key=b"x" * 32))
    publish(broker, topic, sign("bulk/signed/b", body("a", 4), 1, 4))  # taken from another topic
    assert "signed" in wait_for(lambda: raised(daemon, "system/spoofed-message", "panel"), 20, "the alarm of a forgery")[0]["title"]
    publish(broker, topic, sign(topic, body("a", 5), 1, 5))
    publish(broker, topic, right)
    assert wait_for(lambda: raised(daemon, "system/replayed-message", topic), 20, "the alarm of a recording")
    publish(broker, "bulk/new", body("n", 1))  # not signed yet
    publish(broker, "bulk/free", body("f", 1))
    wait_for(lambda: len(inputs(daemon, "bulk/free")) == 1, 20, "the last message")

    assert len(inputs(daemon, topic)) == 6  # every one is kept, as it came
    assert [line["payload"] for line in inputs(daemon, topic)][0] == right.decode()
    reasons = undecoded(daemon)
    assert reasons.count("spoofed") == 3 and reasons.count("replayed") == 1
    assert not raised(daemon, "system/record-skipped")

    # what was passed stays passed over a restart, also without a snapshot at the head
    old = daemon.kill("engine")
    daemon.wait_restarted("engine", old)
    wait_for(lambda: daemon.answers(), 30, "the engine")
    daemon.wait_live()
    publish(broker, topic, sign(topic, body("a", 3), 1, 3))
    wait_for(lambda: undecoded(daemon).count("replayed") == 2, 20, "the second recording")
    publish(broker, topic, sign(topic, body("a", 0), 2, 0))  # the device was started anew
    wait_for(lambda: len(inputs(daemon, topic)) == 8, 20, "a message of the next boot")
    assert undecoded(daemon).count("replayed") == 2

    # a file that is broken changes nothing, and is told
    keys.write_text("- device: panel\n")
    daemon.reload()
    daemon.wait_log("refused")
    publish(broker, topic, body("a", 9))
    wait_for(lambda: undecoded(daemon).count("spoofed") == 4, 20, "another forgery")


def changes(lines):
    """The changes of alarms among the records, without those of the system, which are no conclusions from messages."""
    return [line for line in lines if line.get("type") == "transition" and not line["transition"]["alarm"]["rule"].startswith("system/")]


def test_a_forgery_stays_one_when_the_record_is_replayed(tmp_path, make_daemon):
    """From PostgreSQL and from a file, without the keys: what was refused raises nothing, what was right the same."""
    keys, recording = tmp_path / "keys", tmp_path / "recording.jsonl"
    keys.write_text(f"- device: panel\n  topics: [bulk/panel]\n  key: {KEY.hex()}\n")
    keys.chmod(0o600)
    topic = "bulk/panel"
    with Broker(tmp_path) as broker, Postgres() as postgres:
        daemon = make_daemon(broker=broker, postgres=postgres, rules=spine.write_rules(tmp_path / "rules"),
                             settings={"mqtt.signatures": keys})
        spine.migrate(postgres, daemon.config)
        daemon.start()
        daemon.wait_live()
        publish(broker, topic, body("forged", 50))
        publish(broker, topic, sign(topic, body("forged", 150), 1, 9, key=b"x" * 32))
        right = sign(topic, body("right", 50), 1, 2)
        publish(broker, topic, right)
        publish(broker, topic, sign(topic, body("right", 51), 1, 3))
        publish(broker, topic, right)  # a recording
        publish(broker, topic, sign(topic, body("right", 150), 1, 4))
        wait_for(lambda: len(inputs(daemon, topic)) == 6, 20, "the last message")
        spine.settle(daemon)

        lived = changes(dump(daemon))
        hundredth = [line["transition"]["cause"] for line in lived if line["transition"]["alarm"]["rule"] == "every-hundredth"]
        assert hundredth == ["RAISE", "AGAIN"]  # of four that say so
        assert [row for row in postgres.query("SELECT reason, count(*) FROM undecoded GROUP BY 1 ORDER BY 1")] == [("replayed", 1), ("spoofed", 2)]
        recording.write_text(daemon.run("journal", "dump", "--json").stdout)
        keys.write_text("[]\n")  # a key is no part of the record
        for words in ((), ("--as-recorded",), (recording,), (recording, "--as-recorded")):
            done = daemon.run("replay", *map(str, words), "--json")
            assert done.returncode == 0, done.stderr
            again = [json.loads(line) for line in done.stdout.splitlines()]
            assert changes(again) == lived, words
            assert not [line for line in again if line["transition"]["alarm"]["rule"] == "system/record-skipped"]


def test_numbers_count_only_where_they_were_checked(tmp_path, make_daemon):
    """Who has no key may write what looks like a signature on a topic for which no key is set. That uses up nobody's numbers."""
    keys, last = tmp_path / "keys", 10**18 - 1
    keys.write_text("[]\n")
    keys.chmod(0o600)
    topic = "bulk/panel"
    with Broker(tmp_path) as broker, Postgres() as postgres:
        daemon = make_daemon(broker=broker, postgres=postgres, rules=spine.write_rules(tmp_path / "rules"),
                             settings={"mqtt.signatures": keys})
        spine.migrate(postgres, daemon.config)
        daemon.start()
        daemon.wait_live()
        publish(broker, topic, sign(topic, body("a", 1), last, last, key=b"x" * 32))
        publish(broker, topic, sign(topic, body("a", 2), 1, 1))  # the device itself; nobody can tell
        wait_for(lambda: len(inputs(daemon, topic)) == 2, 20, "two messages")
        assert undecoded(daemon) == []

        keys.write_text(f"- device: panel\n  topics: [{topic}]\n  key: {KEY.hex()}\n")
        daemon.reload()
        daemon.wait_log("keys of 1 devices are in force")
        publish(broker, topic, sign(topic, body("a", 3), 1, 2))
        publish(broker, topic, sign(topic, body("a", 4), last, last, key=b"x" * 32))
        publish(broker, topic, sign(topic, body("a", 5), 1, 3))
        publish(broker, topic, sign(topic, body("a", 3), 1, 2))
        wait_for(lambda: len(inputs(daemon, topic)) == 6, 20, "the last message")
        spine.settle(daemon)
        assert undecoded(daemon) == ["spoofed", "replayed"]
        assert [("signed" in line["flags"], "skipped" in line["flags"]) for line in inputs(daemon, topic)] == \
            [(False, False), (False, False), (True, False), (False, True), (True, False), (True, False)]
        assert postgres.query("SELECT signed FROM message ORDER BY seq") == [(value,) for value in (False, False, True, False, True, True)]
        again = daemon.run("replay", "--json", "--as-recorded")
        assert again.returncode == 0, again.stderr


def transitions(lines):
    return [line for line in lines if line.get("type") == "transition"]


def test_another_key_begins_anew(tmp_path, make_daemon):
    """Who had the key may have used up all numbers: those of the next key are its own, also when the record is read again."""
    keys, last, next_key = tmp_path / "keys", 10**18 - 1, b"n" * 32
    topic = "bulk/panel"

    def keys_are(key, mark):
        panel = f"- device: panel\n  topics: [{topic}]\n  key: {key.hex()}\n" if key else ""
        keys.write_text(f"{panel}- device: mark\n  topics: [{mark}]\n  key: {KEY.hex()}\n")

    def another(name):
        """How often the record says that this topic has got another key."""
        said = [line for line in dump(daemon) if line.get("type") == "notice" and line.get("topic") == "signature-key"]
        return sum(name in json.loads(line["payload"])["topics"] for line in said)

    def in_force(key, mark):
        keys_are(key, mark)
        daemon.reload()
        wait_for(lambda: another(mark), 20, "the keys")

    keys_are(KEY, "mark/0")
    keys.chmod(0o600)
    with Broker(tmp_path) as broker, Postgres() as postgres:
        daemon = make_daemon(broker=broker, postgres=postgres, rules=spine.write_rules(tmp_path / "rules"),
                             settings={"mqtt.signatures": keys})
        spine.migrate(postgres, daemon.config)
        daemon.start()
        daemon.wait_live()
        publish(broker, topic, sign(topic, body("thief", 1), last, last))
        publish(broker, topic, sign(topic, body("a", 2), 1, 2))
        wait_for(lambda: undecoded(daemon) == ["replayed"], 20, "the device that is shut out")

        in_force(next_key, "mark/1")
        publish(broker, topic, sign(topic, body("a", 3), 1, 3, key=next_key))
        publish(broker, topic, sign(topic, body("thief", 4), last, last))
        publish(broker, topic, sign(topic, body("a", 5), 1, 4, key=next_key))
        publish(broker, topic, sign(topic, body("a", 3), 1, 3, key=next_key))
        wait_for(lambda: len(inputs(daemon, topic)) == 6, 20, "the last message")
        assert undecoded(daemon) == ["replayed", "spoofed", "replayed"]

        # the same key is the same, over a restart, a reload, and a time without it
        daemon.wait_restarted("engine", daemon.kill("engine"))
        daemon.wait_live()
        in_force(next_key, "mark/2")
        in_force(None, "mark/3")
        in_force(next_key, "mark/4")
        publish(broker, topic, sign(topic, body("a", 3), 1, 3, key=next_key))
        wait_for(lambda: undecoded(daemon) == ["replayed", "spoofed", "replayed", "replayed"], 20, "the recording")
        assert another(topic) == 2

        spine.settle(daemon)
        recording = tmp_path / "recording.jsonl"
        recording.write_text(daemon.run("journal", "dump", "--json").stdout)
        keys.write_text("[]\n")
        for words in ((), (recording,)):
            done = daemon.run("replay", *map(str, words), "--as-recorded", "--json")
            assert done.returncode == 0, done.stderr
            assert transitions(map(json.loads, done.stdout.splitlines())) == transitions(dump(daemon)), words
