"""The broker's rights: the ACL that is made from a site, in a real Mosquitto, and what is said of a broker without one."""

import json
import os
import pathlib
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import paho.mqtt.client as mqtt  # noqa: E402

from harness.broker import Broker  # noqa: E402
from harness.daemon import Daemon, binary, wait_for  # noqa: E402

WORD = "a word for all"
SENSORS = {
    "cell.yaml": """\
sensor: cell
version: 1
title: A door controller
topics: ["cells/{device}/state"]
messages:
  - message: state
    match: {door: [open, closed]}
    events: [{kind: door, state: {path: door, map: {open: active, closed: normal}}}]
examples:
  - given: [{topic: cells/a/state, payload: '{"door":"open"}'}]
    events: [{device: a, kind: door.opened}]
""",
    "radio.yaml": """\
sensor: radio
version: 1
title: A bridge to things without a name of their own at the broker
topics: ["{base:radio|wireless}/{gateway}/{device+}/report"]
messages:
  - message: report
    match: {smoke: [true, false]}
    events: [{kind: smoke, state: {path: smoke, map: {"true": active, "false": normal}}}]
examples:
  - given: [{topic: radio/g/attic/1/report, payload: '{"smoke":true}'}]
    events: [{device: attic/1, kind: smoke.detected}]
""",
    "shared.yaml": """\
sensor: shared
version: 1
title: Readers that say their name in the payload alone
topics: [readers/send]
device: name
messages:
  - message: card
    has: [card]
    events: [{kind: access.granted}]
examples:
  - given: [{topic: readers/send, payload: '{"name":"r1","card":"1"}'}]
    events: [{device: r1, kind: access.granted}]
""",
}
SITE = """\
zones:
  - {zone: ward, type: ward}
assets:
  - {asset: door-a, device: cell-a, class: door, zone: ward}
  - {asset: door-b, device: cell-b, class: door, zone: ward}
  - {asset: bridge, class: gateway, zone: ward}
  - {asset: smoke-1, device: attic/1, class: smoke, zone: ward, parent: bridge}
  - {asset: smoke-2, device: radio/attic/2, class: smoke, zone: ward, parent: bridge}
  - {asset: reader-1, device: r1, class: reader, zone: ward}
  - {asset: reader-2, device: r2, class: reader, zone: ward}
clients:
  - {client: "{device}", sensors: cell, class: door, subscribe: "cells/all/set"}
  - {client: bridge, sensors: radio, under: bridge, topic: {base: radio, gateway: g1}}
  - {client: "{asset}", sensors: [shared], class: reader, publish: readers/health}
"""
USERS = ["wardwatch", "cell-a", "cell-b", "bridge", "reader-1", "reader-2", "simulator"]


