#!/usr/bin/python3
"""How long the auditor's questions take over a year of history: `wardwatch query`'s own SQL, each with many parameters.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/history.py [--events 50000000] [--days 365] [--sets 20] [--keep FOLDER] [--only NAME …]

Makes a database with the schema's tables, partitions and indexes, and fills it by SQL, day after day, --jobs days at once:
events of 2000 devices in 120 zones, 60 to 300 alarms a day and a flood every ninth, with what people did about them, and the
messages of the last 60 days (older ones have gone, as retention has it). Then asks each question --sets times, each time
about another place, hazard and time: a night for what happened, a month and a year for figures; and makes the reports. Every
question is a session's first, so planning counts; the server's cache is as the questions before left it. Prints a table.

With --keep the database is made in that folder and stays there; the next run migrates it, if there is something new, and
measures it. Use a quiet machine and a release build.
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
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import psycopg2.errors  # noqa: E402

from harness.machine import find_built  # noqa: E402
from harness.postgres import Postgres, binaries  # noqa: E402
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
RECORDS = 20  # a day
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
# What an alarm does, by its share: what it is, then its transitions as (seconds after the raise, cause, state before and after,
# regions before and after, announced, by a person). {wait}: until it is acknowledged; {stay}: until it clears.
LIVES = (
    (0.70, "plain", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false), ({wait}, 'ACKNOWLEDGE', 'UNACK', 'ACKED', '{{active}}', '{{active,acknowledged}}', false, true),"
     "({wait} + {stay}, 'CLEAR', 'ACKED', 'NORM', '{{active,acknowledged}}', '{{acknowledged}}', false, false)"),
    (0.12, "gone", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false), (2 + {wait} / 9, 'CLEAR', 'UNACK', 'RTNUN', '{{active}}', '{{}}', false, false),"
     "(2 + {wait}, 'ACKNOWLEDGE', 'RTNUN', 'NORM', '{{}}', '{{acknowledged}}', false, true)"),
    (0.08, "chatters", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false), (6, 'CLEAR', 'UNACK', 'RTNUN', '{{active}}', '{{}}', false, false),"
     "(15, 'RAISE', 'RTNUN', 'UNACK', '{{}}', '{{active}}', true, false), (22, 'CLEAR', 'UNACK', 'RTNUN', '{{active}}', '{{}}', false, false),"
     "(31, 'RAISE', 'RTNUN', 'UNACK', '{{}}', '{{active}}', true, false), (47, 'CLEAR', 'UNACK', 'RTNUN', '{{active}}', '{{}}', false, false),"
     "(50 + {wait}, 'ACKNOWLEDGE', 'RTNUN', 'NORM', '{{}}', '{{acknowledged}}', false, true)"),
    (0.03, "shelved", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false), ({wait}, 'SHELVE', 'UNACK', 'SHLVD', '{{active}}', '{{active,shelved-timed}}', false, true),"
     "({wait} + 3600, 'SHELVING_ENDED', 'SHLVD', 'UNACK', '{{active,shelved-timed}}', '{{active}}', true, false),"
     "(2 * {wait} + 3600, 'ACKNOWLEDGE', 'UNACK', 'ACKED', '{{active}}', '{{active,acknowledged}}', false, true),"
     "(2 * {wait} + 3600 + {stay}, 'CLEAR', 'ACKED', 'NORM', '{{active,acknowledged}}', '{{acknowledged}}', false, false)"),
    (0.03, "instant", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false), ({wait}, 'ACKNOWLEDGE', 'UNACK', 'ACKED', '{{active}}', '{{active,acknowledged}}', false, true),"
     "({wait} + 300, 'RESET', 'ACKED', 'NORM', '{{active,acknowledged}}', '{{acknowledged}}', false, true)"),
    (0.02, "drill", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false), ({wait}, 'ACKNOWLEDGE', 'UNACK', 'ACKED', '{{active}}', '{{active,acknowledged}}', false, true),"
     "({wait} + {stay}, 'CLEAR', 'ACKED', 'NORM', '{{active,acknowledged}}', '{{acknowledged}}', false, false)"),
    (0.015, "lost", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false), ({wait}, 'ACKNOWLEDGE', 'UNACK', 'ACKED', '{{active}}', '{{active,acknowledged}}', false, true),"
     "({wait} + 4 * {stay}, 'CLEAR', 'ACKED', 'NORM', '{{active,acknowledged}}', '{{acknowledged}}', false, false)"),
    (0.0048, "stands", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false), ({wait}, 'ACKNOWLEDGE', 'UNACK', 'ACKED', '{{active}}', '{{active,acknowledged}}', false, true),"
     "(86400 * 3 + {stay}, 'CLEAR', 'ACKED', 'NORM', '{{active,acknowledged}}', '{{acknowledged}}', false, false)"),
    (0.0002, "left", "(0, 'RAISE', 'NORM', 'UNACK', '{{}}', '{{active}}', true, false)"),
)
TRANSITIONS = " UNION ALL ".join(
    f"SELECT a.id, v.* FROM a, LATERAL (VALUES {steps.format(wait='a.wait', stay='a.stay')}) v(after, cause, old, new, was, held, rung, by_person) WHERE a.life = '{life}'"
    for _, life, steps in LIVES)
EDGES = [round(sum(share for share, _, _ in LIVES[:i]), 4) for i in range(1, len(LIVES))]
ALARM = f"""
SELECT setseed(%(seed)s);
CREATE TEMP TABLE a ON COMMIT DROP AS
SELECT %(alarm)s + j AS id, j, t, k, 'Z' || k %% {ZONES} AS zone, 'd-' || k AS device, 'a-' || k AS asset, life, wait, 60 + power(random(), 3) * 7200 AS stay,
  CASE life WHEN 'lost' THEN 'device-offline' ELSE 'rule-' || k %% 40 END AS rule, 'device=d-' || k AS key,
  CASE life WHEN 'lost' THEN 'system' ELSE ({HAZARDS})[1 + k %% 6] END AS hazard,
  CASE WHEN life = 'lost' OR k %% 20 > 1 THEN 'general' WHEN k %% 20 = 0 THEN 'fire' ELSE 'infant' END AS class,
  (ARRAY['low', 'medium', 'high', 'critical'])[1 + width_bucket(random(), ARRAY[0.78, 0.94, 0.985])] AS priority,
  ({OPERATORS})[1 + extract(hour FROM t AT TIME ZONE 'UTC')::integer / 8 * 2 + j %% 2] AS person,
  %(first)s + floor(extract(epoch FROM t - %(day)s::date::timestamp AT TIME ZONE 'UTC') * %(n)s / 86400)::bigint AS seq
