"""The simulated hospital: one seed is one day, it knows the site's devices only, and it survives the broker."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(ROOT / "contrib"))

from harness.broker import Broker, wait_for  # noqa: E402
from harness.daemon import binary  # noqa: E402
from harness.leash import Leash, find_driver  # noqa: E402
from simulator import recorded  # noqa: E402
from simulator.site import Site  # noqa: E402

SIMULATE = ROOT / "contrib" / "simulate"


def printed(*options):
    out = subprocess.run([SIMULATE, "--print", *options], capture_output=True, text=True, check=True).stdout
    return out.splitlines()


def messages(lines):
    """(time, topic, payload) of lines that are no remarks."""
    parts = [re.match(r" *([\d.]+) (\S+) (.*?)(?: \(retained\))?$", line) for line in lines]
    return [(float(p[1]), p[2], p[3]) for p in parts if p[2] != "#"]


def device(topic, payload):
    if topic == "/rfid/send":
        return json.loads(payload)["hostname"]
    parts = topic.removesuffix("/availability").split("/")
    if topic.endswith("/bridge/state") or topic == "frigate/available":
        return "/".join(parts[:-1])
    return {"frigate": parts[1], "desk": parts[1], "v1": parts[2] if len(parts) > 2 else ""}.get(parts[0], parts[-1])


def test_one_seed_is_one_day():
    assert printed("--for", "1900", "--seed", "7") == printed("--for", "1900", "--seed", "7")
    assert printed("--for", "600", "--seed", "7") != printed("--for", "600", "--seed", "8")


def test_devices_are_those_of_the_site():
    known = {a.device for a in Site().assets}
    real = {(r["topic"], r["payload"]) for r in recorded.messages()}
    invented = [m for m in messages(printed("--for", "4000")) if m[1:] not in real]
    assert len(invented) > 1000
    assert {device(t, p) for _, t, p in invented} <= known


def test_recorded_messages_are_told_word_for_word():
    told = {m[1:] for m in messages(printed("--once"))}
    assert {(r["topic"], r["payload"]) for r in recorded.messages()} <= told


@pytest.mark.parametrize("seed", range(20))
def test_the_first_alarms_are_due_within_20_seconds(seed):
    early = [m for m in messages(printed("--once", "--seed", str(seed))) if m[0] < 20]
    assert any('"emergency"' in p for _, _, p in early)
    ours = [t for _, t, p in early if '"smoke":true' in p and re.search(r"/w\d_", t)]
    assert len(set(ours)) == 2
    assert any('"event":"left"' in p for _, _, p in early)


@pytest.mark.parametrize("seed", range(10))
def test_no_card_explains_the_infant(seed):
    """In the minute before the door opens nobody shows a card in the tag's ward."""
    lines = printed("--for", "4000", "--seed", str(seed))
    day = messages(lines)
    leaving = [float(found[1]) for found in (re.match(r" *([\d.]+) # infant tag", line) for line in lines) if found]
    assert len(leaving) >= 2
    for at in leaving:
        shown = [p for t, _, p in day if at - 60 <= t <= at + 10 and '"access":"Always"' in p and "door-w3" in p]
        assert shown == []
        assert any(at < t < at + 60 and "Door Open" in p and "door-w3" in p for t, _, p in day)


@pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/ingress-driver")
def test_plays_on_over_a_restart_of_the_broker(tmp_path):
    password = tmp_path / "password"
    password.write_text("secret\n")
    with Broker(tmp_path, users={"sim": "secret"}) as broker:
        login = {"user": "sim", "password": "secret"}
        with Leash(broker.port, "zigbee2mqtt/#", "zigbee/#", "/rfid/send", "tags/#", "+/access", "door/#", "frigate/#", "v1/#",
                   "gases/#", "counters/#", "desk/#", "computing/#", auto=True,
                   **login) as leash:
            leash.wait_state("live")
            play = subprocess.Popen([SIMULATE, "--host", broker.host, "--port", str(broker.port), "--user", "sim",
                                     "--password-file", password, "--once", "--speed", "40"], stdout=subprocess.PIPE, text=True)
            wait_for(lambda: len(leash.messages()) > 60, 20, "messages")
            broker.restart()
            out, _ = play.communicate(timeout=60)
            assert play.returncode == 0, out
            acknowledged = int(re.search(r"(\d+) messages acknowledged$", out.strip())[1])
            expected = [(t, p) for _, t, p in messages(printed("--once"))]
            assert acknowledged == len(expected)
            topics = lambda pairs: sorted({t for t, _ in pairs})
            wait_for(lambda: topics((m["topic"], 0) for m in leash.messages()) == topics(expected), 20, "all topics")
            wait_for(lambda: len(leash.messages()) >= len(expected), 20, "all messages")


def test_refused_by_the_broker(tmp_path):
    with Broker(tmp_path, users={"sim": "secret"}) as broker:
        began = time.monotonic()
        play = subprocess.run([SIMULATE, "--port", str(broker.port), "--once"], capture_output=True, text=True, timeout=60)
        assert play.returncode == 1 and "refused" in play.stderr
        assert time.monotonic() - began < 30


def test_a_day_by_the_rules(tmp_path):
    """Monday: its stories raise their alarms, and the rest is what an operator can take."""
    week = subprocess.run([ROOT / "contrib" / "week", "--days", "1"], capture_output=True, text=True, check=False,
                          env=os.environ | {"WARDWATCH_BIN": str(binary())})
    assert week.returncode == 0, week.stdout + week.stderr
    assert "each raised its alarm" in week.stdout
