"""What was lived is replayed: from PostgreSQL and from a file, the same alarms to the byte; and other rules beside it."""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import Daemon, binary, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.scene import Scene, no_answer, rule  # noqa: E402

SITE = """\
site: test
modes:
  open-day: {title: Open day}
lists:
  staff: [ann]
"""
SENSORS = spine.SENSORS.replace("  number: number\n", "  number: number\n  badge: badge\n")

COUNTING = """\
- rule: counting
  title: "{{device}} passed {count} times"
  select: {{x: {{kind: passage, where: "number == 1"}}}}
  by: device
  within: {within}
  when: count(x) >= {count}
  clear: manual
  while: not mode(open-day)
  raise: {{hazard: theft, priority: {priority}}}
  examples:
    - given: [0s x D1 number=9]
      alarms: []
"""
STAFF = """\
- rule: staff-seen
  title: "{device}: staff"
  select: {x: {kind: passage, badge: "@staff"}}
  by: device
  clear: {quiet: 1s}
  raise: {hazard: fraud, priority: low}
  examples:
    - given: [0s x d1 badge=ann]
      alarms: [0s d1]
"""
SEEN = rule("seen", 3)
ANSWER = no_answer("1s")


def counting(count=2, within="30m", priority="medium"):
    return COUNTING.format(count=count, within=within, priority=priority)


RULES = counting() + STAFF + SEEN + ANSWER


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """One life for all: the tests only add to it, and the last one gives it other rules."""
    folder = tmp_path_factory.mktemp("replay")
    made = []

    def make_daemon(**options):
        made.append(Daemon(folder / "daemon", **options))
        return made[0]

    with Broker(folder) as broker, Postgres() as postgres:
        scene = Scene(folder, make_daemon, broker, postgres=postgres, rules=RULES, sensors=SENSORS)
        try:
            (scene.daemon.rules / "site" / "test.yaml").write_text(SITE)
            spine.migrate(postgres, scene.daemon.config)
            live(scene.start())
            yield scene
        finally:
            made[0].close()


def say(scene, device, number, badge=None):
    scene.broker.publish(f"bulk/{device}", json.dumps({"device": device, "number": number} | ({"badge": badge} if badge else {})))


def heard(scene, device, count):
    """Waits until so many messages of the device are stored, and all that came of them."""
    wait_for(lambda: scene.postgres.value("SELECT count(*) FROM message WHERE topic = %s", f"bulk/{device}") >= count, 20,
             f"{count} messages of {device}")
    spine.settle(scene.daemon)


def act(scene, *words):
    done = scene.daemon.run(*words)
    assert done.returncode == 0, done.stderr


def live(scene):
    """A run with everything that makes alarms: matches, further matches, what did not come, guards, lists, acts."""
    for device in ("a", "a", "a", "b"):
        say(scene, device, 1)
    act(scene, "ack", str(scene.alarm("counting", "a")["id"]), "--reason", "seen")
    act(scene, "mode", "open-day", "on")
    say(scene, "b", 1)  # nobody minds
    act(scene, "mode", "open-day", "off")
    act(scene, "list", "staff", "add", "bob")
    say(scene, "c", 5, "bob")
    say(scene, "d", 10)
    say(scene, "e", 10)
    say(scene, "e", 11)
    scene.alarm("no-answer", "d")
    say(scene, "a", 3)
    seen = str(scene.alarm("seen", "a")["id"])
    act(scene, "ack", seen, "--reason", "seen")
    act(scene, "reset", seen, "--reason", "looked at")
    scene.restart_engine()
    say(scene, "a", 3)
    scene.alarm("seen", "a")
    calm(scene)


def calm(scene):
    """Waits until nothing ends by itself any more: what a recording has not seen yet would come while it is replayed."""
    wait_for(lambda: not [key for key, alarm in scene.alarms().items() if key[0] == "staff-seen" and alarm["regions"]["active"]],
             20, "the end of staff-seen")