FROM (SELECT j, %(day)s::date::timestamp AT TIME ZONE 'UTC' + interval '1 s' * CASE WHEN j >= %(alarms)s - %(flood)s
        THEN 40000 + random() * 1200 ELSE random() * 86399 END AS t, floor({DEVICES} * power(random(), 2))::integer AS k,
        (ARRAY[{', '.join(f"'{life}'" for _, life, _ in LIVES)}])[1 + width_bucket(random(), ARRAY{EDGES})] AS life,
        4 + power(random(), 6) * 900 AS wait
      FROM generate_series(0, %(alarms)s - 1) j OFFSET 0) x;
INSERT INTO alarm SELECT 1, id, seq, 100 + j * 10, t, rule, 7, key, 'Something in ' || zone, hazard, class, priority, '',
  CASE WHEN j %% 7 = 0 THEN 'Fire Protection Law, art. 16' ELSE '' END, 'bench', zone, asset, device, life = 'drill', false FROM a;
CREATE TEMP TABLE s ON COMMIT DROP AS
SELECT id, after::double precision, cause, old, new, was::text[], held::text[], rung, by_person, row_number() OVER (PARTITION BY id ORDER BY after)::integer AS version,
  row_number() OVER (ORDER BY id, after) AS place FROM ({TRANSITIONS}) x;
-- of each person's act the command; further ones that were refused, and what programs ask
CREATE TEMP TABLE c ON COMMIT DROP AS
SELECT s.id, s.version, s.cause, a.t + s.after * interval '1 s' AS at, a.person, %(first)s + %(n)s - 1 + row_number() OVER (ORDER BY s.after, s.id) AS seq
FROM s JOIN a USING (id) WHERE s.by_person;
CREATE TEMP TABLE moves ON COMMIT DROP AS
SELECT a.id, a.priority, a.rule, a.key, a.zone, a.asset, a.device, a.t, a.life, a.person, s.version, s.cause, s.old, s.new, s.was, s.held, s.rung, s.by_person, s.place,
  a.t + s.after * interval '1 s' AS at, coalesce(c.seq, a.seq + floor(s.after * %(n)s / 86400)::bigint) AS seq, k.acked
