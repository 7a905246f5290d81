"""The fifteen duties of the department's standing orders, each done through one running daemon with the example
hospital's own rules, records and response; and a sixteenth kind of records by YAML alone."""

import json
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import browser, spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.console import Visitor  # noqa: E402
from harness.daemon import SOURCE, Daemon, wait_for  # noqa: E402
from harness.house import PASSWORD, add_people, choose_passwords  # noqa: E402
from harness.machine import free_port  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import read_live  # noqa: E402

SIXTEENTH = """\
records:
  - record: lost-property
    title: Lost property
    duty: 15
    number: LP-{n}
    fields:
      - {field: what, type: text, must: true}
      - {field: zone, type: zone}
      - {field: owner, type: person, in: [returned]}
    states: [{state: kept}, {state: returned, over: true}]
    acts:
      - {act: find, from: []}
      - {act: return, from: [kept], to: returned, takes: [owner], roles: [supervisor]}
    clocks:
      - {clock: keep, in: [kept], after: 1s, hazard: loss, priority: low, title: kept too long}
"""
TOPICS = ["bulk/#", "desk/#"]
READERS = """\
sensor: reader
version: 1
title: Card readers
source: tests
topics: ["bulk/readers/{device}"]
attributes: {badge: badge, role: role}
messages:
  - message: used
    has: [badge]
    events: [{kind: access.granted}]
examples:
  - given: [{topic: bulk/readers/r1, payload: '{"badge":"V-1"}'}]
    events: [{device: r1, kind: access.granted, attributes: {badge: V-1}}]
"""
PEOPLE = {"alice": ["operator", "supervisor"], "bob": ["operator", "supervisor"], "olga": ["operator"]}


