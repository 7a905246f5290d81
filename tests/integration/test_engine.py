"""The engine as operators and the other processes meet it: commands, followers, careful start, a full machine, a damaged journal."""

import json
import os
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import scrape, spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.damage import flip, flip_pages  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.machine import free_port, starved  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.proxy import PUBLISH, Proxy  # noqa: E402
from harness.scene import Scene, read_live, rule  # noqa: E402


@pytest.fixture
def scene(tmp_path, make_daemon):
    with Broker(tmp_path) as broker:
        yield Scene(tmp_path, make_daemon, broker).start()


@pytest.fixture
def stored(tmp_path, make_daemon):
    with Broker(tmp_path) as broker, Postgres() as postgres:
        scene = Scene(tmp_path, make_daemon, broker, postgres)
        spine.migrate(postgres, scene.daemon.config)
        yield scene.start()


# --- commands ---


def act(scene, verb, alarm, id, version=None, reason="seen"):
    return scene.daemon.call(verb, id=id, alarm=alarm["id"], version=version or alarm["version"], reason=reason)


def test_acknowledge_unacknowledge_reset(scene):
    scene.publish("a", 1)
    alarm = scene.alarm("one", "a")
    first = act(scene, "ack", alarm, "a1")
    assert first["ok"] and first["alarm"]["state"] == "ACKED"
    second = act(scene, "unack", first["alarm"], "a2")
    assert second["ok"] and second["alarm"]["state"] == "UNACK"
    third = act(scene, "ack", second["alarm"], "a3")
    assert third["ok"] and third["alarm"]["version"] == alarm["version"] + 3
    fourth = act(scene, "reset", third["alarm"], "a4", reason="looked after it")
    assert fourth["ok"] and fourth["alarm"]["state"] == "NORM"
    assert ("one", "device=a") not in scene.alarms()
    refused = act(scene, "ack", alarm, "a5")
    assert not refused["ok"] and refused["error"]["cure"]


def test_repeat_with_the_same_id_over_a_killed_engine(stored):
    s = stored
    s.publish("a", 1)
    alarm = s.alarm("one", "a")
    first = act(s, "ack", alarm, "once")
    assert act(s, "ack", alarm, "once") == first
    s.restart_engine()
    assert act(s, "ack", alarm, "once") == first
    assert s.alarm("one", "a")["version"] == alarm["version"] + 1
    spine.settle(s.daemon)
    assert s.postgres.value("SELECT count(*) FROM alarm_transition WHERE lower(cause) = 'acknowledge'") == 1
    assert s.postgres.value("SELECT count(*) FROM command WHERE command_id = 'once'") == 1
    assert s.daemon.status()["replay_differs"] == 0


def test_refused_with_a_stale_version(scene):
    scene.publish("a", 1)
    alarm = scene.alarm("one", "a")
    acked = act(scene, "ack", alarm, "seen")["alarm"]
    scene.publish("a", 1)  # it rises again: who acknowledges by the old version has not seen that
    newer = wait_for(lambda: (lambda a: a["version"] > acked["version"] and a)(scene.alarm("one", "a")), 20, "a new version")
    assert newer["state"] == "UNACK"
    refused = act(scene, "ack", alarm, "stale")
    assert not refused["ok"] and refused["alarm"]["version"] == newer["version"]
    assert act(scene, "ack", newer, "fresh")["ok"]


def test_the_acts_of_the_command_line(scene):
    scene.publish("a", 1)
    alarm = scene.alarm("one", "a")
    number = str(alarm["id"])
    listed = scene.daemon.run("alarms")
    assert listed.returncode == 0 and "one device=a" in listed.stdout
    done = scene.daemon.run("ack", number, "--reason", "seen", "--id", "cli-1", "--json")
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)
    assert first["alarm"]["state"] == "ACKED"
    assert scene.daemon.run("unack", number).returncode == 0
    assert scene.daemon.run("reset", number, "--reason", "inspected").returncode == 1  # nobody has acknowledged it
    assert scene.daemon.run("ack", number, "--reason", "seen").returncode == 0
    assert scene.daemon.run("reset", number, "--reason", "inspected").returncode == 0
    assert ("one", "device=a") not in scene.alarms()
    # a repeat gets the first answer, though there is no such alarm any more
    again = scene.daemon.run("ack", number, "--reason", "seen", "--id", "cli-1", "--json")
    assert again.returncode == 0 and json.loads(again.stdout) == first
    assert scene.daemon.run("ack", number).returncode == 1
    assert scene.daemon.run("ack", "nonsense").returncode == 2
    assert scene.daemon.run("alarms", "--from", "1.0").returncode == 2


