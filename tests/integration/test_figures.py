"""The figures of schema/, on histories small enough to count by hand: what is due, and what is due at the very limit."""

import datetime
import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import binary  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import Store, find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

DAY = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)
WEEK = (DAY, DAY + datetime.timedelta(days=7))
SHOWN = {"UNACK": ["active"], "ACKED": ["active", "acknowledged"], "RTNUN": [], "NORM": ["acknowledged"], "SHLVD": ["active", "shelved-timed"],
         "DSUPR": ["active", "suppressed"], "LATCHED": ["acknowledged", "latched"]}


def seconds(value):
    return value.total_seconds() if isinstance(value, datetime.timedelta) else value


class History:
    """Writes what the store would, in a schema that is emptied for each test. Times are seconds after DAY."""

    def __init__(self, cursor):
        self.cursor, self.seq, self.alarms, self.subjects = cursor, 0, {}, {}
        cursor.execute("INSERT INTO journal (journal_id, site) VALUES (gen_random_uuid(), 'test') RETURNING journal")
        self.journal = cursor.fetchone()[0]

    @staticmethod
    def at(second):
        return None if second is None else DAY + datetime.timedelta(seconds=second)

    def row(self, table, **values):
        names = ", ".join(values)
        self.cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(values))})", list(values.values()))

    def rows(self, table, rows):
        """All of them, with the same columns each, in one statement."""
        if rows:
            one = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
            self.cursor.execute(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {', '.join([one] * len(rows))}",
                                [value for row in rows for value in row.values()])

    def next(self):
        self.seq += 1
        return self.seq

    def alarm(self, second, state="UNACK", key="door", rule="forced", hazard="theft", priority="low", zone="W1", exercise=False,
              annunciate=True, asset="", device="d1", **more):
        """Raises an alarm; its number."""
        number = len(self.alarms) + 1
        self.alarms[number] = dict(rule=rule, key=key, zone=zone, priority=priority, exercise=exercise, asset=asset, device=device, version=0,
                                   state="NORM", regions=[])
        self.row("alarm", journal=self.journal, alarm=number, seq=self.seq + 1, n=0, raised_at=self.at(second), rule=rule, rule_hash=1, key=key,
                 title=rule, hazard=hazard, priority=priority, procedure="", legal_basis=more.pop("legal_basis", ""), site="test", zone=zone,
                 asset=asset, device=device, exercise=exercise, covert=False, **{"class": more.pop("class_", "general")})
        self.change(number, second, "RAISE", state, annunciate=annunciate)
        return number

    def change(self, number, second, cause, state, actor="timer", reason="", annunciate=False, regions=None):
        a = self.alarms[number]
        a["version"] += 1
        regions = SHOWN[state] if regions is None else regions
        self.row("alarm_transition", journal=self.journal, seq=self.next(), n=0, alarm=number, version=a["version"], changed_at=self.at(second),
                 time=self.at(second), cause=cause, actor=actor, reason=reason, old_state=a["state"], new_state=state, old_regions=a["regions"],
                 new_regions=regions, old_priority=a["priority"], priority=a["priority"], priority_unack="", annunciate=annunciate, rule=a["rule"],
                 key=a["key"], title=a["rule"], site="test", zone=a["zone"], asset=a["asset"], device=a["device"], raised_at=self.at(second),
                 raised_count=1, acknowledged_by="", suppressed_by="", work_order="", flags=["exercise"] if a["exercise"] else [])
        a["state"], a["regions"] = state, regions

    def subject(self, second, subject, number, what, incident=None, exercise=False, actor="ann", ended=False, **body):
        version = self.subjects[(subject, number)] = self.subjects.get((subject, number), 0) + 1
        body = {k: v.isoformat() if isinstance(v, datetime.datetime) else v for k, v in body.items()}
        self.row("change", journal=self.journal, seq=self.next(), n=0, changed_at=self.at(second), subject=subject, id=number, version=version,
                 incident=number if subject == "incident" else incident, what=what, ended=ended, exercise=exercise, actor=actor, reason="",
                 body=json.dumps(body))

    def incident(self, second, number, hazard="theft", zone="W1", acknowledged=None, exercise=False, alarms=(), merged_into=None):
        self.subject(second, "incident", number, "opened", exercise=exercise, hazard=hazard, zone=zone, state="new", alarms=list(alarms),
                     acknowledged_at=self.at(acknowledged), merged_into=merged_into)

    def shift(self, number, person, began, ended=None):
        self.subject(began, "shift", number, "begun", person=person, post="desk", began_at=self.at(began), ended_at=self.at(ended), left_open=0)

    def site(self, zones=(), assets=(), second=-86400):
        seq = self.next()
        self.row("ruleset", journal=self.journal, seq=seq, n=0, in_force_from=self.at(second), hash="", rules=0, sensors=0, assets=0, zones=0)
        for zone, parent in zones:
            self.row("site_zone", journal=self.journal, seq=seq, zone=zone, parent=parent, title=zone, type="ward", key_area=False)
        for asset, device, zone, supervision in assets:
            self.row("site_asset", journal=self.journal, seq=seq, asset=asset, title="", device=device, zone=zone, supervision=supervision,
                     **{"class": "smoke"})

    def ask(self, function, *arguments, columns="*"):
        marks = ", ".join(["%s"] * len(arguments))
        self.cursor.execute(f"SELECT {columns} FROM {function}({marks})", arguments)
        names = [column.name for column in self.cursor.description]
        return [dict(zip(names, map(seconds, row))) for row in self.cursor.fetchall()]

    def span(self, function, first, last, *more):
        return self.ask(function, self.at(first), self.at(last), *more)

    def figure(self, name, first=0, last=86400, *more):
        (row,) = [row for row in self.span("figures", first, last, *more) if row["figure"] == name]
        return float(row["value"]) if row["value"] is not None else None, row["met"]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres() as postgres, Store(tmp_path_factory.mktemp("figures"), postgres) as store:
        store.migrate()
        yield postgres