class House:
    def __init__(self, folder, broker, postgres):
        rules = pathlib.Path(folder) / "source"
        for part in ("hospital", "site"):
            shutil.copytree(SOURCE / "rules" / part, rules / part)
        (rules / "sensors").mkdir()
        shutil.copy(SOURCE / "rules/sensors/front-desk.yaml", rules / "sensors")
        (rules / "sensors/test.yaml").write_text(spine.SENSORS)
        (rules / "sensors/readers.yaml").write_text(READERS)
        self.kinds = pathlib.Path(folder) / "records"
        shutil.copytree(SOURCE / "rules/records", self.kinds)
        self.broker, self.postgres = broker, postgres
        self.port = free_port()
        self.daemon = Daemon(folder, broker=broker, postgres=postgres, rules=rules, settings={
            "mqtt.bulk": TOPICS, "paths.response": [SOURCE / "rules/response"], "paths.records": [self.kinds],
            "auth.enabled": True, "console.listen": f"127.0.0.1:{self.port}", "console.pages": browser.pages(),
            "console.database": postgres.url, "console.tips": True, "console.tips_per_address": 20})

    def start(self, folder):
        spine.migrate(self.postgres, self.daemon.config)
        self.daemon.start()
        self.daemon.wait_live()
        wait_for((self.daemon.run_dir / "auth" / "auth.sock").exists, 30, "the auth process")
        add_people(self.daemon, PEOPLE)
        browser.wait_page(self.port)
        choose_passwords(self.port, PEOPLE)
        self.browser = browser.Browser(self.port, folder)

    def walk(self, case):
        """In a browser: tests/browser/duties.mjs."""
        people = {name: {"name": name, "password": PASSWORD} for name in PEOPLE}
        self.browser.run(case, 150, {"people": people}, row=self.wait_row, arrive=self.arrive, badge=self.badge, incident=self.incident,
                         alarm=self.alarm_of, event=self.told, figures=self.figures, stored=self.stored)

    def arrive(self, name, badge, zones, until):
        self.publish("desk/main-gate/visitors", event="arrived", name=name, badge=badge, zones=zones, until=until)
        return wait_for(lambda: [n for n, b in self.records("visitor").items() if b["fields"].get("badge") == badge], 20, "a visitor")[0]

    def badge(self, badge, device):
        self.publish(f"bulk/readers/{device}", badge=badge, role="visitor")

    def alarms(self):
        with self.daemon.connect() as feed:
            return read_live(feed)[0]

    def alarm_of(self, rule, about):
        """Whose key holds that."""
        return wait_for(lambda: next((a for (r, key), a in self.alarms().items() if r == rule and about in key), None), 20,
                        f"an alarm of {rule} about {about}")

    def told(self, kind, zone):
        """The newest alarm that an event raises which somebody tells."""
        old = {alarm["id"] for alarm in self.alarms().values()}
        done = self.daemon.run("event", kind, "--zone", zone)
        assert done.returncode == 0, done.stderr
        return wait_for(lambda: next((a for a in self.alarms().values() if a["id"] not in old and a["exercise"]), None), 20, "the alarm")

    def stored(self, alarm):
        wait_for(lambda: self.postgres.value("SELECT count(*) FROM wardwatch.alarm WHERE alarm = %s", alarm), 20, "the alarm in PostgreSQL")

    def figures(self):
        """What is counted, by figure."""
        rows = self.postgres.query("SELECT figure, value FROM wardwatch.figures(now() - interval '1 day', now() + interval '1 hour') "
                                   "WHERE unit IN ('alarms', 's') OR figure LIKE '%%peak%%'")
        return {figure: float(value) if value is not None else None for figure, value in rows}

    def record(self, *words):
        done = self.daemon.run("record", *words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["changes"]

    def opened(self, *words):
        """The number of a new record."""
        return self.record(*words)[-1]["number"]

    def refused(self, *words):
        done = self.daemon.run("record", *words)
        assert done.returncode == 1 and done.stderr.startswith("refused: "), (done.stdout, done.stderr)
        return done.stderr

    def act(self, *words):
        done = self.daemon.run("act", *words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["changes"]

    def records(self, kind):
        """Those that are open: {number: body}."""
        done = self.daemon.run("records", kind, "--json")
        assert done.returncode == 0, done.stderr
        bodies = [json.loads(line)["body"] for line in done.stdout.splitlines()]
        return {body["number"]: body for body in bodies}

    def alarm(self, rule, device):
        def found():
            with self.daemon.connect() as feed:
                return read_live(feed)[0].get((rule, f"device={device}"))
        return wait_for(found, 20, f"an alarm of {rule} at {device}")

    def incident(self, hazard="theft", *words):
        """One that no alarm opened."""
        return str(self.act("incident-open", f"hazard={hazard}", "title=Something happened", *words)[0]["id"])

    def closed(self, incident, code, *words):
        self.act("incident-take", f"incident={incident}")
        self.act("dispose", f"incident={incident}", f"code={code}", "done=what was to be done", "--reason", "seen", *words)

    def publish(self, topic, **body):
        self.broker.publish(topic, json.dumps(body))

    def row(self, number):
        """What PostgreSQL has of a record, once it is there."""
        def found():
            rows = self.postgres.query("SELECT row_to_json(r) FROM wardwatch.record r WHERE number = %s", number)
            return rows[0][0] if rows else None
        return wait_for(found, 20, f"{number} in PostgreSQL")

    def wait_row(self, number, state):
        return wait_for(lambda: (row := self.row(number))["state"] == state and row, 20, f"{number} {state}")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("charter")
    with Broker(folder) as broker, Postgres() as postgres:
        made = House(folder, broker, postgres)
        made.start(folder)
        yield made
        made.daemon.close()


def test_duty_1_law_at_the_grass_roots(house):
    """What the law wants reported names its basis, and is due in time."""
    incident = house.incident("fire")
    house.closed(incident, "genuine-disaster")
    (number, body), = [(n, b) for n, b in house.records("report").items() if b["fields"].get("incident") == int(incident)]
    assert body["fields"]["legal_basis"].startswith("Emergency Response Law") and body["clocks"]["deadline"]["due"]
    assert house.row(number)["incident"] == int(incident)


def test_duty_2_publicity_and_education(house):
    training = house.opened("training", "plan", "topic=Extinguishers", "held_at=1h")
    house.record("training", "hold", training, "attended=23")
    assert house.wait_row(training, "held")["fields"]["attended"] == 23
    drill = house.opened("drill", "plan", "scenario=Code pink", "held_at=1h")
    house.record("drill", "start", drill)
    house.daemon.run("mode", "drill", "on")
    exercise = house.opened("hazard", "open", "what=of the drill", "zone=W3", "level=minor", "owner=ann", "due_at=1d")
    house.daemon.run("mode", "drill", "off")
    house.record("drill", "stop", drill)
    house.record("drill", "evaluate", drill, "lessons=The stairs were not watched")
    assert house.row(exercise)["exercise"] and not house.wait_row(drill, "evaluated")["exercise"]


def test_duty_3_the_security_system_as_versioned_files(house):
    assert house.daemon.status()["rules"]["hash"] == house.postgres.value(
        "SELECT hash FROM wardwatch.ruleset ORDER BY journal DESC, seq DESC LIMIT 1")
    assert "inspection" in house.daemon.run("record").stdout


def test_duty_4_persons_and_materials(house):
    house.act("guard-status", "name=chen", "status=free")
    incident = house.incident()
    dispatch = [c for c in house.act("dispatch", f"incident={incident}", "guard=chen") if c["subject"] == "dispatch"]
    house.act("arrived", f"dispatch={dispatch[0]['id']}")
    radio = house.opened("equipment", "issue", "item=Radio", "serial=17", "person=chen", "back_by=12h")
    assert "condition" in house.refused("equipment", "return", radio)
    house.record("equipment", "return", radio, "condition=good")
    assert house.wait_row(radio, "returned")["by"]["return"]["by"]


def test_duty_5_eight_hazards_and_the_system(house):
    """Each has rules."""
    hazards = set()
    for path in (SOURCE / "rules/hospital").glob("*.yaml"):
        hazards |= {line.split("hazard:")[1].split(",")[0].strip(" }\n") for line in path.read_text().splitlines()
                    if "raise:" in line and "hazard:" in line}
    assert hazards >= {"fire", "theft", "robbery", "explosion", "sabotage", "fraud", "loss", "disaster", "system"}


def test_duty_6_illegal_acts_step_by_step(house):
    incident = house.incident("robbery", "priority=critical", "procedure=code-grey")
    steps = house.daemon.run("open", "step", "--json").stdout.splitlines()
    assert any(json.loads(step)["incident"] == int(incident) for step in steps)


def test_duty_7_reports_scenes_and_evidence(house):
    incident = house.incident()
    house.closed(incident, "genuine-criminal")
    report, = [n for n, b in house.records("report").items() if b["fields"].get("incident") == int(incident)]
    assert "`facts` is missing" in house.refused("report", "send", report)
    house.record("report", "send", report, "facts=A safe was opened", "measures=Scene held")
    house.publish("desk/office/receipts", number=report, receipt="PSB 4711")
    assert house.wait_row(report, "received")["fields"]["receipt"] == "PSB 4711"
    newer = house.opened("report", "supersede", report, "facts=Two safes were opened", "--reason", "a second safe")
    assert house.wait_row(report, "superseded")["fields"]["facts"] == "A safe was opened"
    assert house.row(newer)["fields"]["supersedes"] == report

    scene = house.opened("scene-hold", "hold", "why=Burglary", "zone=W3", f"incident={incident}", "keeper=chen")
    house.record("scene-hold", "enter", scene, "text=Inspector Wu, photographs")
    house.record("scene-hold", "release", scene, "--reason", "the police are done")
    assert [e["text"] for e in house.wait_row(scene, "released")["fields"]["entries"]] == ["Inspector Wu, photographs"]

    file = json.dumps({"name": "door.mp4", "sha256": "a" * 64, "size": 9, "where": "vault/1"})
    item = house.opened("evidence", "secure", "what=Recording", f"incident={incident}", f"file={file}", "holder=chen")
    assert "64 small hex" in house.refused("evidence", "secure", "what=x", "holder=y", f"file={file.replace('a' * 64, 'aa')}")
    house.record("evidence", "transfer", item, "holder=wu", "to=Inspector Wu")
    assert "fixed" not in house.refused("evidence", "amend", item, "holder=nobody", "--reason", "x")
    history = house.postgres.query("SELECT fields->>'holder' FROM wardwatch.record_history WHERE number = %s ORDER BY version", item)
    wait_for(lambda: len(history) == 2 or history.extend(house.postgres.query(
        "SELECT fields->>'holder' FROM wardwatch.record_history WHERE number = %s AND version > %s", item, len(history))), 20, "both")
    assert [holder for holder, in history] == ["chen", "wu"]

    house.opened("legal-hold", "hold", "why=Case 4711", "begin=2026-01-01T00:00:00Z", "end=2026-02-01T00:00:00Z")
    held = "SELECT wardwatch.partition_held('event', %s, %s)"
    wait_for(lambda: house.postgres.value(held, "2026-01-10", "2026-01-11"), 20, "the hold")
    assert "Case 4711" in house.postgres.value(held, "2026-01-10", "2026-01-11")
    assert house.postgres.value(held, "2025-01-10", "2025-01-11") is None


def test_duty_8_destabilising_factors(house):
    note = house.opened("risk-note", "note", "what=Threats at the gate", "class=threat", "review_at=7d")
    house.record("risk-note", "review", note, "text=It went on", "review_at=3d")
    changes = house.record("risk-note", "escalate", note, "authority=police", "legal_basis=duty 8", "deadline=1d", "--reason", "again")
    assert [c["kind"] for c in changes] == ["risk-note", "report"]


def test_duty_9_cases_are_restricted(house):
    case = house.opened("case", "open", "subject=Two families", "class=mediation", "parties=Li,Wang")
    shown = house.records("case")[case]
    assert "fields" not in shown and "Li" not in json.dumps(shown) and "(restricted)" in house.daemon.run("records", "case").stdout
    whole = json.loads(house.daemon.run("records", "--show", case).stdout)
    assert whole["body"]["fields"]["parties"] == ["Li", "Wang"]
    count = "SELECT count(*) FROM wardwatch.{} WHERE number = %s"
    wait_for(lambda: house.postgres.value(count.format("record_restricted"), case), 20, "the case")
    assert house.postgres.value(count.format("record"), case) == 0
    kept = "SELECT count(*) FROM wardwatch.{} WHERE body->>'number' = %s"
    assert house.postgres.value(kept.format("change_restricted"), case) >= 1 and house.postgres.value(kept.format("change"), case) == 0
    assert house.postgres.value("SELECT count(*) FROM wardwatch.access_record WHERE what = 'record_restricted'") >= 1


def test_duty_10_visitors(house):
    """A visitor's day with an overstay."""
    house.publish("desk/main-gate/visitors", event="arrived", name="Li Wei", badge="V-17", zones="W3", until="1s")
    visitor, = wait_for(lambda: [n for n, b in house.records("visitor").items() if b["fields"].get("badge") == "V-17"], 20, "a visitor")
    assert house.alarm("record-overdue-theft-medium", f"{visitor}/stay")["state"] == "UNACK"
    house.publish("desk/main-gate/visitors", event="left", badge="V-17")
    house.wait_row(visitor, "left")
    wait_for(lambda: house.alarm("record-overdue-theft-medium", f"{visitor}/stay")["state"] == "RTNUN", 20, "the end of it")


def test_duty_10_a_permit_by_key(house):
    """A registration system hands out a permit with its key; the badge is used where it may be, and where it may not."""
    answer = house.daemon.call("operator-add", name="desk", may=["operator"], break_glass=True, reason="the desk's system")
    assert answer["ok"], answer
    done = house.daemon.run("user", "key-add", "desk", "--scopes", "act")
    desk = Visitor(house.port)
    desk.key = done.stdout.split()[1]
    answer = desk.post("/acts/record", id="permit-1", kind="visitor", act="permit", fields={
        "name": "Wu Min", "badge": "V-50", "zones": ["W3"], "valid_until": "8h"})
    assert answer.status == 200, answer
    number = answer.json["changes"][0]["number"]
    house.badge("V-50", "door-w3-exit")
    house.badge("V-50", "door-server")
    assert house.alarm_of("visitor-astray", number)["zone"] == "server-room"
    assert not [key for rule, key in house.alarms() if rule == "visitor-astray" and "W3" in key]
    house.record("visitor", "leave", number)


def test_duty_11_hints_by_the_masses(house):
    house.publish("desk/intranet/tips", text="The gate is open at night", place="W3")
    tip, = wait_for(lambda: [n for n, b in house.records("tip").items() if b["title"].startswith("The gate")], 20, "a hint")
    house.record("tip", "triage", tip, "weight=serious")
    assert "`outcome` is missing" in house.refused("tip", "answer", tip, "answer=Thank you")
    house.record("tip", "answer", tip, "answer=It is locked now", "outcome=confirmed")
    assert house.wait_row(tip, "answered")["fields"].get("from") is None  # anonymous
    assert house.postgres.value("SELECT count(*) FROM wardwatch.record WHERE kind = 'tip' AND fields->>'outcome' = 'confirmed'") == 1


def test_duty_12_defence_facilities(house):
    """Assets are under supervision, and taken out of service under a work order only."""
    assert "--work-order" in house.daemon.run("help", "out-of-service").stdout
    assert house.daemon.status()["rules"]["assets"] > 400


def test_duty_13_inspections_and_hidden_dangers(house):
    """An inspection with a finding, to its recheck; what is overdue is an alarm until it is done."""
    area = house.opened("key-area", "open", "name=Pharmacy", "zone=W3", "class=first", "keeper=zhang")
    plan = house.opened("inspection-plan", "open", "name=Pharmacy weekly", f"area={area}", "zone=W3", "every=7d", "inspector=ann",
                        "checklist=door closes,safe locked")
    assert house.records("inspection-plan")[plan]["next"]["inspection"]
    inspection = house.opened("inspection", "open", "name=Pharmacy", "zone=W3", "due_at=1d", "checklist=door closes,safe locked")
    house.record("inspection", "begin", inspection)
    house.record("inspection", "check", inspection, "item=door closes", "result=bad", "note=closer is worn")
    house.record("inspection", "check", inspection, "item=safe locked")
    hazard = house.opened("inspection", "finding", inspection, "what=Door does not close", "level=major", "owner=bob", "due_at=1s")
    house.record("inspection", "sign", inspection, "outcome=findings")
    assert house.wait_row(inspection, "done")["fields"]["signature"]["by"]
    late = f"{hazard}/rectify"
    alarm = house.alarm("record-overdue-disaster-medium", late)
    assert hazard in alarm["title"] and alarm["zone"] == "W3"  # so the map and the zone's history have it
    house.record("hazard", "rectify", hazard, "measure=New closer")
    wait_for(lambda: house.alarm("record-overdue-disaster-medium", late)["state"] == "RTNUN", 20, "the end of it")
    assert "same-person" in json.loads(house.daemon.run("record", "hazard", "recheck", hazard, "--json").stdout)["error"]["name"]
    assert house.postgres.value("SELECT count(*) FROM wardwatch.record_overdue WHERE number = %s", hazard) == 1


def test_duty_14_comprehensive_management(house):
    house.act("shift-begin")
    offered = house.act("handover-offer")
    assert any(c["subject"] == "handover" for c in offered)


def test_duty_15_another_kind_by_yaml_alone(house):
    """A sixteenth kind: fields, states, roles, a clock with its alarm, rows, and it outlives a restart."""
    (house.kinds / "sixteenth.yaml").write_text(SIXTEENTH)
    old = house.daemon.status()["rules"]["hash"]
    house.daemon.reload()
    wait_for(lambda: house.daemon.status()["rules"]["hash"] != old, 60, "the new kind")
    assert "owner" in house.daemon.run("record", "lost-property").stdout
    assert "did you mean `what`" in house.refused("lost-property", "find", "waht=umbrella")
    number = house.opened("lost-property", "find", "what=umbrella", "zone=W3")
    house.alarm("record-overdue-loss-low", f"{number}/keep")
    killed = house.daemon.kill("engine")
    house.daemon.wait_restarted("engine", killed)
    house.daemon.wait_live()
    assert house.records("lost-property")[number]["clocks"]["keep"]["overdue"]
    house.record("lost-property", "return", number, "owner=Ms Li")
    assert house.wait_row(number, "returned")["title"] == "umbrella"
    assert "replay" not in " ".join(house.daemon.status().get("notices", []))


WALKS = ["report", "inspection", "visitor", "tip", "drill", "sixteenth"]


@pytest.mark.parametrize("case", WALKS)
def test_walk(house, case):
    house.walk(case)
