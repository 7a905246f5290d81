"""The console of the example hospital, with a database login that has the console's role and no other: the site and its
plans, the named questions, records, and the page as it is built."""

import csv
import io
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.console import Visitor, console_role  # noqa: E402
from harness.daemon import SOURCE, Daemon, binary, wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

PASSWORD, GIVEN = "lamp river seven copper", "of the first day only"
RULES = SOURCE / "rules"
DIST = binary().resolve().parent / "console" / "web" / "dist"
ROLES = ["operator", "supervisor", "maintenance", "auditor", "integrator", "administrator"]
SENSORS = ["zigbee2mqtt", "wardtag", "access-control", "frigate", "nut", "services", "lorawan", "sparkplug",
           "contact-id-sia"]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    with Broker(folder) as broker, Postgres() as postgres:
        daemon = Daemon(folder, broker=broker, postgres=postgres, rules=RULES,
                        settings={"auth.enabled": True, "console.listen": f"127.0.0.1:{port}", "console.pages": DIST,
                                  "paths.sensors": [RULES / "sensors" / f"{name}.yaml" for name in SENSORS],
                                  "paths.response": [RULES / "response"], "paths.records": [RULES / "records"]})
        spine.migrate(postgres, daemon.config)
        daemon.write_config(console__database=console_role(postgres))
        with daemon:
            wait_for((daemon.run_dir / "auth" / "auth.sock").exists, 60, "auth")
            daemon.port, daemon.visitors = port, {}
            for role in ROLES:
                assert daemon.call("operator-add", name=role, may=[role], break_glass=True, reason="first")["ok"]
                subprocess.run([binary(), "user", "-c", daemon.config, "add", role], input=GIVEN + "\n", text=True,
                               check=True, capture_output=True, timeout=60)
                wait_for(lambda: ready(port), 60, "the console")
                daemon.visitors[role] = Visitor(port).enroll(role, GIVEN, PASSWORD)
            wait_for(lambda: daemon.visitors["operator"].get("/site").status == 200, 30, "the site")
            yield daemon


def ready(port):
    try:
        return Visitor(port, 5).get("/health").json == {"ok": True, "engine": True, "database": True}
    except OSError:
        return False


# --- the site ---


def test_the_plans_are_those_of_the_site_files(house):
    desk = house.visitors["operator"]
    site = desk.get("/site").json
    written = yaml.safe_load((RULES / "site" / "plans.yaml").read_text())["plans"]
    numbers = lambda zones: {zone: [float(n) for n in re.split("[ ,]+", text.strip())] for zone, text in zones.items()}
    assert [{**plan, "zones": numbers(plan["zones"])} for plan in site["plans"]] == [
        {"plan": p["plan"], "title": p.get("title", ""), "file": p["file"], "zone": p.get("zone"), "zones": numbers(p["zones"])}
        for p in written]
    for plan in written:
        answer = desk.get(f"/plans/{plan['plan']}")
        assert answer.status == 200 and answer.body == (RULES / "site" / plan["file"]).read_bytes()
        assert answer.headers["Content-Type"] == "image/svg+xml"
        policies = answer.headers.get_all("Content-Security-Policy")
        assert len(policies) == 1 and "sandbox" in policies[0] and "script" not in policies[0]
    assert desk.get("/plans/none").status == 404 and desk.get("/plans/..%2Fplans.yaml").status == 404


def test_what_may_be_said_here(house):
    site = house.visitors["operator"].get("/site").json
    assert {"code", "title", "outcome", "two_persons", "report"} <= set(site["dispositions"][0])
    assert site["procedures"] and site["posts"] and "kinds" not in site
    assert "path" not in str([list(plan) for plan in site["plans"]])


# --- figures ---


def test_each_figure_can_be_asked_by_the_console_role(house):
    auditor = house.visitors["auditor"]
    catalogue = auditor.get("/figures").json["figures"]
    assert len(catalogue) > 30 and {f["chart"] for f in catalogue} >= {None, "bars", "line"}
    for figure in catalogue:
        words = "&".join(f"{p['name']}=1" for p in figure["parameters"] if p["required"])
        answer = auditor.get(f"/figures/{figure['name']}?{words}")
        assert answer.status == 200, (figure["name"], answer)
        assert all(len(row) == len(answer.json["columns"]) for row in answer.json["rows"])
        if words:
            assert auditor.get(f"/figures/{figure['name']}").status == 400, figure["name"]
    assert "access" not in {f["name"] for f in catalogue} and auditor.get("/figures/access").status == 404


def test_a_figure_as_rows_and_as_a_spreadsheet(house):
    desk, auditor = house.visitors["operator"], house.visitors["auditor"]
    reason = "=1+1, \"quoted\""
    assert desk.act("incident-open", id="f", hazard="theft", title="A bicycle", reason=reason).status == 200

    def seen():
        found = auditor.get("/figures/operator-acts?operator=operator").json
        return found if any(reason in row for row in found["rows"]) else None

    found = wait_for(seen, 30, "the act in the history")
    row = dict(zip(found["columns"], next(r for r in found["rows"] if reason in r)))
    assert row["name"] == "incident-open" and row["ok"] is True and found["more"] is False
    sheet = auditor.get("/figures/operator-acts?operator=operator&format=csv")
    assert sheet.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(sheet.body.decode())))
    assert rows[0] == found["columns"]
    assert "'=1+1, \"quoted\"" in [cell for r in rows[1:] for cell in r]  # no formula
    for wrong in ("from=yesterday", "nothing=1", "alarm=1", "limit=x"):
        assert auditor.get(f"/figures/operator-acts?{wrong}").status == 400, wrong
    assert auditor.get("/figures/no-such").status == 404