@pytest.fixture
def history(postgres):
    connection = postgres.connect(autocommit=False)
    try:
        yield History(connection.cursor())
    finally:
        connection.rollback()
        connection.close()


# --- the site model ---

def test_a_zone_and_all_that_lie_in_it(history):
    history.site([("H", ""), ("F1", "H"), ("W1", "F1"), ("W1-r1", "W1"), ("W2", "F1"), ("F10", "H")])
    history.site([("H", ""), ("W1", "H"), ("W1-r1", ""), ("W1-r2", "W1")], second=3600)
    assert {r["zone"] for r in history.ask("zone_subtree", "F1", DAY)} == {"F1", "W1", "W1-r1", "W2"}
    assert {r["zone"] for r in history.ask("zone_subtree", "W1", history.at(3599))} == {"W1", "W1-r1"}
    assert {r["zone"] for r in history.ask("zone_subtree", "W1", history.at(3600))} == {"W1", "W1-r2"}
    # before the first model that is known: that one
    assert {r["zone"] for r in history.ask("zone_subtree", "F1", history.at(-999999))} == {"F1", "W1", "W1-r1", "W2"}
    assert [r["zone"] for r in history.ask("zone_subtree", "nowhere", DAY)] == ["nowhere"]
    assert [r["zone"] for r in history.ask("zone_subtree", "", DAY)] == [""]


# --- alarm rate, peak, flood ---

def test_alarm_rate_counts_what_was_annunciated_for_each_operator(history):
    for second in (0, 1, 599, 600, 1199):
        history.alarm(second)
    history.alarm(2, annunciate=False)
    history.alarm(3, exercise=True)
    history.alarm(1800)  # behind the span
    history.shift(1, "ann", -100, 1200)
    history.shift(2, "bob", 600)
    rows = history.span("alarm_rate", 0, 1800)
    assert [(r["annunciated"], float(r["operators"]), float(r["per_operator"])) for r in rows] == [(3, 1, 3), (2, 2, 1), (0, 1, 0)]
    assert rows[2]["ends"] == history.at(1800)


