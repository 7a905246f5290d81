#!/usr/bin/python3
"""The console's streams: what each costs in memory, and whether many make an alarm later for one of them. And exports.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/console.py [--streams 1000] [--alarms 200]
    WARDWATCH_BUILD=/tmp/build-release tests/bench/console.py --export 1000000

One watcher reads its stream while alarms are raised one after the other: the time from the publish (a process for each,
which is most of it) to the line at the watcher, with no other stream and then with --streams others, which read all they
get. Memory is how much more of it (Pss) the console has with them. Prints one JSON object.

With --export so many rows of the history are fetched as JSON lines and as CSV, one by a client that reads as fast as it
can, then by one that goes away in the middle: rows a second, how much more memory the console ever had, and whether the
database had stopped asking soon after the client had gone.
"""

import argparse
import http.client
import json
import pathlib
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from live import Daemon, broker, wait_for  # noqa: E402
from harness import spine  # noqa: E402
from harness.console import PREFIX, Visitor, console_role  # noqa: E402
from harness.daemon import binary  # noqa: E402
from harness.machine import free_port  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

GIVEN, PASSWORD = "of the first day only", "lamp river seven copper"


class Crowd(threading.Thread):
    """Streams that are read and thrown away."""

    def __init__(self, visitor, count):
        super().__init__(daemon=True)
        self.selector, self.bytes, self.over, self.lost = selectors.DefaultSelector(), 0, False, 0
        head = f"GET {PREFIX}/stream HTTP/1.1\r\nHost: 127.0.0.1:{visitor.port}\r\nCookie: __Host-wardwatch={visitor.cookie}\r\n\r\n"
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", visitor.port), 10)
            s.sendall(head.encode())
            s.setblocking(False)
            self.selector.register(s, selectors.EVENT_READ)

    def run(self):
        while not self.over:
            for key, _ in self.selector.select(0.2):
                part = key.fileobj.recv(65536)
                self.bytes += len(part)
                if not part:
                    self.lost += 1
                    self.selector.unregister(key.fileobj)


def memory(pid):
    """KiB."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def latencies(daemon, stream, name, count):
    found = []
    for n in range(count):
        device = f"{name}{n}"
        since = time.monotonic()
        daemon.broker.publish(f"bulk/{device}", json.dumps({"device": device, "number": 50}))
        stream.until(lambda e: e["event"] == "transition" and e["data"]["alarm"]["device"] == device)
        found.append((time.monotonic() - since) * 1000)
    return sorted(found)


def told(values):
    return {"p50_ms": round(values[len(values) // 2], 2), "p99_ms": round(values[len(values) * 99 // 100], 2)}


def watcher(daemon, port, role="operator"):
    wait_for(lambda: (daemon.run_dir / "auth" / "auth.sock").exists(), 30, "auth")
    daemon.call("operator-add", name="watcher", may=[role], break_glass=True, reason="a benchmark")
    subprocess.run([binary(), "user", "-c", daemon.config, "add", "watcher"], input=GIVEN + "\n", text=True, check=True,
                   capture_output=True, timeout=60)
    return Visitor(port).enroll("watcher", GIVEN, PASSWORD)


def measure(daemon, port, streams, alarms):
    visitor = watcher(daemon, port)
    stream = visitor.stream(timeout=60)
    stream.until(lambda e: e["event"] == "live_end")
    alone = latencies(daemon, stream, "a", alarms)
    before = memory(daemon.pid("console"))
    crowd = Crowd(visitor, streams)
    crowd.start()
    wait_for(lambda: crowd.bytes > streams * 1000, 60, "the streams")
    among = latencies(daemon, stream, "b", alarms)
    after = memory(daemon.pid("console"))
    crowd.over = True
    crowd.join()
    return {"streams": streams, "lost": crowd.lost, "alone": told(alone), "among": told(among),
            "kib_each": round((after - before) / streams, 1)}


def fetch(visitor, form, most=None):
    """Rows, seconds, the greatest memory of the console meanwhile; goes away after `most` bytes."""
    asked = visitor.post("/exports", what="notices", format=form, query="kind=bench")
    assert asked.status == 200, asked
    since, rows, total, peak = time.monotonic(), 0, 0, 0
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=600)
    connection.request("GET", f"{PREFIX}/exports/{asked.json['export']}/data", headers=visitor.headers())
    response = connection.getresponse()
    assert response.status == 200, response.status
    while part := response.read1(1 << 20):
        rows += part.count(b"\n")
        total += len(part)
        if total // (8 << 20) != (total - len(part)) // (8 << 20):
            peak = max(peak, memory(visitor.pid))
        if most and total > most:
            break
    connection.close()
    return rows, time.monotonic() - since, max(peak, memory(visitor.pid))


def measure_export(daemon, postgres, port, rows):
    spine.settle(daemon)  # the partitions that the rows come into are made
    postgres.query("INSERT INTO notice SELECT 1, 1000000 + i, 0, now() - i * interval '1 second', 'bench', 'subject ' || i, "
                   f"repeat('x', 100) FROM generate_series(1, {rows}) i")
    visitor = watcher(daemon, port, "supervisor")
    wait_for(lambda: visitor.get("/health").json["database"], 30, "the database")
    visitor.pid = daemon.pid("console")
    before, found = memory(visitor.pid), {"rows": rows}
    for form in ("jsonl", "csv"):
        got, seconds, peak = fetch(visitor, form)
        assert got == rows + (form == "csv"), (form, got)
        found[form] = {"rows_per_s": round(rows / seconds), "more_kib": peak - before}
    _, _, peak = fetch(visitor, "jsonl", 32 << 20)
    since = time.monotonic()
    wait_for(lambda: postgres.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wardwatch-console' "
                                    "AND state = 'active'") == 0, 60, "the database to stop asking")
    return found | {"cut": {"stopped_after_s": round(time.monotonic() - since, 2), "more_kib": peak - before}}


def export(rows):
    with tempfile.TemporaryDirectory(prefix="ww-bench-console-") as folder, broker(pathlib.Path(folder)) as mosquitto, \
            Postgres() as postgres:
        folder, port = pathlib.Path(folder), free_port()
        settings = {"auth.enabled": True, "console.listen": f"127.0.0.1:{port}"}
        daemon = Daemon(folder, broker=mosquitto, postgres=postgres, rules=spine.write_rules(folder / "rules"), settings=settings)
        spine.migrate(postgres, daemon.config)
        daemon.write_config(console__database=console_role(postgres))
        with daemon:
            print(json.dumps(measure_export(daemon, postgres, port, rows)))


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--streams", type=int, default=1000)
    words.add_argument("--alarms", type=int, default=200)
    words.add_argument("--export", type=int, default=0)
    args = words.parse_args()
    if args.export:
        export(args.export)
        return
    with tempfile.TemporaryDirectory(prefix="ww-bench-console-") as folder, broker(pathlib.Path(folder)) as mosquitto:
        folder, port = pathlib.Path(folder), free_port()
        settings = {"auth.enabled": True, "console.listen": f"127.0.0.1:{port}",
                    "console.connections_per_address": args.streams + 50, "console.connections": args.streams + 100}
        with Daemon(folder, broker=mosquitto, rules=spine.write_rules(folder / "rules"), settings=settings) as daemon:
            print(json.dumps(measure(daemon, port, args.streams, args.alarms)))


if __name__ == "__main__":
    main()
