"""What people switch while the rules stay: modes and lists, through the real daemon and into the auditor's tables."""

import grp
import json
import os
import pathlib
import pwd
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import harness.scene  # noqa: E402
from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import binary, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402

SITE = """\
site: test
modes:
  drill: {title: Fire drill, exercise: true}
  open-day: {title: Open day}
lists:
  staff: [ann]
"""
SENSORS = spine.SENSORS.replace("  number: number\n", "  number: number\n  badge: badge\n")
RULES = """\
- rule: staff-seen
  title: "{device}: staff"
  select: {x: {kind: passage, badge: "@staff"}}
  by: device
  raise: {hazard: theft, priority: low}
  examples:
    - given: [0s x d1 badge=ann]
      alarms: [0s d1]
"""


class Scene(harness.scene.Scene):
    def show(self, device, badge):
        self.broker.publish(f"bulk/{device}", json.dumps({"device": device, "number": 1, "badge": badge}))

    def event(self, device):
        """The flags of the device's newest event, once it is stored."""
        return wait_for(lambda: self.postgres.query("SELECT flags FROM event WHERE device = %s ORDER BY seq DESC LIMIT 1",
                                                    device), 30, f"an event of {device}")[0][0]

    def drilled(self, device):
        """Whether the device's alarm is a drill, once it is stored; None: no alarm."""
        self.event(device)
        rows = self.postgres.query("SELECT exercise FROM alarm WHERE device = %s", device)
        return rows[0][0] if rows else None

    def modes(self):
        return {name: mode["on"] for name, mode in self.daemon.status()["modes"].items()}


@pytest.fixture
def scene(tmp_path, make_daemon):
    with Broker(tmp_path) as broker, Postgres() as postgres:
        made = Scene(tmp_path, make_daemon, broker, postgres, rules=RULES, sensors=SENSORS, site=SITE)
        spine.migrate(postgres, made.daemon.config)
        yield made.start()


