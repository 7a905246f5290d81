"""Reports to authorities by the notifier: no incident, every attempt in the record, and nothing written over."""

import email
import email.policy
import json
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.daemon import SOURCE, binary, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

pytest.importorskip("aiosmtpd", reason="needs python3-aiosmtpd")
from harness.endpoint import Endpoint, Mailbox  # noqa: E402

QUICK = "timeout: 20s, retry_min: 100ms, retry_max: 200ms, give_up_after: 5m"
SENDINGS = ("(SELECT seq, n, what AS result, body->'record'->>'number' AS number, body->'record'->>'version' AS version, "
            "body->'record'->'fields' AS content, body->>'recipient' AS recipient, body->>'channel' AS channel, "
            "(body->>'attempts')::integer AS attempt, body->>'answer' AS answer FROM change WHERE subject = 'notification' AND body ? 'record') x")
SENT = f"SELECT recipient, channel, result, attempt, answer FROM {SENDINGS} WHERE number = %s ORDER BY seq, n"


@pytest.fixture
def postgres():
    with Postgres("fsync = off") as made:
        yield made


class Office:
    """The hospital's records and channels, a gateway of the authority, and its mail box."""

    def __init__(self, tmp_path, make_daemon, postgres, gateway, box):
        self.postgres = postgres
        rules = spine.write_rules(tmp_path / "rules", site="site: test\nzones: [{zone: PH, title: Pharmacy}]\n")
        shutil.copy(SOURCE / "rules/hospital/records.yaml", rules / "hospital" / "records.yaml")
        records = tmp_path / "records"
        records.mkdir()
        shutil.copy(SOURCE / "rules/records/authorities.yaml", records)
        channels = tmp_path / "channels.yaml"
        channels.write_text(f"channels:\n  - {{channel: desk, kind: screen}}\n"
                            f"  - {{channel: authority, kind: webhook, url: '{gateway.url}', link: 'https://c/{{page}}', {QUICK}}}\n"
                            f"  - {{channel: authority-mail, kind: mail, url: 'smtp://127.0.0.1:{box.port}', tls: never, "
                            f"from: ww@hospital.example, {QUICK}}}\n")
        channels.chmod(0o600)
        self.daemon = make_daemon(postgres=postgres, rules=rules, settings={
            "notify.channels": channels, "paths.response": [SOURCE / "rules/response/escalations.yaml"], "paths.records": [records]})
        spine.migrate(postgres, self.daemon.config)
        self.daemon.start()

    def act(self, act, number=None, reason=None, **fields):
        answer = self.daemon.call("record", kind="report", act=act, record=number, reason=reason, fields=fields)
        assert answer["ok"], answer
        return answer["changes"]

    def draft(self, **fields):
        return self.act("draft", what="Burglary", authority="police", legal_basis="art. 8", zone="PH", hazard="theft",
                        **{"deadline": "2h", "addressee": "public-security"} | fields)[-1]["number"]

    def value(self, number, column):
        rows = self.postgres.query(f"SELECT {column} FROM record WHERE number = %s", number)
        return rows[0][0] if rows else None

    def stands(self, number, state):
        wait_for(lambda: self.value(number, "state") == state, 30, f"{state} of {number}")

    def sent(self, number):
        return self.postgres.query(SENT, number)

    def ask(self, question):
        done = subprocess.run([binary(), "query", question, "--database", self.postgres.url, "--format", "json"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def results(self, number):
        return [(row[1], row[2]) for row in self.sent(number)]

    def reaches(self, number, *ways):
        """Waits until the last rows of the sending are these."""
        wait_for(lambda: tuple(self.results(number))[-len(ways):] == ways, 30, f"{ways} of {number}")


@pytest.fixture
def gateway():
    with Endpoint() as made:
        yield made


@pytest.fixture
def box():
    with Mailbox() as made:
        yield made


@pytest.fixture
def office(tmp_path, make_daemon, postgres, gateway, box):
    return Office(tmp_path, make_daemon, postgres, gateway, box)


def test_delivered_with_the_authoritys_answer(office, gateway, box):
    answers = iter([503, 503])
    gateway.behave(lambda request: next(answers, (200, "PSB-4711 taken")))
    box.answer = "451 not now"  # the fallback is asked at the first failure, and fails too
    number = office.draft()
    office.act("send", number, facts="A safe was opened", measures="Scene held")
    wait_for(lambda: office.value(number, "fields->>'delivery'"), 30, "the answer")
    assert office.value(number, "fields->>'delivery'") == "HTTP 200 PSB-4711 taken"
    assert office.value(number, "fields->>'delivered_by'") == "authority"
    assert office.value(number, "state") == "sent"
    rows = [row for row in office.sent(number) if row[1] == "authority"]
    assert [(recipient, result, attempt) for recipient, _, result, attempt, _ in rows] == [
        ("public-security", "due", 0), ("public-security", "failed", 1), ("public-security", "failed", 2), ("public-security", "sent", 3)]
    assert office.postgres.value("SELECT count(*) FROM incident WHERE hazard <> 'system'") == 0

    assert len(set(gateway.keys())) == 1 and len(gateway.requests) == 3
    told = json.loads(gateway.requests[-1].body)
    record = office.value(number, "record")
    assert told["link"] == f"https://c/record/report/{record}" and told["incident"] == 0
    assert (told["record"]["number"], told["priority"], told["zone"], told["hazard"]) == (number, "high", "PH", "theft")
    assert {"field": "facts", "title": "The facts", "value": "A safe was opened"} in told["record"]["fields"]

    (row,) = office.ask("statutory")
    assert row["delivered_at"] > row["sent_at"] and row["received_at"] is None and row["in_time"] is True
    office.act("receipt", number, receipt="PSB 4711")
    office.stands(number, "received")
    assert office.value(number, "fields->>'receipt'") == "PSB 4711"
    (row,) = office.ask("statutory")
    assert row["received_at"] > row["delivered_at"] and row["in_time"] is True
    assert (row["number"], row["state"], row["receipt"]) == (number, "received", "PSB 4711")


def test_what_is_not_there_is_not_in_time(office, gateway, box):
    """Signed and sent before its deadline, but with nobody before it; what goes by hand is in time by its signature."""
    gateway.behave(400)
    box.answer = "554 no such person"
    number = office.draft(deadline="1s")
    office.act("send", number, facts="A safe was opened", measures="Scene held")
    by_hand = office.draft(addressee=None)
    office.act("send", by_hand, facts="A safe", measures="Scene held")
    office.stands(number, "undelivered")
    office.stands(by_hand, "sent")
    wait_for(lambda: {row["number"]: row["in_time"] for row in office.ask("statutory")} == {number: False, by_hand: True}, 30,
             "a deadline that has passed")
    rows = {row["number"]: row for row in office.ask("statutory")}
    assert rows[number]["sent_at"] and not rows[number]["delivered_at"] and not rows[number]["received_at"]
    assert rows[by_hand]["sent_at"] and not rows[by_hand]["delivered_at"]
    # a receipt that came by another way counts, but no longer as in time
    office.act("receipt", number, receipt="by telephone")
    office.stands(number, "received")
    row = {row["number"]: row for row in office.ask("statutory")}[number]
    assert row["received_at"] and row["in_time"] is False and row["receipt"] == "by telephone"


def test_reaches_nobody_and_is_sent_again(office, gateway, box):
    gateway.behave(400)
    box.answer = "554 no such person"
    number = office.draft()
    office.act("send", number, facts="A safe was opened", measures="Scene held")
    office.stands(number, "undelivered")
    office.reaches(number, ("authority-mail", "given-up"), ("authority-mail", "undelivered"))
    assert "554" in office.value(number, "fields->>'delivery'")
    wait_for(lambda: office.postgres.value("SELECT count(*) FROM alarm WHERE rule = 'record-overdue-disaster-high'"), 30, "the alarm")
    gateway.behave(400)
    box.answer = "250 OK queued as 99"
    office.act("send", number)
    office.reaches(number, ("authority-mail", "due"), ("authority-mail", "sent"))
    office.stands(number, "sent")
    versions = [row[0] for row in office.postgres.query(f"SELECT DISTINCT version FROM {SENDINGS} WHERE number = %s ORDER BY 1", number)]
    assert len(versions) == 2  # the first sending stands as it was
    (mail,) = box.mails
    assert mail.recipients == ["reports@public-security.example.org"]
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    assert message["Subject"] == f"high: {number}: Burglary (PH)" and message["References"].startswith("<record-")
    text = message.get_content()
    assert "The facts: A safe was opened\n" in text and "Why it must be reported: art. 8\n" in text
    assert "Signed: at " in text


def test_no_deadline_silences_the_question(office, gateway):
    """PostgreSQL reads no year 0: one record with it, and nobody would hear of any report any more."""
    for deadline in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00Z"):
        answer = office.daemon.call("record", kind="report", act="draft", fields={
            "what": "Burglary", "authority": "police", "legal_basis": "art. 8", "deadline": deadline})
        assert not answer["ok"] and "must be an instant" in answer["error"]["text"], answer
    numbers = {office.draft(deadline=deadline) for deadline in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2h")}
    wait_for(lambda: office.postgres.value("SELECT count(*) FROM record") == len(numbers), 30, "the records")
    assert {row["number"] for row in office.ask("statutory")} == numbers


@pytest.mark.parametrize("question, kind, field, column", [
    ("statutory", "report", "deadline", "deadline"), ("legal-holds", "legal-hold", "begin", "keeps_from"),
    ("hidden-dangers", "hazard", "due_at", "due_at"), ("visitors", "visitor", "valid_until", "valid_until")])
def test_a_record_of_old_with_the_year_0_silences_no_question(office, question, kind, field, column):
    """Beside others, and what is no instant at all."""
    number = office.draft()
    wait_for(lambda: office.value(number, "state"), 30, "the record")
    instants = {"of-old": ("0000-12-31T10:00:00Z", "-infinity"), "none": ("soon", None), "usual": ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z")}
    for n, (name, (instant, _)) in enumerate(instants.items()):
        office.postgres.query("INSERT INTO change SELECT (jsonb_populate_record(c, jsonb_build_object('n', 1000 + %s, 'id', 1000 + %s, 'body', "
                              "c.body || jsonb_build_object('number', %s, 'kind', %s, 'fields', c.body->'fields' || jsonb_build_object(%s, %s))))).*"
                              " FROM change c WHERE c.subject = 'record' ORDER BY c.version LIMIT 1", n, n, name, kind, field, instant)
    answers = {row["number"]: row for row in office.ask(question)}
    assert {name: answers[name][column] for name in instants} == {name: wanted for name, (_, wanted) in instants.items()}
    if question == "statutory":
        assert {name: answers[name]["in_time"] for name in instants} == {"of-old": False, "none": None, "usual": False}


def test_superseded_is_withdrawn_and_kept(office, gateway, box):
    gateway.behave("hang")
    number = office.draft()
    office.act("send", number, facts="One safe", measures="Scene held")
    wait_for(lambda: gateway.requests, 30, "the gateway to have it")
    changes = office.act("supersede", number, "a second safe", facts="Two safes")
    corrected = next(c["number"] for c in changes if c["number"] != number)
    office.reaches(number, ("authority", "due"), ("authority", "withdrawn"))
    gateway.released.set()
    gateway.behave((200, "taken"))
    office.act("send", corrected)
    office.reaches(corrected, ("authority", "due"), ("authority", "sent"))
    contents = dict(office.postgres.query("SELECT number, jsonb_path_query_first(content, '$[*] ? (@.field == \"facts\").value') #>> '{}' "
                                          f"FROM {SENDINGS} WHERE result = 'due'"))
    assert contents == {number: "One safe", corrected: "Two safes"}
    assert office.value(corrected, "fields->>'supersedes'") == number


def test_notifier_killed_and_by_hand(office, gateway):
    gateway.behave("hang")
    number = office.draft()
    office.act("send", number, facts="A safe", measures="Scene held")
    wait_for(lambda: gateway.requests, 30, "the gateway to have it")
    office.daemon.kill("notify")
    gateway.behave("ok")
    gateway.released.set()
    office.reaches(number, ("authority", "sent"))
    assert len(set(gateway.keys())) == 1  # the authority knows a repeat by it

    by_hand = office.draft(addressee=None)
    office.act("send", by_hand, facts="A safe", measures="Scene held")
    office.stands(by_hand, "sent")
    assert office.sent(by_hand) == []


def test_the_question_of_what_was_sent(office, gateway):
    number = office.draft()
    office.act("send", number, facts="A safe", measures="Scene held")
    office.reaches(number, ("authority", "due"), ("authority", "sent"))
    wait_for(lambda: office.value(number, "fields->>'delivery'"), 30, "the answer")
    (row,) = office.ask("reports-sent")
    assert (row["number"], row["recipient"], row["channel"], row["attempts"]) == (number, "public-security", "authority", 1)
    assert row["answer"].startswith("HTTP 204") and row["receipt"] is None and row["state"] == "sent"
