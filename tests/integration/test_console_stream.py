"""The console's stream against the journal, and its history against PostgreSQL, while both are taken away."""

import csv
import io
import json
import pathlib
import random
import socket
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.console import PREFIX, Visitor, console_role  # noqa: E402
from harness.daemon import Daemon, binary, wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import read_live  # noqa: E402

PASSWORD, GIVEN = "lamp river seven copper", "of the first day only"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stream")
    port = free_port()
    with Broker(folder) as broker, Postgres() as postgres:
        daemon = Daemon(folder, broker=broker, postgres=postgres, rules=spine.write_rules(folder / "rules"),
                        settings={"auth.enabled": True, "console.listen": f"127.0.0.1:{port}"})
        spine.migrate(postgres, daemon.config)
        daemon.write_config(console__database=console_role(postgres))
        with daemon:
            wait_for((daemon.run_dir / "auth" / "auth.sock").exists, 30, "auth")
            for role in ("operator", "supervisor", "administrator"):
                assert daemon.call("operator-add", name=role, may=[role], break_glass=True, reason="first")["ok"]
                subprocess.run([binary(), "user", "-c", daemon.config, "add", role], input=GIVEN + "\n", text=True,
                               check=True, capture_output=True, timeout=60)
            daemon.port = port
            wait_for(lambda: ready(port, database=True), 30, "the console")
            daemon.visitors = {}
            for role in ("operator", "supervisor", "administrator"):
                daemon.visitors[role] = Visitor(port).enroll(role, GIVEN, PASSWORD)
            yield daemon


def ready(port, database=None):
    try:
        answer = Visitor(port, 5).get("/health")
        return answer.status == 200 and (database is None or answer.json["database"] == database)
    except OSError:
        return False


def publish(daemon, names, number=50):
    """An alarm for each: the rule every-hundredth raises at number 50."""
    for name in names:
        daemon.broker.publish(f"bulk/{name}", json.dumps({"device": name, "number": number}))


def journal_lines(daemon):
    """{SEQ.N: type} of all that the stream tells of, out of the journal itself."""
    found = {}
    for line in daemon.run("journal", "dump", "--json").stdout.split("\n")[:-1]:
        record = json.loads(line)["record"]
        if record.get("type") in ("transition", "change", "notice") and "n" in record:
            found[f"{record['seq']}.{record['n']}"] = record["type"]
    return found


def console(house):
    return house.visitors["administrator"].get("/status").json["console"]


def raised(events):
    return [e["data"]["alarm"]["device"] for e in events if e["event"] == "transition" and e["data"]["cause"] == "RAISE"]


def at(text):
    seq, n = text.split(".")
    return int(seq), int(n)


def test_what_is_then_each_change_in_the_journals_order(house):
    visitor = house.visitors["operator"]
    stream = visitor.stream()
    seen = stream.until(lambda e: e["event"] == "live_end")
    assert [e["event"] for e in seen[:2]] == ["hello", "reset"]
    publish(house, ["d1", "d2", "d3"])
    more = stream.until(lambda e: e["event"] == "transition" and e["data"]["alarm"]["device"] == "d3")
    lines = [e["id"] for e in more]
    assert lines == sorted(lines, key=at) and len(set(lines)) == len(lines)
    assert [d for d in raised(more)] == ["d1", "d2", "d3"]
    from_journal = journal_lines(house)
    first, last = at(seen[-1]["id"]), at(lines[-1])
    assert lines == [place for place in sorted(from_journal, key=at) if first < at(place) <= last]
    beat = stream.until(lambda e: e["event"] == "beat")[-1]["data"]
    assert beat["engine"] and beat["database"] and beat["engine_age"] < 5
    stream.close()
    again = visitor.stream(last=lines[0])
    rest = again.until(lambda e: e.get("id") == lines[-1])
    assert [e["event"] for e in rest[:1]] == ["hello"] and [e["id"] for e in rest[1:]] == lines[1:]
    again.close()


