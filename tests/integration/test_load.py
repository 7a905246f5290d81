"""The generator itself: what it writes down as acknowledged is what the broker has."""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker, wait_for  # noqa: E402
from harness.leash import Leash, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/mqtt-load")


def start(port, log, *options):
    program = find_driver().with_name("mqtt-load")
    return subprocess.Popen([program, "--port", str(port), "--log", log, *options], stdout=subprocess.PIPE, text=True)


def finish(load):
    out, _ = load.communicate(timeout=60)
    return json.loads(out.splitlines()[-1])


def logged(log):
    return [tuple(map(int, line.split())) for line in log.read_text().splitlines()]


def received(leash):
    body = [json.loads(m["payload"]) for m in leash.messages()]
    return [(int(b["device"][1:]), b["number"]) for b in body]


def test_each_number_of_each_device_once(tmp_path):
    with Broker(tmp_path) as broker, Leash(broker.port, "load/#", auto=True) as leash:
        leash.wait_state("live")
        result = finish(start(broker.port, tmp_path / "log", "--count", "1000", "--devices", "7"))
        assert result["acknowledged"] == 1000 and result["reconnects"] == 0
        leash.wait_messages(1000)
        assert received(leash) == logged(tmp_path / "log")
        assert sorted(received(leash)) == sorted((k % 7, k // 7) for k in range(1000))


def test_rate_is_kept(tmp_path):
    with Broker(tmp_path) as broker:
        result = finish(start(broker.port, tmp_path / "log", "--count", "1000", "--rate", "500"))
        assert 1.9 <= result["seconds"] <= 3


def test_nothing_acknowledged_is_lost_over_orderly_restarts(tmp_path):
    with Broker(tmp_path) as broker, Leash(broker.port, "load/#", auto=True) as leash:
        leash.wait_state("live")
        load = start(broker.port, tmp_path / "log", "--count", "3000", "--rate", "1500")
        for part in (500, 1500):
            wait_for(lambda: len(leash.messages()) > part, 20, "progress")
            broker.restart()
        result = finish(load)
        assert result["acknowledged"] == 3000 and result["reconnects"] >= 2
        acknowledged = set(logged(tmp_path / "log"))
        assert len(acknowledged) == 3000
        wait_for(lambda: acknowledged <= set(received(leash)), 20, "all that was acknowledged")


def test_sink_counts(tmp_path):
    with Broker(tmp_path) as broker:
        program = find_driver().with_name("mqtt-sink")
        sink = subprocess.Popen([program, "--port", str(broker.port), "--count", "500", "load/#"], stdout=subprocess.PIPE,
                                text=True)
        assert sink.stdout.readline() == "ready\n"
        finish(start(broker.port, tmp_path / "log", "--count", "500"))
        assert finish(sink)["messages"] == 500