def test_operators_are_persons_and_averaged(history):
    history.alarm(0)
    history.shift(1, "ann", 0, 300)
    history.shift(2, "bob", 300, 600)   # a handover in the middle: one person on duty all the time
    history.shift(3, "bob", 400, 500)   # at a second post, too
    history.shift(4, "eve", 500, 500)   # began and ended at once
    (row,) = history.span("alarm_rate", 0, 600)
    assert (float(row["operators"]), float(row["per_operator"])) == (1, 1)


def test_nobody_on_duty_counts_as_one(history):
    history.alarm(0)
    history.alarm(1)
    (row,) = history.span("alarm_rate", 0, 600)
    assert (float(row["operators"]), float(row["per_operator"])) == (0, 2)


def test_a_last_step_may_be_short(history):
    history.shift(1, "ann", 0)
    history.alarm(650)
    assert [(r["annunciated"], float(r["operators"])) for r in history.span("alarm_rate", 0, 700)] == [(0, 1), (1, 1)]


def test_peak_is_of_any_ten_minutes(history):
    for second in (500, 550, 700, 1099, 1100):
        history.alarm(second)
    (row,) = history.span("alarm_peak", 0, 86400)  # 500 is out of the ten minutes that end at 1100
    assert (row["at"], row["annunciated"]) == (history.at(1099), 4)
    assert history.span("alarm_peak", 5000, 6000) == []


def test_a_flood_starts_above_ten_and_ends_below_five(history):
    for second in range(10):
        history.alarm(second)
    assert history.span("alarm_floods", 0, 86400) == []
    history.alarm(10)
    (flood,) = history.span("alarm_floods", 0, 86400)
    # the sixth last leaves the ten minutes at 606: five are left. At 607: four
    assert (flood["started_at"], flood["ended_at"]) == (history.at(10), history.at(606))
    assert (flood["lasted"], flood["peak"], flood["annunciated"]) == (596, 11, 1)
    assert history.figure("flood")[0] == round(100 * 596 / 86400, 2)


def test_a_flood_lasts_while_five_come_in_ten_minutes(history):
    for second in range(11):
        history.alarm(second)
    for second in range(119, 3600, 119):  # five in any ten minutes, the last one at 3570
        history.alarm(second)
    (flood,) = history.span("alarm_floods", 0, 86400)
    # the fifth last is at 3094
    assert (flood["started_at"], flood["ended_at"]) == (history.at(10), history.at(3694))


def test_a_flood_over_the_edges_of_the_span(history):
    for second in range(11):
        history.alarm(second)
    (flood,) = history.span("alarm_floods", 100, 300)
    assert (flood["started_at"], flood["ended_at"], flood["lasted"]) == (history.at(10), None, 200)
    assert history.span("alarm_floods", 606, 1000) == []


# --- standing, stale, chattering, fleeting ---

def test_standing_is_active_and_shown(history):
    one = history.alarm(-50)
    two = history.alarm(10)
    history.alarm(20, exercise=True)
    history.change(one, 30, "ACKNOWLEDGE", "ACKED", "ann")
    history.change(two, 40, "SHELVE", "SHLVD", "ann")
    history.change(one, 50, "CLEAR", "NORM")
    rows = history.span("alarm_standing", 0, 100)
    assert [(r["at"], r["standing"]) for r in rows] == [(history.at(s), n) for s, n in ((0, 1), (10, 2), (40, 1), (50, 0))]


