"""The console process without a database: who may in, what may be asked by whom, and what is refused."""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import resource
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.console import PREFIX, Visitor, raw  # noqa: E402
from harness.daemon import SOURCE, Daemon, binary, wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402

PASSWORD, OTHER, GIVEN = "lamp river seven copper", "nine quiet elephants sing", "of the first day only"
ROLES = ["operator", "supervisor", "maintenance", "auditor", "integrator", "administrator"]
PEOPLE = {f"the-{role}": [role] for role in ROLES} | {"nobody-yet": []}


def user(daemon, *words, password=None):
    done = subprocess.run([binary(), "user", "-c", daemon.config, *words], input=f"{password}\n" if password else "",
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def up(daemon, port):
    """Health, and somebody who checks passwords."""
    wait_for(lambda: health(port) and (daemon.run_dir / "auth" / "auth.sock").exists(), 30, "the console")


def health(port):
    try:
        return Visitor(port, 5).get("/health").status == 200
    except OSError:
        return False


def make(folder, **settings):
    port = free_port()
    return Daemon(folder, settings={"auth.enabled": True, "console.listen": f"127.0.0.1:{port}"} | settings), port


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A daemon with a person for each role, each with a password; and one session of each, made once."""
    daemon, port = make(tmp_path_factory.mktemp("console"))
    with daemon:
        daemon.port = port
        up(daemon, port)
        daemon.visitors = {}
        for name, roles in PEOPLE.items():
            answer = daemon.call("operator-add", name=name, may=roles, break_glass=True, reason="the first ones")
            assert answer["ok"], answer
            user(daemon, "add", name, password=GIVEN)
        for name in PEOPLE:
            daemon.visitors[name] = Visitor(port).enroll(name, GIVEN, PASSWORD)
        yield daemon


def in_as(house, name):
    """A visitor of his own with the session of that person."""
    known, visitor = house.visitors[name], Visitor(house.port)
    visitor.cookie, visitor.csrf = known.cookie, known.csrf
    return visitor


def table():
    done = subprocess.run([binary(), "console", "--routes"], capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


def document():
    return yaml.safe_load((SOURCE / "daemon" / "console" / "openapi.yaml").read_text())


# --- the document and the table ---


def test_the_document_is_the_table():
    described = {}
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            described[method.upper(), path] = operation
    served = {(row["method"], row["path"]): row for row in table()}
    assert set(described) == set(served)
    for key, row in served.items():
        assert set(described[key]["x-roles"]) == set(row["roles"]), key
        assert described[key].get("x-scope") == row["scope"], key
        assert described[key]["summary"], key


def test_every_reference_of_the_document_leads_somewhere():
    whole = document()

    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                at = whole
                for part in node["$ref"].removeprefix("#/").split("/"):
                    at = at[part]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(whole)


def test_the_document_is_served(house):
    answer = Visitor(house.port).get("/openapi.yaml")
    assert answer.status == 200 and yaml.safe_load(answer.body) == document()


# --- every route by every role ---


def path_of(row):
    for name, value in {"{alarm}": "1", "{incident}": "1", "{act}": "no-such", "{what}": "alarms", "{session}": "99999",
                        "{export}": "0" * 32, "{figure}": "alarms-now", "{kind}": "tip", "{plan}": "none", "{report}": "daily", "{request}": "99999", "{name}": "nobody"}.items():
        row = row.replace(name, value)
    return row


@pytest.mark.parametrize("row", table(), ids=lambda r: f"{r['method']} {r['path']}")
def test_a_route_by_every_role(house, row):
    """Who may is never told `role` or `login-needed`; who may not always is."""
    if row["path"] in ("/stream", "/logout") or row["path"].startswith("/session/"):
        return  # below: they end sessions, or do not end
    for name, roles in PEOPLE.items():
        visitor = in_as(house, name)
        answer = visitor.get(path_of(row["path"])) if row["method"] == "GET" else visitor.post(path_of(row["path"]))
        may = "public" in row["roles"] or "anybody" in row["roles"] or set(roles) & set(row["roles"])
        assert (answer.error == "role") == (not may), (name, row, answer)
        assert answer.error != "login-needed", (name, row, answer)
        assert answer.status < 500 or answer.status == 503, (name, row, answer)
    stranger = Visitor(house.port)
    answer = stranger.get(path_of(row["path"])) if row["method"] == "GET" else stranger.post(path_of(row["path"]))
    assert (answer.error == "login-needed") == ("public" not in row["roles"]), (row, answer)


def test_what_no_row_has_is_refused(house):
    visitor = in_as(house, "the-administrator")
    for path in ("/", "/nothing", "/alarms", "/alarms/1/2", "/alarms//", "/../login", "/acts/", "//acts"):
        assert visitor.get(path).status == 404, path
    assert visitor.get("/login").status == 405
    assert visitor.ask("PUT", PREFIX + "/session").status == 405
    assert visitor.ask("DELETE", PREFIX + "/session").status == 405
    assert visitor.get("/alarms/x").status == 404 and visitor.get("/alarms/0").status == 404
    assert visitor.get("/alarms/" + "9" * 200).status == 404


# --- logging in ---


def test_a_session_from_log_in_to_log_out(house):
    visitor = Visitor(house.port)
    assert visitor.login("the-operator", OTHER).error == "refused"
    assert visitor.login("nobody", PASSWORD).error == "refused"
    assert visitor.get("/session").status == 401
    answer = visitor.login("the-operator", PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    for word in ("__Host-wardwatch=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"):
        assert word in cookie
    assert "Domain" not in cookie and len(visitor.cookie) == 64
    who = visitor.get("/session").json
    assert who["name"] == "the-operator" and who["roles"] == ["operator"] and who["kind"] == "person"
    first = visitor.cookie
    assert visitor.login("the-operator", PASSWORD).status == 200
    assert visitor.cookie != first
    old = Visitor(house.port)
    old.cookie = first
    assert old.get("/session").status == 401  # a new one at each log-in, and the old one is over
    stream = visitor.stream()
    assert stream.next()["event"] == "hello"
    assert visitor.post("/logout").status == 200
    assert stream.until(lambda e: e["event"] == "session")[-1]["data"] == {"ended": "logged out"}
    assert stream.next() is None
    assert visitor.get("/session").status == 401


def totp(secret, at):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    place = mac[19] & 15
    return f"{(struct.unpack('>I', mac[place:place + 4])[0] & 0x7fffffff) % 1000000:06d}"


def test_the_second_factor_and_a_new_password(house):
    assert house.call("operator-add", name="two", may=["operator"])["ok"]
    user(house, "add", "two", password=GIVEN)
    Visitor(house.port).enroll("two", GIVEN, PASSWORD)
    secret = user(house, "totp", "two").split()[1]
    visitor = Visitor(house.port)
    assert visitor.login("two", PASSWORD).error == "totp-needed"
    assert visitor.login("two", PASSWORD, totp="000000").error == "refused"
    assert visitor.login("two", PASSWORD, totp=totp(secret, time.time())).status == 200
    user(house, "totp", "two", "--off")  # what was begun with it is over
    other = Visitor(house.port)
    assert visitor.login("two", PASSWORD).status == other.login("two", PASSWORD).status == 200
    assert visitor.post("/session/password", password=OTHER, new=OTHER + " too").error == "refused"
    assert visitor.post("/session/password", password=PASSWORD, new="short").error == "weak"
    assert visitor.post("/session/password", password=PASSWORD, new=OTHER).status == 200
    assert visitor.get("/session").status == 200 and other.get("/session").status == 401
    assert Visitor(house.port).login("two", OTHER).status == 200


def test_a_second_factor_of_ones_own(house):
    """By its owner with password and a code of it; taken away by an administrator with his own password."""
    assert house.call("operator-add", name="three", may=["operator"])["ok"]
    user(house, "add", "three", password=GIVEN)
    visitor, other = Visitor(house.port).enroll("three", GIVEN, PASSWORD), Visitor(house.port)
    assert other.login("three", PASSWORD).status == 200
    assert visitor.post("/session/factor", password=OTHER).error == "refused"
    assert visitor.post("/session/factor/confirm", totp="123456").error == "none-begun"
    made = visitor.post("/session/factor", password=PASSWORD).json
    secret = made["secret"]
    assert made["uri"] == f"otpauth://totp/Wardwatch:three?secret={secret}&issuer=Wardwatch"
    assert Visitor(house.port).login("three", PASSWORD).status == 200  # it is not in force yet
    wrong = str((int(totp(secret, time.time())) + 500000) % 1000000).zfill(6)
    assert visitor.post("/session/factor/confirm", totp=wrong).error == "wrong-code"
    code = totp(secret, time.time())
    assert visitor.post("/session/factor/confirm", totp=code).status == 200
    assert visitor.get("/session").status == 200 and other.get("/session").status == 401
    assert visitor.post("/session/factor/confirm", totp=code).error == "none-begun"
    assert other.login("three", PASSWORD).error == "totp-needed"
    assert other.login("three", PASSWORD, totp=code).error == "refused"  # good once
    assert other.login("three", PASSWORD, totp=totp(secret, time.time() + 30)).status == 200
    assert visitor.post("/session/factor", password=PASSWORD).error == "totp-needed"  # nor is it replaced without it
    again = visitor.post("/session/factor", password=PASSWORD, totp=totp(secret, time.time() + 30))
    assert again.error == "refused"
    # five wrong codes are enough
    user(house, "totp", "three", "--off")
    assert visitor.login("three", PASSWORD).status == 200
    secret = visitor.post("/session/factor", password=PASSWORD).json["secret"]
    wrong = str((int(totp(secret, time.time())) + 500000) % 1000000).zfill(6)
    assert [visitor.post("/session/factor/confirm", totp=wrong).error for _ in range(5)] == ["wrong-code"] * 4 + ["none-begun"]
    assert visitor.post("/session/factor/confirm", totp=totp(secret, time.time())).error == "none-begun"
    secret = visitor.post("/session/factor", password=PASSWORD).json["secret"]
    assert visitor.post("/session/factor/confirm", totp=totp(secret, time.time())).status == 200
    # the telephone is lost
    chief = in_as(house, "the-administrator")
    off = lambda who, name, **words: who.post(f"/operators/{name}/factor/off", **words)
    assert off(visitor, "three", password=PASSWORD).error == "role"
    assert off(chief, "the-administrator", password=PASSWORD).error == "same-person"
    assert off(chief, "three", password=OTHER).error == "refused"
    assert off(chief, "nobody", password=PASSWORD).error == "no-factor"
    assert off(chief, "three", password=PASSWORD).status == 200
    assert visitor.get("/session").status == 401  # what was on it is over, too
    assert off(chief, "three", password=PASSWORD).error == "no-factor"
    assert visitor.login("three", PASSWORD).status == 200
    text = wait_for(lambda: (t := house.run("journal", "dump").stdout).count("second factor") >= 5 and t, 30, "the notices")
    assert "second factor set by three" in text and "second factor taken away by the-administrator" in text
    assert secret not in text


def test_a_lock_by_hand(house):
    """What is locked shows what it showed, in every window of the session, and does nothing until the password is given."""
    visitor = Visitor(house.port)
    assert visitor.login("the-operator", PASSWORD).status == 200
    stream = visitor.stream()
    assert stream.next()["event"] == "hello"
    assert visitor.post("/session/lock").status == 200
    assert stream.until(lambda e: e["event"] == "session")[-1]["data"] == {"locked": True}
    assert visitor.get("/session").json["locked"] is True and visitor.get("/live").status == 200
    assert visitor.act("ack", id="l1", alarm=1).error == "locked"
    assert visitor.post("/session/lock").status == 200  # it is, already
    assert visitor.post("/session/unlock", password=OTHER).error == "refused"
    assert visitor.post("/session/unlock", password=PASSWORD).status == 200
    assert stream.until(lambda e: e["event"] == "session")[-1]["data"] == {"locked": False}
    assert visitor.act("ack", id="l2", alarm=4711, version=1).status == 404
    stream.close()
    wait_for(lambda: "locked by hand" in house.run("journal", "dump").stdout, 30, "the record")


def test_log_ins_are_in_the_record(house):
    def told():
        text = house.run("journal", "dump").stdout
        return all(f'"{name}"' in text for name in ("login", "login-refused", "logout", "key-used"))

    user_key = user(house, "key-add", "the-integrator", "--scopes", "live").split()[1]
    program = Visitor(house.port)
    program.key = user_key
    assert program.get("/live").status == 200
    wait_for(told, 30, "log-ins in the journal")
    dump = house.run("journal", "dump").stdout
    assert PASSWORD not in dump and user_key not in dump and house.visitors["the-operator"].cookie not in dump
    assert house.visitors["the-operator"].cookie not in (house.folder / "state" / "console" / "sessions").read_text()
    user(house, "key-remove", "the-integrator")


def test_a_key_may_what_its_scopes_and_its_name_may(house):
    keys = {}
    for scopes in ("live", "act", "history", "live,act"):
        keys[scopes] = user(house, "key-add", "the-operator", "--scopes", scopes).split()[1]
        program = Visitor(house.port)
        program.key = keys[scopes]
        assert (program.get("/live").status == 200) == ("live" in scopes)
        assert (program.get("/history/alarms").error == "role") == ("history" not in scopes)
        act = program.post("/acts/incident-open", {"X-Wardwatch-CSRF": None, "Origin": None}, id=f"k-{scopes}",
                           hazard="theft", title="by a program")
        assert (act.status == 200) == ("act" in scopes), act
        assert program.get("/operators").error == "role"  # no key may
        for verb in ("dispose", "approve", "operator-roles"):
            assert program.post("/acts/" + verb, id="x").status == 403
    assert user(house, "key-list").split()[0] == "the-operator"
    user(house, "key-remove", "the-operator")
    program = Visitor(house.port)
    program.key = "wwk_" + "0" * 64
    assert program.get("/live").error == "key"
    program.key = "x" * 5000
    assert program.get("/live").status in (401, 503)


def test_a_screen_on_the_wall_only_reads(house):
    code = in_as(house, "the-supervisor").post("/wallboards", title="Hall").json["code"]
    screen = Visitor(house.port)
    assert screen.wallboard("0" * 32).error == "refused"
    assert screen.wallboard(code).status == 200
    assert Visitor(house.port).wallboard(code).error == "refused"  # once
    assert screen.get("/session").json["kind"] == "wallboard"
    seen = screen.get("/live")
    assert seen.status == 200 and not [c for c in seen.json["changes"] if c["subject"] == "operator"]
    assert [c for c in in_as(house, "the-operator").get("/live").json["changes"] if c["subject"] == "operator"]
    for row in table():
        if "wallboard" in row["roles"] or "public" in row["roles"]:
            continue
        path = path_of(row["path"])
        answer = screen.get(path) if row["method"] == "GET" else screen.post(path, id="x")
        assert answer.error == "role", (row, answer)
    number = next(s["number"] for s in in_as(house, "the-administrator").get("/sessions").json["sessions"]
                  if s["kind"] == "wallboard")
    assert in_as(house, "the-operator").post(f"/sessions/{number}/end").status == 404
    assert in_as(house, "the-administrator").post(f"/sessions/{number}/end").status == 200
    assert screen.get("/live").status == 401


# --- acts ---


def test_a_second_person_must_agree(house):
    """Users: another administrator approves, in an emergency nobody, and the record says so."""
    chief = in_as(house, "the-administrator")
    assert house.call("operator-add", name="second-chief", may=["administrator"], break_glass=True, reason="the first ones")["ok"]
    user(house, "add", "second-chief", password=GIVEN)
    other = Visitor(house.port).enroll("second-chief", GIVEN, PASSWORD)
    asked = chief.act("operator-add", id="a1", name="carol", may=["supervisor"])
    assert asked.status == 200, asked
    roles = lambda name: next(o["roles"] for o in chief.get("/operators").json["operators"] if o["name"] == name)
    wait_for(lambda: "carol" in [o["name"] for o in chief.get("/operators").json["operators"]], 10, "the operator")
    assert roles("carol") == []  # nothing that decides, yet
    (approval,) = [c["id"] for c in asked.json["changes"] if c["subject"] == "approval"]
    assert chief.act("approve", id="a2", approval=approval).error == "same-person"
    again = Visitor(house.port)  # the same person in another session is still the same
    assert again.login("the-administrator", PASSWORD).status == 200
    assert again.act("approve", id="a3", approval=approval).error == "same-person"
    assert in_as(house, "the-operator").act("approve", id="a4", approval=approval).error == "role"
    assert other.act("approve", id="a5", approval=approval).status == 200
    wait_for(lambda: roles("carol") == ["supervisor"], 10, "the role")
    assert other.act("approve", id="a6", approval=approval).status in (404, 409)
    assert chief.act("operator-add", id="a7", name="dave", may=["supervisor"], break_glass=True).error == "reason-needed"
    broken = chief.act("operator-add", id="a8", name="dave", may=["supervisor"], break_glass=True, reason="fire")
    assert broken.status == 200 and [c["what"] for c in broken.json["changes"]] == ["added-glass-broken"], broken


def test_acts_are_the_engines(house):
    desk, other = in_as(house, "the-operator"), in_as(house, "the-supervisor")
    names = {act["name"]: act for act in desk.get("/acts").json["acts"]}
    assert names["ack"]["words"][0] == {"name": "alarm", "required": True}
    assert "supervisor" in names["shelve"]["roles"] and "operator" not in names["shelve"]["roles"]
    assert names["incident-reopen"]["reason"] is True
    answer = desk.act("incident-open", id="1", hazard="theft", title="A bicycle is gone")
    assert answer.status == 200 and answer.json["id"] == "1", answer
    again = desk.act("incident-open", id="1", hazard="fire", title="Something else")
    assert again.json == answer.json  # a repeat gets the first answer
    theirs = other.act("incident-open", id="1", hazard="theft", title="Another one")
    assert theirs.json["changes"] != answer.json["changes"]  # and somebody else's id is his own
    assert desk.act("ack", id="2", alarm=4711, version=1).status == 404
    assert desk.act("list", id="3", name="maternity", member="x", add=True).error == "role"
    assert desk.act("operator-add", id="4", name="eve", may=["administrator"]).status == 403
    for verb in ("notice", "status", "follow", "reader", "no-such", "Ack", "notification-result"):
        assert desk.act(verb, id="5").status == 404
    assert desk.act("ack", id="", alarm=1).status == 400 and desk.act("ack", alarm=1).status == 400
    assert desk.act("incident-open", id="6", **{"as": "the-administrator", "roles": 63, "via": "x"}, hazard="theft",
                    title="who am I").status == 200
    acted = [c for c in desk.get("/live").json["changes"] if c["body"].get("title") == "who am I"]
    assert [c["actor"] for c in acted] == ["the-operator"]
    house.call("operator-roles", operator="nobody-yet", may=["operator"], reason="now")
    fresh = in_as(house, "nobody-yet")
    wait_for(lambda: fresh.get("/session").json["roles"] == ["operator"], 10, "the new role")
    house.call("operator-roles", operator="nobody-yet", may=[], reason="no more")
    wait_for(lambda: fresh.get("/session").json["roles"] == [], 10, "the role taken away")


# --- who may no longer ---


def newcomer(house, name, *roles):
    """An operator with a password, logged in."""
    assert house.call("operator-add", name=name, may=list(roles), break_glass=True, reason="new")["ok"]
    user(house, "add", name, password=GIVEN)
    return Visitor(house.port).enroll(name, GIVEN, PASSWORD)


def ends(stream, within=20):
    """What it tells until it ends, which it does within so many seconds: beats would go on."""
    seen, until = [], time.monotonic() + within
    while event := stream.next():
        seen.append(event)
        assert time.monotonic() < until, seen
    return [{"event": "end"}, *seen]


def test_who_has_no_role_sees_nothing_of_what_is_now(house):
    """Somebody who left may still have a password."""
    visitor = in_as(house, "nobody-yet")
    for path in ("/live", "/stream", "/site", "/acts", "/plans/none", "/history/alarms", "/alarms/1"):
        assert visitor.get(path).error == "role", path
    assert visitor.get("/session").json["roles"] == []
    assert {s["name"] for s in visitor.get("/sessions").json["sessions"]} == {"nobody-yet"}
    program = Visitor(house.port)
    program.key = re.search(r"wwk_[0-9a-f]{64}", user(house, "key-add", "reader", "--scopes", "live"))[0]
    assert program.get("/live").status == 200  # whoever was given a key was given what it reads


def test_a_stream_follows_the_roles(house):
    visitor = newcomer(house, "moved", "operator")
    title = "an old friend at the till"
    desk = in_as(house, "the-operator")
    assert desk.act("incident-open", id="moved", hazard="robbery", title=title).status == 200
    shown = lambda seen: [e for e in seen if e["event"] == "live_change" and e["data"]["body"].get("title") == title]
    stream = visitor.stream()
    assert shown(stream.until(lambda e: e["event"] == "live_end"))
    assert house.call("operator-roles", operator="moved", may=["maintenance"], reason="another desk")["ok"]
    stream.until(lambda e: e["event"] == "reset")
    assert not shown(stream.until(lambda e: e["event"] == "live_end"))
    assert house.call("operator-roles", operator="moved", may=["operator"], reason="back")["ok"]
    stream.until(lambda e: e["event"] == "reset")
    assert shown(stream.until(lambda e: e["event"] == "live_end"))
    assert house.call("operator-remove", operator="moved", break_glass=True, reason="left")["ok"]
    assert ends(stream)
    assert visitor.stream().status == 403 and visitor.get("/live").error == "role"


@pytest.mark.parametrize("words, password", [(("passwd",), OTHER), (("totp",), None), (("remove",), None)], ids=lambda w: w and w[0])
def test_other_credentials_end_the_sessions(house, words, password):
    """Whoever has a session of somebody else's loses it with the password."""
    name = f"robbed-by-{words[0]}"
    visitor = newcomer(house, name, "operator")
    other = Visitor(house.port)
    assert other.login(name, PASSWORD).status == 200
    stream = visitor.stream()
    stream.until(lambda e: e["event"] == "live_end")
    user(house, *words, name, password=password)
    assert {"ended": "the credentials changed"} in [e["data"] for e in ends(stream) if e["event"] == "session"]
    wait_for(lambda: visitor.get("/session").status == 401 and other.get("/session").status == 401, 10, "the end of both")
    assert in_as(house, "the-operator").get("/session").status == 200  # of nobody else


def test_other_credentials_end_the_sessions_though_nobody_heard_of_it(tmp_path):
    daemon, port = make(tmp_path)
    with daemon:
        up(daemon, port)
        for name in ("ann", "bob"):
            assert daemon.call("operator-add", name=name, may=["operator"])["ok"]
            user(daemon, "add", name, password=GIVEN)
        ann, bob = (Visitor(port).enroll(name, GIVEN, PASSWORD) for name in ("ann", "bob"))
        daemon.freeze("console")
        user(daemon, "passwd", "ann", password=OTHER)
        old = daemon.pid("console")
        daemon.kill("console")
        daemon.wait_restarted("console", old)
        wait_for(lambda: health(port), 30, "the console again")
        wait_for(lambda: ann.get("/session").status == 401, 20, "the end of the session")
        assert bob.get("/live").status == 200


def test_ones_own_new_password_ends_the_others_only(house):
    visitor = newcomer(house, "changes", "operator")
    other = Visitor(house.port)
    assert other.login("changes", PASSWORD).status == 200
    assert visitor.post("/session/password", password=PASSWORD, new=OTHER).status == 200
    assert other.get("/session").status == 401
    stream = visitor.stream()
    stream.until(lambda e: e["event"] == "live_end")
    user(house, "passwd", "nobody-yet", password=GIVEN)  # all are looked at anew
    wait_for(lambda: in_as(house, "nobody-yet").get("/session").status == 401, 10, "the end of another's")
    assert visitor.get("/live").status == 200
    stream.close()
    house.visitors["nobody-yet"] = Visitor(house.port).enroll("nobody-yet", GIVEN, PASSWORD)


def test_a_key_that_is_taken_back_is_none_at_once(house):
    key = re.search(r"wwk_[0-9a-f]{64}", user(house, "key-add", "the-auditor", "--scopes", "live,history"))[0]
    program = Visitor(house.port)
    program.key = key
    stream = program.stream()
    stream.until(lambda e: e["event"] == "live_end")
    user(house, "key-remove", "the-auditor")
    assert ends(stream)
    wait_for(lambda: program.get("/live").error == "key", 5, "its refusal")  # what was known of it held for 30 s


def test_who_logs_in_is_told_to_those_who_see_the_audit(house):
    streams = {role: in_as(house, f"the-{role}").stream() for role in ("operator", "maintenance", "auditor")}
    for stream in streams.values():
        stream.until(lambda e: e["event"] == "live_end")
    assert Visitor(house.port).login("the-supervisor", PASSWORD).status == 200
    assert in_as(house, "the-operator").act("incident-open", id="behind", hazard="theft", title="behind it").status == 200
    told = {role: [e["data"]["notice"]["name"] for e in stream.until(lambda e: e["event"] == "change" and e["data"]["body"].get("title") == "behind it")
                   if e["event"] == "notice"] for role, stream in streams.items()}
    assert "login" in told["auditor"] and "login" not in told["operator"] + told["maintenance"], told
    for stream in streams.values():
        stream.close()


# --- what no page of ours sends ---


def test_a_change_must_come_from_our_page(house):
    visitor = in_as(house, "the-operator")
    body = {"id": "x", "alarm": 1}
    assert visitor.post("/acts/ack", {"Origin": None}, **body).error == "origin"
    assert visitor.post("/acts/ack", {"Origin": "http://evil.example"}, **body).error == "origin"
    assert visitor.post("/acts/ack", {"Origin": "null"}, **body).error == "origin"
    assert visitor.post("/acts/ack", {"Sec-Fetch-Site": "cross-site"}, **body).error == "origin"
    assert visitor.post("/acts/ack", {"X-Wardwatch-CSRF": None}, **body).error == "csrf"
    assert visitor.post("/acts/ack", {"X-Wardwatch-CSRF": in_as(house, "the-auditor").csrf}, **body).error == "csrf"
    assert visitor.post("/acts/ack", {"Content-Type": "text/plain"}, **body).error == "not-json"
    assert visitor.post("/acts/ack", {"Content-Type": None}, **body).error == "not-json"
    assert visitor.post("/login", {"Origin": "http://evil.example"}, name="x", password="y").error == "origin"
    assert visitor.ask("POST", PREFIX + "/acts/ack", b"[1]",
                       {"Content-Type": "application/json", "Origin": visitor.origin,
                        "X-Wardwatch-CSRF": visitor.csrf}).error == "malformed"
    assert visitor.get("/session", {"Host": "rebound.example"}).status == 421
    assert visitor.get("/session", {"Cookie": "__Host-wardwatch=" + "0" * 64}).status == 401
    assert visitor.get("/session", {"Cookie": "x__Host-wardwatch=" + visitor.cookie}).status == 401


def test_headers_of_every_answer(house):
    visitor = in_as(house, "the-operator")
    for answer in (visitor.get("/session"), visitor.get("/nothing"), visitor.ask("GET", "/"), visitor.get("/openapi.yaml")):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert visitor.get("/session").headers["Cache-Control"] == "no-store"


def request(port, head, body=b""):
    return raw(port, f"{head}\r\n\r\n".encode() + body).split(b"\r\n")[0]


def test_requests_that_no_browser_makes(house):
    port, host = house.port, f"Host: 127.0.0.1:{house.port}"
    get = f"GET {PREFIX}/health HTTP/1.1\r\nConnection: close\r\n"
    assert b" 200 " in request(port, get + host)
    assert b" 400 " in request(port, get + host + "\r\nTransfer-Encoding: chunked", b"0\r\n\r\n")
    assert b" 400 " in request(port, get + host + "\r\nContent-Length: 0\r\nContent-Length: 0")
    assert b" 400 " in request(port, get + host + "\r\nHost: other")
    assert b" 400 " in request(port, get.rstrip())
    assert b" 400 " in request(port, f"GET http://127.0.0.1:{port}{PREFIX}/health HTTP/1.1\r\n{host}\r\nConnection: close")
    assert b" 200 " not in request(port, f"BREW {PREFIX}/health HTTP/1.1\r\n{host}\r\nConnection: close")
    assert b" 200 " not in request(port, get + host + "\r\nX: " + "y" * 20000)
    big = f"POST {PREFIX}/login HTTP/1.1\r\n{host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
    assert b" 413 " in request(port, big + "70000", b"x" * 70000)
    assert b" 200 " not in request(port, "\0\1\2\3")
    assert health(port)


def test_who_drips_is_cut_off(tmp_path):
    daemon, port = make(tmp_path, **{"console.connections_per_address": 6})
    with daemon:
        up(daemon, port)
        since = time.monotonic()
        slow = socket.create_connection(("127.0.0.1", port))
        slow.settimeout(20)
        slow.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n")
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        over = socket.create_connection(("127.0.0.1", port))
        over.settimeout(20)
        assert over.recv(1) == b""  # one more than an address may
        try:
            while time.monotonic() - since < 20:
                slow.sendall(b"X: y\r\n")
                slow.settimeout(0.5)
                try:
                    if slow.recv(1) == b"":
                        break
                except socket.timeout:
                    pass
        except OSError:
            pass
        assert 8 < time.monotonic() - since < 14
        for s in (slow, over, *held):
            s.close()
        wait_for(lambda: health(port), 10, "room again")


def drip(s, byte, patience=40):
    """Sends one byte after the other until the other side closes; whether it did."""
    end = time.monotonic() + patience
    s.settimeout(0.5)
    while time.monotonic() < end:
        try:
            s.sendall(byte)
            if s.recv(1) == b"":
                return True
        except socket.timeout:
            pass
        except OSError:
            return True
    return False


def test_a_body_that_drips_and_no_room_for_more(tmp_path):
    """In all no more than `console.connections`: who comes then waits until one goes, and is served."""
    daemon, port = make(tmp_path, **{"console.connections": 12, "console.connections_per_address": 20})
    with daemon:
        up(daemon, port)
        head = (f"POST {PREFIX}/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                "Content-Length: 60000\r\n\r\n").encode()
        slow = socket.create_connection(("127.0.0.1", port))
        slow.sendall(head)
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        assert drip(slow, b"{")
        for s in held:
            s.settimeout(60)
        assert held[0].recv(1) == b""  # it said nothing, and was cut like the one that dripped
        wait_for(lambda: health(port), 60, "room again")
        for s in (slow, *held):
            s.close()


def test_when_descriptors_run_out_connections_make_room(house_of_its_own):
    """No loop of refusals, no end of the process: who rests is sent away, and who comes then is let in."""
    daemon, port = house_of_its_own
    visitor = Visitor(port)
    visitor.login("alice", PASSWORD)
    pid = daemon.pid("console")
    was = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    open_now = len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now + 10, was[1]))
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]

    def answered():
        try:
            return visitor.get("/session").status == 200
        except OSError:
            return False

    try:
        wait_for(lambda: "console-files" in daemon.log, 20, "word of it")
        wait_for(answered, 30, "an answer all the same")
        assert daemon.answers() and daemon.pid("console") == pid
    finally:
        for s in held:
            s.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, was)
    wait_for(lambda: health(port), 20, "room again")


