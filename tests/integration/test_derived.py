"""What figures count is kept ready (schema/): it is what the history says, whatever comes in whatever order, and the figures made of it
are those of their first definition, which reads the history itself."""

import pathlib
import random
import re
import sys

import psycopg2
import psycopg2.extras
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.machine import SOURCE  # noqa: E402
from harness.store import find_driver  # noqa: E402
from test_figures import History, SHOWN, history, postgres  # noqa: E402,F401

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

SPAN = 4000
STATES = [*SHOWN, "OOSRV"]
REGIONS = {**SHOWN, "OOSRV": ["active"]}
FIGURES = ("annunciations", "alarm_peak", "alarm_floods", "alarm_standing", "alarm_chatter", "bad_actors", "alarm_priorities", "alarm_counts",
           "alarm_waits", "acknowledgement_times", "incident_times", "response_times", "dispositions_by", "figures")


def told(cursor):
    """The functions as they were first, which read nothing but history, under `told_…`."""
    text = (SOURCE / "schema" / "0009_figures.sql").read_text()
    made = re.findall(r"^CREATE FUNCTION (\w+)(\((?:(?!^CREATE).)*?^END;)", text, re.M | re.S)
    names = [name for name, _ in made if name not in ("site_at", "zone_subtree", "zone_list", "compliance", "blind_spans", "alarms_by_law")]
    for name, rest in made:
        if name in names:
            cursor.execute(f"CREATE FUNCTION told_{name}" + re.sub(rf"\b({'|'.join(names)})\(", r"told_\1(", rest))


class Chance:
    """A history of alarms and incidents: mostly as they live, now and then what cannot be, now and then out of order."""

    def __init__(self, history, seed):
        self.history, self.random, self.rows, self.incident = history, random.Random(seed), [], 0

    def alarms(self, count):
        pick = self.random.choice
        for number in range(1, count + 1):
            at, state, hazard = self.random.randrange(SPAN), "NORM", pick(["fire", "theft", "system"])
            alarm = dict(rule=pick("abc"), key=pick("xy"), zone=pick(["W1", "W2", "F1"]), asset=pick(["", "a1", "a2"]), device=pick(["d1", "d2"]),
                         priority=pick(["low", "medium", "high", "critical"]))
            drill = self.random.random() < 0.1
            self.rows.append(("alarm", dict(
                journal=self.history.journal, alarm=number, seq=number, n=0, raised_at=self.history.at(at), rule=alarm["rule"], rule_hash=1, key=alarm["key"],
                title="t", hazard=hazard, priority="low", procedure="", legal_basis="", site="test", zone="W1", asset="", device="", exercise=drill,
                covert=False, **{"class": pick(["general", "fire"])})))
            for version in range(1, self.random.randrange(2, 9)):
                before, state = state if self.random.random() < 0.95 else pick(STATES), pick(STATES if version > 1 else ["UNACK", "UNACK", "SHLVD", "NORM"])
                regions = REGIONS[before] if version > 1 else []
                exercise = drill and self.random.random() < 0.9
                self.transition(number, version, at, before, state, regions, REGIONS[state], exercise, alarm)
                at += pick([0, 1, 5, 30, 100, 700])
            for version in range(version + 1, version + 1 + pick([0, 0, 0, 7])):  # raised again and again
                self.transition(number, version, at, state, state, REGIONS[state], REGIONS[state], exercise, alarm, "AGAIN")
                at += pick([0, 1, 5])

    def transition(self, number, version, at, before, state, was, held, drill, alarm, cause=None):
        self.rows.append(("alarm_transition", dict(
            journal=self.history.journal, seq=self.history.next(), n=0, alarm=number, version=version, changed_at=self.history.at(at),
            time=self.history.at(at), cause=cause or self.random.choice(["RAISE", "CLEAR", "CLEAR", "ACKNOWLEDGE", "SHELVE"]), actor="ann", reason="",
            old_state=before, new_state=state, old_regions=was, new_regions=held, old_priority="low", priority_unack="",
            annunciate=self.random.random() < (0.1 if cause else 0.5),
            title="t", site="test", raised_at=self.history.at(at), raised_count=1, acknowledged_by="", suppressed_by="", work_order="",
            flags=["exercise"] if drill else [], **alarm)))

    def change(self, second, subject, number, version, incident, exercise, **body):
        self.rows.append(("change", dict(
            journal=self.history.journal, seq=self.history.next(), n=0, changed_at=self.history.at(second), subject=subject, id=number, version=version,
            incident=incident, what="x", ended=False, exercise=exercise, actor="ann", reason="", body=psycopg2.extras.Json(body))))

    def incidents(self, count):
        pick, at_ = self.random.choice, lambda second: self.history.at(second).isoformat()
        for number in range(1, count + 1):
            opened, drill = self.random.randrange(SPAN), self.random.random() < 0.1
            old = [{"cause": pick([True, False]), "rule": pick("ab"), "device": "d1"} for _ in range(2)] if self.random.random() < 0.2 else None
            versions = self.random.randrange(1, 5)
            for version in range(1, versions + 1):
                self.change(opened + version * 10, "incident", number, version, number, drill, hazard=pick(["fire", "theft"]), zone=pick(["W1", "W2"]),
                            title="t", priority="low", state="new", acknowledged_at=pick([None, at_(opened + 50)]),
                            merged_into=pick([None, None, None, 1]), **({"alarms": old} if old else {}))
            for member in range(self.random.randrange(3)):
                for version in range(1, self.random.randrange(2, 4)):
                    self.change(opened + 15, "member", number * 10 + member, version, number, drill, cause=pick([True, False]), rule=pick("ab"), device="d2")
            for sent in range(self.random.randrange(3)):
                self.change(opened + 20 + sent, "dispatch", number * 10 + sent, 1, number, drill, sent_at=at_(opened + 20 + sent),
                            arrived_at=pick([None, at_(opened + 90 + sent)]))
            for found in range(self.random.randrange(3)):
                for version in range(1, self.random.randrange(2, 4)):
                    self.change(opened + 100 + version, "disposition", number * 10 + found, version, number, drill, code="c", at=at_(opened + 100 + version),
                                state=pick(["final", "pending", "superseded"]), outcome=pick(["genuine", "nuisance", "false"]), by="ann", done="",
                                break_glass=pick([True, False, None]))

    def write(self, disorder, together=1):
        """Each table's rows of an input in the store's order; `disorder`: the share of rows that come at some other time;
        `together`: up to so many rows come at once, each table's in one statement, as in a batch of the store."""
        late = [row for row in self.rows if self.random.random() < disorder]
        rows = [row for row in self.rows if row not in late]
        for row in late:
            rows.insert(self.random.randrange(len(rows) + 1), row)
        while rows:
            batch = [rows.pop(0) for _ in range(min(len(rows), self.random.randint(1, together)))]
            for name in ("alarm", "alarm_transition", "change"):
                self.history.rows(name, [values for table, values in batch if table == name])