def test_stale_is_longer_than_a_day(history):
    history.alarm(0, key="exactly")
    history.alarm(-1, key="longer")
    ended = history.alarm(-5000, key="ended")
    history.change(ended, 10, "CLEAR", "RTNUN")
    again = history.alarm(-5000, key="again")
    history.change(again, 10, "CLEAR", "RTNUN")
    history.change(again, 20, "RAISE", "UNACK")
    acted = history.alarm(-100, key="acted")
    history.change(acted, 86000, "ACKNOWLEDGE", "ACKED", "ann")  # active all the time
    rows = history.ask("alarm_stale", history.at(86400))
    assert len(rows) == 4 and sorted(r["active_since"] for r in rows if r["stale"]) == [history.at(-100), history.at(-1)]


def test_chattering_is_three_within_less_than_a_minute(history):
    def clears(key, *seconds):
        for second in seconds:
            history.change(history.alarm(second - 20, key=key), second, "CLEAR", "NORM")
    clears("chatters", 100, 130, 159)
    clears("exactly-a-minute", 100, 130, 160)
    clears("two", 100, 110)
    (row,) = history.span("alarm_chatter", 0, 86400)
    assert (row["key"], row["cleared"], row["chattering"], row["fleeting"]) == ("chatters", 3, 1, 0)


def test_fleeting_is_within_ten_seconds(history):
    history.change(history.alarm(0, key="ten"), 10, "CLEAR", "RTNUN")
    history.change(history.alarm(0, key="more"), 10.000001, "CLEAR", "RTNUN")
    history.change(history.alarm(0, key="drill", exercise=True), 1, "CLEAR", "RTNUN")
    history.change(history.alarm(0, key="removed"), 1, "CONFIG_REMOVED", "RTNUN")
    (row,) = history.span("alarm_chatter", 0, 86400)
    assert (row["key"], row["fleeting"]) == ("ten", 1)


# --- bad actors, priorities, counts ---

def test_bad_actors(history):
    for key, times in (("a", 5), ("b", 3), ("c", 2)):
        for second in range(times):
            history.alarm(second, key=key)
    rows = history.span("bad_actors", 0, 86400)
    assert [(r["place"], r["key"], r["annunciated"], float(r["share"]), float(r["cumulated"])) for r in rows] == [
        (1, "a", 5, 0.5, 0.5), (2, "b", 3, 0.3, 0.8), (3, "c", 2, 0.2, 1)]


def test_the_ten_most_frequent_of_many(history):
    for key in range(400):
        history.alarm(key, key=str(key))
    assert history.figure("bad actors") == (2.5, True)
    for second in range(11):
        history.alarm(second, key="0")
    assert history.figure("bad actors") == (round(100 * 21 / 411, 1), False)


def test_priorities(history):
    for priority, times in (("low", 8), ("medium", 1), ("critical", 1)):
        for second in range(times):
            history.alarm(second, priority=priority)
    rows = history.span("alarm_priorities", 0, 86400)
    assert [(r["priority"], r["annunciated"], float(r["share"])) for r in rows] == [
        ("low", 8, 0.8), ("medium", 1, 0.1), ("high", 0, 0), ("critical", 1, 0.1)]
    assert history.figure("high and critical priority") == (10, True)


def test_counts_by_hazard_and_zone(history):
    history.alarm(0, hazard="fire", zone="W1", priority="critical")
    history.alarm(0, hazard="fire", zone="W2")
    history.alarm(86399, hazard="theft", zone="W1")
    history.alarm(86400, hazard="theft", zone="W1")
    rows = [(r["hazard"], r["zone"], r["annunciated"], r["high"]) for r in history.span("alarm_counts", 0, 86400)]
    assert rows == [("fire", None, 2, 1), ("fire", "W1", 1, 1), ("fire", "W2", 1, 0), ("theft", None, 1, 0), ("theft", "W1", 1, 0)]


def test_of_a_zone_or_a_hazard_alone(history):
    history.site([("F1", ""), ("W1", "F1"), ("W2", "")])
    history.alarm(0, zone="W1", hazard="fire")
    history.alarm(0, zone="W2", hazard="theft")
    count = "annunciations"
    assert len(history.span(count, 0, 10)) == 2
    assert [r["zone"] for r in history.span(count, 0, 10, "F1")] == ["W1"]
    assert [r["zone"] for r in history.span(count, 0, 10, "", "theft")] == ["W2"]
    assert history.span(count, 0, 10, "F1", "theft") == []


