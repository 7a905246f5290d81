"""Devices that are gone: by their will, by what others say of them, by silence, and those that were never there."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker  # noqa: E402
from harness.daemon import SOURCE, wait_for  # noqa: E402

SITE = """
zones: [{zone: W1, title: Ward 1, type: ward}]
assets:
  - {asset: bridge, device: zigbee2mqtt/bridge, class: gateway, zone: W1}
  - {asset: fridge, device: fridge, class: fridge, zone: W1, parent: bridge}
  - {asset: door, device: door, class: door, zone: W1, parent: bridge}
  - {asset: leak, device: leak, class: leak, zone: W1, supervision: 3s}
  - {asset: button, device: button, class: panic, zone: W1, supervision: 4s}
"""


@pytest.fixture
def scene(tmp_path, make_daemon):
    rules = tmp_path / "rules"
    for part in ("sensors", "hospital", "site"):
        (rules / part).mkdir(parents=True)
    shutil.copy(SOURCE / "rules/sensors/zigbee2mqtt.yaml", rules / "sensors")
    shutil.copy(SOURCE / "rules/hospital/system.yaml", rules / "hospital")
    (rules / "site/site.yaml").write_text(SITE)
    with Broker(tmp_path) as broker:
        daemon = make_daemon(broker=broker, rules=rules)
        daemon.start()
        daemon.wait_live()
        yield broker, daemon


def alarms(daemon, rule):
    """The keys of the rule's alarms whose condition holds."""
    lines = [json.loads(line) for line in daemon.run("alarms", "--json").stdout.splitlines()]
    listed = [line["live"] for line in lines if "live" in line]
    return {alarm["key"] for alarm in listed if alarm["rule"] == rule and alarm["regions"]["active"]}


def events(daemon):
    records = [json.loads(line)["record"] for line in daemon.run("journal", "dump", "--json").stdout.splitlines()]
    return [(r["event"]["device"], r["event"]["kind"]) for r in records if r.get("type") == "event"]


def test_silent_and_never_heard(scene):
    broker, daemon = scene
    silent = {"asset=leak", "asset=button"}
    # neither was ever heard
    wait_for(lambda: alarms(daemon, "device-silent") == silent, what="the alarms of what was never heard")
    broker.publish("zigbee2mqtt/leak", '{"water_leak": false}')
    wait_for(lambda: alarms(daemon, "device-silent") == silent - {"asset=leak"}, what="one to be heard again")
    # and then it falls silent
    wait_for(lambda: alarms(daemon, "device-silent") == silent, what="the alarm of its silence")


def test_availability(scene):
    broker, daemon = scene
    broker.publish("zigbee2mqtt/fridge/availability", '{"state":"online"}', '{"state":"offline"}')
    wait_for(lambda: ("fridge", "device.offline") in events(daemon), what="the event")


def test_a_will_takes_the_devices_along(scene):
    broker, daemon = scene
    broker.publish("zigbee2mqtt/bridge/state", '{"state":"online"}', retain=True)
    bridge = subprocess.Popen(["mosquitto_sub", *broker.client_arguments(), "-t", "nothing", "--will-topic",
                               "zigbee2mqtt/bridge/state", "--will-payload", '{"state":"offline"}', "--will-qos", "1",
                               "--will-retain", "-i", "the-bridge"], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: "Sending SUBACK to the-bridge" in broker.log, what="the bridge's connection")
    finally:
        bridge.kill()
        bridge.wait()
    gone = [("zigbee2mqtt/bridge", "device.offline"), ("fridge", "device.offline"), ("door", "device.offline")]
    wait_for(lambda: set(gone) <= set(events(daemon)), what="the bridge and its devices to be offline")
    assert [e for e in events(daemon) if e in gone] == gone
    broker.publish("zigbee2mqtt/bridge/state", '{"state":"online"}', retain=True)
    wait_for(lambda: ("door", "device.online") in events(daemon), what="its devices to come back")