def lived(scene):
    """The changes of alarms as the journal has them: lines of JSON."""
    dump = scene.daemon.run("journal", "dump", "--json").stdout.splitlines()
    start, end = '{"in":"output","record":', "}"
    lines = [line[len(start):-len(end)] for line in dump if line.startswith(start)]
    return [line for line in lines if json.loads(line)["type"] == "transition"], "\n".join(dump) + "\n"


def replay(scene, *words, code=0):
    done = scene.daemon.run("replay", *words)
    assert done.returncode == code, done.stderr
    return done.stdout.splitlines()


REGIONS = ("active", "acknowledged", "latched", "suppressed", "out_of_service")
FLAGS = ("instant", "first_out", "silenced", "stale", "exercise", "covert", "partial")


def regions(r):
    names = [name.replace("_", "-") for name in REGIONS[:3] if r[name]]
    names += {"no": [], "timed": ["shelved-timed"], "one-shot": ["shelved-one-shot"]}[r["shelved"]]
    return names + [name.replace("_", "-") for name in REGIONS[3:] if r[name]]


def as_row(line):
    """A line of the replay in the columns of alarm_transition, without those of time."""
    record = json.loads(line)
    t = record["transition"]
    a = t["alarm"]
    return (record["seq"], record["n"], a["id"], a["version"], t["cause"], t["actor"], t["reason"], t["old_state"], a["state"],
            regions(t["old_regions"]), regions(a["regions"]), t["old_priority"], a["priority"], a["priority_unack"] or "",
            t["annunciate"], a["rule"], a["key"], a["title"], a["device"], a["raised_count"], a["acknowledged_by"],
            a["suppressed_by"], t["context"], t["sound"], [name.replace("_", "-") for name in FLAGS if a[name]])


def as_times(line):
    t = json.loads(line)["transition"]
    return tuple(t["alarm"][name] for name in ("changed_at", "raised_at", "acknowledged_at")) + (t["time"],)


def stored(scene):
    spine.settle(scene.daemon)
    return scene.postgres.query(
        "SELECT seq, n, alarm, version, cause, actor, reason, old_state, new_state, old_regions, new_regions, old_priority, "
        "priority, priority_unack, annunciate, rule, key, title, device, raised_count, acknowledged_by, suppressed_by, "
        "context, sound, flags FROM alarm_transition ORDER BY seq, n")


def stored_times(scene):
    form = ", ".join(f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
                     for name in ("changed_at", "raised_at", "acknowledged_at", "time"))
    return scene.postgres.query(f"SELECT {form} FROM alarm_transition ORDER BY seq, n")


def test_history_and_a_file_give_the_same_alarms_to_the_byte(scene, tmp_path):
    wanted, dump = lived(scene)
    causes = {json.loads(line)["transition"]["cause"] for line in wanted}
    assert {"RAISE", "AGAIN", "CLEAR", "ACKNOWLEDGE", "RESET"} <= causes
    rows = stored(scene)
    recording = tmp_path / "recording.jsonl"
    recording.write_text(dump)
    for words in ((), ("--as-recorded",), (str(recording),), (str(recording), "--as-recorded")):
        got = replay(scene, *words, "--json")
        assert got == wanted, words
        assert [as_row(line) for line in got] == rows
        assert [as_times(line) for line in got] == stored_times(scene)


