#!/usr/bin/python3
"""How long the auditor's questions take over a year of history: `wardwatch query`'s own SQL, each with many parameters.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/history.py [--events 50000000] [--days 365] [--sets 20] [--only NAME …]

Makes a database of its own with the schema's tables, partitions and indexes, and fills it by SQL, day after day, each
--jobs days at once: events of 2000 devices in 120 zones, 200 alarms a day with what people did about them, and the
messages of the last 60 days (older ones have gone, as retention has it). Then asks each question --sets times, each time
about another place and time: a night for what happened, a month for figures. Every question is a session's first, so
planning counts; the server's cache is as the questions before left it. Prints a table: rows, p50, p95 and the slowest, ms.

Time and room grow with --events, and by about a second and 2 MiB for each day. Use a quiet machine and a release build.
"""

import argparse
import concurrent.futures
import datetime
import json
import math
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from harness.machine import find_built  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import Store  # noqa: E402

SETTINGS = """
fsync = off
synchronous_commit = off
shared_buffers = 2GB
max_wal_size = 8GB
wal_level = minimal
max_wal_senders = 0
autovacuum = off
maintenance_work_mem = 512MB
max_locks_per_transaction = 1024
"""
ALARMS = 200  # a day
RAW_DAYS = 60
ZONES, DEVICES = 120, 2000
HAZARDS = "ARRAY['fire', 'theft', 'robbery', 'sabotage', 'loss', 'system']"
OPERATORS = "ARRAY['ann', 'bob', 'cem', 'dan', 'eve', 'fay']"