def test_a_log_in_comes_late_rather_than_not_at_all(house_of_its_own):
    """The process that knows the passwords hangs, is killed and comes back while somebody waits for it."""
    daemon, port = house_of_its_own
    answers = []
    old = daemon.pid("auth")
    daemon.freeze("auth")
    login = threading.Thread(target=lambda: answers.append(Visitor(port, 120).login("alice", PASSWORD)))
    login.start()
    daemon.kill("auth")
    daemon.wait_restarted("auth", old)
    login.join()
    assert answers[0].status == 200, answers


@pytest.fixture(scope="module")
def house_of_its_own(tmp_path_factory):
    daemon, port = make(tmp_path_factory.mktemp("own"))
    with daemon:
        up(daemon, port)
        assert daemon.call("operator-add", name="alice", may=["operator"])["ok"]
        user(daemon, "add", "alice", password=GIVEN)
        Visitor(port).enroll("alice", GIVEN, PASSWORD)
        yield daemon, port


def certificate(folder, name):
    """A certificate for 127.0.0.1 that signs itself, in cert.pem and key.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem",
                    "-out", folder / "cert.pem"], check=True, capture_output=True, timeout=60)
    (folder / "key.pem").chmod(0o600)
    return ssl.create_default_context(cafile=folder / "cert.pem")


def shown(port, context):
    """Whose certificate the console shows, checked by that context; None: it does not hold, or nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as s, context.wrap_socket(s, server_hostname="127.0.0.1") as t:
            t.sendall(f"GET {PREFIX}/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = t.recv(4096)
            assert answer.startswith(b"HTTP/1.1 ") and b"Strict-Transport-Security" in answer, answer
            return dict(pair[0] for pair in t.getpeercert()["subject"])["commonName"]
    except (ssl.SSLError, ConnectionError):
        return None


def test_over_tls_and_another_certificate_at_sighup(tmp_path):
    first = certificate(tmp_path, "first")
    daemon, port = make(tmp_path, **{"console.tls_cert": tmp_path / "cert.pem", "console.tls_key": tmp_path / "key.pem"})
    with daemon:
        assert wait_for(lambda: shown(port, first), 30, "the console") == "first"
        assert health(port) is False  # without TLS nothing is said
        silent = socket.create_connection(("127.0.0.1", port))  # never says hello
        silent.settimeout(30)
        old = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        assert shown(port, old) is None
        second = certificate(tmp_path, "second")
        assert shown(port, first) == "first"
        daemon.reload()
        assert wait_for(lambda: shown(port, second), 30, "the other certificate") == "second"
        (tmp_path / "cert.pem").write_text("no certificate")
        daemon.reload()
        wait_for(lambda: daemon.log.count("console-certificate") == 2, 30, "word of it")
        assert shown(port, second) == "second"  # what does not hold changes nothing
        assert silent.recv(1) == b""
        silent.close()


def test_hostile_strings_stay_text(house):
    title = "<img src=x onerror=alert(1)>\u202egnp.\u0007" + "\u4e2d" * 300
    desk = in_as(house, "the-operator")
    assert desk.act("incident-open", id="hostile", hazard="theft", title=title[:200]).status in (200, 400)
    stream = desk.stream()
    live = stream.until(lambda e: e["event"] == "live_end")
    assert all(e["event"] in ("hello", "reset", "live", "live_change", "live_end") for e in live)
    stream.close()


def test_idle_locks_and_the_password_unlocks(tmp_path):
    daemon, port = make(tmp_path, **{"console.idle": "1m"})
    with daemon:
        up(daemon, port)
        assert daemon.call("operator-add", name="alice", may=["operator"])["ok"]
        user(daemon, "add", "alice", password=GIVEN)
        visitor = Visitor(port).enroll("alice", GIVEN, PASSWORD)
        # the file as it would be if nobody had acted for an hour
        daemon.freeze("console")
        path = daemon.folder / "state" / "console" / "sessions"
        kept = json.loads(path.read_text())
        kept["sessions"][0]["seen"] -= 3600 * 1000000
        old = daemon.pid("console")
        daemon.kill("console")
        path.write_text(json.dumps(kept))
        daemon.wait_restarted("console", old)
        wait_for(lambda: health(port), 30, "the console again")
        wait_for(lambda: visitor.get("/session").json["locked"], 10, "the lock")
        assert visitor.get("/live").status == 200  # it goes on showing
        assert visitor.act("incident-open", id="1", hazard="theft", title="x").error == "locked"
        assert visitor.post("/session/unlock", password=OTHER).error == "refused"
        assert visitor.post("/session/unlock", password=PASSWORD).json["locked"] is False
        assert visitor.act("incident-open", id="1", hazard="theft", title="x").status == 200


def test_metrics_and_status(house, tmp_path):
    status = in_as(house, "the-auditor").get("/status").json
    assert status["engine"]["pid"] and status["console"]["sessions"] >= 7
    assert Visitor(house.port).get("/health").json == {"ok": True, "engine": True, "database": False}
    site = in_as(house, "the-operator").get("/site")
    assert site.status == 200 and {z["zone"] for z in site.json["zones"]}
    rules = in_as(house, "the-operator").get("/rules").json["rules"]
    written = [r for r in rules if r["place"] != "built in"]
    assert written and all(r["text"].lstrip().startswith("- rule:") for r in written), rules[0]
    # an alarm of the system itself says what to do, where others say what they were made of
    assert "mosquitto" in next(r for r in rules if r["rule"] == "system/intake-lost")["text"]
