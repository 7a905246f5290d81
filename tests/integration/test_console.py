"""The console process without a database: who may in, what may be asked by whom, and what is refused."""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import subprocess
import sys
import time

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.console import PREFIX, Visitor  # noqa: E402
from harness.console_house import GIVEN, OTHER, PASSWORD, PEOPLE, health, in_as, make, people_house, up, user  # noqa: E402
from harness.daemon import SOURCE, binary, wait_for  # noqa: E402


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with people_house(tmp_path_factory.mktemp("console")) as daemon:
        yield daemon


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
    acted = wait_for(lambda: [c for c in desk.get("/live").json["changes"] if c["body"].get("title") == "who am I"], 20, "the act")
    assert [c["actor"] for c in acted] == ["the-operator"]
    house.call("operator-roles", operator="nobody-yet", may=["operator"], reason="now")
    fresh = in_as(house, "nobody-yet")
    wait_for(lambda: fresh.get("/session").json["roles"] == ["operator"], 10, "the new role")
    house.call("operator-roles", operator="nobody-yet", may=[], reason="no more")
    wait_for(lambda: fresh.get("/session").json["roles"] == [], 10, "the role taken away")


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