# One day. %(day)s; seqs from %(first)s: %(n)s messages, then the commands.
DAY = {
    "event": f"""
INSERT INTO event_{{day}} SELECT 1, %(first)s + i, 0, 0, t, t, t, 'bench', 'Z' || k %% {ZONES}, 'a-' || k, 'd-' || k, 'gateway 1',
  (ARRAY['door.opened', 'door.closed', 'passage', 'temperature', 'motion', 'heartbeat'])[1 + k %% 6], 'pulse',
  CASE k %% 6 WHEN 3 THEN 20 + i %% 10 END, NULL, '',
  CASE WHEN k %% 6 < 3 THEN jsonb_build_object('number', i / {DEVICES}, 'badge', i %% 5000) END, '{{{{}}}}'
FROM generate_series(0, %(n)s - 1) i, LATERAL (SELECT (i * 7919) %% {DEVICES} AS k,
  %(day)s::date::timestamp AT TIME ZONE 'UTC' + i * (interval '86399 s' / %(n)s) AS t) x""",
    "message": f"""
INSERT INTO message_{{day}} SELECT 1, %(first)s + i, t, t, 'bulk', false, false, false, 'site/bench/door/' || k,
  convert_to('{{{{"device":"d-' || k || '","number":' || i / {DEVICES} || ',"state":"open","badge":' || i %% 5000 || '}}}}', 'UTF8')
FROM generate_series(0, %(n)s - 1) i, LATERAL (SELECT (i * 7919) %% {DEVICES} AS k,
  %(day)s::date::timestamp AT TIME ZONE 'UTC' + i * (interval '86399 s' / %(n)s) AS t) x""",
}
ALARM = f"""
CREATE TEMP TABLE a ON COMMIT DROP AS
SELECT %(alarm)s + j AS id, %(first)s + i AS seq, t, t + interval '10 s' * (2 + j * 13 %% 20) AS acked, t + interval '15 min' AS cleared,
  %(first)s + %(n)s + j * 2 AS command, 'Z' || k %% {ZONES} AS zone, 'd-' || k AS device, 'a-' || k AS asset,
  'rule-' || j %% 40 AS rule, ({HAZARDS})[1 + j %% 6] AS hazard, (ARRAY['low', 'medium', 'high', 'critical'])[1 + j %% 4] AS priority,
  ({OPERATORS})[1 + extract(hour FROM t)::integer / 8 * 2 + j %% 2] AS person, j
FROM generate_series(0, {ALARMS} - 1) j, LATERAL (SELECT j * (%(n)s / {ALARMS}) AS i) n, LATERAL (SELECT (i * 7919) %% {DEVICES} AS k,
  %(day)s::date::timestamp AT TIME ZONE 'UTC' + i * (interval '86399 s' / %(n)s) AS t) x;
INSERT INTO alarm SELECT 1, id, seq, 1, t, rule, 7, 'zone=' || zone, 'Something in ' || zone, hazard, 'general', priority, '', '', 'bench', zone,
  asset, device, false, false FROM a;
INSERT INTO alarm_transition (journal, seq, n, alarm, version, changed_at, time, cause, actor, reason, old_state, new_state, old_regions,
  new_regions, old_priority, priority, priority_unack, annunciate, rule, key, title, site, zone, asset, device, raised_at, raised_count,
  acknowledged_at, acknowledged_by, suppressed_by, work_order, flags, context, sound)
SELECT 1, v.seq, 1, id, v.version, v.at, v.at, v.cause, v.actor, v.reason, v.old, v.new, v.was, v.held, priority, priority, '', v.version = 1,
  rule, 'zone=' || zone, 'Something in ' || zone, 'bench', zone, asset, device, t, 1, v.acked, v.by, '', '', '{{}}', '', v.sound
FROM a, LATERAL (VALUES
  (1, seq, t, 'RAISE', 'rule:' || rule, '', 'NORM', 'UNACK', '{{}}'::text[], '{{active}}'::text[], NULL::timestamptz, '', priority),
  (2, command, acked, 'ACKNOWLEDGE', person, 'seen', 'UNACK', 'ACKED', '{{active}}', '{{active,acknowledged}}', acked, person, 'none'),
  (3, seq + 1, cleared, 'CLEAR', 'rule:' || rule, '', 'ACKED', 'NORM', '{{active,acknowledged}}', '{{}}', acked, person, 'none')
) v(version, seq, at, cause, actor, reason, old, new, was, held, acked, by, sound);
INSERT INTO alarm_evidence SELECT 1, seq, 1, p, id, 'x', seq - p, 0, t, device, 'passage', t FROM a, generate_series(0, 1) p;
INSERT INTO command SELECT 1, command + r, acked, acked, 'socket', person, 'c-' || command + r, 'ack',
  jsonb_build_object('cmd', 'ack', 'alarm', id, 'reason', 'seen') FROM a, generate_series(0, 1) r;
INSERT INTO command_reply SELECT 1, command + r, 0, acked, 'c-' || command + r, r = 0, CASE r WHEN 0 THEN '{{"ok": true}}'::jsonb
  ELSE '{{"ok": false, "error": {{"name": "version", "text": "somebody else acted since"}}}}' END FROM a, generate_series(0, 1) r;
CREATE TEMP TABLE b ON COMMIT DROP AS SELECT *, id / 2 AS incident, jsonb_build_object('hazard', hazard, 'priority', priority, 'zone', zone,
  'title', 'Something in ' || zone, 'opened_at', t, 'last_alarm_at', t, 'cause', id, 'alarm_count', 2, 'cause_count', 1) AS body
FROM a WHERE id %% 2 = 0;
INSERT INTO change (journal, seq, n, changed_at, subject, id, version, incident, what, ended, exercise, actor, reason, body)
SELECT 1, seq, 10 + version, t + after, 'incident', incident, version, incident, what, what = 'closed', false, person, '',
  body || jsonb_build_object('state', state, 'owner', person) || CASE WHEN version > 1 THEN jsonb_build_object('acknowledged_at', acked, 'acknowledged_by', person) ELSE '{{}}' END
       || CASE WHEN version > 4 THEN jsonb_build_object('resolved_at', t + interval '20 min') ELSE '{{}}' END
FROM b, (VALUES (1, 'opened', 'new', interval '0'), (2, 'acknowledged', 'new', '3 min'), (3, 'taken', 'in-progress', '4 min'),
  (4, 'dispatched', 'in-progress', '5 min'), (5, 'resolved', 'resolved', '20 min'), (6, 'closed', 'closed', '30 min')) v(version, what, state, after)
UNION ALL SELECT 1, seq, 20 + p::integer, t, 'member', id + p, 1, incident, 'joined', false, false, 'rule:' || rule, '',
  jsonb_build_object('alarm', id + p, 'cause', p = 0, 'rule', rule, 'title', 'x', 'priority', priority, 'asset', asset, 'device', device, 'raised_at', t)
FROM b, generate_series(0, 1) p
UNION ALL SELECT 1, seq, 30 + version, t + after, 'dispatch', incident, version, incident, what, version = 3, false, person, '',
  jsonb_build_object('guard', 'guard-' || j %% 9, 'state', what, 'sent_at', t + interval '5 min', 'arrived_at', t + interval '9 min')
FROM b, (VALUES (1, 'sent', interval '5 min'), (2, 'arrived', '9 min'), (3, 'done', '19 min')) v(version, what, after)
UNION ALL SELECT 1, seq, 40, t + interval '25 min', 'disposition', incident, 1, incident, 'disposed', true, false, person, 'looked',
  jsonb_build_object('code', 'false-technical', 'outcome', (ARRAY['genuine', 'nuisance', 'false'])[1 + j %% 3], 'state', 'final', 'by', person, 'at', t + interval '25 min')
FROM b
UNION ALL SELECT 1, seq, 50, t + interval '6 min', 'note', incident, 1, incident, 'noted', false, false, person, '',
  jsonb_build_object('text', 'door stood open', 'by', person, 'at', t + interval '6 min') FROM b
UNION ALL SELECT 1, seq, 60 + v, t + v * interval '1 s', 'notification', incident, 1 + v, incident, (ARRAY['due', 'sent'])[1 + v], v = 1, false, 'timer', '',
  jsonb_build_object('key', 'n-' || incident, 'recipient', person, 'channel', 'mail', 'state', (ARRAY['due', 'sent'])[1 + v], 'attempts', v, 'due_at', t)
FROM b, generate_series(0, 1) v;
INSERT INTO change (journal, seq, n, changed_at, subject, id, version, incident, what, ended, exercise, actor, reason, body)
SELECT 1, %(first)s + s * 3 + v, 90, %(day)s::date::timestamp AT TIME ZONE 'UTC' + (s + v) * interval '8 h', 'shift', %(number)s * 3 + s + 1, 1 + v, NULL,
  (ARRAY['began', 'ended'])[1 + v], v = 1, false, person, '', jsonb_build_object('person', person, 'post', 'desk', 'state', (ARRAY['on', 'over'])[1 + v],
  'began_at', %(day)s::date::timestamp AT TIME ZONE 'UTC' + s * interval '8 h', 'accepted_by', 'next', 'left_open', 0)
  || CASE v WHEN 1 THEN jsonb_build_object('ended_at', %(day)s::date::timestamp AT TIME ZONE 'UTC' + (s + 1) * interval '8 h') ELSE '{{}}' END
FROM generate_series(0, 2) s, generate_series(0, 1) v, LATERAL (SELECT ({OPERATORS})[1 + s * 2] AS person) p;
INSERT INTO notice SELECT 1, %(first)s + j, 80, %(day)s::date::timestamp AT TIME ZONE 'UTC' + j * interval '1 h',
  (ARRAY['intake-blind', 'intake-sighted', 'intake-lost', 'intake-back'])[1 + j %% 4], 'bulk', 'x' FROM generate_series(0, 19) j;
INSERT INTO undecoded SELECT 1, %(first)s + j, 0, %(day)s::date::timestamp AT TIME ZONE 'UTC' + j * (interval '86399 s' / %(n)s), 'bad-payload', 'gateway 1', 'no JSON'
FROM generate_series(0, 30) j;
"""
SITE = f"""
INSERT INTO journal (journal_id, site) VALUES (gen_random_uuid(), 'bench');
INSERT INTO engine_input SELECT 1, s, t, t, 'engine', 'reload', '', convert_to(repeat('rules: []', 5000) || s, 'UTF8'), '', ''
FROM (VALUES (1, %(begin)s::timestamptz)) v(s, t);
INSERT INTO ruleset (journal, seq, n, in_force_from, hash, rules, sensors, assets, zones) VALUES (1, 1, 0, %(begin)s, 'h1', 40, 1, {DEVICES}, {ZONES});
INSERT INTO site_zone SELECT 1, 1, 'Z' || z, CASE WHEN z < 10 THEN '' ELSE 'Z' || z %% 10 END, 'Zone ' || z, 'ward', z = 7 FROM generate_series(0, {ZONES} - 1) z;
INSERT INTO site_asset SELECT 1, 1, 'a-' || k, '', 'door', 'd-' || k, 'Z' || k %% {ZONES}, '5 min' FROM generate_series(0, {DEVICES} - 1) k;
"""
# a night for what happened; a month for what is counted over many
MONTH = re.compile(r"alarm_|figures|compliance|incident_times|response_times|supervision|dispositions|bad_actors|acknowledgement_times|GROUP BY")