# --- followers ---


class Follower:
    """Reads every line; after an end it goes on after the last one."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.at = []
        self.resets = 0
        self.state = {}

    def take(self, line):
        if line.get("reset"):
            self.resets += 1
            self.state = {}
        alarm = line.get("live") or line.get("transition", {}).get("alarm")
        if alarm and alarm["version"] >= self.state.get(alarm["id"], alarm)["version"]:
            self.state[alarm["id"]] = alarm
        if "at" in line:
            self.at.append(line["at"])

    def shown(self):
        return {n: a for n, a in self.state.items() if a["state"] != "NORM"}


def places(scene):
    """Of every transition, notice and change in the journal, in order."""
    found = []
    for line in scene.daemon.run("journal", "dump", "--json").stdout.splitlines():
        line = json.loads(line)
        if line["in"] == "output" and line["record"]["type"] in ("transition", "notice", "change"):
            found.append(f"{line['record']['seq']}.{line['record']['n']}")
    return found


def test_follow_goes_on_over_a_restart(scene):
    follower = Follower(scene.daemon)
    feed = scene.daemon.connect()
    _, at = read_live(feed)
    for round in range(3):
        for number in (1, 2):
            scene.publish(f"d{round}", number)
        want = {("one", f"device=d{round}"), ("two", f"device=d{round}")}
        while want:
            line = feed.next()
            follower.take(line)
            alarm = line.get("transition", {}).get("alarm", {})
            want.discard((alarm.get("rule"), alarm.get("key")))
        at = follower.at[-1]
        feed.close()
        scene.restart_engine()
        feed = scene.daemon.connect()
        feed.send(cmd="follow", **{"from": at})
    scene.publish("last", 1)
    while True:
        line = feed.next()
        follower.take(line)
        if line.get("transition", {}).get("alarm", {}).get("key") == "device=last":
            break
    feed.close()
    assert follower.resets == 0
    assert follower.at == sorted(set(follower.at), key=lambda at: tuple(map(int, at.split("."))))
    all = places(scene)
    first, last = all.index(follower.at[0]), all.index(follower.at[-1])
    assert follower.at == all[first:last + 1]


def test_from_what_is_long_gone_or_nonsense_gets_a_reset(scene):
    scene.publish("a", 1)
    scene.alarm("one", "a")
    for start in ("0.0", "99999999.0", "nonsense", "-1.-1"):
        with scene.daemon.connect() as feed:
            feed.send(cmd="follow", **{"from": start})
            follower = Follower(scene.daemon)
            while "live_end" not in (line := feed.next()):
                follower.take(line)
            assert follower.resets == 1, start
            assert [a["rule"] for a in follower.shown().values()] == ["one"]


def test_a_slow_follower_gets_a_reset_and_the_truth(tmp_path, make_daemon):
    with Broker(tmp_path) as broker:
        s = Scene(tmp_path, make_daemon, broker, settings={"command.queue_max": "64KiB"}).start()
        slow = s.daemon.connect(timeout=60)
        slow.send(cmd="follow")
        for round in range(6):
            broker.publish(f"bulk/d{round}", *[json.dumps({"device": f"d{round}", "number": 1})] * 500)
        wait_for(lambda: s.daemon.status()["feed"]["resets"] > 0, 60, "a follower that is behind")
        wait_for(lambda: s.daemon.status()["sessions"]["bulk"]["messages"] >= 3000, 60, "all messages")
        follower = Follower(s.daemon)
        want = {a["id"]: a for a in s.alarms().values()}
        # until it stands at the head, after the last reset's state
        while not (follower.resets and follower.shown() == want):
            follower.take(slow.next())
        slow.close()


def test_an_alarm_too_long_for_the_queue_blocks_nobody(tmp_path, make_daemon):
    with Broker(tmp_path) as broker:
        s = Scene(tmp_path, make_daemon, broker, settings={"command.queue_max": "64KiB"})
        s.rules_file.write_text(rule("one", 1) + rule("two", 2).replace("two at {device}", "{note}" * 10))
        s.start()
        feed = s.daemon.connect()
        read_live(feed)
        s.publish("a", 1)
        broker.publish("bulk/x", json.dumps({"number": 2, "note": '"' * 4000}))  # each takes two bytes in a line
        s.publish("b", 1)
        seen = []
        while "device=b" not in seen:
            line = feed.next()
            alarm = line.get("live") or line.get("transition", {}).get("alarm", {})
            seen.append("too long" if alarm.get("too_long") else alarm.get("key"))
        assert "too long" in seen
        feed.close()
        with s.daemon.connect() as feed:  # and who comes now gets the whole state
            feed.send(cmd="follow")
            lines = []
            while "live_end" not in (line := feed.next()):
                lines += [line["live"]] if "live" in line else []
            assert [a.get("too_long", False) for a in lines] == [False, True, False]


# --- status ---


def test_status_says_what_is(stored):
    s = stored
    s.publish("a", 1)
    s.alarm("one", "a")
    spine.settle(s.daemon)
    status = s.daemon.status()
    assert status["sessions"]["bulk"]["state"] == "live" and status["sessions"]["urgent"]["state"] == "live"
    assert status["sessions"]["bulk"]["messages"] == 1
    assert status["careful"] is False and status["blind"] is False and status["clock_held"] is False
    assert status["journal"]["store_cursor"] == status["journal"]["head"]
    assert 0 < status["journal"]["fill"] < 0.5
    assert status["stages"]["alarms"]["alarms"] == 1 and status["stages"]["decode"]["messages"] == 1
    assert status["rules"]["rules"] == 2 and len(status["rules"]["hash"]) == 32
    assert {"engine", "store"} <= {worker["name"] for worker in status["workers"]}
    text = s.daemon.run("status")
    assert text.returncode == 0 and "store_lag: 0" in text.stdout


# --- what a process before this one has raised ---


def test_a_broker_lost_by_one_engine_is_back_for_the_next(scene):
    scene.broker.stop()
    lost = ("system/intake-lost", "subject=bulk")
    wait_for(lambda: scene.alarms().get(lost, {}).get("regions", {}).get("active"), 30, "the lost broker's alarm")
    old = scene.daemon.kill("engine")
    scene.daemon.wait_restarted("engine", old)
    wait_for(scene.daemon.answers, 30, "an answering engine")
    assert scene.alarms()[lost]["regions"]["active"]
    scene.broker.start()
    wait_for(lambda: not scene.alarms()[lost]["regions"]["active"], 40, "the broker's return")


def sent(proxy, topic):
    return [p for p in proxy.find("down", PUBLISH) if p.topic == topic]


def test_what_has_an_identifier_of_an_earlier_session_is_new(tmp_path, make_daemon):
    """The broker forgot the session, and counts anew. An engine that dies knows by then which identifiers are of which."""
    with Broker(tmp_path) as broker, Proxy(broker.host, broker.port) as proxy:
        s = Scene(tmp_path, make_daemon, broker, settings={"mqtt.port": proxy.port}).start()
        figures = lambda: s.daemon.status()["sessions"]["bulk"]
        s.publish("a", 1)
        wait_for(lambda: figures()["messages"] == 1, 20, "the first press")
        broker.kill()
        (broker.folder / "mosquitto.db").unlink(missing_ok=True)
        broker.start()
        wait_for(lambda: figures()["sessions_lost"] == 1 and figures()["state"] == "live", 30, "a new session")
        proxy.hold("down")
        s.publish("a", 1)
        wait_for(lambda: len(sent(proxy, "bulk/a")) == 2, 20, "the second press on its way")
        old = s.daemon.kill("engine")
        proxy.pass_on("down")
        s.daemon.wait_restarted("engine", old)
        wait_for(lambda: s.daemon.answers() and figures()["messages"] == 1, 30, "the second press")
        assert len({p.mid for p in sent(proxy, "bulk/a")}) == 1 and sent(proxy, "bulk/a")[2].dup
        assert figures()["redelivered"] == 0


def test_what_has_an_identifier_of_a_message_that_was_read_is_new(tmp_path, make_daemon):
    """The broker was killed, and came back as it was before a press: the next one has the identifier of that one."""
    with Broker(tmp_path) as broker, Proxy(broker.host, broker.port) as proxy:
        s = Scene(tmp_path, make_daemon, broker, settings={"mqtt.port": proxy.port}).start()
        figures = lambda: s.daemon.status()["sessions"]["bulk"]
        broker.stop()
        saved = (broker.folder / "mosquitto.db").read_bytes()
        broker.start()
        wait_for(lambda: figures()["state"] == "live", 30, "the session as it was")
        s.publish("a", 1)
        wait_for(lambda: figures()["messages"] == 1 and figures()["acks_unread"] == 0, 30, "an ack that was read")
        broker.kill()
        (broker.folder / "mosquitto.db").write_bytes(saved)
        wait_for(lambda: figures()["state"] != "live", 30, "the end of the connection")
        broker.start()
        wait_for(lambda: figures()["state"] == "live", 30, "the session as it was")
        proxy.hold("down")
        s.publish("a", 1)
        wait_for(lambda: len(sent(proxy, "bulk/a")) == 2, 20, "the second press on its way")
        proxy.cut()
        proxy.pass_on("down")
        wait_for(lambda: figures()["messages"] == 2, 30, "the second press")
        assert len({p.mid for p in sent(proxy, "bulk/a")}) == 1 and sent(proxy, "bulk/a")[2].dup
        assert figures()["redelivered"] == 0 and figures()["sessions_lost"] == 0


# --- careful start ---


def test_a_backlog_taken_carefully_starves_nothing(tmp_path, make_daemon):
    """One message a turn, a turn after the other: the loop still answers, and the supervisor hears that it lives."""
    port = free_port()
    with Broker(tmp_path, verbose=False) as broker:
        s = Scene(tmp_path, make_daemon, broker, settings={"metrics.supervisor": port}).start()
        for _ in range(2):
            s.restart_engine()
        assert s.daemon.status()["careful"]
        pid = s.daemon.pid("engine")
        answers, signs, loads, taken = set(), [], [], 0
        while len(set(signs)) < 4:  # the backlog goes on until it is seen; one that starves it goes on to the limit
            assert len(loads) < 20, f"signs of life in the midst of a backlog: {signs}"
            loads.append(spine.Load(broker, tmp_path / "load.log", count=8000, devices=10, first=8000 * len(loads)))
            while taken < 8000 * len(loads):
                taken = s.daemon.status()["sessions"]["bulk"]["messages"]
                answers.add(taken)
                signs.append(scrape.value(port, "wardwatch_worker_signs_of_life_total", worker="engine"))
            loads[-1].finish()
        assert s.daemon.pid("engine") == pid
        assert len(answers) > 10  # given in the midst of it, not behind it


# --- a machine that is full ---


def test_an_engine_that_gets_no_processor_is_not_taken_for_hung(tmp_path, make_daemon):
    with Broker(tmp_path, verbose=False) as broker:
        s = Scene(tmp_path, make_daemon, broker, settings={"supervisor.hung_after": "2s"})
        s.daemon.start(start_new_session=True)  # by itself among the sessions
        s.live()
        pid = s.daemon.pid("engine")
        with starved(pid, max(os.sched_getaffinity(0))):
            load = spine.Load(broker, tmp_path / "load.log", count=20000, devices=10)
            s.daemon.wait_log("worker-starved worker=engine")
        load.finish()
        wait_for(lambda: s.daemon.status()["sessions"]["bulk"]["messages"] == 20000, 60, "all that was published")
        assert s.daemon.pid("engine") == pid and "worker-hung" not in s.daemon.log


# --- a damaged journal ---


def messages(postgres):
    return sorted(spine.stored(postgres, "bulk/%"))


def test_damaged_pages_are_salvaged_and_told(stored):
    """The root of a tree is overwritten: the environment is moved aside, an alarm says what was saved."""
    s = stored
    s.publish("1", 1)
    alarm = s.alarm("one", "1")
    acked = act(s, "ack", alarm, "before")
    spine.settle(s.daemon)
    before = s.daemon.status()["journal"]
    had = messages(s.postgres)
    assert s.daemon.stop() == 0
    data = s.daemon.folder / "state" / "journal" / "data.mdb"
    flip_pages(data)
    s.start()
    status = s.daemon.status()
    assert status["journal"]["id"] != before["id"]
    assert status["journal"]["head"] > before["head"]
    told = s.alarms()[("system/journal-damaged", "")]
    assert "inputs" in told["title"] and "pages" in told["title"]
    assert (s.daemon.folder / "state" / "journal.damaged-1" / "data.mdb").exists()
    # the state is that of the snapshot: the alarm, its acknowledgement, and the answer to the command
    assert s.alarm("one", "1") == acked["alarm"]
    assert act(s, "ack", alarm, "before") == acked
    s.publish("2", 2)
    s.alarm("two", "2")
    spine.settle(s.daemon)
    assert messages(s.postgres) == sorted(had + [(2, 2)])
    # it is told once, and the next start is an ordinary one
    s.restart_engine()
    assert s.daemon.status()["replay_differs"] == 0
    assert s.alarms()[("system/journal-damaged", "")]["raised_count"] == 1
    verified = s.daemon.run("journal", "verify")
    assert verified.returncode == 0, verified.stdout


def test_a_salvaged_journal_is_replayed_with_the_rules_that_were_in_force(stored):
    """They stand in the journal before it, and so does the mode that was on; a journal may be salvaged twice."""
    s = stored
    (s.daemon.rules / "site" / "test.yaml").write_text(spine.SITE + "modes:\n  open-day: {title: Open day}\n")
    s.reload(rule("one", 1) + rule("two", 2) + rule("shut", 1).replace("  raise:", "  while: not mode(open-day)\n  raise:"))
    on = s.daemon.run("mode", "open-day", "on")
    assert on.returncode == 0, on.stderr
    s.publish("1", 1)
    s.alarm("one", "1")
    for n, salvaged in ((2, 2), (3, 3)):
        spine.settle(s.daemon)
        assert s.daemon.stop() == 0
        flip_pages(s.daemon.folder / "state" / "journal" / "data.mdb")
        s.start()
        s.publish(f"2{n}", 2)
        s.publish(f"1{n}", 1)
        s.alarm("one", f"1{n}")
        spine.settle(s.daemon)
        assert s.postgres.value("SELECT max(journal) FROM journal") == salvaged
        assert s.postgres.value("SELECT count(*) FROM engine_input WHERE journal = %s AND type = 'reload'", salvaged) == 0
        first = s.postgres.value("SELECT min(seq) FROM input WHERE journal = %s", salvaged)
        assert first > 1
        done = s.daemon.run("replay", "--as-recorded", "--json", "--journal", str(salvaged))
        assert done.returncode == 0, done.stderr
        assert f"wardwatch: history of journal {salvaged} begins at input {first}: the rules, modes and lists of then" in done.stderr
        again = [json.loads(line)["transition"]["alarm"] for line in done.stdout.splitlines()]
        raised = {(alarm["rule"], alarm["key"]) for alarm in again}
        assert raised >= {("two", f"device=2{n}"), ("one", f"device=1{n}")}
        assert not [rule for rule, _ in raised if rule == "shut"]
    dump = s.daemon.folder / "dump.jsonl"
    dump.write_text(s.daemon.run("journal", "dump", "--json").stdout)
    refused = s.daemon.run("replay", str(dump), "--as-recorded")
    assert refused.returncode != 0
    assert "the recording does not begin with rules\n  help: replay the database's history" in refused.stderr


def older_meta_page(data):
    """Of LMDB's two the one with the lower transaction: the trees of the other one stay whole."""
    first, second = (int.from_bytes(data[at:at + 8], "little") for at in (144, 4096 + 144))
    return 0 if first < second else 1