FROM a JOIN s USING (id) LEFT JOIN c USING (id, version)
LEFT JOIN (SELECT id, min(at) AS acked FROM c WHERE cause = 'ACKNOWLEDGE' GROUP BY id) k USING (id);
INSERT INTO alarm_transition (journal, seq, n, alarm, version, changed_at, time, cause, actor, reason, old_state, new_state, old_regions,
  new_regions, old_priority, priority, priority_unack, annunciate, rule, key, title, site, zone, asset, device, raised_at, raised_count,
  acknowledged_at, acknowledged_by, suppressed_by, work_order, flags, context, sound)
SELECT 1, seq, 100 + place * 10, id, version, at, at, cause, CASE WHEN by_person THEN person ELSE 'rule:' || rule END, CASE WHEN by_person THEN 'seen' ELSE '' END,
  old, new, was, held, CASE version WHEN 1 THEN '' ELSE priority END, priority, '', rung, rule, key, 'Something in ' || zone, 'bench', zone, asset, device, t, 1,
  CASE WHEN acked <= at THEN acked END, CASE WHEN acked <= at THEN person ELSE '' END, '', '', CASE life WHEN 'drill' THEN '{{exercise}}'::text[] ELSE '{{}}' END, '',
  CASE WHEN rung THEN priority ELSE 'none' END FROM moves;
INSERT INTO alarm_evidence SELECT 1, seq, 100 + place * 10, p, id, 'x', seq - p, 0, at, device, CASE life WHEN 'lost' THEN 'device.offline' ELSE 'passage' END, at
FROM moves, generate_series(0, 1) p WHERE cause = 'RAISE';
INSERT INTO command SELECT 1, seq, at, at, 'socket', person, 'c-' || seq, lower(cause), jsonb_build_object('cmd', lower(cause), 'alarm', id, 'reason', 'seen') FROM c
UNION ALL SELECT 1, seq, at, at, 'socket', 'unix:root', 'c-' || seq, 'cursor', '{{"cmd": "cursor"}}' FROM (SELECT %(first)s + %(n)s + i AS seq, %(day)s::date::timestamp AT TIME ZONE 'UTC' + i * interval '1 s' AS at
  FROM generate_series((SELECT count(*) FROM c), %(commands)s - 1) i) x;
INSERT INTO command_reply SELECT 1, seq, 0, at, 'c-' || seq, seq %% 40 <> 0, CASE seq %% 40 WHEN 0 THEN
  '{{"ok": false, "error": {{"name": "version", "text": "somebody else acted since"}}}}'::jsonb ELSE '{{"ok": true}}' END FROM c;
CREATE TEMP TABLE b ON COMMIT DROP AS
SELECT a.*, id / 2 AS incident, coalesce(k.at, t + interval '1 h') AS acked, jsonb_build_object('hazard', hazard, 'priority', priority, 'zone', zone,
  'title', 'Something in ' || zone, 'opened_at', t, 'last_alarm_at', t, 'cause', id, 'alarm_count', 2, 'cause_count', 1) AS body
FROM a LEFT JOIN (SELECT id, min(at) AS at FROM c GROUP BY id) k USING (id) WHERE id %% 2 = 0;
"""
CHANGES = f"""
INSERT INTO change (journal, seq, n, changed_at, subject, id, version, incident, what, ended, exercise, actor, reason, body)
SELECT 1, seq, 100000 + j * 100 + version, t + after, 'incident', incident, version, incident, what, what = 'closed', life = 'drill', person, '',
  body || jsonb_build_object('state', state, 'owner', person) || CASE WHEN version > 1 THEN jsonb_build_object('acknowledged_at', acked, 'acknowledged_by', person) ELSE '{{}}' END
       || CASE WHEN version > 4 THEN jsonb_build_object('resolved_at', t + interval '20 min') ELSE '{{}}' END