def fill_day(pg, begin, number, n):
    day = begin + datetime.timedelta(days=number)
    values = {"day": day.isoformat(), "number": number, "n": n, "alarm": number * ALARMS + 1, "first": 2 + number * (n + 2 * ALARMS)}
    connection = pg.connect(autocommit=False)
    with connection.cursor() as cursor:
        for table, sql in DAY.items():
            if table == "event" or number >= pg.days - RAW_DAYS:
                cursor.execute(sql.format(day=f"{day:%Y%m%d}"), values)
            else:
                cursor.execute("INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, journal, rows, first_seq, last_seq)"
                               " VALUES ('raw', 'message', %s, %s, %s, '60 days', 1, %s, %s, %s)",
                               (f"message_{day:%Y%m%d}", day, day + datetime.timedelta(days=1), n, values["first"], values["first"] + n - 1))
        cursor.execute(ALARM, values)
    connection.commit()
    connection.close()


def fill(pg, begin, arguments):
    for first in range(-1, arguments.days + 2, 100):
        pg.query("SELECT ensure_partitions(%s::date, %s::date)", begin + datetime.timedelta(days=first), begin + datetime.timedelta(days=first + 99))
    connection = pg.connect()
    connection.cursor().execute(SITE, {"begin": begin})
    connection.close()
    n = arguments.events // arguments.days
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for done in [pool.submit(fill_day, pg, begin, number, n) for number in range(arguments.days)]:
            done.result()
    pg.query("INSERT INTO store_cursor (journal, seq) VALUES (1, %s)", 1 + arguments.days * (n + 2 * ALARMS))
    pg.query("VACUUM ANALYZE")
    pg.query("CHECKPOINT")