def test_what_was_concluded_from_a_lost_input_is_stored(stored):
    """PostgreSQL is away while a message raises an alarm, and the damage hits that message: its alarm is stored."""
    s = stored
    s.publish("1", 1)
    s.alarm("one", "1")
    spine.settle(s.daemon)
    s.postgres.stop()
    s.publish("2", 2)
    alarm = s.alarm("two", "2")
    assert s.daemon.stop() == 0
    file = s.daemon.folder / "state" / "journal" / "data.mdb"
    data = file.read_bytes()
    copies = [found.start() for found in re.finditer(re.escape(b'{"device": "2", "number": 2}'), data)]
    assert copies
    flip(file, [*copies, 4096 * older_meta_page(data) + 16])
    (file.parent / "clean").unlink()  # so that its pages are looked at
    s.postgres.start()
    s.start()
    assert (file.parent.parent / "journal.damaged-1").exists()
    spine.settle(s.daemon)
    assert messages(s.postgres) == [(1, 1)]
    raised = spine.stored_alarms(s.postgres)
    assert raised[("one", "device=1", "raise")] == raised[("two", "device=2", "raise")] == 1
    assert s.postgres.value("SELECT count(*) FROM event WHERE device = '2'") == 1
    assert s.alarm("two", "2")["id"] == alarm["id"]


