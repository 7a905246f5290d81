"""The console of the example hospital, with a database login that has the console's role and no other: the site and its
plans, the named questions, records, and the page as it is built."""

import csv
import hashlib
import io
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import zipfile

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.console import PREFIX, Visitor, console_role  # noqa: E402
from harness.daemon import SOURCE, Daemon, binary, wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

PASSWORD, GIVEN = "lamp river seven copper", "of the first day only"
RULES = SOURCE / "rules"
DIST = binary().resolve().parent / "console" / "web" / "dist"
TEXTS = SOURCE / "daemon" / "console" / "web" / "src" / "text"
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


def test_one_rule_or_all(house):
    desk = house.visitors["operator"]
    all_of_them = {rule["rule"]: rule for rule in desk.get("/rules").json["rules"]}
    own, system = "infant-abduction", next(name for name in all_of_them if name.startswith("system/"))
    for name in (own, system):
        (rule,) = desk.get(f"/rules?rule={name}").json["rules"]
        assert rule["text"] == all_of_them[name]["text"] and rule["hash"] == all_of_them[name]["hash"]
    assert "sequence: [not ok, out, not ok, exit]" in all_of_them[own]["text"] and all_of_them[system]["hash"] == ""
    assert desk.get("/rules?rule=infant").json["rules"] == []
    assert house.visitors["maintenance"].get(f"/rules?rule={own}").status == 403


# --- figures ---


def test_each_figure_can_be_asked_by_the_console_role(house):
    auditor = house.visitors["auditor"]
    catalogue = auditor.get("/figures").json["figures"]
    in_chinese = {name for file in ("zh", "columns") for name in re.findall(
        r'^ {4}"?(?:column\.)?(\w+)"?: ".*[\u4e00-\u9fff]', (TEXTS / f"{file}.ts").read_text(), re.M)}
    assert len(catalogue) > 30 and {f["chart"] for f in catalogue} >= {None, "bars", "line"}
    for figure in catalogue:
        words = "&".join(f"{p['name']}=1" for p in figure["parameters"] if p["required"])
        answer = auditor.get(f"/figures/{figure['name']}?{words}")
        assert answer.status == 200, (figure["name"], answer)
        assert all(len(row) == len(answer.json["columns"]) for row in answer.json["rows"])
        assert set(answer.json["columns"]) <= in_chinese, figure["name"]
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
    assert row["act"] == "incident-open" and row["ok"] is True and found["more"] is False
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


# --- two persons ---


