"""The questions of schema/README.md, put to the history of a real run: each has the answer that the run gave cause for."""

import json
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import SOURCE, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import rule  # noqa: E402

SITE = """\
site: test
zones: [{zone: W3, title: Ward 3, type: ward}, {zone: W3-r1, title: Room 1, type: room, in: W3}]
assets: [{asset: door, device: d1, class: door, zone: W3-r1}]
lists: {staff: [ann]}
"""
RULES = rule("fifty", 50, "high")
PAYLOAD = json.dumps({"device": "d1", "number": 50})


def questions():
    """{the question's first sentence: its SQL}"""
    blocks = re.findall(r"```sql\n(.*?)```", (SOURCE / "schema" / "README.md").read_text(), re.S)
    found = {}
    for part in [part for block in blocks for part in re.split(r"\n\n(?=-- )", block)[1:]]:
        comment, sql = re.match(r"((?:--[^\n]*\n)+)(.*);\s*$", part, re.S).groups()
        found[comment.removeprefix("-- ").split("?")[0]] = sql
    return found


def command(daemon, **request):
    with daemon.connect() as socket:
        return socket.call(request.pop("cmd"), **request)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """ask(beginning of a question) -> rows, each a dict"""
    from harness.daemon import Daemon

    tmp = tmp_path_factory.mktemp("auditor")
    with Broker(tmp) as broker, Postgres() as postgres:
        rules = spine.write_rules(tmp / "rules", RULES, site=SITE)
        daemon = Daemon(tmp / "daemon", broker=broker, postgres=postgres, rules=rules)
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
            broker.publish("bulk/d2", "café, no JSON")
            wait_for(lambda: postgres.value("SELECT count(*) FROM undecoded"), 30, "an undecoded message")
            spine.settle(daemon)
            texts = questions()

            def ask(beginning):
                (sql,) = [text for title, text in texts.items() if title.startswith(beginning)]
                sql = sql.replace("alarm = 17", f"alarm = {alarm}").replace("incident = 3", f"incident = {incident}")
                with postgres.connect() as connection, connection.cursor() as cursor:
                    cursor.execute("SET search_path = wardwatch")
                    cursor.execute(sql)
                    names = [column.name for column in cursor.description]
                    return [dict(zip(names, row)) for row in cursor.fetchall()]

            ask.texts = texts
            yield ask
        finally:
            daemon.close()


def test_each_question_can_be_asked(ask):
    assert len(ask.texts) == 31
    for title in ask.texts:
        ask(title)


def test_what_happened_in_a_ward(ask):
    (row,) = ask("What happened")
    assert (row["zone"], row["device"], row["kind"], row["attributes"]["number"]) == ("W3-r1", "d1", "passage", 50)


def test_what_became_of_an_alarm(ask):
    assert [row["cause"] for row in ask("What became")] == ["RAISE", "ACKNOWLEDGE"]


def test_who_acknowledged_and_how_long_it_took(ask):
    (row,) = ask("Who acknowledged")
    assert row["reason"] == "guard sent" and row["actor"].startswith("unix:")
    assert 0 < row["waited"].total_seconds() < 600


def test_what_was_done_about_an_incident(ask):
    rows = [(row["subject"], row["what"]) for row in ask("What was done about incident")]
    assert rows == [("incident", "opened"), ("incident", "acknowledged"), ("incident", "taken"), ("note", "noted"),
                    ("incident", "resolved"), ("disposition", "disposed"), ("incident", "disposed"), ("incident", "closed")]


def test_what_incidents_turned_out_to_be(ask):
    row = [row for row in ask("What did the incidents") if row["zone"] == "W3-r1"][0]
    assert (row["code"], row["outcome"], row["done"]) == ("genuine-accident", "genuine", "shut it")
    assert row["to_acknowledge"].total_seconds() >= 0 and row["by"].startswith("unix:")


def test_which_alarms_are_in_an_incident(ask):
    (row,) = ask("Which alarms are in incident")
    assert row["cause"] is True and row["told_by"] == ""


def test_which_message_caused_it(ask):
    (row,) = ask("What caused")
    assert (row["role"], row["topic"], row["payload"]) == ("x", "bulk/d1", PAYLOAD)


def test_which_rules_were_in_force(ask):
    (row,) = ask("Which rules")
    assert row["rule"] == "fifty" and "number == 50" in row["text"]


def test_what_was_refused(ask):
    (row,) = ask("What did people try")
    assert row["name"] == "ack" and "reason" in row["error"]


def test_who_changed_a_list(ask):
    (row,) = ask("Who switched")
    assert (row["name"], row["subject"], row["member"], row["value"], row["reason"]) == ("list", "staff", "bob", "true",
                                                                                         "night shift")
    assert row["ok"] and row["actor"].startswith("unix:")


def test_what_nothing_explained(ask):
    (row,) = ask("Which messages")
    assert row["topic"] == "bulk/d2" and row["payload"] == r"caf\303\251, no JSON" and row["reason"] == "bad-payload"


def test_when_the_intake_was_blind(ask):
    row = ask("When was the intake")[0]
    assert row["name"] == "intake-blind" and row["since"] < row["until"]


def test_nothing_is_missing(ask):
    assert [ask(title) for title in ("Was anything", "Were inputs", "Is anything", "What was suppressed")] == [[]] * 4


def test_who_read_what_is_recorded(ask):
    assert {"command_answered", "message_raw"} <= {row["what"] for row in ask("Who read what")}
    assert ask("Which readings were rolled back") == []


def test_how_long_is_what_kept(ask):
    assert {row["class"] for row in ask("How long is what kept")} == {"raw", "events", "alarms", "acts", "system"}
    assert ask("What was dropped") == ask("What is due") == []


def test_what_stands_now(ask):
    assert ask("What stands") == []