def said(scene, *words):
    """What a subcommand prints."""
    done = scene.daemon.run(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(scene, *words):
    done = scene.daemon.run(*words)
    assert done.returncode == 1, done.stdout
    return done.stderr


def commands(scene):
    spine.settle(scene.daemon)
    return scene.postgres.query("SELECT name, request->>'name', request->>'reason', ok FROM command_answered "
                                "WHERE name <> 'notice' ORDER BY seq")


def test_while_a_drill_is_on_everything_is_a_drill(scene):
    assert scene.modes() == {"drill": False, "open-day": False}
    assert said(scene, "mode", "drill", "on", "--reason", "yearly") == "mode drill is on\n"
    assert [line.split()[:3] for line in said(scene, "mode").splitlines()] == [["on", "drill", "(exercise)"],
                                                                               ["off", "open-day", "Open"]]
    scene.show("d1", "ann")
    assert scene.event("d1") == ["exercise"] and scene.drilled("d1") is True
    # it stays so over a death of the engine
    old = scene.daemon.kill("engine")
    scene.daemon.wait_restarted("engine", old)
    scene.live()
    assert scene.modes() == {"drill": True, "open-day": False}
    assert scene.daemon.status()["replay_differs"] == 0
    said(scene, "mode", "drill", "off")
    scene.show("d2", "ann")
    assert scene.event("d2") == [] and scene.drilled("d2") is False
    assert commands(scene) == [("mode", "drill", "yearly", True), ("mode", "drill", None, True)]


def test_a_mode_that_is_no_drill_marks_nothing(scene):
    answer = json.loads(said(scene, "mode", "open-day", "on", "--json", "--id", "once"))
    assert answer == {"id": "once", "ok": True, "mode": {"name": "open-day", "on": True}}
    assert json.loads(said(scene, "mode", "open-day", "on", "--json", "--id", "once")) == answer
    scene.show("d1", "ann")
    assert scene.event("d1") == [] and scene.drilled("d1") is False
    assert len(commands(scene)) == 1


def test_a_list_changes_what_the_rules_see(scene):
    scene.show("d1", "bob")
    assert scene.drilled("d1") is None
    assert said(scene, "list", "staff", "add", "bob", "--reason", "new") == "bob is in list staff\n"
    scene.show("d2", "bob")
    wait_for(lambda: scene.drilled("d2") is False, 20, "an alarm of d2")
    said(scene, "list", "staff", "remove", "bob")
    scene.show("d3", "bob")
    assert scene.drilled("d3") is None
    # for a time
    answer = json.loads(said(scene, "list", "staff", "add", "bob", "--until", "2099-01-01T00:00:00Z", "--json"))
    assert answer["list"] == {"name": "staff", "member": "bob", "in": True, "until": "2099-01-01T00:00:00.000000Z"}
    # what the file says can be taken back, too
    said(scene, "list", "staff", "remove", "ann")
    scene.show("d4", "ann")
    assert scene.drilled("d4") is None
    assert commands(scene) == [("list", "staff", reason, True) for reason in ("new", None, None, None)]


def test_refusals_say_what_to_do(scene):
    assert "did you mean `drill`?" in refused(scene, "mode", "dril", "on")
    assert "did you mean `staff`?" in refused(scene, "list", "staf", "add", "bob")
    assert "no time ahead" in refused(scene, "list", "staff", "add", "bob", "--until", "2001-01-01T00:00:00Z")
    assert "goes with adding" in refused(scene, "list", "staff", "remove", "bob", "--until", "2h")
    for words in (("mode", "drill"), ("mode", "drill", "maybe"), ("list",), ("list", "staff"), ("list", "staff", "drop", "bob")):
        assert scene.daemon.run(*words).returncode == 2, words
    # refused, they are recorded all the same
    assert [row[3] for row in commands(scene)] == [False] * 4
    assert scene.modes() == {"drill": False, "open-day": False}


ASK = """\
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\\n")
print(s.makefile().readline())
"""


def ask_as(scene, user, **request):
    """What a process of `user` is answered."""
    entry = pwd.getpwnam(user)
    done = subprocess.run(["/usr/bin/python3", "-c", ASK, scene.daemon.run_dir / "wardwatch.sock", json.dumps(request)],
                          capture_output=True, text=True, user=entry.pw_uid, group=entry.pw_gid, extra_groups=[], cwd="/",
                          check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
def test_operators_switch_modes_and_leave_lists_alone(scene):
    scene.daemon.run_dir.chmod(0o755)
    entry = pwd.getpwnam("daemon")
    scene.daemon.stop()
    scene.daemon.write_config(command__group=grp.getgrgid(entry.pw_gid).gr_name)
    scene.daemon.start()
    assert ask_as(scene, "daemon", cmd="mode", id="m", name="open-day", on=True)["ok"]
    refusal = ask_as(scene, "daemon", cmd="list", id="l", name="staff", member="bob", add=True)
    assert refusal["error"]["name"] == "role"
    assert scene.modes()["open-day"]


def peak(folder, site):
    """Bytes that `check` of such a site took at most."""
    folder.mkdir()
    (folder / "site.yaml").write_text("site: test\nlists:\n" + site)
    config = folder / "wardwatch.yaml"
    config.write_text(f"site: {{name: test}}\nmqtt: {{urgent: [a], bulk: [b]}}\npaths: {{sensors: [], rules: [], site: [{folder / 'site.yaml'}]}}\n")
    process = subprocess.Popen([binary(), "check", "-c", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    assert process.returncode == 0, said
    return usage.ru_maxrss * 1024


def test_many_lists_of_one_member_take_what_is_in_them(tmp_path):
    """Beside one list of as many members, and the program itself."""
    count = 40000
    lists = peak(tmp_path / "lists", "".join(f"  l{n:05}: [a]\n" for n in range(count)))
    one = peak(tmp_path / "one", "  l:\n" + "".join(f"    - l{n:05}\n" for n in range(count)))
    assert lists < 4 * one