def test_what_takes_two_persons_takes_two(house):
    incident, desk, chief, technician = opened(house), *(house.visitors[r] for r in ("operator", "supervisor", "maintenance"))
    codes = {d["code"]: d for d in desk.get("/site").json["dispositions"]}
    code = next(c for c, d in codes.items() if d["two_persons"] == "critical" and d["outcome"] != "genuine")
    proposed = desk.act("dispose", id="t1", incident=incident, code=code, done="looked", reason="nobody was there")
    assert proposed.status == 200 and {c["subject"] for c in proposed.json["changes"]} >= {"approval", "disposition"}, proposed
    approval = next(c["id"] for c in proposed.json["changes"] if c["subject"] == "approval")
    assert desk.act("incident-close", id="t2", incident=incident, reason="done").status == 409
    assert desk.act("approve", id="t3", approval=approval).error == "same-person"
    assert desk.act("dispose", id="t4", incident=incident, code=code, done="x", reason="y").error == "approval-pending"
    assert house.visitors["auditor"].act("approve", id="t5", approval=approval).error == "role"
    assert chief.act("reject", id="t6", approval=approval, reason="look again").status == 200
    broken = desk.act("dispose", id="t7", incident=incident, code=code, done="x", reason="y", break_glass=True)
    assert broken.status == 200 and "glass-broken" in [c["what"] for c in broken.json["changes"]], broken
    # what takes a device out of service in a key area: who is named must agree, by himself
    alarm = numbers(house.visitors["auditor"], "rule=panic")[0]
    words = {"alarm": alarm, "until": "1h", "work_order": "W-1", "reason": "repair"}
    take = lambda n, **more: technician.act("out-of-service", id=f"o{n}", **words, **more)
    assert take(1, second_person="maintenance").error == "same-person"
    assert take(2, second_person="nobody").error == "unknown-operator"
    asked = take(3, second_person="supervisor")
    assert asked.error == "second-person-asked" and take(3, second_person="supervisor").json["request"] == asked.json["request"]
    number = asked.json["request"]["request"]
    assert [r["request"] for r in technician.get("/requests").json["requests"]] == [number]
    assert desk.get("/requests").json["requests"] == [] and desk.post(f"/requests/{number}/agree").status == 404
    assert technician.post(f"/requests/{number}/agree").error == "same-person"
    assert chief.post(f"/requests/{number}/refuse").status == 200 and chief.post(f"/requests/{number}/agree").status == 404
    # a name that is typed on the command line is no consent
    typed = house.call("out-of-service", second_person="supervisor", **words)
    assert typed["error"]["name"] == "second-person-absent", typed
    number = take(4, second_person="supervisor").json["request"]["request"]
    old = house.pid("console")
    house.kill("console")  # who was asked is asked still
    house.wait_restarted("console", old)
    wait_for(lambda: ready(house.port) and chief.get("/site").status == 200, 30, "the console")
    (kept,) = chief.get("/requests").json["requests"]
    assert kept["request"] == number and kept["asked_by"] == "maintenance" and kept["alarm"] == alarm
    done = chief.post(f"/requests/{number}/agree")
    assert done.status == 200 and done.json["alarm"]["regions"]["out_of_service"] is True, done
    assert chief.get("/requests").json["requests"] == []
    assert json.loads((house.folder / "state" / "console" / "requests").read_text())["requests"] == []
    assert take(6, second_person="supervisor").json["request"]["request"] > number
    assert technician.act("return-to-service", id="o5", alarm=alarm, reason="repaired").status == 200
    # in a key area two; in an emergency without, on the page and, where that is away, on the command line: it is recorded
    house.broker.publish("zigbee2mqtt/w3_nursery_smoke", '{"smoke": true}')
    alarm = wait_for(lambda: numbers(house.visitors["auditor"], "rule=fire-detector&device=w3_nursery_smoke"), 30, "a key area's alarm")[0]
    words["alarm"] = alarm
    assert take(7).error == "second-person-needed" and technician.act(
        "out-of-service", id="o8", alarm=alarm, until="1h", work_order="W-1", break_glass=True).error == "reason-needed"
    alone = take(9, break_glass=True)
    assert alone.status == 200 and alone.json["glass_broken"] is True, alone
    assert technician.act("return-to-service", id="o10", alarm=alarm, reason="repaired").status == 200
    done = house.run("out-of-service", str(alarm), "--until", "1h", "--work-order", "W-2", "--reason", "page away", "--break-glass")
    assert done.returncode == 0, done.stderr
    assert house.run("return-to-service", str(alarm)).returncode == 0
    auditor = house.visitors["auditor"]

    def broken_glass():
        answer = auditor.get("/figures/glass-broken").json
        return [(row["act"], row["subject"], row["reason"])
                for row in (dict(zip(answer["columns"], values)) for values in answer["rows"]) if row["act"] in ("dispose", "out-of-service")]

    expected = [("dispose", f"incident {incident}", "y"), ("out-of-service", f"alarm {alarm}", "repair"),
                ("out-of-service", f"alarm {alarm}", "page away")]
    wait_for(lambda: broken_glass() == expected, 30, "the question's answer")
    wait_for(lambda: "supervisor agrees to out-of-service" in house.run("journal", "dump").stdout, 20, "the record")


# --- what is made ---


def opened(house):
    """An incident with an alarm, a message and a note, in the history; its number."""
    desk, auditor = house.visitors["operator"], house.visitors["auditor"]
    house.broker.publish("zigbee2mqtt/w0_panic", '{"action": "emergency"}')
    alarm = wait_for(lambda: numbers(auditor, "rule=panic"), 30, "the alarm in the history")[0]
    incident = wait_for(lambda: auditor.get(f"/alarms/{alarm}").json.get("incidents"), 30, "its incident in the history")[0]
    assert desk.act("note", id="bundle", incident=incident, text="<b>two</b> guards").status == 200
    wait_for(lambda: [c for c in auditor.get(f"/incidents/{incident}").json["changes"] if c["subject"] == "note"], 30, "the note")
    return incident