def test_compare_shows_the_planted_differences_and_no_others(scene, tmp_path):
    spine.settle(scene.daemon)
    other = tmp_path / "other"
    other.mkdir()
    (other / "rules.yaml").write_text(counting() + STAFF + SEEN + ANSWER)
    (summary,) = map(json.loads, replay(scene, "--compare", str(other), "--json"))
    assert summary["summary"] | {"same": 0} == {"same": 0, "appear": 0, "vanish": 0, "move": 0, "clear_otherwise": 0,
                                                "crowded": False}
    assert summary["summary"]["same"] >= 4
    assert replay(scene, "--compare", str(other))[-1].startswith(f"{summary['summary']['same']} alarms the same, 0 appear")

    # a is told one passage later, and with another priority, b not at all, nothing of staff; and who passed on the open day
    (other / "rules.yaml").write_text(counting(3, priority="high").replace("  while: not mode(open-day)\n", "") + SEEN + ANSWER +
                                      counting().replace("rule: counting", "rule: open-day").replace("not mode", "mode"))
    *changes, summary = map(json.loads, replay(scene, "--compare", str(other), "--json", code=3))
    found = {(c["change"], c["rule"], c["key"]) for c in changes if c["what"] == "raise"}
    assert found == {("moves", "counting", "device=a"), ("vanishes", "counting", "device=b"),
                     ("vanishes", "staff-seen", "device=c"), ("appears", "open-day", "device=a"),
                     ("appears", "open-day", "device=b")}
    (moved, *_) = [c for c in changes if c["change"] == "moves"]
    assert (moved["now"]["priority"], moved["other"]["priority"]) == ("medium", "high")
    assert moved["now"]["time"] < moved["other"]["time"]
    text = replay(scene, "--compare", str(other), code=3)
    assert len([line for line in text if line.startswith(("moves", "vanishes", "appears"))]) == len(changes)
    assert "medium → high" in "\n".join(text)


def test_acts_find_their_alarm_under_another_number(scene, tmp_path):
    spine.settle(scene.daemon)
    other = tmp_path / "other.yaml"
    other.write_text(rule("before", 1) + RULES)  # an alarm for the very first message

    def acts(*words):
        found = [json.loads(line)["transition"] for line in replay(scene, "--json", *words)]
        return {(t["cause"], t["reason"], t["alarm"]["rule"], t["alarm"]["key"]): t["alarm"]["id"] for t in found
                if t["actor"].endswith("root") or t["cause"] in ("ACKNOWLEDGE", "RESET")}

    now, then = acts(), acts("--rules", str(other))
    assert now.keys() == then.keys() and len(now) >= 3
    assert all(then[act] > number for act, number in now.items())
    _, dump = lived(scene)
    recording = tmp_path / "recording.jsonl"
    recording.write_text(dump)
    assert acts(str(recording), "--rules", str(other)) == then


def test_whoever_may_only_read_may_replay(scene):
    spine.settle(scene.daemon)
    scene.postgres.query("CREATE ROLE auditor LOGIN IN ROLE wardwatch_auditor")
    wanted, _ = lived(scene)
    url = scene.postgres.url.replace(f"user={scene.postgres.user}", "user=auditor")
    assert replay(scene, "--database", url, "--as-recorded", "--json") == wanted
    read = {what for (what,) in scene.postgres.query("SELECT DISTINCT what FROM access_record WHERE role = 'auditor'")}
    assert {"message_raw", "command_raw"} <= read, read  # and that was written down


def test_what_cannot_be_replayed_is_told_with_its_place(scene, tmp_path):
    def refused(*words, code=1):
        done = scene.daemon.run("replay", *words)
        assert (done.returncode, done.stdout) == (code, "")
        return done.stderr

    recording = tmp_path / "recording.jsonl"
    recording.write_text('{"topic": "bulk/a", "payload": "{}", "time": "2026-01-31T09:00:00Z"}\n\n{"topic": "bulk/a", 7}\n')
    told = refused(str(recording))
    assert told.startswith(f"{recording}:3:21: error: no JSON") and "^" in told and "help: " in told
    recording.write_bytes(b'{"topic": "\x1b[2J\xff", "payload": "{}"}\n')
    told = refused(str(recording))
    assert "no JSON" in told and "\x1b" not in told
    recording.write_text('{"topic": "bulk/a", "payload": "{}"}\n')
    assert f"{recording}:1:1: error: a line without `time`" in refused(str(recording))
    assert "no such journal" in refused("--journal", "77")
    assert "--from is not before --to" in refused("--from", "2h", "--to", "3h", code=2)
    (tmp_path / "bad.yaml").write_text(counting().replace("hazard: theft", "hazard: thefd"))
    assert "bad.yaml:9:19: error" in refused(str(recording), "--rules", str(tmp_path / "bad.yaml"))


# --- why ---