FROM b, (VALUES (1, 'opened', 'new', interval '0'), (2, 'acknowledged', 'new', '3 min'), (3, 'taken', 'in-progress', '4 min'),
  (4, 'dispatched', 'in-progress', '5 min'), (5, 'resolved', 'resolved', '20 min'), (6, 'closed', 'closed', '30 min')) v(version, what, state, after)
UNION ALL SELECT 1, seq, 100020 + j * 100 + p, t, 'member', id + p, 1, incident, 'joined', false, life = 'drill', 'rule:' || rule, '',
  jsonb_build_object('alarm', id + p, 'cause', p = 0, 'rule', rule, 'title', 'x', 'priority', priority, 'asset', asset, 'device', device, 'raised_at', t)
FROM b, generate_series(0, 1) p
UNION ALL SELECT 1, seq, 100030 + j * 100 + version, t + after, 'dispatch', incident, version, incident, what, version = 3, life = 'drill', person, '',
  jsonb_build_object('guard', 'guard-' || j %% 9, 'state', what, 'sent_at', t + interval '5 min', 'arrived_at', t + interval '9 min')
FROM b, (VALUES (1, 'sent', interval '5 min'), (2, 'arrived', '9 min'), (3, 'done', '19 min')) v(version, what, after)
UNION ALL SELECT 1, seq, 100040 + j * 100, t + interval '25 min', 'disposition', incident, 1, incident, 'disposed', true, life = 'drill', person, 'looked',
  jsonb_build_object('code', 'false-technical', 'outcome', (ARRAY['genuine', 'nuisance', 'false'])[1 + j %% 3], 'state', 'final', 'by', person, 'at', t + interval '25 min')
FROM b
UNION ALL SELECT 1, seq, 100050 + j * 100, t + interval '6 min', 'note', incident, 1, incident, 'noted', false, life = 'drill', person, '',
  jsonb_build_object('text', 'door stood open', 'by', person, 'at', t + interval '6 min') FROM b
UNION ALL SELECT 1, seq, 100060 + j * 100 + v, t + v * interval '1 s', 'notification', incident, 1 + v, incident, (ARRAY['due', 'sent'])[1 + v], v = 1, life = 'drill', 'timer', '',
  jsonb_build_object('key', 'n-' || incident, 'recipient', person, 'channel', 'mail', 'state', (ARRAY['due', 'sent'])[1 + v], 'attempts', v, 'due_at', t)
FROM b, generate_series(0, 1) v;
INSERT INTO change (journal, seq, n, changed_at, subject, id, version, incident, what, ended, exercise, actor, reason, body)
SELECT 1, %(first)s + s * 3 + v, 90, %(day)s::date::timestamp AT TIME ZONE 'UTC' + (s + v) * interval '8 h', 'shift', %(number)s * 3 + s + 1, 1 + v, NULL,
  (ARRAY['began', 'ended'])[1 + v], v = 1, false, person, '', jsonb_build_object('person', person, 'post', 'desk', 'state', (ARRAY['on', 'over'])[1 + v],
  'began_at', %(day)s::date::timestamp AT TIME ZONE 'UTC' + s * interval '8 h', 'accepted_by', 'next', 'left_open', 0)
  || CASE v WHEN 1 THEN jsonb_build_object('ended_at', %(day)s::date::timestamp AT TIME ZONE 'UTC' + (s + 1) * interval '8 h') ELSE '{{}}' END
FROM generate_series(0, 2) s, generate_series(0, 1) v, LATERAL (SELECT ({OPERATORS})[1 + s * 2] AS person) p;
-- inspections and hidden dangers: planned, perhaps overdue, done
INSERT INTO change (journal, seq, n, changed_at, subject, id, version, incident, what, ended, exercise, actor, reason, body)
SELECT 1, %(first)s + r * 100 + version, 91, at + after, 'record', %(number)s * {RECORDS} + r + 1, version, NULL, what, what = 'done', false, actor, '',
  jsonb_build_object('kind', (ARRAY['inspection', 'hazard', 'patrol'])[1 + r %% 3], 'number', 'R-' || %(number)s * {RECORDS} + r, 'state', what, 'title', 'x',
  'restricted', false, 'fields', jsonb_build_object('zone', 'Z' || r %% {ZONES}), 'opened_at', at, 'clocks', '{{}}'::jsonb, 'by', '{{}}'::jsonb)
