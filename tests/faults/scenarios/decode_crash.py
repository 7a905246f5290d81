"""A message that crashes decoding (the crash is planted: fault-decode-crash): after two deaths the engine starts carefully,
skips the message, says so, and the others come; no endless redelivery, and a replay passes over it.

The recovery is from the message until those behind it have their alarms."""

from faulttest.hospital import Skipped
from harness import spine
from harness.machine import find_built

TARGET = "others ≤ 5 s late"
LIMIT = 5


def run(h, random):
    program = find_built("tests/faults/fault-decode-crash")
    if not program:
        raise Skipped("build first: ninja tests/faults/fault-decode-crash")
    sensors = spine.SENSORS.replace('"urgent/{device}"]', '"urgent/{device}", "bulk/crash-me/{device}"]')
    h.start(sensors=sensors, program=program)
    before = h.load(count=100, devices=1)
    before.finish()
    with h.recovery():
        h.broker.publish("bulk/crash-me/x", '{"device":"x","number":50}')
        behind = h.load(count=200, devices=2, first=1000)
        h.wait_alarm("system/record-skipped")
        h.wait(lambda: h.postgres.value("SELECT count(*) FROM message") >= 301, "the messages behind it")
    behind.finish()
    h.live()
    h.expect(h.postgres.value("SELECT count(*) FROM message WHERE skipped") == 1, "it is not marked")
    h.expect(h.postgres.value("SELECT reason FROM undecoded") == "skipped", "it is not told as skipped")
    pid = h.daemon.pid("engine")
    h.daemon.kill("engine")
    h.daemon.wait_restarted("engine", pid)
    h.daemon.wait_ready()
    died = h.daemon.log.count("killed by signal 6")
    h.expect(died <= 4, f"it died {died} times of one message")
    h.check(more=before.list() + behind.list())
    # the planted crash is an abort, which the oracle takes for one of ours
    h.verdict.wrong = [line for line in h.verdict.wrong if "died of itself" not in line]