# --- records ---


def test_records_are_told_to_those_who_may_read_them(house):
    kinds = {role: {k["kind"]: k for k in house.visitors[role].get("/records").json["kinds"]}
             for role in ("operator", "supervisor", "maintenance")}
    written = [k for path in (RULES / "records").glob("*.yaml") for k in yaml.safe_load(path.read_text()).get("records", [])]
    assert set(kinds["supervisor"]) == {k["record"] for k in written if "supervisor" in k.get("read", ["supervisor"])}
    assert "case" in kinds["supervisor"] and "case" not in kinds["operator"] and "tip" in kinds["operator"]
    assert {"act", "title", "roles", "takes", "must"} <= set(kinds["operator"]["tip"]["acts"][0])
    assert house.visitors["operator"].get("/records/case").error == "role"
    assert house.visitors["operator"].get("/records/none").status == 404
    assert house.visitors["integrator"].get("/records").error == "role"
    before = house.postgres.value("SELECT count(*) FROM access_record WHERE what = 'record_restricted'")
    assert house.visitors["supervisor"].get("/records/case").json == {"rows": [], "next": None}
    assert house.postgres.value("SELECT count(*) FROM access_record WHERE what = 'record_restricted' AND person = 'supervisor'"
                                ) > before
    for kind in kinds["supervisor"]:
        for words in ("", "?state=x&text=y&exercise=false", "?record=1"):
            answer = house.visitors["supervisor"].get(f"/records/{kind}{words}")
            assert answer.status == 200, (kind, words, answer)


# --- the page ---


def test_the_page_as_it_is_built(house):
    visitor = Visitor(house.port)
    page = visitor.ask("GET", "/")
    assert page.status == 200 and page.headers["Cache-Control"] == "no-cache"
    assert page.body == (DIST / "index.html").read_bytes()
    for path in ("/alarm/17", "/figures", "/map"):
        assert visitor.ask("GET", path).body == page.body, path
    assert visitor.ask("GET", "/", headers={"If-None-Match": page.headers["ETag"]}).status == 304
    assert visitor.ask("GET", "/assets/none.js").status == 404
    assets = [p for p in (DIST / "assets").iterdir() if p.suffix in (".js", ".css")]
    assert {p.suffix for p in assets} == {".js", ".css"}
    for path in assets:
        answer = visitor.ask("GET", f"/assets/{path.name}")
        assert answer.body == path.read_bytes() and "immutable" in answer.headers["Cache-Control"], path.name
        packed = visitor.ask("GET", f"/assets/{path.name}", headers={"Accept-Encoding": "gzip"})
        if path.with_name(path.name + ".gz").exists():
            assert packed.headers["Content-Encoding"] == "gzip"
            assert packed.body == path.with_name(path.name + ".gz").read_bytes()
    assert any(f'src="/assets/{p.name}"'.encode() in page.body for p in assets)


# --- what is covert ---


def numbers(visitor, words):
    return [row["alarm"] for row in visitor.get(f"/history/alarms?{words}").json["rows"]]


def test_what_was_covert_is_unknown_to_who_may_not_see_it(house):
    desk, auditor, technician = (house.visitors[role] for role in ("operator", "auditor", "maintenance"))
    house.broker.publish("zigbee2mqtt/w0_panic", '{"action": "emergency"}')
    alarm = wait_for(lambda: numbers(auditor, "rule=panic"), 30, "the alarm in the history")[0]
    seen = wait_for(lambda: auditor.get(f"/alarms/{alarm}").json.get("incidents"), 30, "its incident in the history")
    incident = auditor.get(f"/incidents/{seen[0]}").json
    assert alarm in [row["alarm"] for row in incident["alarms"]]
    assert [c for c in incident["changes"] if c["subject"] == "member" and c["body"]["alarm"] == alarm], incident["changes"]

    def unknown(number, of):
        answer = technician.get(f"/{of}/{number}")
        assert answer.status == 404 and answer.json == technician.get(f"/{of}/99999").json, answer

    unknown(alarm, "alarms")
    unknown(seen[0], "incidents")
    version = auditor.get(f"/alarms/{alarm}").json["story"][-1]["version"]
    answer = desk.act("ack", id="c1", alarm=alarm, version=version, reason="guards are on their way")
    assert answer.status == 200, answer
    answer = desk.act("reset", id="c2", alarm=alarm, version=answer.json["alarm"]["version"], reason="nobody is there")
    assert answer.status == 200, answer
    wait_for(lambda: auditor.get(f"/alarms/{alarm}").json["story"][-1]["new_state"] == "NORM", 30, "its end in the history")
    assert auditor.get(f"/alarms/{alarm}").json["now"] is None  # over: nothing but the history knows of it
    unknown(alarm, "alarms")
    assert desk.get(f"/alarms/{alarm}").status == 200 and desk.get(f"/incidents/{seen[0]}").status == 200
