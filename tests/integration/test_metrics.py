"""Prometheus' view: each process of the real daemon is scraped, and what comes is held against the daemon's own words."""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import scrape, spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import SOURCE, Daemon, binary, wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import SENSORS, rule  # noqa: E402

PROCESSES = ("supervisor", "engine", "store")
RULES = rule("first", 1) + """\
- rule: noted
  title: "{note} was noted"
  select: {x: {kind: passage, where: number == 2}}
  by: note
  raise: {hazard: theft, priority: low}
  examples:
    - given: [0s x D1 number=2 note=here]
      alarms: [0s D1]

- rule: crowded
  title: "{device} passed often"
  select: {x: {kind: passage, where: number == 3}}
  by: device
  within: 1h
  when: count(x) >= 100
  clear: {quiet: 1h}
  limits: {keys: 3}
  raise: {hazard: theft, priority: low}
  examples:
    - given: [0s x D1 number=3]
      alarms: []
"""


class Scraped:
    """The daemon, its ports, and what it says there."""

    def __init__(self, daemon, broker, ports):
        self.daemon, self.broker, self.ports = daemon, broker, ports

    def request(self, process, *what, **where):
        return scrape.request(self.ports[process], *what, **where)

    def families(self, process):
        return scrape.families(self.ports[process])

    def value(self, process, name, **labels):
        return scrape.value(self.ports[process], name, **labels)

    def wait_value(self, process, name, wanted, **labels):
        wait_for(lambda: self.value(process, name, **labels) == wanted, 30, f"{name}{labels} = {wanted}")

    def publish(self, device, number, **more):
        self.broker.publish(f"bulk/{device}", json.dumps({"device": device, "number": number} | more))


def settings(ports):
    return {f"metrics.{process}": port for process, port in ports.items()}


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metrics")
    ports = {process: free_port() for process in PROCESSES}
    rules = spine.write_rules(folder / "rules", RULES, SENSORS, "site: test\nmodes:\n  drill: {exercise: true}\n")
    with Broker(folder) as broker, Postgres() as postgres:
        daemon = Daemon(folder, broker=broker, postgres=postgres, rules=rules, settings=settings(ports))
        try:
            spine.migrate(postgres, daemon.config)
            daemon.start()
            daemon.wait_live()
            spine.settle(daemon)
            yield Scraped(daemon, broker, ports)
        finally:
            daemon.close()


