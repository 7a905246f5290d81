"""`wardwatch sensors` beside a real broker, a running daemon and PostgreSQL."""

import json
import pathlib
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import Daemon, binary, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

SENSORS = """\
sensor: acme
version: 1
topics: ["bulk/{device}"]
messages:
  - message: door
    has: [door]
    events:
      - {kind: door, state: door}
examples:
  - given:
      - {topic: bulk/d1, payload: '{"door":1}'}
    events:
      - {device: d1, kind: door.opened}
"""
UNKNOWN = ("new/reader-4", '{"uid":"04A1B2"}')


def sensors(daemon, *words, code=0, **options):
    done = subprocess.run([binary(), "sensors", *words, "-c", daemon.config], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A daemon that has heard a known device twice and an unknown one three times, and has stored all of it."""
    folder = tmp_path_factory.mktemp("sensors")
    with Broker(folder, users={"ward": "watch"}) as broker, Postgres() as postgres:
        rules = spine.write_rules(folder / "rules", sensors=SENSORS)
        (rules / "hospital" / "test.yaml").write_text(spine.pack_rule("fire-detector", "fire.yaml"))
        daemon = Daemon(folder, broker=broker, postgres=postgres, rules=rules, settings={"mqtt.bulk": ["bulk/#", "new/#"]})
        spine.migrate(postgres, daemon.config)
        with daemon:
            daemon.wait_live()
            broker.publish("bulk/door-1", '{"door":1}', '{"door":1}')
            broker.publish(UNKNOWN[0], *[UNKNOWN[1]] * 3)
            wait_for(lambda: postgres.query("SELECT count(*) FROM message")[0][0] == 5, 30, "five messages in the store")
            yield broker, daemon


def unknown_of(text):
    return [(row["topic"], row["reason"], row["count"]) for row in json.loads(text)["unknown"]]


def test_unknown_is_the_same_from_journal_and_database(scene):
    _, daemon = scene
    journal = sensors(daemon, "unknown", "--json").stdout
    database = sensors(daemon, "unknown", "--json", "--database", daemon.settings["database.url"]).stdout
    assert unknown_of(journal) == [("new/reader-{n}", "no-type", 3)]
    assert json.loads(journal) == json.loads(database)


def test_times_leave_messages_out(scene):
    _, daemon = scene
    assert json.loads(sensors(daemon, "unknown", "--json", "--to", "1h").stdout)["messages"] == 0
    assert json.loads(sensors(daemon, "unknown", "--json", "--from", "1h").stdout)["messages"] == 5


def test_devices_count_as_heard_when_nothing_new_was_told(scene):
    _, daemon = scene
    for source in ((), ("--database", daemon.settings["database.url"])):
        (device,) = json.loads(sensors(daemon, "devices", "--json", *source).stdout)
        assert (device["device"], device["sensor"], device["kinds"]) == ("door-1", "acme/1", {"door.opened": 1})
    first = json.loads(sensors(daemon, "coverage", "--json").stdout)
    assert (first["told"], first["nothing_new"], len(first["undecoded"])) == (1, 1, 3)


def test_a_name_ends_no_comment_of_a_proposal(tmp_path, make_daemon):
    """YAML knows more ends of a line than an editor shows; and a terminal more that it would act on."""
    daemon = make_daemon()
    ends = "\x85\u2028\u2029\u009b\n"
    said = [{"ieee_address": "0x00158d0001", "type": "EndDevice", "friendly_name": "ward3/door",
             "definition": {"model": f"M{ends}", "vendor": f"V{ends}- {{asset: planted}}", "description": f"D{ends}", "exposes": []}}]
    heard = tmp_path / "heard.jsonl"
    heard.write_text("".join(json.dumps({"topic": f"zigbee2mqtt/{topic}", "payload": json.dumps(payload)}) + "\n"
                             for topic, payload in (("bridge/devices", said), ("ward3/door", {"contact": False}))))
    comment = next(line for line in sensors(daemon, "devices", "--propose", heard).stdout.split("\n") if "planted" in line)
    assert comment.startswith("  # zigbee2mqtt") and "manufacturer V.....- {asset: planted}" in comment and comment.isprintable()


def test_a_draft_of_the_journal_explains_it(scene, tmp_path):
    _, daemon = scene
    draft = sensors(daemon, "draft").stdout
    path = daemon.rules / "sensors" / "draft.yaml"
    path.write_text(draft)
    try:
        assert unknown_of(sensors(daemon, "unknown", "--json").stdout) == []
        assert "kind: credential" in draft
        assert daemon.run("check").returncode == 0
    finally:
        path.unlink()


def test_without_journal_and_database_it_says_so(tmp_path, make_daemon):
    daemon = make_daemon()  # never started: there is no journal
    assert "names no database" in sensors(daemon, "unknown", code=1).stderr


def listen(daemon, *words):
    return subprocess.Popen([binary(), "sensors", "listen", "-c", daemon.config, *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def listening(process):
    line = process.stderr.readline()
    assert line.startswith("listening to "), line


def test_listen_shows_what_comes_while_the_daemon_lives_on(scene):
    broker, daemon = scene

    def heard():
        return daemon.status()["stages"]["decode"]["messages"]

    before = heard()
    process = listen(daemon, "--topic", "bulk/#", "--count", "3")
    listening(process)
    broker.publish("bulk/door-2", '{"door":0}', '{"door":0}', "ajar")
    out, err = process.communicate(timeout=30)
    lines = out.splitlines()
    assert process.returncode == 0
    assert "door.closed of door-2" in lines[0] and "[initial]" in lines[0]
    assert lines[1].startswith("-- nothing new: it is the state that was heard last")
    assert lines[2].startswith("?? bad-payload: ") and lines[2].endswith("bulk/door-2  ajar")
    assert err == "3 messages, 1 not explained\n"
    wait_for(lambda: heard() == before + 3, 20, "the daemon has them, too")


def test_listen_ends_by_interrupt_and_by_time(scene):
    _, daemon = scene
    process = listen(daemon)
    listening(process)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    process = listen(daemon, "--for", "100ms")
    assert process.wait(20) == 0


def test_listen_says_why_a_broker_refuses(scene):
    broker, daemon = scene
    process = listen(daemon, "--broker", f"mqtt://ward:wrong@127.0.0.1:{broker.port}")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "refused the connection" in err and "mqtt.password_file" in err
    process = listen(daemon, "--broker", f"mqtt://ward:watch@127.0.0.1:{broker.port}/", "--for", "100ms")
    assert process.wait(20) == 0
