"""What `wardwatch query` answers about the history of a real run: each question has the answer that the run gave cause for."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import SOURCE, binary, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import rule  # noqa: E402

SITE = """\
site: test
zones: [{zone: W3, title: Ward 3, type: ward}, {zone: W3-r1, title: Room 1, type: room, in: W3}, {zone: W4}]
assets: [{asset: door, device: d1, class: door, zone: W3-r1}]
lists: {staff: [ann]}
"""
SCENE = """\
records:
  - record: scene-hold
    number: SH-{n}
    fields: [{field: why, type: text}, {field: zone, type: zone}, {field: keeper, type: person}, {field: entries, type: log}]
    states: [{state: held}, {state: released, over: true}]
    acts:
      - {act: hold, from: []}
      - {act: enter, log: entries, words: [text]}
      - {act: release, to: released}
"""
RULES = rule("fifty", 50, "high")
PAYLOAD = json.dumps({"device": "d1", "number": 50})


def query(*words):
    done = subprocess.run([binary(), "query", *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def seconds(interval):
    """Of what PostgreSQL writes as 00:01:02.5."""
    hours, minutes, rest = interval.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def command(daemon, **request):
    with daemon.connect() as socket:
        return socket.call(request.pop("cmd"), **request)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """ask(name of a question, parameter=value …) -> rows, each a dict"""
    from harness.daemon import Daemon

    tmp = tmp_path_factory.mktemp("auditor")
    with Broker(tmp) as broker, Postgres() as postgres:
        rules = spine.write_rules(tmp / "rules", RULES, site=SITE)
        (tmp / "records").mkdir()
        (tmp / "records" / "scene.yaml").write_text(SCENE)
        daemon = Daemon(tmp / "daemon", broker=broker, postgres=postgres, rules=rules, settings={"paths.records": [tmp / "records"]})
        try:
            spine.migrate(postgres, daemon.config)
            daemon.start()
            spine.settle(daemon)
            broker.publish("bulk/d1", PAYLOAD)
            wait_for(lambda: postgres.value("SELECT count(*) FROM alarm WHERE rule = 'fifty'"), 30, "an alarm")
            alarm, version = postgres.query("SELECT alarm, version FROM alarm_now WHERE rule = 'fifty'")[0]
            refused = command(daemon, cmd="ack", id="refused", alarm=alarm, version=version)
            assert refused["error"]["name"] == "reason-needed", refused
            done = command(daemon, cmd="ack", id="done", alarm=alarm, version=version, reason="guard sent")
            assert done["ok"], done
            listed = command(daemon, cmd="list", id="listed", name="staff", member="bob", add=True, reason="night shift")
            assert listed["ok"], listed
            (incident,) = postgres.query("SELECT incident FROM incident_alarm WHERE alarm = %s" % alarm)[0]
            for number, request in enumerate((
                    {"cmd": "incident-take"}, {"cmd": "note", "text": "door stood open"}, {"cmd": "incident-resolve"},
                    {"cmd": "dispose", "code": "genuine-accident", "done": "shut it", "reason": "left open"},
                    {"cmd": "incident-close"})):
                answer = command(daemon, id=f"incident-{number}", incident=incident, **request)
                assert answer["ok"], answer
            for act, extra in (("hold", {"fields": {"why": "theft", "zone": "W4", "keeper": "ann"}}),
                               ("enter", {"record": "SH-1", "fields": {"text": "Inspector Wu"}}),
                               ("release", {"record": "SH-1", "reason": "done"})):
                answer = command(daemon, cmd="record", id=f"scene-{act}", kind="scene-hold", act=act, **extra)
                assert answer["ok"], answer
            for number, (name, text) in enumerate((("login", "a person from 10.0.0.7, session 3"), ("login-refused", "from ::1"),
                                                   ("history-exported", "alarms as csv: all"), ("logout", "by itself, session 3"))):
                answer = command(daemon, cmd="notice", id=f"notice-{number}", name=name, subject="ann", text=text)
                assert answer["ok"], answer
            (daemon.rules / "hospital" / "test.yaml").write_text(RULES + rule("sixty", 60))
            signed = daemon.run("reload", "--reason", "a second number")
            assert signed.stdout.splitlines()[0] == "added: sixty" and "in force" in signed.stdout, signed
            broker.publish("bulk/d2", "café, no JSON")
            wait_for(lambda: postgres.value("SELECT count(*) FROM undecoded"), 30, "an undecoded message")
            spine.settle(daemon)
            listed = {question["name"]: question for question in json.loads(query("--json"))}

            def ask(name, **values):
                values = {"alarm": alarm, "incident": incident, "zone": "W3", "limit": 1000, "record": ""} | values
                words = [f"--{p}={values[p]}" for p in listed[name]["parameters"] if p in values]
                return json.loads(query(name, "--database", postgres.url, "--format", "json", *words))

            ask.listed, ask.url = listed, postgres.url
            yield ask
        finally:
            daemon.close()


def test_each_question_can_be_asked(ask):
    assert len(ask.listed) > 30
    for name in ask.listed:
        ask(name)


def test_the_guide_names_questions_that_there_are(ask):
    """schema/README.md, "Where to look": what is not an option, a column or a command is a question."""
    table = (SOURCE / "schema" / "README.md").read_text().split("## Where to look")[1].split("## Questions")[0]
    asked = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][2:]
    names = [word.split()[0] for cell in asked for word in re.findall(r"`([^`]+)`", cell)]
    assert len(names) > 15 and set(names) <= set(ask.listed), set(names) - set(ask.listed)


def test_what_happened_in_a_ward(ask):
    (row,) = ask("zone-events")
    assert (row["zone"], row["device"], row["kind"], row["attributes"]["number"]) == ("W3-r1", "d1", "passage", 50)


def test_what_was_done_in_a_zone_has_its_records(ask):
    rows = [(row["subject"], row["what"]) for row in ask("zone-story", zone="W4")]
    assert rows == [("scene-hold SH-1", "hold"), ("scene-hold SH-1", "enter"), ("scene-hold SH-1", "release")]
    times = [row["changed_at"] for row in ask("zone-story")]
    assert times == sorted(times)


def test_what_became_of_a_record(ask):
    rows = ask("record-story", record="SH-1")
    assert [(row["what"], row["state"]) for row in rows] == [("hold", "held"), ("enter", "held"), ("release", "released")]
    assert list(rows[1]["changed"]) == ["entries"] and rows[2]["changed"] is None
    assert ask("record-story", record="SH-2") == [] and ask("record-story") == rows
    (entry,) = ask("custody")
    assert entry["entry"] == {"text": "Inspector Wu"} and entry["now_with"] == "ann" and entry["state"] == "released"


def test_a_person_s_acts_say_on_what(ask):
    acts = [(row["act"], row["subject"]) for row in ask("operator-acts") if row["act"].startswith("scene-hold")]
    assert acts == [("scene-hold hold", "SH-1"), ("scene-hold enter", "SH-1"), ("scene-hold release", "SH-1")]


def test_an_act_says_of_what_kind_it_was_on(ask):
    acts = {row["act"]: row["subject"] for row in ask("operator-acts")}
    assert acts["ack"].startswith("alarm ") and acts["note"].startswith("incident ") and acts["list"] == "staff"


def test_what_a_rule_said(ask):
    (row,) = ask("rule-text", rule="fifty", at="0s")
    assert row["text"].startswith("- rule: fifty\n") and "number == 50" in row["text"] and "sixty" not in row["text"]
    assert [row["text"] for row in ask("rule-text", rule="fift", at="0s")] == [None]


def test_a_moment_may_be_a_span_ago(ask):
    assert ask("alarms-at", at="0s", zone="")[0]["state"] == "ACKED" and ask("alarms-at", at="1d", zone="") == []


def test_what_became_of_an_alarm(ask):
    assert [row["cause"] for row in ask("alarm-story")] == ["RAISE", "ACKNOWLEDGE"]


def test_who_acknowledged_and_how_long_it_took(ask):
    (row,) = ask("alarm-acknowledged")
    assert row["reason"] == "guard sent" and row["actor"].startswith("unix:")
    assert row["began_priority"] == row["priority"] == "high"
    assert 0 < seconds(row["waited"]) < 600


def test_what_was_done_about_an_incident(ask):
    rows = [(row["subject"], row["what"]) for row in ask("incident-story")]
    assert rows == [("incident", "opened"), ("member", "joined"), ("incident", "acknowledged"), ("incident", "taken"), ("note", "noted"),
                    ("incident", "resolved"), ("disposition", "disposed"), ("incident", "disposed"), ("incident", "closed")]


def test_what_incidents_turned_out_to_be(ask):
    row = [row for row in ask("incidents-outcome") if row["zone"] == "W3-r1"][0]
    assert (row["code"], row["outcome"], row["done"]) == ("genuine-accident", "genuine", "shut it")
    assert seconds(row["to_acknowledge"]) >= 0 and row["disposed_by"].startswith("unix:")


def test_who_came_in(ask):
    rows = [(row["what"], row["person"], row["source"], row["session"]) for row in ask("logins", operator="ann")]
    assert rows == [("login", "ann", "10.0.0.7", 3), ("login-refused", "ann", "::1", None), ("history-exported", "ann", None, None),
                    ("logout", "ann", None, 3)]


def test_who_signed_the_rules(ask):
    rows = ask("rules-signed")
    assert [row["signed"] for row in rows] == [False, True] and rows[0]["persons"] is None
    assert rows[1]["persons"].startswith("unix:") and "," not in rows[1]["persons"]
    assert (rows[1]["reason"], rows[1]["added"], rows[1]["removed"], rows[1]["changed"]) == ("a second number", ["sixty"], [], [])


def test_which_configuration_was_in_force(ask):
    (row,) = ask("configuration-at", at="now")
    assert "\njournal:\n  size: " in row["text"] and len(row["hash"]) == 64


def test_which_alarms_are_in_an_incident(ask):
    (row,) = ask("incident-alarms")
    assert row["cause"] is True and row["told_by"] == ""


def test_which_message_caused_it(ask):
    (row,) = ask("alarm-causes")
    assert (row["role"], row["topic"], row["payload"]) == ("x", "bulk/d1", PAYLOAD)


def test_which_rules_were_in_force(ask):
    (row,) = ask("alarm-rules")
    assert row["rule"] == "fifty" and "number == 50" in row["text"]


def test_what_was_refused(ask):
    (row,) = ask("acts-refused")
    assert row["name"] == "ack" and "reason" in row["error"]


def test_who_changed_a_list(ask):
    (row,) = ask("switches")
    assert (row["name"], row["subject"], row["member"], row["value"], row["reason"]) == ("list", "staff", "bob", "true",
                                                                                         "night shift")
    assert row["ok"] and row["actor"].startswith("unix:")


def test_what_nothing_explained(ask):
    (row,) = ask("undecoded")
    assert row["topic"] == "bulk/d2" and row["payload"] == r"caf\303\251, no JSON" and row["reason"] == "bad-payload"


def test_when_the_intake_was_blind(ask):
    row = ask("blind")[0]
    assert row["name"] == "intake-blind" and row["began_at"] < row["ended_at"]


def test_nothing_is_missing(ask):
    assert [ask(name) for name in ("quarantined", "trimmed", "missing", "alarms-suppressed")] == [[]] * 4


def test_who_read_what_is_recorded(ask):
    assert {"command_answered", "message_raw"} <= {row["what"] for row in ask("access")}
    assert all(row["person"] for row in ask("access") if row["application"] == "wardwatch")
    assert ask("access-lost") == []


def test_how_long_is_what_kept(ask):
    assert {row["class"] for row in ask("retention")} == {"raw", "events", "alarms", "acts", "system"}
    assert ask("retention-dropped") == ask("retention-due") == []


def test_what_stands_now(ask):
    assert ask("alarms-now") == []


def test_what_one_person_did(ask):
    acts = ask("operator-acts")
    assert [act["act"] for act in acts][:3] == ["ack", "ack", "list"] and [act["ok"] for act in acts][:2] == [False, True]
    assert ask("operator-acts", operator=acts[0]["actor"]) == acts and ask("operator-acts", operator="nobody") == []


def test_who_knew(ask):
    known = ask("incident-known")
    assert known[0]["how"].startswith("announced: alarm ") and known[0]["who"] == "control room"
    assert any(row["how"].startswith("acknowledge: alarm ") and row["text"] == "guard sent" for row in known)
    assert any(row["how"].startswith("note ") and row["text"] == "door stood open" for row in known)


def test_formats(ask):
    words = ("zone-events", "--database", ask.url, "--zone", "W3")
    head, row = query(*words, "--format", "csv").splitlines()
    assert head.startswith("time,zone,device,kind") and ",W3-r1,d1,passage," in row
    table = query(*words).splitlines()
    assert table[0].split()[:3] == ["time", "zone", "device"] and set(table[1]) == {"-", " "} and table[-1] == "(1 row)"
    assert query(*words, "--to", "2020-01-01", "--from", "8h", "--format", "json") == "[]\n"


@pytest.mark.parametrize("words, said", (
    (("alarm-story",), "needs --alarm"),
    (("alarm-story", "--alarm", "seventeen"), "seventeen"),
    (("zone-events", "--from", "soon"), "soon"),
    (("zone-events", "--timezone", "Europe/Nowhere"), "Europe/Nowhere"),
    (("zone-events", "--rule", "x"), "does not ask for --rule"),
    (("zone-event",), "did you mean `zone-events`"),
))
def test_what_cannot_be_asked(ask, words, said):
    done = subprocess.run([binary(), "query", *words, "--database", ask.url], capture_output=True, text=True)
    assert done.returncode == 2 and said in done.stderr and "help: " in done.stderr and done.stdout == ""