def wardwatch(daemon, *words, code=0):
    done = subprocess.run([binary(), *words, "-c", daemon.config], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def write_house(folder):
    for part in ("sensors", "hospital", "site"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, text in SENSORS.items():
        (folder / "sensors" / name).write_text(text)
    (folder / "site" / "site.yaml").write_text(SITE)
    return folder


def make_daemon(folder, broker, **settings):
    return Daemon(folder, broker=broker, rules=write_house(folder / "house"), settings={
        "mqtt.urgent": ["radio/#"], "mqtt.bulk": ["cells/#", "readers/#"], "mqtt.self_test": True, **settings})


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A broker with the ACL of the site, and a daemon's configuration; the daemon is not started."""
    folder = tmp_path_factory.mktemp("broker")
    with Broker(folder, users=dict.fromkeys(USERS, WORD), acl="") as broker:
        daemon = make_daemon(folder, broker)
        try:
            broker.stop()
            broker.acl = wardwatch(daemon, "broker", "acl", "--simulator", "simulator").stdout
            broker.start()
            yield broker, daemon
        finally:
            daemon.close()


class Client:
    """One of the devices, by MQTT 5: publish() gives the reason code of the broker's answer."""

    def __init__(self, broker, user):
        self.heard, self.here = [], threading.Event()
        self.client = mqtt.Client(client_id=f"test-{user}", protocol=mqtt.MQTTv5)
        self.client.username_pw_set(user, WORD)
        self.client.on_connect = lambda *a: self.here.set()
        self.client.on_message = lambda c, u, m: self.heard.append(m.topic)
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        assert self.here.wait(20)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def publish_code(broker, user, topic):
    """What mosquitto_pub says of one message of QoS 1: "" = taken."""
    done = subprocess.run(["mosquitto_pub", "-h", broker.host, "-p", str(broker.port), "-u", user, "-P", WORD, "-V", "5",
                           "-q", "1", "-t", topic, "-m", "{}"], capture_output=True, text=True, timeout=60)
    return (done.stdout + done.stderr).strip()


def test_the_broker_goes_on_reading_its_file(house, tmp_path):
    """The broker is another user: what takes the place of its file has the owner and mode that it had."""
    _, daemon = house
    acl = tmp_path / "acl"
    wardwatch(daemon, "broker", "acl", "--output", acl)
    assert acl.stat().st_mode & 0o777 == 0o640
    acl.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(acl, 1, 2)
    before = acl.stat()
    wardwatch(daemon, "broker", "acl", "--output", acl)
    now = acl.stat()
    assert now.st_ino != before.st_ino
    assert (now.st_uid, now.st_gid, now.st_mode) == (before.st_uid, before.st_gid, before.st_mode)


def test_each_publishes_its_own_and_nothing_else(house):
    broker, _ = house
    may = {
        "cell-a": {"cells/cell-a/state"},
        "cell-b": {"cells/cell-b/state"},
        "bridge": {"radio/g1/attic/1/report", "radio/g1/attic/2/report"},
        "reader-2": {"readers/send", "readers/health"},
        "simulator": {"cells/cell-a/state", "cells/cell-b/state", "radio/g1/attic/1/report", "radio/g1/attic/2/report",
                      "readers/send", "readers/health", "radio/g2/attic/1/report"},
        "wardwatch": {"wardwatch/test/fence/bulk"},
    }
    topics = set().union(*may.values()) | {"cells/cell-c/state", "wireless/g1/attic/1/report", "wardwatch-refused/test"}
    may["simulator"] |= {"cells/cell-c/state"}
    for user in may:
        for topic in sorted(topics):
            said = publish_code(broker, user, topic)
            assert ("ot authorized" not in said) == (topic in may[user]), (user, topic, said)


def test_nobody_listens_to_others(house):
    """A subscription may be granted, but nothing comes of it; Wardwatch's own user gets all."""
    broker, _ = house
    listeners = {user: Client(broker, user) for user in ("cell-a", "bridge", "wardwatch")}
    try:
        for one in listeners.values():
            subscribed = threading.Event()
            one.client.on_subscribe = lambda *a, e=subscribed: e.set()
            one.client.subscribe("#", qos=1)
            assert subscribed.wait(20)
        assert publish_code(broker, "cell-b", "cells/cell-b/state") == ""
        wait_for(lambda: listeners["wardwatch"].heard, 20, "the message at Wardwatch's user")
        # what each may read comes after it, in order: so nothing was on its way to them
        assert publish_code(broker, "wardwatch", "wardwatch/test/fence/bulk") == ""
        wait_for(lambda: "wardwatch/test/fence/bulk" in listeners["wardwatch"].heard, 20, "its own message")
        assert listeners["cell-a"].heard == [] and listeners["bridge"].heard == []
    finally:
        for one in listeners.values():
            one.close()


def test_what_no_acl_can_tell_apart_is_said(house):
    _, daemon = house
    done = wardwatch(daemon, "broker", "acl")
    assert "1 topics are shared" in done.stderr
    assert "# Topic readers/send (shared) is of 2 clients" in done.stdout
    assert wardwatch(daemon, "broker", "users").stdout.split() == ["wardwatch", "cell-a", "cell-b", "bridge", "reader-1", "reader-2"]
    assert wardwatch(daemon, "broker", "users", "--devices").stdout.split() == ["cell-a", "cell-b", "bridge", "reader-1", "reader-2"]
    rights = json.loads(wardwatch(daemon, "broker", "acl", "--json").stdout)
    assert set(rights["bridge"]["write"]) == {"radio/g1/attic/1/report", "radio/g1/attic/2/report",
                                              "radio/g1/radio/attic/2/report"}  # `TYPE/NAME` may be a name, too


def test_a_file_is_replaced(house, tmp_path):
    _, daemon = house
    target = tmp_path / "acl"
    target.write_text("user old\n")
    target.chmod(0o604)  # whoever may read the one before may read this one
    wardwatch(daemon, "broker", "acl", "-o", str(target))
    assert target.read_text() == wardwatch(daemon, "broker", "acl").stdout
    assert target.stat().st_mode & 0o777 == 0o604
    assert list(tmp_path.iterdir()) == [target]
    target.unlink()
    wardwatch(daemon, "broker", "acl", "-o", str(target))
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_client_of_no_type(house, tmp_path):
    _, daemon = house
    site = daemon.rules / "site" / "site.yaml"
    site.write_text(SITE.replace("sensors: cell,", "sensors: cel,"))
    try:
        said = wardwatch(daemon, "broker", "acl", code=1).stderr
        assert "site.yaml:12:" in said and "did you mean `cell`?" in said
    finally:
        site.write_text(SITE)


def test_a_client_called_as_our_session(house):
    """Its user name is its client identifier: it would take the session, and what waits in it."""
    _, daemon = house
    site = daemon.rules / "site" / "site.yaml"
    name = "wardwatch-urgent"
    site.write_text(SITE.replace("client: bridge,", f"client: {name},"))
    try:
        said = wardwatch(daemon, "broker", "acl", code=1).stderr
        assert "site.yaml:13:" in said and f"client `{name}` is called as one of our own sessions" in said
    finally:
        site.write_text(SITE)


def test_a_good_broker_passes(house):
    _, daemon = house
    done = wardwatch(daemon, "broker", "check", "--json")
    told = json.loads(done.stdout)
    assert told["good"] and len(told["tried"]) == 5 and all(line["good"] for line in told["tried"])


def alarms(daemon):
    done = subprocess.run([binary(), "alarms", "--json", "-c", daemon.config], capture_output=True, text=True, timeout=60)
    found = {}
    for line in done.stdout.splitlines():
        alarm = json.loads(line).get("live") or json.loads(line)
        if "rule" in alarm:
            found[alarm["rule"]] = alarm
    return found


def test_an_open_broker_is_an_alarm_until_it_is_shut(tmp_path):
    """No ACL: the alarm comes. Then the ACL, a new connection: it ends. `broker check` says the same."""
    with Broker(tmp_path, users={"wardwatch": WORD}) as broker:
        with make_daemon(tmp_path, broker) as daemon:
            daemon.wait_live()
            wait_for(lambda: "system/broker-open" in alarms(daemon), 30, "the alarm")
            said = wardwatch(daemon, "broker", "check", code=1).stdout
            assert said.count("OPEN") == 1 and "mqtt.user may publish to no others" in said
            broker.stop()
            broker.acl = wardwatch(daemon, "broker", "acl").stdout
            broker.start()
            wait_for(lambda: not active(daemon), 60, "the end of the alarm")
            wardwatch(daemon, "broker", "check")


def active(daemon):
    alarm = alarms(daemon).get("system/broker-open")
    return alarm is not None and not alarm["state"].startswith(("RTN", "NORM"))


def test_anybody_at_all(tmp_path):
    with Broker(tmp_path) as broker:
        daemon = make_daemon(tmp_path, broker)
        try:
            daemon.write_config(mqtt__user="wardwatch", mqtt__password_file=daemon.secret("mqtt", WORD))
            said = wardwatch(daemon, "broker", "check", code=1).stdout
            assert "OPEN  nobody connects without a name" in said and "allow_anonymous false" in said
        finally:
            daemon.close()


def test_nobody_there(tmp_path):
    daemon = make_daemon(tmp_path, None)
    try:
        daemon.write_config(mqtt__user="wardwatch", mqtt__password_file=daemon.secret("mqtt", WORD))
        said = wardwatch(daemon, "broker", "check", code=1).stderr
        assert "127.0.0.1:1: Connection refused" in said
    finally:
        daemon.close()


def test_a_refused_probe_costs_no_more_than_a_connection(house):
    """The test's broker, which has max_queued_messages 0, cuts off whoever publishes what is refused."""
    broker, daemon = house

    def urgent():
        return daemon.status()["sessions"]["urgent"]

    with daemon:
        wait_for(lambda: urgent()["connects"] == 2 and urgent()["state"] == "live", 60, "the connection behind the one that was probed")
        for i in range(5):
            before = urgent()["messages"]
            assert publish_code(broker, "bridge", "radio/g1/attic/1/report") == ""
            wait_for(lambda: urgent()["messages"] > before, 30, "the message")
        assert urgent()["connects"] == 2 and urgent()["state"] == "live"
