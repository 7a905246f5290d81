"""Who may no longer: roles, credentials and keys that are taken back, and what then ends."""

import pathlib
import re
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.console import Visitor  # noqa: E402
from harness.console_house import GIVEN, OTHER, PASSWORD, health, in_as, make, people_house, up, user  # noqa: E402
from harness.daemon import wait_for  # noqa: E402


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with people_house(tmp_path_factory.mktemp("console")) as daemon:
        yield daemon


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