# --- how long things took ---

def test_time_to_acknowledge_at_the_limit(history):
    for number in range(8):
        history.change(history.alarm(0, hazard="fire", class_="fire"), 30, "ACKNOWLEDGE", "ACKED", "ann")
    history.change(history.alarm(0, hazard="fire", class_="fire"), 31, "ACKNOWLEDGE", "ACKED", "ann")
    history.change(history.alarm(0, hazard="fire", class_="fire"), 60, "ACKNOWLEDGE", "ACKED", "ann")
    row = history.span("acknowledgement_times", 0, 86400)[0]
    assert (row["target"], row["alarms"], row["acknowledged"], row["met"]) == (60, 10, 10, True)
    assert (row["median"], row["p80"], row["p985"]) == (30, 30, 60)
    assert (float(row["within_half"]), float(row["within_target"])) == (0.8, 1)
    history.change(history.alarm(0, hazard="fire", class_="fire"), 61, "ACKNOWLEDGE", "ACKED", "ann")
    row = history.span("acknowledgement_times", 0, 86400)[0]
    assert (row["p985"], row["met"]) == (61, False)


def test_who_waits_is_counted_and_who_is_hidden_is_not(history):
    history.alarm(0)  # nobody ever
    history.change(history.alarm(0), 5, "SHELVE", "SHLVD", "ann")
    gone = history.alarm(0)
    history.change(gone, 50, "CLEAR", "RTNUN")  # still waits
    history.change(gone, 90, "ACKNOWLEDGE", "NORM", "ann")
    history.alarm(0, exercise=True)
    row = history.span("acknowledgement_times", 0, 1000)[0]
    assert (row["target"], row["alarms"], row["acknowledged"], row["waiting"], row["withdrawn"]) == (180, 3, 1, 1, 1)
    assert (row["median"], row["p80"], float(row["within_half"])) == (90, 1000, 0.5)


def test_what_asks_again_waits_again(history):
    number = history.alarm(0)
    history.change(number, 10, "ACKNOWLEDGE", "ACKED", "ann")
    history.change(number, 100, "ACK_EXPIRED", "UNACK", annunciate=True)
    history.change(number, 130, "ACKNOWLEDGE", "ACKED", "bob")
    assert [(r["waited"], r["ended_by"]) for r in history.span("alarm_waits", 0, 1000)] == [(10, "ann"), (30, "bob")]
    assert [r["waited"] for r in history.span("alarm_waits", 100, 1000)] == [30]


def test_times_of_incidents(history):
    history.incident(0, 1, acknowledged=20)
    history.subject(40, "dispatch", 1, "sent", incident=1, sent_at=history.at(40))
    history.subject(90, "dispatch", 1, "arrived", incident=1, sent_at=history.at(40), arrived_at=history.at(90))
    history.subject(50, "dispatch", 2, "sent", incident=1, sent_at=history.at(50))
    history.subject(300, "disposition", 1, "disposed", incident=1, state="pending", at=history.at(300), code="x", outcome="genuine")
    history.subject(400, "disposition", 1, "approved", incident=1, state="final", at=history.at(300), code="x", outcome="genuine")
    history.incident(0, 2)
    history.incident(0, 3, exercise=True)
    history.incident(0, 4, merged_into=1)
    history.incident(86400, 5)
    rows = history.span("incident_times", 0, 86400)
    assert [(r["incident"], r["to_acknowledge"], r["to_dispatch"], r["to_arrive"], r["to_dispose"], r["outcome"]) for r in rows] == [
        (1, 20, 40, 90, 300, "genuine"), (2, None, None, None, None, None)]
    totals = {r["what"]: (r["incidents"], r["happened"], r["median"]) for r in history.span("response_times", 0, 86400) if r["hazard"] is None}
    assert totals == {"acknowledge": (2, 1, 20), "dispatch": (2, 1, 40), "arrive": (2, 1, 90), "dispose": (2, 1, 300)}