def changes(rows):
    """Of how many stood: from each change on, which is what it says. The first definition also has the moments between."""
    rows = sorted(rows, key=lambda row: row["at"])
    return [row for before, row in zip([None, *rows], rows) if not before or before["standing"] != row["standing"]]


def same(history, name, *arguments):
    found = [history.ask(function, *arguments) for function in (name, f"told_{name}")]
    return [sorted(map(repr, changes(rows) if name == "alarm_standing" else rows)) for rows in found]


def differ(history):
    """Of all times, which reads the history, and of the time of the test, for which single alarms and incidents are looked up."""
    whole, short = history.ask("figures_differ", "-infinity", "infinity"), history.ask("figures_differ", history.at(-SPAN), history.at(SPAN * 4))
    assert whole == short
    return whole


@pytest.mark.parametrize("seed, disorder, together", [(1, 0, 1), (2, 0, 1), (3, 0.05, 1), (4, 0.3, 1), (5, 1, 1), (6, 0, 20), (7, 0, 10000),
                                                      (8, 0.05, 20), (9, 0.3, 200), (10, 1, 10000)])
def test_what_is_kept_ready_is_what_the_history_says(history, seed, disorder, together):
    told(history.cursor)
    history.site([("F1", ""), ("W1", "F1"), ("W2", "")], [("a1", "d1", "W1", "90 seconds"), ("a2", "d2", "W2", None)])
    history.shift(1, "ann", -100, SPAN // 2)
    history.shift(2, "bob", SPAN // 3)
    chance = Chance(history, seed)
    chance.alarms(60)
    chance.incidents(30)
    chance.write(disorder, together)
    assert differ(history) == []
    history.cursor.execute("SELECT (SELECT count(*) FROM figure_move), (SELECT count(*) FROM figure_wait), (SELECT count(*) FROM figure_member), (SELECT count(*) FROM figure_final)")
    assert min(history.cursor.fetchone()) > 5
    for first, last in ((0, SPAN * 2), (SPAN // 4, SPAN // 2)):
        span = history.at(first), history.at(last)
        for zone, hazard in (("", ""), ("F1", ""), ("", "fire")):
            asked = [(name, *span, zone, hazard) for name in FIGURES] + [("alarm_rate", *span, step, zone, hazard) for step in ("10 minutes", "7 minutes")]
            for name, *arguments in [*asked, ("supervision_times", *span, zone)]:
                ready, slow = same(history, name, *arguments)
                assert ready == slow, name
    for second in (0, 777, SPAN):
        ready, slow = same(history, "alarms_at", history.at(second))
        assert ready == slow


def test_what_differs_is_found_and_mended(history):
    number = history.alarm(10)
    history.change(number, 40, "ACKNOWLEDGE", "ACKED", "ann")
    history.incident(20, 1)
    assert differ(history) == []
    history.cursor.execute("UPDATE figure_move SET hazard = 'robbery' WHERE version = 1")
    history.cursor.execute("DELETE FROM figure_incident")
    assert [(row["derived"], row["in_history"]) for row in differ(history)] == [("figure_move", True), ("figure_move", False), ("figure_incident", True)]
    history.cursor.execute("SELECT figures_rebuild()")
    assert differ(history) == []
    history.change(number, 50, "CLEAR", "NORM")  # and it goes on from there
    history.subject(60, "incident", 1, "closed", hazard="fire", zone="W1", state="closed")
    assert differ(history) == []


def test_a_body_that_says_nonsense_is_stored_all_the_same(history):
    history.subject(0, "incident", 1, "opened", hazard={"x": 1}, zone=7, acknowledged_at="soon", alarms="none")
    history.subject(1, "dispatch", 1, "sent", incident=1, sent_at="in a minute", arrived_at=[])
    history.subject(2, "member", 1, "joined", incident=1, cause="yes", rule=None)
    history.subject(3, "disposition", 1, "disposed", incident=1, state="final", at="2026-13-45", break_glass="maybe")
    assert differ(history) == []
    (row,) = history.span("incident_times", 0, 10)
    assert (row["to_acknowledge"], row["to_dispatch"], row["to_dispose"]) == (None, None, None)