def below(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def over(pid):
    """Gone, or waiting only to be counted by its parent."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def keeper_of(house):
    (keeper,) = below(house.pid("console"))
    return keeper


def children(house):
    """Of the console's helper, which starts what is made."""
    (helper,) = below(keeper_of(house))
    return below(helper)


def test_a_case_bundle_by_the_console(house):
    incident, chief = opened(house), house.visitors["supervisor"]
    before = house.postgres.value("SELECT count(*) FROM access_record WHERE what = 'message_raw' AND person = 'supervisor'")
    asked = chief.post("/exports", what="case", query=f"incident={incident}&timezone=Asia/Shanghai")
    assert asked.status == 200 and asked.json["format"] == "zip" and asked.json["state"] == "making", asked
    path = f"/exports/{asked.json['export']}"
    done = wait_for(lambda: (e := chief.get(path).json)["state"] != "making" and e, 60, "the bundle")
    assert done["state"] == "waiting" and done["rows"] == done["total"] > 5, done
    answer = chief.get(path + "/data")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/zip", answer
    assert f'attachment; filename="wardwatch-case-{incident}.zip"' == answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as opened_zip:
        assert opened_zip.testzip() is None
        page = opened_zip.read("index.html").decode()
        assert "&lt;b&gt;two&lt;/b&gt; guards" in page and "by supervisor" in page and "Times are Asia/Shanghai" in page
        sums = dict(reversed(line.split("  ", 1)) for line in opened_zip.read("SHA256SUMS").decode().splitlines())
        assert set(sums) == set(opened_zip.namelist()) - {"SHA256SUMS"}
        for name, checksum in sums.items():
            assert hashlib.sha256(opened_zip.read(name)).hexdigest() == checksum, name
    assert chief.get(path).json["state"] == "done" and len(chief.get(path + "/data").body) == len(answer.body)
    assert house.visitors["auditor"].get(path + "/data").status == 404  # somebody else's
    assert house.postgres.value("SELECT count(*) FROM access_record WHERE what = 'message_raw' AND person = 'supervisor'"
                                ) > before
    whole = house.visitors["auditor"].get(f"/incidents/{incident}/case")
    assert whole.status == 200 and zipfile.ZipFile(io.BytesIO(whole.body)).testzip() is None, whole
    assert house.visitors["auditor"].get("/incidents/99999/case").status == 404
    other = house.visitors["auditor"].get(f"/incidents/99999/case?incident={incident}&incident={incident}")
    assert other.status == 404, "what is recorded is what is made"
    missing = chief.post("/exports", what="case", query="incident=99999").json["export"]
    lost = wait_for(lambda: (e := chief.get(f"/exports/{missing}").json)["state"] == "failed" and e, 60, "the refusal")
    assert "no incident 99999" in lost["trouble"] and chief.get(f"/exports/{missing}/data").status == 409
    for wrong in ("", "incident=x", "incident=1&nothing=2", "incident=-1", "incident=1&format=csv"):
        assert chief.post("/exports", what="case", query=wrong).error == "malformed", wrong
    assert house.visitors["operator"].post("/exports", what="case", query=f"incident={incident}").error == "role"
    assert house.visitors["operator"].get(f"/incidents/{incident}/case").error == "role"
    wait_for(lambda: not children(house), 20, "the end of all work")
    wait_for(lambda: "case as zip: incident=" in house.run("journal", "dump").stdout, 20, "the record")


def test_work_ends_with_who_asked_for_it(house):
    incident, auditor = opened(house), house.visitors["auditor"]
    with socket.create_connection(("127.0.0.1", house.port)) as s:
        s.sendall(f"GET {PREFIX}/incidents/{incident}/case HTTP/1.1\r\nHost: localhost\r\n"
                  f"Cookie: __Host-wardwatch={auditor.cookie}\r\n\r\n".encode())
        wait_for(lambda: children(house), 20, "its process")
    wait_for(lambda: not children(house), 20, "its end")
    asked = auditor.post("/exports", what="report", query="report=compliance").json["export"]
    assert auditor.post(f"/exports/{asked}/cancel").status == 200
    assert auditor.get(f"/exports/{asked}").json["state"] == "cancelled"
    wait_for(lambda: not children(house), 20, "its end")
    made = [auditor.post("/exports", what="report", query="report=daily") for _ in range(8)]
    assert {m.status for m in made} == {200, 429} and made[-1].error in ("limit", "busy")
    for m in made:
        if m.status == 200:
            wait_for(lambda: auditor.get(f"/exports/{m.json['export']}").json["state"] == "waiting", 60, "a report")
            assert auditor.post(f"/exports/{m.json['export']}/cancel").status == 200
    assert auditor.get("/session").status == 200


def test_what_starts_work_is_started_anew(house):
    incident, auditor = opened(house), house.visitors["auditor"]
    keeper = keeper_of(house)
    for _ in range(2):  # the second time it takes a moment, in which what is asked waits
        (helper,) = wait_for(lambda: below(keeper), 30, "the helper")
        os.kill(int(helper), signal.SIGKILL)
        wait_for(lambda: helper not in below(keeper), 30, "its end")
        assert auditor.get(f"/incidents/{incident}/case").status == 200
    house.wait_log("ended by signal 9")
    (helper,) = below(keeper)
    os.kill(int(keeper), signal.SIGKILL)  # without it the helper goes on
    wait_for(lambda: over(keeper), 30, "the keeper's end")
    assert auditor.get(f"/incidents/{incident}/case").status == 200
    old = house.pid("console")
    os.kill(int(helper), signal.SIGKILL)  # without both nothing can be made: the console says so, and is started anew
    house.wait_log("the one that would start it anew, too")
    house.wait_restarted("console", old)
    wait_for(lambda: ready(house.port) and auditor.get(f"/incidents/{incident}/case").status == 200, 30, "a bundle of the next one")
    (helper,), old = below(keeper_of(house)), house.pid("console")
    house.kill("console")
    wait_for(lambda: over(helper), 30, "the helper's end")
    house.wait_restarted("console", old)
    wait_for(lambda: ready(house.port) and auditor.get("/site").status == 200, 30, "the console")


def test_reports_by_the_console(house):
    chief = house.visitors["supervisor"]
    names = [r["report"] for r in chief.get("/reports").json["reports"]]
    assert {"daily", "weekly", "monthly", "compliance", "statutory"} <= set(names)
    types = {"html": "text/html", "text": "text/plain", "csv": "text/csv", "json": "application/json"}
    for name in names:
        answer = chief.get(f"/reports/{name}")
        assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/html"), (name, answer)
        policies = answer.headers.get_all("Content-Security-Policy")
        assert len(policies) == 1 and "sandbox" in policies[0] and "script" not in policies[0]
    for form, kind in types.items():
        answer = chief.get(f"/reports/daily?format={form}&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&timezone=Asia/Shanghai")
        assert answer.status == 200 and answer.headers["Content-Type"].startswith(kind), (form, answer)
    assert chief.get("/reports/none").status == 404
    for wrong in ("format=pdf", "from=nonsense", "timezone=Mars/Base", "nothing=1"):
        assert chief.get(f"/reports/daily?{wrong}").status == 400, wrong
    assert house.visitors["operator"].get("/reports/daily").error == "role"


def test_messages_that_no_type_explains(house):
    integrator = house.visitors["integrator"]
    for n in range(3):
        house.broker.publish(f"bulk/strange-{n}", json.dumps({"wobble": n}))

    def unknown():
        found = [u for u in integrator.get("/sensors/unknown?from=10m").json["unknown"] if "wobble" in str(u["sample"])]
        return found if sum(u["count"] for u in found) == 3 else None

    found = wait_for(unknown, 60, "three messages that nobody knows")
    assert found[0]["reason"] == "no-type" and "strange-" in found[0]["topic"], found
    draft = integrator.get("/sensors/draft?topic=bulk/strange-0&from=10m&name=strange")
    assert draft.status == 200 and draft.headers["Content-Type"].startswith("application/yaml"), draft
    assert "wobble" in draft.body.decode() and yaml.safe_load(draft.body)
    assert integrator.get("/sensors/draft?topic=bulk/nobody").status == 400
    assert integrator.get("/sensors/unknown?limit=x").status == 400
    assert house.visitors["operator"].get("/sensors/unknown").error == "role"


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
    house.broker.publish("zigbee2mqtt/w1_panic", '{"action": "emergency"}')
    alarm = wait_for(lambda: numbers(auditor, "rule=panic&device=w1_panic"), 30, "the alarm in the history")[0]
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
