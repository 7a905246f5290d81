"""Stopped in order and started again: nothing is replayed, because the snapshot is at the head, and it is of the time of its last
input: what falls due between that input and the end fires at its own time, as in a replay."""

import calendar
import json
import time


def zigzag(n):
    """As snapshots write a time."""
    n, out = n << 1, b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def last_input(h):
    """Its journal time, µs."""
    inputs = [line for line in h.daemon.run("journal", "dump", "--json").stdout.splitlines() if line.startswith('{"in":"input"')]
    text = json.loads(inputs[-1])["record"]["time"]
    whole, _, part = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1000000 + int(part.ljust(6, "0"))


def newest_snapshot(h):
    return max((h.daemon.folder / "state" / "snapshots").glob("*.snapshot"), key=lambda path: path.stat().st_mtime_ns)


def run(h, random):
    h.start()
    for _ in range(5 if h.long else 1):
        load = h.load(count=6000, rate=1500, first=h.loads * 1000, devices=10)
        h.wait(lambda: load.acknowledged() > 1000, "load")
        code = h.daemon.stop()
        h.expect(code == 0, f"it ended with {code}")
        h.expect(zigzag(last_input(h)) in newest_snapshot(h).read_bytes()[:256], "the snapshot is of another time than its last input")
        h.daemon.start()
        h.expect(h.daemon.status()["replayed"] == 0, "a stop in order was replayed")
        load.finish()
        h.live()
    h.check(more=[pair for load in h.all_loads for pair in load.list()])