def table():
    done = subprocess.run([binary(), "metrics", "--table", "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


# --- what is said ---


@pytest.mark.parametrize("process", PROCESSES)
def test_what_a_process_tells_is_well_formed_and_in_the_table(scraped, process):
    status, headers, text = scraped.request(process)
    assert status == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert text.endswith("\n")
    rows = {row["name"]: row for row in table()}
    families = list(text_string_to_metric_families(text))
    seen = set()
    for family in families:
        name = family.name + ("_total" if family.type == "counter" else "")
        row = rows[name]
        assert row["process"] == "all" or process in row["process"].split(", ")
        assert family.type == row["type"] and family.documentation == row["help"]
        assert family.samples
        for sample in family.samples:
            assert sample.name == name and set(sample.labels) == set(row["labels"].split())
            series = (sample.name, *sorted(sample.labels.items()))
            assert series not in seen
            seen.add(series)
    # each name is told once, in one piece
    typed = re.findall(r"^# TYPE (\S+)", text, re.M)
    assert typed and len(typed) == len(set(typed)) == len(families)
    # what a process has to tell at all times, it tells
    absent = {row["name"] for row in rows.values() if row["process"] == process} - set(typed)
    assert absent <= {"wardwatch_snapshot_timestamp_seconds", "wardwatch_reload_complete_timestamp_seconds",
                      "wardwatch_store_checkpoint_age_seconds"}  # without a key there are none


def numbers(value, path=()):
    """The places of all numbers and truth values in `wardwatch status`."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from numbers(below, (*path, name))
    elif isinstance(value, (int, float)):
        yield path


def test_every_number_of_the_status_is_a_metric(scraped):
    wait_for(lambda: "rows" in scraped.daemon.status()["feed"]["readers"].get("store", {}), 30, "the store's figures")
    known = [row["status"].split(".") for row in table() if row["status"]]
    left_out = {("pid",), ("modes", "drill", "exercise")}
    for path in numbers(scraped.daemon.status()):
        below = path[3:] if path[:4] == ("feed", "readers", "store", "queues") else path
        assert path in left_out or any(len(parts) == len(below) and all(p in ("%", q) for p, q in zip(parts, below))
                                       for parts in known), ".".join(path)


def test_the_status_says_the_same(scraped):
    status = scraped.daemon.status()
    assert status["rules"]["rules"] == 3 == scraped.value("engine", "wardwatch_ruleset_rules")
    assert scraped.value("engine", "wardwatch_ruleset_info", hash=status["rules"]["hash"]) == 1
    for session in ("urgent", "bulk"):
        assert status["sessions"][session]["state"] == "live"
        states = {s.labels["state"]: s.value for f in scraped.families("engine")
                  if f.name == "wardwatch_mqtt_session_state" for s in f.samples if s.labels["session"] == session}
        assert states == {"closed": 0, "connecting": 0, "catching up": 0, "live": 1}
    assert scraped.value("engine", "wardwatch_mode_on", mode="drill") == 0
    assert scraped.daemon.call("mode", name="drill", on=True, reason="test")["ok"]
    scraped.wait_value("engine", "wardwatch_mode_on", 1, mode="drill")
    assert scraped.daemon.call("mode", name="drill", on=False, reason="test")["ok"]


def test_values_move_with_messages(scraped):
    def of_rule(name, rule):
        return scraped.value("engine", f"wardwatch_rule_{name}", rule=rule)

    messages = scraped.value("engine", "wardwatch_mqtt_messages_total", session="bulk")
    rows = scraped.value("store", "wardwatch_store_rows_total")
    scraped.publish("a", 1)
    scraped.publish("a", 2)  # without a note: the rule has no key for it
    scraped.publish("b", 2, note="here")
    for device in "abcde":
        scraped.publish(device, 3)  # five keys where three may live
    scraped.wait_value("engine", "wardwatch_mqtt_messages_total", messages + 8, session="bulk")
    scraped.wait_value("engine", "wardwatch_rule_keys_evicted_total", 2, rule="crowded")
    assert (of_rule("events_seen_total", "first"), of_rule("events_matched_total", "first")) == (8, 1)
    assert of_rule("detections_total", "first") == 1
    assert (of_rule("events_matched_total", "noted"), of_rule("events_skipped_total", "noted")) == (2, 1)
    assert (of_rule("keys", "noted"), of_rule("detections_total", "noted")) == (1, 1)
    assert (of_rule("keys", "crowded"), of_rule("keys_limit", "crowded")) == (3, 3)
    assert of_rule("keys_refused_total", "crowded") == 0
    assert scraped.value("engine", "wardwatch_correlate_skipped_key_missing_total") == 1
    assert scraped.value("engine", "wardwatch_correlate_evicted_total") == 2
    scraped.wait_value("store", "wardwatch_store_lag", 0)
    wait_for(lambda: scraped.value("store", "wardwatch_store_rows_total") >= rows + 8, 30, "rows")
    assert scraped.value("store", "wardwatch_store_connected") == 1


def test_time_spent_in_rules_is_measured(scraped):
    seen = scraped.value("engine", "wardwatch_rule_events_seen_total", rule="first")
    scraped.broker.publish("bulk/t", *[json.dumps({"device": "t", "number": 9})] * 500)
    scraped.wait_value("engine", "wardwatch_rule_events_seen_total", seen + 500, rule="first")
    assert scraped.value("engine", "wardwatch_rule_seconds_total", rule="first") > 0


def test_a_reload_keeps_what_was_counted_and_a_refused_one_is_counted(scraped):
    seen = scraped.value("engine", "wardwatch_rule_events_seen_total", rule="noted")
    file = scraped.daemon.rules / "hospital" / "test.yaml"
    old = scraped.daemon.status()["rules"]["hash"]
    file.write_text(RULES.replace(rule("first", 1), rule("renamed", 1)))
    scraped.daemon.reload()
    wait_for(lambda: scraped.daemon.status()["rules"]["hash"] != old, 30, "other rules")
    scraped.wait_value("engine", "wardwatch_rule_events_seen_total", 0, rule="renamed")
    assert scraped.value("engine", "wardwatch_rule_events_seen_total", rule="noted") == seen
    assert scraped.value("engine", "wardwatch_rule_events_seen_total", rule="first") is None
    taken = scraped.value("supervisor", "wardwatch_supervisor_reloads_total", result="taken")
    assert taken >= 1
    file.write_text("- rule: broken\n")
    scraped.daemon.reload()
    scraped.wait_value("supervisor", "wardwatch_supervisor_reloads_total", 1, result="refused")
    file.write_text(RULES)
    scraped.daemon.reload()
    scraped.wait_value("supervisor", "wardwatch_supervisor_reloads_total", taken + 1, result="taken")


# --- who may ask what, and how slowly ---


def listening(pid):
    """The local addresses at which a process listens over TCP, as the kernel writes them."""
    inodes = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(link.readlink()))
    for name in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
                yield words[1]


@pytest.mark.parametrize("process", PROCESSES)
def test_listens_at_loopback_alone(scraped, process):
    port = f"{scraped.ports[process]:04X}"
    found = set(listening(scraped.daemon.pid(process)))
    assert f"0100007F:{port}" in found
    assert found <= {f"0100007F:{port}", f"00000000000000000000000001000000:{port}"}


@pytest.mark.parametrize("process", PROCESSES)
def test_refuses_everything_else(scraped, process):
    for method, path, status in (("GET", "/", 404), ("GET", "/metrics/", 404), ("GET", "/-/healthy", 404),
                                 ("POST", "/metrics", 405), ("HEAD", "/metrics", 405), ("DELETE", "/metrics", 405)):
        answer = scraped.request(process, method, path)
        assert answer[0] == status, (method, path)
        assert "wardwatch_" not in answer[2]
    # a header without end, and no HTTP at all
    for nonsense in (b"GET /metrics HTTP/1.1\r\nx: " + b"y" * 20000, b"\0\1\2\3\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", scraped.ports[process]), 20) as s:
            s.sendall(nonsense)
            with contextlib.suppress(ConnectionError):
                assert b"wardwatch_" not in s.recv(1000)
    assert scraped.request(process)[0] == 200


def test_slow_clients_hold_nobody(scraped):
    """More connections than there may be, that say nothing or do not read: the engine works on, and gets rid of them."""
    held = [socket.create_connection(("127.0.0.1", scraped.ports["engine"]), 20) for _ in range(20)]
    try:
        for s in held[:4]:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        for s in held[4:12]:
            s.sendall(b"GET /met")
        before = scraped.daemon.status()["sessions"]["bulk"]["messages"]
        scraped.publish("slow", 1)
        wait_for(lambda: scraped.daemon.status()["sessions"]["bulk"]["messages"] > before, 30, "the message")
        wait_for(lambda: scraped.request("engine")[0] == 200, 60, "an answer behind the slow ones")
    finally:
        for s in held:
            s.close()
    scraped.wait_value("engine", "wardwatch_queue_length", 1, queue="metrics")


def test_another_address_is_answered_too(scraped):
    if not socket.has_ipv6 or not pathlib.Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    assert scraped.request("engine", host="::1")[0] == 200


# --- life ---


def test_restarts_are_counted_and_the_port_comes_back(scraped):
    before = scraped.value("supervisor", "wardwatch_worker_restarts_total", worker="store")
    old = scraped.daemon.kill("store")
    scraped.daemon.wait_restarted("store", old)
    scraped.wait_value("supervisor", "wardwatch_worker_restarts_total", before + 1, worker="store")
    scraped.wait_value("supervisor", "wardwatch_worker_state", 1, worker="store", state="running")

    def answers():
        with contextlib.suppress(OSError):
            return scraped.value("store", "wardwatch_store_connected") == 1
        return False

    wait_for(answers, 30, "the new store's metrics")


def test_a_port_that_is_taken_is_told_and_the_daemon_goes_on(tmp_path, make_daemon):
    with socket.socket() as other, Broker(tmp_path) as broker:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ports = {"supervisor": 0, "engine": port, "store": 0}
        daemon = make_daemon(broker=broker, settings={"metrics.engine": port})
        daemon.start()
        daemon.wait_log("metrics-port")
        line = next(line for line in daemon.log.splitlines() if "metrics-port" in line)
        assert f"127.0.0.1:{port}" in line and "metrics.engine" in line and "`off`" in line
        wait_for(lambda: not daemon.status()["blind"], 30, "a live intake")
        other.close()
        scraped = Scraped(daemon, broker, ports)

        def answers():
            with contextlib.suppress(OSError):
                return scraped.request("engine")[0] == 200
            return False

        wait_for(answers, 30, "metrics at the port that is free now")
        assert set(listening(daemon.pid("supervisor"))) == set()  # off


# --- what is written about it ---


def test_the_sample_alerts_ask_for_metrics_that_there_are():
    names = {row["name"] for row in table()}
    text = (SOURCE / "contrib" / "prometheus" / "alerts.yml").read_text()
    asked = set(re.findall(r"\b(?:wardwatch|process)_[a-z_]+", text))
    assert asked and asked <= names, asked - names