def test_without_journal_and_without_snapshots(stored):
    """A folder that was emptied by hand: a new journal, and old snapshots do not hinder it."""
    s = stored
    s.publish("1", 1)
    s.alarm("one", "1")
    assert s.daemon.stop() == 0
    state = s.daemon.folder / "state"
    for file in (state / "journal").iterdir():
        file.unlink()
    s.start()
    assert not s.alarms()
    assert not list((state / "snapshots").glob("*.snapshot"))
    assert s.daemon.status()["journal"]["snapshot"] == 0
    s.publish("2", 2)
    s.alarm("two", "2")


def plant(folder, good, seq):
    """Forty that no journal has reached, and below the good one's number all that is not what it seems."""
    for number in range(40):
        (folder / f"{seq + 1000 + number:020}.snapshot").write_bytes(b"WWSNAP01" + bytes(100))
    os.mkfifo(folder / f"{seq + 2000:020}.snapshot")
    torn = folder / f"{seq - 1:020}.snapshot"
    torn.write_bytes(good.read_bytes()[:-1])
    return torn


def test_what_is_no_snapshot_hides_none_that_is_one(stored):
    s = stored
    s.publish("1", 1)
    before = s.alarm("one", "1")
    assert s.daemon.stop() == 0
    folder = s.daemon.folder / "state" / "snapshots"
    good = max(folder.glob("*.snapshot"))
    seq = int(good.stem)
    torn = plant(folder, good, seq)
    s.start()
    assert s.daemon.status()["replayed"] == 0
    assert s.daemon.status()["journal"]["snapshot"] == seq
    assert s.alarm("one", "1") == before
    told = s.alarms()[("system/snapshot-refused", "")]["title"]
    assert "41 refused" in told and f"{seq + 2000:020} (of another journal)" in told and "33 more" in told, told
    assert torn.exists()  # nobody had to look at it
    s.restart_engine()
    assert s.alarms()[("system/snapshot-refused", "")]["raised_count"] == 1
    # a snapshot of its own leaves nothing that it has not written or loaded
    assert s.daemon.stop() == 0
    assert not torn.exists()
    assert good.exists() and len(list(folder.glob("*.snapshot"))) == 2


def test_snapshots_are_not_needed_but_for_speed(stored):
    s = stored
    s.publish("1", 1)
    before = s.alarm("one", "1")
    assert s.daemon.stop() == 0
    for file in (s.daemon.folder / "state" / "snapshots").glob("*.snapshot"):
        flip(file, [file.stat().st_size // 2])
    s.start()
    assert s.daemon.status()["replay_differs"] == 0
    assert s.daemon.status()["replayed"] > 0
    assert s.alarm("one", "1") == before