@pytest.mark.parametrize("what", ["console", "engine", "postgres"])
def test_cut_off_and_back_without_a_loss_and_without_a_repeat(house, what):
    visitor = house.visitors["operator"]
    stream = visitor.stream()
    stream.until(lambda e: e["event"] == "live_end")
    names = [f"{what}{n}" for n in range(6)]
    publish(house, names[:3])
    seen = stream.until(lambda e: e["event"] == "transition" and e["data"]["alarm"]["device"] == names[2])
    if what == "postgres":
        house.postgres.stop()
        wait_for(lambda: ready(house.port, database=False), 30, "the console to notice")
        assert visitor.get("/history/alarms").error == "database-away"
        assert visitor.get("/alarms/1").json["partial"] is True
    else:
        old = house.pid(what)
        house.kill(what)
        house.wait_restarted(what, old)
    publish(house, names[3:])
    wait_for(lambda: ready(house.port), 40, "the console")
    if what == "console":
        while event := stream.next():
            seen.append(event)
        stream = visitor.stream(last=stream.last)
    if what == "engine":
        wait_for(lambda: house.answers(), 30, "the engine")
    seen += stream.until(lambda e: e["event"] == "transition" and e["data"]["alarm"]["device"] == names[5])
    assert sorted(d for d in raised(seen) if d.startswith(what)) == names
    places = [e["id"] for e in seen if "id" in e and e["event"] != "live_end"]
    assert len(set(places)) == len(places)
    kept = journal_lines(house)
    assert places == [p for p in sorted(kept, key=at) if at(places[0]) <= at(p) <= at(places[-1])]
    stream.close()
    if what == "postgres":
        house.postgres.start()
        wait_for(lambda: ready(house.port, database=True), 30, "history again")


def test_what_is_too_long_ago_begins_anew(house):
    for last in ("1.0", "99999999.0", "nonsense", "-1.0", "18446744073709551615.4294967295", "1.0x"):
        stream = house.visitors["operator"].stream(last=last)
        seen = stream.until(lambda e: e["event"] == "live_end")
        assert [e["event"] for e in seen[:2]] == ["hello", "reset"], last
        stream.close()