def questions():
    done = subprocess.run([str(find_built("daemon/wardwatch")), "query", "--json"], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def parameters(source, question, begin, days):
    """Another place, another time: a night of 12 hours, or the month before it."""
    until = begin + datetime.timedelta(days=source.uniform(min(31, days), days))
    since = until - (datetime.timedelta(days=30) if MONTH.search(question["sql"]) else datetime.timedelta(hours=12))
    return {"from": since.isoformat(), "to": until.isoformat(), "at": until.isoformat(), "zone": f"Z{source.randrange(ZONES)}", "hazard": "",
            "operator": source.choice(["ann", "bob", "cem", "dan", "eve", "fay"]), "rule": f"rule-{source.randrange(40)}",
            "device": f"d-{source.randrange(DEVICES)}", "journal": 1, "limit": 1000, "timezone": "UTC",
            "alarm": source.randrange(1, days * ALARMS), "incident": source.randrange(1, days * ALARMS // 2)}


def ask(pg, question, values):
    """(seconds, rows)"""
    sql = re.sub(r":'(\w+)'", r"%(\1)s", question["sql"].replace("%", "%%"))
    connection = pg.connect()
    with connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute(sql, {name: str(value) for name, value in values.items()})
        rows = len(cursor.fetchall())
        took = time.monotonic() - began
    connection.close()
    return took, rows


def measure(pg, question, begin, arguments):
    source = random.Random(question["name"])
    sets = arguments.sets if question["parameters"] and question["parameters"] != ["limit"] else 3
    measured = [ask(pg, question, parameters(source, question, begin, arguments.days)) for _ in range(sets)]
    took = sorted(seconds * 1000 for seconds, _ in measured)
    return {"question": question["name"], "rows": statistics.median(rows for _, rows in measured), "p50_ms": round(statistics.median(took), 1),
            "p95_ms": round(took[math.ceil(0.95 * len(took)) - 1], 1), "max_ms": round(took[-1], 1), "sets": sets}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    begin = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - datetime.timedelta(days=arguments.days)
    with Postgres(SETTINGS) as pg, tempfile.TemporaryDirectory() as folder, Store(folder, pg) as store:
        pg.days = arguments.days
        store.migrate()
        began = time.monotonic()
        fill(pg, begin, arguments)
        size = pg.value("SELECT pg_database_size('wardwatch')")
        print(f"{arguments.events} events over {arguments.days} days: {time.monotonic() - began:.0f} s, {size / 2**30:.1f} GiB", file=sys.stderr)
        print("| question | rows | p50 ms | p95 ms | slowest ms |\n| --- | --- | --- | --- | --- |")
        for question in questions():
            if not arguments.only or question["name"] in arguments.only:
                m = measure(pg, question, begin, arguments)
                print(f"| {m['question']} | {m['rows']:g} | {m['p50_ms']} | {m['p95_ms']} | {m['max_ms']} |", flush=True)


if __name__ == "__main__":
    main()
