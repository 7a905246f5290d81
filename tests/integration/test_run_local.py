"""contrib/run-local: the first command that a newcomer types, as it is typed."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.request

import pytest

from harness.console import Visitor
from harness.daemon import SOURCE, binary, children, process_state, wait_for

RUN_LOCAL = SOURCE / "contrib" / "run-local"


class Local:
    def __init__(self, var):
        self.var = var
        self.log = var / "terminal"
        self.process = None
        var.mkdir()
        build = binary().resolve().parents[1]
        self.environment = os.environ | {"WARDWATCH_VAR": str(var), "WARDWATCH_BUILD": str(build)}

    def start(self, *words):
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([RUN_LOCAL, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment, start_new_session=True)

    def wait_told(self, text, timeout=120):
        def told():
            assert self.process.poll() is None, self.log.read_text()
            return text in self.log.read_text()

        wait_for(told, timeout, f"{text!r} on the terminal")

    def end(self, timeout=120):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            pytest.fail(self.log.read_text() + self.logs())

    def logs(self):
        return "".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in
                       sorted((self.var / "log").glob("*.log")))

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(120)
        remembered = self.var / "remembered.env"
        for line in remembered.read_text().splitlines() if remembered.exists() else []:
            if line.startswith("PG_DIR=/var/lib/wardwatch-local/"):
                shutil.rmtree(line.partition("=")[2], ignore_errors=True)


@pytest.fixture
def local(tmp_path):
    local = Local(tmp_path / "var")
    yield local
    local.close()


def process_tree(pid):
    """All that descend from pid, itself left out."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                pass
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def test_an_alarm_reaches_the_feed_and_postgresql(local):
    local.start("--once", "90", "--speed", "4")
    assert local.end(240) == 0, local.log.read_text() + local.logs()
    told = local.log.read_text()
    assert "an alarm came out of the feed" in told
    assert "and is in PostgreSQL" in told


def test_its_hints_work_when_pasted(local):
    local.start("--no-simulator")
    local.wait_told("Ctrl-C stops everything")
    told = local.log.read_text().partition("\nThe console:")[0]
    hints = {line[2:24].strip(): line[24:] for line in told.splitlines() if line.startswith("  ")}
    assert list(hints) == ["watch the alarms", "acknowledge alarm 1", "health", "ask the database",
                           "press a panic button"]

    def paste(name):
        return subprocess.run(["bash", "-c", hints[name]], capture_output=True, text=True, timeout=30, check=False)

    assert paste("press a panic button").returncode == 0
    wait_for(lambda: "w0_panic" in paste("ask the database").stdout, 30, "the alarm in PostgreSQL")
    acknowledged = paste("acknowledge alarm 1")
    assert acknowledged.returncode == 0, acknowledged.stderr
    assert "ACKED" in acknowledged.stdout
    assert "messages" in paste("health").stdout
    addresses = re.findall(r"^(\w+) +(http://127\.0\.0\.1:\d+/metrics)$", local.log.read_text(), re.M)
    assert [name for name, _ in addresses] == ["supervisor", "engine", "store", "console", "auth"]
    for _, address in addresses:
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert b"wardwatch_build_info" in answer.read()
    with subprocess.Popen(["bash", "-c", f"exec {hints['watch the alarms']}"], stdout=subprocess.PIPE, text=True) as feed:
        assert "w0_panic" in next(line for line in feed.stdout if "critical" in line)
        feed.terminate()


def test_its_console_can_be_worked_with(local):
    local.start("--no-simulator")
    local.wait_told("Ctrl-C stops everything")
    told = local.log.read_text()
    port = int(re.search(r"^The console: http://127\.0\.0\.1:(\d+)/", told, re.M)[1])
    logins = dict(re.findall(r"^  ([a-z]+) +([\w-]{16})$", told, re.M))
    assert set(logins) == {"operator", "supervisor", "maintenance", "auditor", "integrator", "administrator"}
    page = Visitor(port).ask("GET", "/")
    assert page.status == 200 and b'<script type="module" src="/' in page.body, page
    desk, auditor = Visitor(port), Visitor(port)
    answer = desk.login("operator", logins["operator"])
    assert answer.status == 200 and answer.json["roles"] == ["operator"] and not answer.json["password_given"], answer
    stream = desk.stream()
    stream.until(lambda e: e["event"] == "live_end")
    assert desk.act("incident-open", id="1", hazard="theft", title="A bicycle is gone").status == 200
    seen = stream.until(lambda e: "A bicycle is gone" in str(e.get("data")))
    assert seen[-1]["event"] == "change", seen[-1]
    assert auditor.login("auditor", logins["auditor"]).status == 200
    assert auditor.act("incident-open", id="2", hazard="theft", title="no").error == "role"
    wait_for(lambda: auditor.get("/history/changes?text=bicycle").json.get("rows"), 30, "the incident in the history")


def test_stops_what_it_started_and_finds_its_data_again(local):
    local.start("--no-simulator")
    local.wait_told("Ctrl-C stops everything")
    names = {pathlib.Path(f"/proc/{pid}/exe").resolve().name for pid in process_tree(local.process.pid)
             if process_state(pid)}
    assert {"wardwatch", "mosquitto", "postgres"} <= names
    started = process_tree(local.process.pid)
    first = (local.var / "remembered.env").read_text()
    journal = next((local.var / "state" / "journal").glob("data*")).stat().st_ino
    # a second one on the same folder leaves the first alone
    second = subprocess.run([RUN_LOCAL], env=local.environment, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert "it runs already" in second.stderr

    local.process.send_signal(signal.SIGINT)
    assert local.end() == 130
    assert not [pid for pid in started if process_state(pid)]
    # the broker was asked to end, not killed: what it holds for an absent daemon is on the disk, long before autosave
    assert (local.var / "mosquitto" / "mosquitto.db").exists()

    # what was changed by hand stays; the ports are set
    config = local.var / "wardwatch.yaml"
    made = config.read_text()
    wished = made.replace('bulk: [', 'bulk: ["home/#", ')
    assert wished != made
    config.write_text(re.sub(r"port(: |=)\d+", r"port\g<1>1", wished))
    local.start("--no-simulator")
    local.wait_told("Ctrl-C stops everything")
    assert config.read_text() == wished
    assert (local.var / "remembered.env").read_text() == first
    assert next((local.var / "state" / "journal").glob("data*")).stat().st_ino == journal
    assert children(local.process.pid)
    local.process.send_signal(signal.SIGTERM)
    assert local.end() == 143