FROM generate_series(0, {RECORDS - 1}) r, LATERAL (SELECT %(day)s::date::timestamp AT TIME ZONE 'UTC' + r * interval '30 min' AS at) x,
  LATERAL (VALUES (1, 'planned', 'timer', interval '0'), (2, 'due', 'timer', '6 h'), (3, 'done', 'ann', '7 h')) v(version, what, actor, after)
WHERE v.version <> 2 OR r %% 10 = 3;
INSERT INTO notice SELECT 1, %(first)s + j, 80, %(day)s::date::timestamp AT TIME ZONE 'UTC' + j * interval '1 h',
  (ARRAY['intake-blind', 'intake-sighted', 'intake-lost', 'intake-back'])[1 + j %% 4], 'bulk', 'x' FROM generate_series(0, 19) j
UNION ALL SELECT 1, %(first)s + j, 81, %(day)s::date::timestamp AT TIME ZONE 'UTC' + j * interval '20 min', (ARRAY['login', 'logout'])[1 + j %% 2],
  ({OPERATORS})[1 + j %% 6], '{{"source": "10.0.0.1", "session": "s"}}' FROM generate_series(0, 60) j;
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
# a night for what happened; a month and a year for what is counted over many
COUNTED = re.compile(r"\b(alarm_(rate|peak|floods|standing|chatter|priorities|counts|waits)|annunciations|figures|compliance|incident_times|response_times"
                     r"|supervision_times|dispositions_by|bad_actors|acknowledgement_times|blind_spans|figures_differ)\(|GROUP BY i.hazard|NOT bool_or\(late\)"
                     r"|record_overdue|subject = 'record'|FROM record ")


def alarms_of(number):
    """(alarms, of which in a flood) of a day: 60 to 300, a flood of 80 to 400 every ninth day, one of 1500 every 60th."""
    source = random.Random(number)
    flood = 1500 if number % 60 == 59 else source.randint(80, 400) if number % 9 == 8 else 0
    return source.randint(60, 300) + flood, flood


def plan(arguments):
    """The parameters of each day: seqs from `first`: `n` messages, then `commands` commands."""
    begin, n, first, alarm, days = arguments.begin, arguments.events // arguments.days, 2, 1, []
    for number in range(arguments.days):
        alarms, flood = alarms_of(number)
        days.append({"day": (begin + datetime.timedelta(days=number)).isoformat(), "number": number, "n": n, "first": first, "alarm": alarm,
                     "alarms": alarms, "flood": flood, "commands": 4 * alarms, "seed": number / arguments.days})
        first, alarm = first + n + 4 * alarms, alarm + alarms
    return days, first - 1, alarm - 1


INDEXES = """
SELECT replace(replace(pg_get_indexdef(i.indexrelid), format(' INDEX %%I ON ONLY', c.relname), ' INDEX ON'), format('wardwatch.%%I USING', p.relname), '{child} USING')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class p ON p.oid = i.indrelid WHERE i.indrelid = '{table}'::regclass AND NOT i.indisprimary
UNION ALL SELECT format('ALTER TABLE {child} ADD %%s', pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'p'
"""


