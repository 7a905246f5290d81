#!/usr/bin/python3
"""The long replay: ten million events from a file, a month from PostgreSQL; events a second and memory.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/replay.py [--events 10000000] [--days 30] [--daily 100000] [--folder DIR]

The file is what `bench-lines recording` writes (about 260 bytes a line), replayed with the ten rules of the comparison with
other engines, alone and beside a second set (--compare). The month is a hospital whose readers report --daily times a day,
put straight into the table `message`. Each run is one process; its peak of resident memory is measured at a tenth of the
length, too: a bounded replay needs as much for the whole. Prints JSON. Use a build without sanitizers; this is no part of
`tests/bench/run`.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from harness.postgres import Postgres  # noqa: E402

BUILD = pathlib.Path(os.environ.get("WARDWATCH_BUILD", HERE.parents[1] / "build"))
RULE = """\
- rule: probing-{zone}
  select: {{x: {{kind: access.denied, zone: Z{zone}}}}}
  by: badge
  within: 5m
  when: count(x) >= {count}
  clear: {{quiet: 5m}}
  raise: {{hazard: fraud, priority: medium}}
"""
MONTH = """\
INSERT INTO message SELECT 1, n, t, t, 'bulk', false, false, false, '/rfid/send', convert_to(format(
    '{"type":"access","time":%s,"isKnown":"true","access":"%s","username":"Person","uid":"04%s","hostname":"reader-%s"}',
    extract(epoch FROM t)::bigint, CASE WHEN n % 2 = 0 THEN 'Denied' ELSE 'Always' END, lpad(to_hex(abs(hashint8(n)::bigint) % 16), 6, '0'),
    abs(hashint8(n * 3)::bigint) % 32), 'UTF8')
FROM (SELECT n, date '2026-01-01' + interval '1 day' * (n::float8 / DAILY) AS t
      FROM generate_series(1, DAILY::bigint * DAYS) n) s
"""


def configuration(folder, url=""):
    for name, count in (("rules", 3), ("other", 4)):
        (folder / name).mkdir()
        (folder / name / "rules.yaml").write_text("".join(RULE.format(zone=i, count=count) for i in range(10)))
    site = ["site: bench", "zones:"] + [f"  - {{zone: Z{i}}}" for i in range(50)] + ["assets:"]
    site += [f"  - {{asset: reader-{i}, device: reader-{i}, class: door, zone: Z{i % 50}}}" for i in range(1024)]
    (folder / "site.yaml").write_text("\n".join(site) + "\n")
    path = folder / "wardwatch.yaml"
    path.write_text(f"site: {{name: bench}}\nstate: {{dir: {folder}/state, run_dir: {folder}/run}}\n"
                    f"paths: {{sensors: [{HERE.parents[1] / 'rules' / 'sensors'}], rules: [rules], site: [site.yaml]}}\n"
                    f"mqtt: {{urgent: [urgent/#], bulk: [bulk/#]}}\ndatabase: {{url: {json.dumps(url)}}}\n")
    return path


def replay(config, events, *words):
    began = time.monotonic()
    process = subprocess.Popen([BUILD / "daemon" / "wardwatch", "replay", "-c", config, "--json", *map(str, words)],
                               stdout=subprocess.PIPE)
    lines = sum(1 for _ in process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit("the replay failed")
    wall = time.monotonic() - began
    return {"events": events, "lines": lines, "seconds": round(wall, 1), "events_per_second": round(events / wall),
            "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1), "peak_mib": round(usage.ru_maxrss / 1024, 1)}


def from_file(options, folder):
    config = configuration(folder)
    recording, tenth = folder / "recording.jsonl", folder / "tenth.jsonl"
    for path, events in ((recording, options.events), (tenth, options.events // 10)):
        with path.open("wb") as out:
            subprocess.run([BUILD / "tests" / "bench" / "bench-lines", "recording", str(events)], stdout=out, check=True)
    yield "file, a tenth", replay(config, options.events // 10, tenth)
    yield "file", replay(config, options.events, recording)
    yield "file, two sets of rules", replay(config, options.events, recording, "--compare", folder / "other")


def from_postgres(options, folder):
    with Postgres(extra="max_wal_size = 8GB\nautovacuum = off\nfsync = off") as pg:
        config = configuration(folder, pg.url)
        subprocess.run([BUILD / "daemon" / "wardwatch", "migrate", "-c", config], check=True, stdout=subprocess.DEVNULL,
                       env=os.environ | {"WARDWATCH_SCHEMA": str(HERE.parents[1] / "schema")})
        pg.query("INSERT INTO journal (journal_id, site) VALUES (gen_random_uuid(), 'bench')")
        pg.query(f"SELECT ensure_partitions('2026-01-01', date '2026-01-01' + {options.days})")
        pg.query(MONTH.replace("DAILY", str(options.daily)).replace("DAYS", str(options.days)))
        pg.query("ANALYZE message")
        events = options.days * options.daily
        tenth = f"2026-01-{options.days // 10 + 1:02}T00:00:00Z"
        yield "history, a tenth", replay(config, events // 10, "--to", tenth)
        yield "history", replay(config, events)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--daily", type=int, default=100_000)
    parser.add_argument("--folder", default=os.environ.get("TMPDIR", "/var/tmp"), help="where the recording is written")
    options = parser.parse_args()
    found = {}
    for part in (from_file, from_postgres):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            for name, result in part(options, pathlib.Path(folder)):
                found[name] = result
                print(f"{name}: {result}", file=sys.stderr, flush=True)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
