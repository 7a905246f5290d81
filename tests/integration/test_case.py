"""`wardwatch case`: the archive of a real incident holds its story, to the byte, and nothing of it can change unseen."""

import csv
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import zipfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import Daemon, binary, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import rule  # noqa: E402

SITE = "site: test\nzones: [{zone: W3, title: Ward 3, type: ward}, {zone: R1, title: Room 1, type: room, in: W3}]\nassets: [{asset: door, device: d1, class: door, zone: W3}, {asset: tap, device: d3, class: door, zone: R1}]\n"
NOTE = "<script>alert(1)</script> & \u202egnp.exe"
PAYLOAD = json.dumps({"device": "d1", "number": 50, "said": "<b>\u00e9</b>"}, ensure_ascii=False)


def act(daemon, incident, cmd, **request):
    with daemon.connect() as socket:
        answer = socket.call(cmd, id=f"{cmd}-1", incident=incident, **request)
    assert answer["ok"], answer


def reported(daemon):
    return daemon.status()["feed"]["readers"]["store"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """case(words …) -> what the command did; with the incident's number and the folder."""
    tmp = tmp_path_factory.mktemp("case")
    with Broker(tmp) as broker, Postgres() as postgres:
        key, checkpoints = tmp / "key", tmp / "checkpoints"
        public = subprocess.run([binary(), "keys", "new", key], capture_output=True, text=True).stdout.strip()
        daemon = Daemon(tmp / "daemon", broker=broker, postgres=postgres,
                        settings={"proof.key": str(key), "proof.file": str(checkpoints), "proof.every": "1s"},
                        rules=spine.write_rules(tmp / "rules", rule("fifty", 50, "high"), site=SITE))
        try:
            spine.migrate(postgres, daemon.config)
            daemon.start()
            spine.settle(daemon)
            broker.publish("bulk/d1", PAYLOAD)
            wait_for(lambda: postgres.value("SELECT count(*) FROM incident_alarm"), 30, "an incident")
            (incident,) = postgres.query("SELECT incident FROM incident_alarm")[0]
            act(daemon, incident, "incident-take")
            act(daemon, incident, "note", text=NOTE)
            broker.publish("bulk/d2", "nothing to do with it")
            broker.publish("bulk/d3", json.dumps({"device": "d3", "number": 1}))
            spine.settle(daemon)
            stored = postgres.value("SELECT max(seq) FROM message")
            wait_for(lambda: checkpoints.exists() and [seq for seq in re.findall(r'"seq":(\d+)', checkpoints.read_text())
                                                       if int(seq) >= stored], 30, "a checkpoint")

            wait_for(lambda: reported(daemon).get("checkpoints", 0) > 0, 30, "the store's report")
            assert reported(daemon)["checkpoint_age_s"] >= 0 and reported(daemon)["checkpoints_failed"] == 0

            def make(number, *words):
                return subprocess.run([binary(), "case", str(number), "--database", postgres.url, "--checkpoints", checkpoints,
                                       *words], cwd=tmp, capture_output=True, text=True, timeout=60)

            make.incident, make.folder, make.postgres, make.key = incident, tmp, postgres, public
            yield make
        finally:
            daemon.close()


@pytest.fixture(scope="module")
def archive(case):
    done = case(case.incident, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    path = case.folder / told["file"]
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None and told["files"] == len(opened.namelist())
        assert told["sha256sums"] == hashlib.sha256(opened.read("SHA256SUMS")).hexdigest()
        yield opened


def rows(archive, name):
    return list(csv.DictReader(io.StringIO(archive.read(f"csv/{name}.csv").decode())))


def test_it_tells_the_story_in_order(archive, case):
    (incident,) = rows(archive, "incident")
    assert incident["incident"] == str(case.incident) and incident["state"] == "in-progress"
    story = [row["what"].split(": ")[-1] for row in rows(archive, "story")]
    assert story[:2] == ["raise", "opened"] and story[-2:] == ["taken", "noted"], story
    assert [row["rule"] for row in rows(archive, "alarms")] == ["fifty"]
    assert NOTE in [row["text"] for row in rows(archive, "notes")]
    assert {"incident-take", "note"} <= {row["name"] for row in rows(archive, "acts")}
    assert any(row["how"].startswith("announced: ") for row in rows(archive, "known"))


def test_it_has_the_very_bytes_and_the_rules(archive):
    (message,) = rows(archive, "messages")
    raw = archive.read(f"messages/{message['message']}.bin")
    assert raw == PAYLOAD.encode() and hashlib.sha256(raw).hexdigest() == message["sha256"]
    (applied,) = rows(archive, "rules")
    assert b"number == 50" in archive.read(f"rules/{applied['rule_set']}.txt")
    assert [row["device"] for row in rows(archive, "surroundings")] == ["d1", "d3"]  # a room of the ward; d2 is elsewhere


def test_its_checksums_are_those_of_its_files(archive, tmp_path):
    archive.extractall(tmp_path)
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    listed = {line.split("  ", 1)[1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines()}
    assert listed == set(archive.namelist()) - {"SHA256SUMS"}


def test_what_people_and_devices_wrote_is_text_on_the_page(archive):
    page = archive.read("index.html").decode()
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\u202e" not in page and "&lt;b&gt;" in page and "\u00e9" in page


def test_reading_it_was_recorded(archive, case):
    read = case.postgres.query("SELECT what FROM access_record WHERE application <> '' ORDER BY access")
    assert {"message_raw", "command_answered"} <= {what for (what,) in read}


def check(folder, *words):
    """The verifier as it is in the bundle, by somebody who has unpacked it."""
    done = subprocess.run([sys.executable, "proof/verify.py", "--bundle", ".", *words, "proof/record.export"], cwd=folder,
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_its_proof_is_checked_without_anything_else(archive, case, tmp_path):
    archive.extractall(tmp_path)
    code, said = check(tmp_path, "--key", case.key)
    assert code == 0 and "WHOLE" in said and "2 files of the bundle" in said, said
    assert f"signed with the key {case.key}" in said and "without a checkpoint" not in said, said
    assert check(tmp_path, "--key", "00" * 32)[0] == 3
    for table in ("alarm", "alarm_transition", "alarm_evidence", "event", "message", "change", "command", "command_reply",
                  "ruleset", "engine_input"):
        assert f"  {table} " in said, said
    assert "not part of this export" in said
    page = archive.read("index.html").decode()
    assert "proof/README.txt" in page and "verify.py" in archive.read("proof/README.txt").decode()
    done = subprocess.run([binary(), "verify", "--export", tmp_path / "proof/record.export"], capture_output=True, text=True)
    assert done.returncode == 0 and "WHOLE" in done.stdout, done.stdout


def test_a_byte_of_a_row_or_a_file_shows(archive, tmp_path):
    archive.extractall(tmp_path)
    path, (message,) = tmp_path / "proof" / "record.export", rows(archive, "messages")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(PAYLOAD.encode(), PAYLOAD.encode().replace(b"50", b"51")))
    code, said = check(tmp_path)
    assert code == 3 and f"row altered: message seq {message['message']}," in said, said
    path.write_bytes(whole.replace(NOTE.encode()[-5:], b"X.exe"))
    assert "row altered: " in check(tmp_path)[1]
    path.write_bytes(whole)
    (tmp_path / "messages" / f"{message['message']}.bin").write_bytes(b"something else")
    code, said = check(tmp_path)
    assert code == 3 and f"file altered: messages/{message['message']}.bin" in said, said


def test_an_auditor_makes_it_too(case, tmp_path):
    with case.postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE anna LOGIN IN ROLE wardwatch_auditor")
    url = f"{case.postgres.url} user=anna"
    done = case(case.incident, "--database", url, "--output", str(tmp_path / "a.zip"))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        opened.extractall(tmp_path)
    assert check(tmp_path)[0] == 0
    done = subprocess.run([binary(), "verify", "--database", url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "WHOLE" in done.stdout, done.stdout + done.stderr
    read = {what for (what,) in case.postgres.query("SELECT what FROM access_record WHERE role = 'anna'")}
    assert {"message_raw", "command_raw", "command_reply_raw", "quarantine_raw"} <= read


def test_nothing_is_overwritten_nor_left_behind(case, archive):
    done = case(case.incident)
    assert done.returncode == 1 and "exists" in done.stderr and "--output" in done.stderr
    done = case(99, "-o", "none.zip")
    assert done.returncode == 1 and "no incident 99" in done.stderr
    assert not [path.name for path in case.folder.iterdir() if path.name.startswith("none.zip") or path.suffix == ".part"]
    assert case("three").returncode == 2