def fill_partition(pg, table, sql, values):
    """A day of messages or events: rows first, then the parent's indexes, then it becomes a partition. No WAL, no random access."""
    day = datetime.datetime.fromisoformat(values["day"])
    child = f"{table}_{day:%Y%m%d}"
    connection = pg.connect(autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {child} (LIKE {table} INCLUDING DEFAULTS)")
        cursor.execute(sql.format(day=f"{day:%Y%m%d}"), values)
        cursor.execute(INDEXES.format(child=child, table=table).replace("%%", "%"))
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        connection.commit()
        cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {child} FOR VALUES FROM (%s) TO (%s)", (day, day + datetime.timedelta(days=1)))
    connection.commit()
    connection.close()


def ensure_partitions(pg, day):
    """It gives way to whoever reads or fills meanwhile, and is to be tried again."""
    while True:
        try:
            return pg.query("SELECT ensure_partitions(%s::date, %s::date)", day, day)
        except psycopg2.errors.LockNotAvailable:
            pass


def fill_day(pg, values, raw):
    day = datetime.datetime.fromisoformat(values["day"])
    fill_partition(pg, "event", DAY["event"], values)
    if raw:
        fill_partition(pg, "message", DAY["message"], values)
    ensure_partitions(pg, day)
    connection = pg.connect(autocommit=False)
    with connection.cursor() as cursor:
        if not raw:
            cursor.execute(f"DROP TABLE message_{day:%Y%m%d}")
            cursor.execute("INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, journal, rows, first_seq, last_seq)"
                           " VALUES ('raw', 'message', %s, %s, %s, '60 days', 1, %s, %s, %s)",
                           (f"message_{day:%Y%m%d}", day, day + datetime.timedelta(days=1), values["n"], values["first"],
                            values["first"] + values["n"] - 1))
        cursor.execute(ALARM + CHANGES, values)
    connection.commit()
    connection.close()


def fill(pg, arguments):
    days, last, _ = plan(arguments)
    first = (arguments.begin - datetime.timedelta(days=1)).replace(day=1)
    while first < arguments.begin + datetime.timedelta(days=arguments.days + 31):  # alarms stand into the month that comes
        pg.query("SELECT ensure_partitions(%s::date, %s::date)", first, first)
        if arguments.begin <= first < arguments.begin + datetime.timedelta(days=arguments.days):
            pg.query(f"DROP TABLE event_{first:%Y%m%d}, message_{first:%Y%m%d}")  # fill_partition makes them
        first = (first + datetime.timedelta(days=31)).replace(day=1)
    connection = pg.connect()
    connection.cursor().execute(SITE, {"begin": arguments.begin})
    connection.close()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for done in [pool.submit(fill_day, pg, values, values["number"] >= arguments.days - RAW_DAYS) for values in days]:
            done.result()
    pg.query("INSERT INTO store_cursor (journal, seq) VALUES (1, %s)", last)
    subprocess.run([str(binaries() / "vacuumdb"), "-h", str(pg.folder), "-p", str(pg.port), "-U", pg.user, "-j", str(arguments.jobs), "--analyze",
                    "-q", "wardwatch"], check=True)
    pg.query("CHECKPOINT")


class Kept(Postgres):
    """A cluster in a folder that stays: filled once, measured again and again."""

    def __init__(self, folder, extra):
        super().__init__(extra)
        if folder:
            shutil.rmtree(self.folder)
            self.folder = pathlib.Path(folder).resolve()
            self.folder.mkdir(parents=True, exist_ok=True)
        self.kept = bool(folder)

    def _create(self):
        if not (self.folder / "data" / "PG_VERSION").exists():
            super()._create()

    def close(self):
        if self.kept:
            self.stop()
        else:
            super().close()


def questions():
    done = subprocess.run([str(find_built("daemon/wardwatch")), "query", "--json"], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


SPANS = {"night": datetime.timedelta(hours=12), "month": datetime.timedelta(days=30), "year": datetime.timedelta(days=364)}


def parameters(source, span, arguments):
    """Another place, another time; in one of three everywhere, in one of three of one hazard."""
    days = arguments.days
    until = arguments.begin + datetime.timedelta(days=source.uniform(min(SPANS[span].days + 1, days), days))
    _, _, alarms = plan(arguments)
    return {"from": (until - SPANS[span]).isoformat(), "to": until.isoformat(), "at": until.isoformat(),
            "zone": source.choice(["", f"Z{source.randrange(ZONES)}", f"Z{source.randrange(10)}"]),
            "hazard": source.choice(["", "", source.choice(["fire", "theft", "system"])]),
            "operator": source.choice(["ann", "bob", "cem", "dan", "eve", "fay"]), "rule": f"rule-{source.randrange(40)}",
            "device": f"d-{source.randrange(DEVICES)}", "journal": 1, "limit": 1000, "timezone": "UTC",
            "record": "", "alarm": source.randrange(1, alarms), "incident": source.randrange(1, alarms // 2)}


def processor(pid):
    """Processor time of a process so far, s."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(pg, question, values):
    """(seconds, processor seconds of the server's process, rows)"""
    sql = re.sub(r":'(\w+)'", r"%(\1)s", question["sql"].replace("%", "%%"))
    connection = pg.connect()
    with connection.cursor() as cursor:
        before, began = processor(connection.info.backend_pid), time.monotonic()
        cursor.execute(sql, {name: str(value) for name, value in values.items()})
        rows = len(cursor.fetchall())
        took = time.monotonic() - began
        used = processor(connection.info.backend_pid) - before
    connection.close()
    return took, used, rows


def percentile(values, share):
    return sorted(values)[math.ceil(share * len(values)) - 1] * 1000


def row(name, measured):
    took, used, rows = zip(*measured)
    p95 = percentile(took, 0.95)
    print(f"| {name} | {statistics.median(rows):g} | {percentile(took, 0.5):.0f} | {p95:.0f} | {max(took) * 1000:.0f} | {percentile(used, 0.95):.0f} |"
          f" {'' if p95 <= 1000 else '**missed**'} |", flush=True)


def measure(pg, question, arguments):
    spans = ["month", "year"] if COUNTED.search(question["sql"]) else ["night"]
    sets = arguments.sets if question["parameters"] and question["parameters"] != ["limit"] else 3
    for span in spans:
        source = random.Random(question["name"] + span)
        name = question["name"] + (f", a {span}" if len(spans) > 1 else "")
        row(name, [ask(pg, question, parameters(source, span, arguments)) for _ in range(sets)])


def measure_report(pg, name, arguments):
    """The whole command, from its start to its end."""
    def make(source):
        days = {"daily": 1, "weekly": 7, "monthly": 30, "compliance": 30}[name]
        until = arguments.begin + datetime.timedelta(days=source.randint(days + 1, arguments.days))
        began, before = time.monotonic(), os.times()
        done = subprocess.run([str(find_built("daemon/wardwatch")), "report", name, "--format", "html", "--database", pg.url,
                               "--from", (until - datetime.timedelta(days=days)).isoformat(), "--to", until.isoformat()],
                              stdout=subprocess.PIPE, check=True)
        return time.monotonic() - began, os.times().children_user - before.children_user, len(done.stdout)
    source = random.Random(name)
    row(f"`wardwatch report {name}` (bytes for rows)", [make(source) for _ in range(max(arguments.sets // 4, 3))])


def prepare(pg, arguments):
    """Fills the database, if that was not done before: it says so itself in `bench`."""
    if pg.value("SELECT to_regclass('public.bench') IS NOT NULL"):
        begin, events, days = pg.query("SELECT begin, events, days FROM public.bench")[0]
        arguments.begin, arguments.events, arguments.days = begin, events, days
    else:
        arguments.begin = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - datetime.timedelta(days=arguments.days)
        began = time.monotonic()
        fill(pg, arguments)
        print(f"filled in {time.monotonic() - began:.0f} s", file=sys.stderr)
        pg.query("CREATE TABLE public.bench AS SELECT %s::timestamptz AS begin, %s AS events, %s AS days", arguments.begin, arguments.events, arguments.days)
    counts = pg.query("SELECT (SELECT count(*) FROM alarm), (SELECT count(*) FROM alarm_transition), (SELECT count(*) FROM change), pg_database_size('wardwatch')")[0]
    print(f"{arguments.events} events over {arguments.days} days, {counts[0]} alarms, {counts[1]} transitions, {counts[2]} changes,"
          f" {counts[3] / 2**30:.1f} GiB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", metavar="FOLDER", help="fill the database there, or measure what is there already; it stays")
    parser.add_argument("--only", nargs="*", default=[], help="these questions, and reports as report-NAME")
    arguments = parser.parse_args()
    with Kept(arguments.keep, SETTINGS) as pg, tempfile.TemporaryDirectory() as folder, Store(folder, pg) as store:
        began = time.monotonic()
        store.migrate()
        print(f"migrated in {time.monotonic() - began:.1f} s", file=sys.stderr)
        prepare(pg, arguments)
        print("| question | rows | p50 ms | p95 ms | slowest ms | processor p95 ms | p95 ≤ 1 s |\n| --- | --- | --- | --- | --- | --- | --- |")
        for question in questions():
            if not arguments.only or question["name"] in arguments.only:
                measure(pg, question, arguments)
        for name in ("daily", "weekly", "monthly", "compliance"):
            if not arguments.only or f"report-{name}" in arguments.only:
                measure_report(pg, name, arguments)


if __name__ == "__main__":
    main()