def test_a_slow_reader_is_dropped_and_costs_nobody_anything(house):
    dropped = console(house)["streams_dropped"]
    quick = house.visitors["operator"].stream()
    quick.until(lambda e: e["event"] == "live_end")
    slow = socket.create_connection(("127.0.0.1", house.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    cookie = house.visitors["operator"].cookie
    slow.sendall(f"GET {PREFIX}/stream HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-wardwatch={cookie}\r\n\r\n".encode())
    assert slow.recv(1) == b"H"  # and nothing more: 1 byte
    wait_for(lambda: console(house)["streams"] >= 2, 10, "both streams")
    note = "x" * 3900
    incident = house.call("incident-open", hazard="theft", title="A bicycle is gone")["changes"][0]["id"]
    for n in range(200):
        assert house.call("note", incident=incident, text=f"{n} {note}")["ok"]
        quick.until(lambda e: e["event"] == "change" and e["data"]["body"].get("text", "").startswith(f"{n} "))
    wait_for(lambda: console(house)["streams_dropped"] == dropped + 1, 20, "the slow one to be dropped")
    slow.close()
    quick.close()


HOSTILE = ["\r", "\n", "\r\n\r\n", "\n\nevent: reset\ndata: {}\n\n", "\nid: 1.0\n", "\u2028\u2029\u0085\u000b", "\u0000x", "\ufeff: \ufffe",
           '"}\n{"', "\\u0022\\", "\U0001f525" * 9, "\u4e2d\u6587" * 7, "</script><!--", "retry: 0", "0\r\n\r\n", "\x1b[2J"]


class Reader(threading.Thread):
    """A stream that is read `size` bytes at a time, taken apart byte by byte, and gone on with by its id when it is cut.

    It stops reading in the middle of what is, until `go` is set: beats come meanwhile."""

    def __init__(self, house, size, go):
        super().__init__(daemon=True)
        self.house, self.size, self.go = house, size, go
        self.last, self.begun, self.lines, self.resets, self.problem = None, None, [], 0, None

    def connect(self):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(60)
        s.connect(("127.0.0.1", self.house.port))
        last = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
        s.sendall(f"GET {PREFIX}/stream HTTP/1.1\r\nHost: localhost\r\n{last}"
                  f"Cookie: __Host-wardwatch={self.house.visitors['operator'].cookie}\r\n\r\n".encode())
        return s

    def bytes(self):
        """The stream's bytes out of its chunks; they end when it is cut."""
        kept = bytearray()

        def until(wanted):
            """Reads until that many bytes are there, or those; False: it was cut."""
            while len(kept) < wanted if isinstance(wanted, int) else wanted not in kept:
                try:
                    part = s.recv(self.size)
                except ConnectionResetError:
                    part = b""
                if not part:
                    return False
                kept.extend(part)
            return True

        def take(n):
            part = bytes(kept[:n])
            del kept[:n]
            return part

        with self.connect() as s:
            assert until(b"\r\n\r\n"), kept
            head = take(kept.index(b"\r\n\r\n") + 4)
            assert b" 200 " in head.split(b"\r\n")[0], head
            while until(b"\r\n"):
                length = int(take(kept.index(b"\r\n") + 2), 16)
                whole = until(length + 2)
                yield take(length)
                if not whole:
                    return
                assert take(2) == b"\r\n"
                if length > 20000:
                    self.go.wait(60)

    def events(self):
        text = b""
        for part in self.bytes():
            text += part
            while b"\n\n" in text:
                event, _, text = text.partition(b"\n\n")
                fields = [line.partition(": ")[::2] for line in event.decode().split("\n")]
                assert len({name for name, _ in fields}) == len(fields), event[:300]
                yield dict(fields)

    def take(self, event):
        """True: that was the last one."""
        assert set(event) <= {"event", "id", "data", "retry"}, event
        if "event" not in event:
            return False
        data = json.loads(event["data"])
        if event["event"] == "reset":
            self.begun, self.lines, self.resets = None, [], self.resets + 1
        elif event["event"] == "live_end":
            self.begun = self.last = event["id"]
        elif event["event"] in ("transition", "change", "notice"):
            self.lines.append(event["id"])
            self.last = event["id"]
        return event["event"] == "change" and data["body"].get("text") == "that is all"

    def run(self):
        try:
            while not any(self.take(event) for event in self.events()):
                pass
        except Exception as e:  # told by the test
            self.problem = f"{self.size} bytes at a time: {e!r}"


def test_hostile_words_and_readers_of_odd_sizes(house):
    """Each event is whole and JSON, whatever devices and people wrote and however it is read; no line is missing."""
    incident = house.call("incident-open", hazard="theft", title="A bicycle is gone")["changes"][0]["id"]
    rest = random.Random(7)

    def hostile(n):
        text = "."
        while len(text.encode()) < n:
            text += rest.choice(HOSTILE).replace("\0", "")
        return text.encode()[:n].decode(errors="ignore")

    for _ in range(120):  # more than the buffers between here and there hold
        assert house.call("note", incident=incident, text=hostile(3900))["ok"]
    go = threading.Event()
    readers = [Reader(house, size, go) for size in (17, 250, 1460, 65536)]
    for reader in readers:
        reader.start()
    quick = house.visitors["operator"].stream(timeout=60)
    quick.until(lambda e: e["event"] == "live_end")
    for _ in range(4):
        quick.until(lambda e: e["event"] == "beat")  # they fall between the parts of what is
    go.set()
    for n, word in enumerate(HOSTILE * 3):
        house.broker.publish("bulk/hostile", json.dumps({"device": f"{word}{n}", "number": 50}))
        assert house.call("note", incident=incident, text=hostile(rest.randrange(1, 3900)))["ok"]
    assert house.call("note", incident=incident, text="that is all")["ok"]
    for reader in readers:
        reader.join(120)
    assert [r.problem for r in readers if r.problem or r.is_alive()] == []
    kept = journal_lines(house)
    for reader in readers:
        want = [p for p in sorted(kept, key=at) if at(reader.begun) < at(p) <= at(reader.lines[-1])]
        assert reader.lines == want, reader.size
    quick.close()


# --- history ---


def settled(house):
    """Alarms of d1, d2 and d3 are there, and everything that is in the journal is in PostgreSQL."""
    visitor = house.visitors["administrator"]
    with house.connect() as feed:
        there = {key for _, key in read_live(feed)[0]}
    publish(house, [name for name in ("d1", "d2", "d3") if f"device={name}" not in there])

    def done():
        rows = visitor.get("/history/alarms?limit=1000").json["rows"]
        return len(rows) >= 3 and house.postgres.value("SELECT count(*) FROM alarm") == len(rows)

    wait_for(done, 40, "the alarms in PostgreSQL")
    return visitor


def test_history_page_by_page_is_the_table(house):
    publish(house, [f"h{n}" for n in range(7)])
    wait_for(lambda: house.postgres.value("SELECT count(*) FROM alarm WHERE device LIKE 'h_'") == 7, 40, "seven alarms")
    visitor, found, after = settled(house), [], ""
    while True:
        page = visitor.get(f"/history/alarms?limit=3{after}")
        assert page.status == 200, page
        found += page.json["rows"]
        if not page.json["next"]:
            break
        after = f"&after={page.json['next']}"
    assert len(found) == house.postgres.value("SELECT count(*) FROM alarm")
    assert len({(r["journal"], r["alarm"]) for r in found}) == len(found)
    times = [r["raised_at"] for r in found]
    assert times == sorted(times, reverse=True)
    assert [r["device"] for r in visitor.get("/history/alarms?device=h3").json["rows"]] == ["h3"]
    assert len(visitor.get("/history/alarms?text=h5%20PASSED").json["rows"]) == 1
    assert visitor.get("/history/alarms?text=%25").json["rows"] == []  # a letter, no pattern
    assert visitor.get("/history/alarms?device=%27%20OR%201=1--").json["rows"] == []
    assert len(visitor.get("/history/alarms?rule=every-hundredth&hazard=theft&exercise=false").json["rows"]) >= 7
    for wrong in ("from=yesterday", "nothing=1", "alarm=x", "exercise=maybe", "after=1", "incident=1"):
        assert visitor.get(f"/history/alarms?{wrong}").status == 400, wrong
    assert visitor.get("/history/journal").status == 404 and visitor.get("/history/audit").status == 404


def test_each_search_and_each_of_its_filters_is_a_statement(house):
    visitor = settled(house)
    values = {"from": "2020-01-01T00:00:00Z", "to": "2099-01-01T00:00:00Z", "alarm": "1", "incident": "1",
              "exercise": "false", "record": "1", "open": "true", "overdue": "true"}
    filters = ["from", "to", "zone", "hazard", "priority", "state", "rule", "device", "asset", "person", "alarm", "incident",
               "kind", "text", "exercise", "record", "open", "overdue"]
    for what in ("alarms", "transitions", "evidence", "events", "messages", "undecoded", "incidents", "changes", "notices",
                 "commands", "notifications", "rulesets", "records", "record-versions", "record-sendings"):
        answer = visitor.get(f"/history/{what}?limit=2")
        assert answer.status == 200, (what, answer)
        if answer.json["next"]:
            assert visitor.get(f"/history/{what}?limit=2&after={answer.json['next']}").status == 200, what
        for name in filters:
            answer = visitor.get(f"/history/{what}?{name}={values.get(name, 'x')}")
            assert answer.status == 200 or "is no filter" in answer.json["error"]["text"], (what, name, answer)
    assert visitor.get("/audit?person=operator").status == 200
    assert [r for r in visitor.get("/audit?text=login").json["rows"] if r["name"] == "login"]
    assert {"d1", "d2"} <= {r["device"] for r in visitor.get("/devices?limit=1000").json["rows"]}


def test_what_each_person_did_is_for_those_who_see_the_audit(house):
    chief, desk, middle = (house.visitors[role] for role in ("administrator", "operator", "supervisor"))
    settled(house)
    hidden = {"operator-acts", "acts-refused", "switches", "logins", "credentials"}
    assert [r for r in chief.get("/history/notices?kind=login").json["rows"]]
    for path in ("/audit", "/history/commands", "/history/commands?person=operator", *(f"/figures/{name}" for name in hidden)):
        assert chief.get(path).status == 200 and desk.get(path).error == "role" and middle.get(path).error == "role", path
    for visitor in (desk, middle):
        assert visitor.get("/history/notices?kind=login").json["rows"] == []
        assert visitor.get("/history/notices").json["rows"]
        seen, all_of_them = ({f["name"] for f in who.get("/figures").json["figures"]} for who in (visitor, chief))
        assert all_of_them - seen == hidden
    assert middle.post("/exports", what="commands", format="csv").error == "role"
    asked = middle.post("/exports", what="notices", format="jsonl").json["export"]
    names = {json.loads(line)["name"] for line in middle.get(f"/exports/{asked}/data").body.decode().splitlines()}
    assert names and not names & {"login", "logout", "history-exported"}


def test_why_an_alarm_came(house):
    visitor = settled(house)
    row = visitor.get("/history/alarms?device=d1").json["rows"][0]
    found = visitor.get(f"/alarms/{row['alarm']}")
    assert found.status == 200, found
    story = found.json["story"]
    assert story[0]["cause"] == "RAISE" and story[0]["evidence"][0]["event"]["device"] == "d1"
    assert found.json["partial"] is False and found.json["now"]["device"] == "d1"
    assert visitor.get("/alarms/99999").status == 404
    desk = house.visitors["operator"]
    incident = desk.act("incident-open", id="why", hazard="theft", title="A bicycle").json["changes"][0]["id"]
    assert desk.act("note", id="why2", incident=incident, text="gone").status == 200
    wait_for(lambda: len(visitor.get(f"/incidents/{incident}").json["changes"]) >= 2, 20, "the incident in PostgreSQL")
    moment = visitor.get(f"/moment?time={row['raised_at'].replace('+00:00', 'Z')}")
    assert moment.status == 200, moment
    later = visitor.get("/moment?time=2099-01-01T00:00:00Z").json
    assert {a["device"] for a in later["alarms"]} >= {"d1", "d2", "d3"}


def test_an_export_is_the_table_and_is_recorded(house):
    visitor = settled(house)
    asked = visitor.post("/exports", what="alarms", format="csv", query="rule=every-hundredth")
    assert asked.status == 200, asked
    number = asked.json["export"]
    want = house.postgres.value("SELECT count(*) FROM alarm WHERE rule = 'every-hundredth'")
    wait_for(lambda: visitor.get(f"/exports/{number}").json["total"] == want, 10, "the count")
    answer = visitor.get(f"/exports/{number}/data")
    assert answer.status == 200 and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert len(rows) == want and {"d1", "d2"} <= {r["device"] for r in rows}
    assert visitor.get(f"/exports/{number}").json["state"] == "done"
    assert visitor.get(f"/exports/{number}/data").status == 409
    asked = visitor.post("/exports", what="changes", format="jsonl").json["export"]
    lines = visitor.get(f"/exports/{asked}/data").body.decode().split("\n")[:-1]
    assert len(lines) >= 200 and all(json.loads(line)["subject"] for line in lines)
    cancelled = visitor.post("/exports", what="changes", format="jsonl").json["export"]
    assert visitor.post(f"/exports/{cancelled}/cancel").status == 200
    assert visitor.get(f"/exports/{cancelled}").json["state"] == "cancelled"
    assert house.visitors["operator"].post("/exports", what="alarms", format="csv").status == 403
    wait_for(lambda: "history-exported" in house.run("journal", "dump").stdout, 20, "the record")