def explained(scene, *words, code=0):
    done = scene.daemon.run("explain", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def place(scene, name):
    """FILE:LINE of the rule."""
    lines = scene.rules_file.read_text().splitlines()
    return f"{scene.rules_file}:{1 + lines.index(f'- rule: {name}')}"


def story(scene, tmp_path):
    """A recording of what was lived."""
    _, dump = lived(scene)
    recording = tmp_path / "recording.jsonl"
    recording.write_text(dump)
    return str(recording)


def test_an_alarm_is_explained_by_its_number(scene, tmp_path):
    recording = story(scene, tmp_path)
    spine.settle(scene.daemon)
    alarm = scene.alarm("counting", "a")
    number = str(alarm["id"])
    # out of the journal, of a dump of it, and of history
    told = [explained(scene, number), explained(scene, number, recording), explained(scene, number, "--journal", "1")]
    for text in told:
        first, second, *rest = text.splitlines()
        assert first.split()[:4] == ["alarm", number, "medium", alarm["state"]]
        assert second == f"  rule counting [device=a], {place(scene, 'counting')}"
        raised = next(i for i, line in enumerate(rest) if "  raised" in line)
        assert "(mode(open-day): no)" in rest[raised] and "[NORM → UNACK, announced]" in rest[raised]
        events = [line.split() for line in rest[raised + 1:raised + 3]]
        assert [(e[1], e[2], e[4]) for e in events] == [("`x`", "passage", "a")] * 2
        assert any("  acknowledged by " in line and ": seen" in line for line in rest)
        # and what was counted on the way
        assert any("count(x) = 1; count(x) >= 2 does not hold; `while` holds" in line for line in rest)
        assert any("[device=a] the alarm is raised, medium" in line for line in rest)
        assert "device=b" not in text
    assert '"number":1' in told[2].replace(" ", "")  # history has what the events carried
    assert json.loads(explained(scene, number, "--json"))["story"][0]["cause"] == "RAISE"
    explained(scene, "4711", code=1)
    # whoever may only ask the daemon learns what it is now
    config = tmp_path / "wardwatch.yaml"
    config.write_text("".join(line for line in scene.daemon.config.read_text().splitlines(True) if "url" not in line)
                      .replace(str(scene.daemon.folder / "state"), str(tmp_path / "nowhere")))
    done = subprocess.run([binary(), "explain", "-c", config, number], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and f"alarm {number}  medium  {alarm['state']}" in done.stdout, done.stderr
    # a rule that has changed since
    other = tmp_path / "other.yaml"
    other.write_text(counting(priority="high"))
    assert f"{other}:1 (its text is another one today)" in explained(scene, number, recording, "--rules", str(other))


def test_why_there_was_no_alarm(scene, tmp_path):
    recording = story(scene, tmp_path)
    spine.settle(scene.daemon)
    for source in ((recording,), ()):
        text = explained(scene, "--rule", "no-answer", "--key", "e", *source)
        assert text.startswith(f"rule no-answer, {place(scene, 'no-answer')}\n")
        assert "device=e did not fire. It came nearest at " in text
        assert "`answer` has to come within 1s, before " in text
        assert "  Then, at " in text and "nothing is awaited: no `ask` without its answer" in text
        assert "device=d" not in text
        text = explained(scene, "--rule", "no-answer", *source)
        assert "device=d fired at " in text
        text = explained(scene, "--rule", "staff-seen", *source)
        assert "passage of a is not `x`: its badge is missing, not in @staff" in text
        assert "device=c fired at " in text and "Events of the right kind that were not selected: " in text
    # a guard that is closed, around a time
    say(scene, "z", 1)
    act(scene, "mode", "open-day", "on")
    say(scene, "z", 1)
    heard(scene, "z", 2)
    at = scene.postgres.value("SELECT to_char(max(journal_time) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
                              "FROM message WHERE topic = 'bulk/z'")
    text = explained(scene, "--rule", "counting", "--key", "device=z", "--at", at)
    assert "device=z did not fire. It came nearest at " in text
    assert "count(x) = 2; count(x) >= 2 holds; `while` does not hold (mode(open-day): yes)" in text
    assert "What was missing: its condition held, and `while` did not." in text
    found = json.loads(explained(scene, "--rule", "counting", "--key", "z", "--at", at, "--json"))
    assert [(k["key"], k["raised"], k["nearest"]["near"], k["nearest"]["guarded"]) for k in found["keys"]] == [
        ("device=z", 0, 999, True)]
    act(scene, "mode", "open-day", "off")
    # what is not there
    done = scene.daemon.run("explain", "--rule", "countin", recording)
    assert done.returncode == 1 and "did you mean `counting`?" in done.stderr
    assert scene.daemon.run("explain").returncode == 2


MUTING = """\
- rule: controller-lost
  select: {x: {kind: passage, where: number == 21}}
  by: asset
  mute: {match: {rule: door-lost}, under: asset, settle: 3s}
  raise: {hazard: system, priority: high}
- rule: door-lost
  select: {x: {kind: passage, where: number == 22}}
  by: asset
  limits: {keys: 1}
  raise: {hazard: system, priority: low}
"""


def test_muted_late_and_limited_alarms_are_explained_as_such(tmp_path, make_daemon):
    """Without a daemon: a configuration and a recording are enough."""
    daemon = make_daemon(rules=spine.write_rules(tmp_path / "rules", MUTING, site="""\
site: test
assets:
  - {asset: gateway, device: gw, class: controller}
  - {asset: door, device: d1, class: door, parent: gateway}
  - {asset: shed, device: d2, class: door}
"""))
    rows = [("gw", 21, 0), ("d1", 22, 1), ("d2", 22, 20), ("d3", 22, 21)]
    recording = tmp_path / "recording.jsonl"
    recording.write_text("".join(json.dumps({"topic": f"bulk/{device}", "payload": {"device": device, "number": number},
                                             "time": 1769850000 + at}) + "\n" for device, number, at in rows))
    done = daemon.run("explain", "--rule", "door-lost", str(recording))
    assert done.returncode == 0, done.stderr
    assert "suppressed by controller-lost asset=gateway: recorded, and not announced" in done.stdout
    assert "asset=door fired at 2026-01-31T09:00:01.000Z; its alarm was muted for a time" in done.stdout
    assert "passage of d3 is `x`, but has no `asset` to keep it under" in done.stdout
    assert "Events without a key: 1, the last: " in done.stdout
    assert "Limits reached: 1, the last: the rule has reached its limit of keys" in done.stdout


def test_examples_that_fail_tell_what_happened(scene, tmp_path):
    daemon = scene.daemon
    done = daemon.run("test")
    assert (done.returncode, done.stdout) == (0, "5 examples of 4 rules: 5 passed, 0 failed\n")
    assert daemon.run("test", "seen", "test.yaml").stdout.startswith("5 examples of 4 rules")
    assert daemon.run("test", "se*").stdout.startswith("1 examples of 1 rules")
    done = daemon.run("test", "sen")
    assert done.returncode == 2 and "did you mean `seen`?" in done.stderr
    broken = tmp_path / "broken.yaml"
    broken.write_text(counting().replace("[0s x D1 number=9]", "[0s x D1, 1s mode open-day on, 2s x D1, 3s x D1 number=2]")
                                .replace("alarms: []", "alarms: [2s D1]") + STAFF)
    done = daemon.run("test", "--rules", str(broken))
    line = 1 + next(i for i, text in enumerate(broken.read_text().splitlines()) if "alarms: [2s D1]" in text)
    assert (done.returncode, done.stdout) == (1, "2 examples of 2 rules: 1 passed, 1 failed\n")
    assert f"{broken}:{line}:15: error: rule `counting`: example 1: expected alarms [2s D1], got []" in done.stderr
    assert "      what happened:\n" in done.stderr
    assert "    2s  [device=D1] count(x) = 2; count(x) >= 2 holds; `while` does not hold (mode(open-day): yes)" in done.stderr
    assert "    3s  passage of D1 is not `x`: the fields that the row gives do not fit its selection" in done.stderr
    found = json.loads(daemon.run("test", "--rules", str(broken), "--json").stdout)
    assert (found["ok"], found["examples"], found["failed"], found["failures"][0]["line"]) == (False, 2, 1, line)
    assert any("`while` does not hold" in text for text in found["failures"][0]["happened"])


# --- what goes on meanwhile ---


def test_a_part_of_history_finds_what_stood_before(scene):
    act(scene, "mode", "open-day", "on")
    act(scene, "list", "staff", "add", "cid")
    say(scene, "g", 5, "cid")
    scene.alarm("staff-seen", "g")
    say(scene, "h", 1)
    say(scene, "h", 1)
    heard(scene, "h", 2)
    since = scene.postgres.value("SELECT to_char(journal_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
                                 "FROM message WHERE topic = 'bulk/g'")
    for words in ((), ("--as-recorded",)):
        got = [json.loads(line)["transition"] for line in replay(scene, "--from", since, "--warm-up", "0s", "--json", *words)]
        raised = {(t["alarm"]["rule"], t["alarm"]["key"]) for t in got if t["cause"] == "RAISE"}
        # the list had its member, and the mode was on
        assert ("staff-seen", "device=g") in raised and ("counting", "device=h") not in raised
        assert not [key for key in raised if key[0] == "counting"]
    act(scene, "mode", "open-day", "off")
    scene.alarm("counting", "h")  # the guard opens on what stands; it comes by a timer, which no test behind this one may meet


def test_names_that_the_tables_write_otherwise_are_the_same(scene):
    key = r"device=back\\slash"  # a backslash is doubled in a key, and each of them again in the tables
    say(scene, r"back\slash", 3)
    seen = wait_for(lambda: scene.alarms().get(("seen", key)), 20, "the alarm")["id"]
    act(scene, "ack", str(seen), "--reason", r"C:\seen")
    act(scene, "reset", str(seen), "--reason", "looked at")
    calm(scene)
    wanted, _ = lived(scene)
    spine.settle(scene.daemon)
    assert scene.postgres.value("SELECT key FROM alarm WHERE alarm = %s", seen) == r"device=back\\\\slash"
    assert replay(scene, "--as-recorded", "--json") == wanted
    told = json.loads(explained(scene, str(seen), "--database", scene.postgres.url, "--json"))["story"]
    lines = [json.loads(line)["transition"] for line in wanted]
    assert [(t["cause"], t["alarm"]["key"], t["reason"], [e["device"] for e in t["evidence"]]) for t in told] == [
        (t["cause"], t["alarm"]["key"], t["reason"], [e["device"] for e in t["evidence"]]) for t in lines
        if t["alarm"]["id"] == seen]


def test_a_reload_on_the_way_is_primed_as_it_was(scene, tmp_path):
    # more than is read of it at a time
    scene.broker.publish("bulk/x", *[json.dumps({"device": "x", "number": 7, "note": "-" * 300})] * 3000)
    say(scene, "f", 1)
    scene.reload(counting(priority="high") + STAFF + SEEN + ANSWER + counting(2, "10m").replace("rule: counting", "rule: again"))
    say(scene, "f", 1)
    number = str(scene.alarm("again", "f")["id"])
    calm(scene)
    wanted, dump = lived(scene)
    spine.settle(scene.daemon)
    assert scene.postgres.value("SELECT count(*) FROM engine_input WHERE primed <> ''") == 1
    recording = tmp_path / "recording.jsonl"
    recording.write_text(dump)
    assert replay(scene, "--as-recorded", "--json") == wanted
    assert replay(scene, str(recording), "--as-recorded", "--json") == wanted
    # the rules of today had more to tell
    assert replay(scene, "--json") != wanted
    # and so it is where the daemon is gone
    assert scene.daemon.stop() == 0
    assert replay(scene, "--as-recorded", "--json")[:len(wanted)] == wanted
    # a journal that was damaged has a successor in the same database: what raised an alarm is found where it was raised
    scene.postgres.query("INSERT INTO journal (journal_id, site) VALUES (gen_random_uuid(), 'test')")
    assert "passage of x is not `x`: `where` does not hold" in explained(scene, number)