def test_nuisance_share(history):
    def disposed(number, outcome, rule, state="final", exercise=False):
        members = [{"id": 1, "cause": True, "rule": rule, "device": "d"}, {"id": 2, "cause": False, "rule": "symptom", "device": "d"}]
        history.incident(0, number, exercise=exercise, alarms=members if number == 1 else [])  # as it was written at first
        for member in members if number > 1 else []:
            history.subject(0, "member", 100 * number + member["id"], "joined", incident=number, alarm=member.pop("id"), **member)
        history.subject(10, "disposition", number, "disposed", incident=number, exercise=exercise, state=state, outcome=outcome, at=history.at(10))
    disposed(1, "nuisance", "noisy")
    disposed(2, "false", "noisy")
    disposed(3, "genuine", "good")
    disposed(4, "nuisance", "noisy", state="rejected")
    disposed(5, "nuisance", "noisy", exercise=True)
    rows = {(r["rule"], r["device"]): (r["disposed"], r["nuisance"], r["wrong"], float(r["share"]))
            for r in history.span("dispositions_by", 0, 86400)}
    assert rows[(None, None)] == (3, 1, 1, 0.6667) and rows[("noisy", None)] == (2, 1, 1, 1) and rows[("good", "d")] == (1, 0, 0, 0)
    assert ("symptom", None) not in rows
    assert history.figure("nuisance share") == (66.7, True)  # nothing to compare it with


# --- supervision ---

def test_supervision(history):
    def heard(device, second, kind="device.heartbeat"):
        history.row("event", journal=history.journal, seq=history.next(), n=0, idx=0, time=history.at(second), received_at=history.at(second), site="",
                    zone="W1", asset="", device=device, sensor="", kind=kind, state="", unit="", flags=[])
    history.site([("W1", "")], [("good", "d1", "W1", "90 seconds"), ("late", "d2", "W1", "90 seconds"), ("never", "d3", "W1", "90 seconds"),
                                ("free", "d4", "W1", None)])
    for device in ("d1", "d2", "d4"):
        heard(device, 10)
    heard("d1", 50, "device.offline")
    for asset, device, second in (("good", "d1", 101), ("late", "d2", 101.1), ("never", "d3", 20), ("free", "d4", 500)):
        history.alarm(second, hazard="system", rule="silent", key=asset, asset=asset, device=device)
    broken = history.alarm(600, hazard="system", rule="tampered", key="good", asset="good", device="d1")
    history.row("alarm_evidence", journal=history.journal, seq=history.seq, n=0, position=0, alarm=broken, role="x", event_seq=1, event_idx=0,
                event_time=history.at(600), changed_at=history.at(600), device="d1", kind="tamper.detected")
    rows = history.span("supervision_times", 0, 86400)
    assert {r["asset"]: (r["took"], r["target"], r["met"]) for r in rows} == {
        "good": (91, 90, True), "late": (91.1, 90, False), "never": (None, 90, None)}


# --- duties ---

def test_duties_are_done_when_due(history):
    def record(number, kind, *changes, **more):
        for second, what, actor, ended in changes:
            history.subject(second, "record", number, what, actor=actor, ended=ended, kind=kind, fields={"zone": "W1"}, **more)
    done = (90, "done", "ann", True)
    late = (60, "due", "timer", False)
    record(1, "inspection", (0, "planned", "timer", False), done)
    record(2, "inspection", (0, "planned", "timer", False), late, done)
    record(3, "inspection", (0, "planned", "timer", False), late)
    record(4, "inspection", (0, "planned", "timer", False))
    record(5, "hazard", (0, "opened", "ann", False), (100, "closed", "ann", True))  # behind the span
    record(6, "hazard", (0, "opened", "ann", False), (99, "closed", "ann", True))
    record(7, "case", late, done, restricted=True)
    record(8, "drill", late, done, exercise=True)
    listed = json.loads(subprocess.run([binary(), "query", "--json"], capture_output=True, check=True).stdout)
    (sql,) = [question["sql"] for question in listed if question["name"] == "duties"]
    for name, value in (("from", history.at(0)), ("to", history.at(100)), ("zone", ""), ("limit", 10)):
        sql = sql.replace(f":'{name}'", f"'{value}'::{'timestamptz' if name in ('from', 'to') else 'bigint' if name == 'limit' else 'text'}")
    history.cursor.execute(sql)
    assert [(kind, closed, in_time, overdue, float(share), met) for kind, closed, in_time, overdue, share, met in history.cursor.fetchall()] == [
        ("hazard", 1, 1, 0, 1, True), ("inspection", 2, 1, 1, 0.3333, False)]


# --- at a moment; all together ---

def test_alarms_as_they_stood(history):
    number = history.alarm(10)
    history.change(number, 20, "ACKNOWLEDGE", "ACKED", "ann")
    history.change(number, 30, "CLEAR", "NORM")
    history.alarm(25, key="later")
    def stood(second):
        return [(r["alarm"], r["state"]) for r in history.ask("alarms_at", history.at(second))]
    assert stood(9.999999) == [] and stood(10) == [(1, "UNACK")] and stood(29) == [(1, "ACKED"), (2, "UNACK")] and stood(30) == [(2, "UNACK")]


def test_every_row_of_the_design_is_there(history):
    history.change(history.alarm(0, class_="panic", hazard="robbery"), 10, "ACKNOWLEDGE", "ACKED", "ann")
    history.change(history.alarm(0), 10, "ACKNOWLEDGE", "ACKED", "ann")
    history.incident(0, 1, alarms=[{"id": 1, "cause": True, "rule": "forced", "device": "d1"}])
    history.subject(10, "disposition", 1, "disposed", incident=1, state="final", outcome="genuine", at=history.at(10))
    names = [row["figure"] for row in history.span("figures", 0, 86400)]
    assert names == ["alarm rate", "alarms a day", "peak", "flood", "standing", "standing, most", "stale", "chattering", "fleeting", "bad actors",
                     "low priority", "medium priority", "high and critical priority", "urgent, within 30 s", "urgent, within 60 s",
                     "others, within 90 s", "others, within 180 s", "time to dispatch", "time to arrive", "time to dispose", "supervision",
                     "nuisance share"]
    assert history.figure("alarms a day") == (2, True) and history.figure("urgent, within 30 s") == (100, True)


def test_compliance(history):
    history.site([("W1", "")], [("a", "d1", "W1", "90 seconds"), ("b", "d2", "W1", None), ("c", "", "W1", None)])
    history.incident(0, 1)
    history.row("notice", journal=history.journal, seq=history.next(), n=0, journal_time=history.at(-10), name="intake-blind", subject="", text="")
    history.row("notice", journal=history.journal, seq=history.next(), n=0, journal_time=history.at(20), name="intake-sighted", subject="", text="")
    history.subject(5, "notification", 1, "given-up", incident=1, key="k")
    rows = {r["what"]: (float(r["value"]), r["met"]) for r in history.span("compliance", 0, 2 * 86400)}
    assert rows["devices that are not supervised"] == (1, False)
    assert rows["intake blind or without the broker"] == (20, False)
    assert rows["people who could not be told"] == (1, False)
    assert rows["incidents without a disposition a day after their opening"] == (1, False)
    assert rows["shifts that nobody took over"] == (0, True)


def test_every_function_says_what_it_means(postgres):
    assert postgres.query("SELECT proname FROM pg_proc WHERE pronamespace = 'wardwatch'::regnamespace"
                          " AND obj_description(oid, 'pg_proc') IS NULL") == []
