"""What whoever has taken a worker over can say at the engine's socket: what that worker says, and no more of it than the
others have room for."""

import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import Daemon, wait_for  # noqa: E402
from harness.leash import find_driver  # noqa: E402

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users"),
              pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/mqtt-load")]

# users that every Debian with PostgreSQL has
ENGINE, STORE, CONSOLE, AUTH, NOTIFY, PERSON = "daemon", "postgres", "www-data", "backup", "mail", "news"
USERS = {"users.engine": ENGINE, "users.store": STORE, "users.console": CONSOLE, "users.auth": AUTH, "users.notify": NOTIFY}
NOWHERE = "host=/nowhere dbname=none"
SILENT = ("reader", "cursor", "checkpoint")  # no answer unless refused

TALK = """
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
s.connect(sys.argv[1])
lines, answers = s.makefile("rb"), {}
for n, request in enumerate(json.load(sys.stdin)):
    s.sendall(json.dumps(request | {"id": str(n)}).encode() + b"\\n")
    s.sendall(json.dumps({"cmd": "status", "id": f"after-{n}"}).encode() + b"\\n")
    wanted = {f"after-{n}"} | ({str(n)} if request["cmd"] not in SILENT else set())
    while wanted:
        answer = json.loads(lines.readline())
        answers[answer.get("id")] = answer
        wanted.discard(answer.get("id"))
print(json.dumps([answers.get(str(n)) for n in range(n + 1)]))
"""

HOLD = """
import socket, sys
held = []
for n in range(int(sys.argv[2])):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(sys.argv[1])
    try:
        s.sendall(b'{"cmd":"status","id":"1"}\\n')
        if s.recv(1):
            held.append(s)
    except (ConnectionResetError, BrokenPipeError):
        pass
print(len(held), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder():
    """Where other users can go; pytest's own folders are root's alone."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="ww-socket-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def broker(folder):
    with Broker(folder) as b:
        yield b


def make(folder, broker, **settings):
    daemon = Daemon(folder, broker=broker, postgres=NOWHERE, rules=spine.write_rules(folder / "rules"),
                    settings=USERS | {name.replace("__", "."): value for name, value in settings.items()})
    daemon.run_dir.chmod(0o755)
    return daemon


def run_as(user, code, *words, **more):
    entry = pwd.getpwnam(user)
    return subprocess.Popen(["/usr/bin/python3", "-c", code, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True, user=entry.pw_uid, group=entry.pw_gid, extra_groups=[], cwd="/", **more)


def say(daemon, user, *requests):
    """The answers to what a process of `user` says one after the other; None to what is taken without one."""
    process = run_as(user, f"SILENT = {SILENT}\n{TALK}", daemon.run_dir / "wardwatch.sock")
    answers, _ = process.communicate(json.dumps(requests), timeout=120)
    assert process.returncode == 0
    return json.loads(answers)


def refused(answer):
    return answer["error"]["name"] if answer and "error" in answer else None


def cursor(daemon):
    return daemon.status()["journal"]["store_cursor"]


POSE = [dict(cmd="reader", name="store"), dict(cmd="cursor", seq=1), dict(cmd="checkpoint", seq=1, text="forged"),
        dict(cmd="notice", name="database-back", subject="postgresql", text="all is well")]
RESULT = dict(cmd="notification-result", key="1.1", attempt=1, ok=True, final=True)
LOGIN = dict(cmd="notice", name="login", subject="alice", text="from nowhere")
CHANGED = dict(cmd="notice", name="credentials-changed", subject="alice", text="password")


def test_no_worker_poses_as_another(folder, broker):
    with make(folder, broker) as daemon:
        daemon.wait_live()
        for user in (CONSOLE, AUTH, NOTIFY):
            answers = say(daemon, user, *POSE)
            assert [refused(answer) for answer in answers][::3] == ["role", "role"], (user, answers)
            assert all(refused(answer) in ("role", "malformed") for answer in answers[1:3]), (user, answers)
        assert cursor(daemon) == 0
        others = [dict(cmd="reader", name="notify"), RESULT, LOGIN, CHANGED, dict(cmd="follow"), dict(cmd="rules")]
        may = {CONSOLE: {2, 4, 5}, AUTH: {3}, NOTIFY: {0, 1}, STORE: set()}
        for user, mine in may.items():
            answers = say(daemon, user, *others[:4])
            assert {n for n, answer in enumerate(answers) if refused(answer) != "role"} == mine & {0, 1, 2, 3}, (user, answers)
        for user in (AUTH, NOTIFY, STORE):
            assert [refused(answer) for answer in say(daemon, user, *others[4:])] == ["role", "role"]
        assert refused(say(daemon, CONSOLE, others[5])[0]) is None
        # the store itself
        assert [refused(answer) for answer in say(daemon, STORE, *POSE)] == [None] * 4
        assert cursor(daemon) == 1


def test_the_cursor_goes_back_with_the_database(folder, broker):
    """On the same connection, too: an older copy of PostgreSQL came back, and what it lost must not be trimmed."""
    with make(folder, broker) as daemon:
        daemon.wait_live()
        head = daemon.status()["journal"]["head"]
        say(daemon, STORE, dict(cmd="reader", name="store"), dict(cmd="cursor", seq=head), dict(cmd="cursor", seq=1))
        assert head > 1 and cursor(daemon) == 1


def test_what_is_too_large_is_not_journaled(folder, broker):
    with make(folder, broker) as daemon:
        daemon.wait_live()
        long, longest = dict(LOGIN, text="x" * 3500), dict(LOGIN, text="x" * 4096)
        assert [refused(answer) for answer in say(daemon, CONSOLE, longest, long)] == ["too-large", None]
        assert refused(daemon.call("note", incident=1, text="x" * 20000)) == "too-large"
        assert refused(daemon.call("note", incident=1, text="x" * 4000)) == "unknown"
        assert daemon.status()["feed"]["not_taken"]["size"] == 2


def test_a_worker_writes_no_more_than_its_share(folder, broker):
    with make(folder, broker) as daemon:
        daemon.wait_live()
        answers = say(daemon, AUTH, *[dict(CHANGED, text="x" * 3500)] * 400)
        taken = sum(refused(answer) is None for answer in answers)
        assert 2**20 / 8000 <= taken < 400  # the command and the record that comes of it
        late = next(answer for answer in answers if refused(answer))
        assert refused(late) == "often" and late["again"]
        assert daemon.status()["feed"]["not_taken"]["often"] == 400 - taken
        assert refused(say(daemon, CONSOLE, LOGIN)[0]) is None  # the others have theirs
        assert refused(daemon.call("ack", alarm=999)) == "unknown-alarm"


def test_an_operator_who_writes_without_end_keeps_no_other_from_an_act(folder, broker):
    """The console has one allowance for all who use it, and each of them a few acts beside it."""
    with make(folder, broker) as daemon:
        daemon.wait_live()
        for name in ("anna", "bert"):
            assert daemon.call("operator-add", name=name, may=["operator"])["ok"]
        opened = daemon.call("incident-open", hazard="theft", title="x", priority="low")
        number = next(change["id"] for change in opened["changes"] if change["subject"] == "incident")
        endless, act = dict(cmd="note", incident=number, text="x" * 3900, **{"as": "anna"}), dict(cmd="ack", alarm=999)
        others, own = [endless, endless, act | {"as": "bert"}] * 8, [endless, endless, act | {"as": "anna"}] * 40
        answers = [refused(answer) for answer in say(daemon, CONSOLE, *[endless] * 900, *others, *own)]
        others, own = answers[900:][:len(others)], answers[-len(own):]
        assert "often" in others[0::3] and others[2::3] == ["unknown-alarm"] * 8
        # and who did it has no more than his few
        assert "often" in own[2::3] and "unknown-alarm" in own[2::3]


def test_workers_wait_where_bulk_does(folder, broker):
    """The map is as full as closes the bulk lane: what is left of it is for urgent messages, and for people."""
    with make(folder, broker, journal__size="4MiB", mqtt__packet_max="16KiB") as daemon:
        daemon.wait_live()
        load = spine.Load(broker, folder / "load.log", count=200000)

        def again():
            return say(daemon, CONSOLE, LOGIN | dict(text="x" * 2000))[0].get("again")

        try:
            wait_for(again, 90, "a journal that takes no more of workers")
        finally:
            load.process.kill()
            load.process.wait()
        tip, note = dict(cmd="tip", text="a man"), dict(incident=1, text="x" * 8500)
        assert refused(say(daemon, CONSOLE, tip)[0]) == refused(daemon.call("note", **note)) == "journal-full"
        assert daemon.call("note", incident=1, text="x" * 4000)["ok"]
        assert say(daemon, CONSOLE, LOGIN)[0]["ok"]  # who logs in stands in the record all the same
        assert refused(daemon.call("ack", alarm=10**9)) == "unknown-alarm"
        assert refused(say(daemon, NOTIFY, RESULT)[0]) not in ("journal-full", "role")
        assert daemon.status()["journal"]["fill"] < 0.95 and daemon.status()["feed"]["not_taken"]["lean"] >= 3


def test_no_user_takes_all_places(folder, broker):
    with make(folder, broker, command__clients_max=16, command__group=PERSON) as daemon:
        daemon.wait_live()
        path, held = daemon.run_dir / "wardwatch.sock", {}
        try:
            for user in (AUTH, NOTIFY, PERSON):
                held[user] = run_as(user, HOLD, path, 20)
                held[user, "n"] = int(held[user].stdout.readline())
            # a quarter each; people have what is kept for nobody: two for the store, for the console, for root
            assert [held[user, "n"] for user in (AUTH, NOTIFY)] == [4, 4]
            assert held[PERSON, "n"] == 16 - 2 * 4 - 3 * 2
            assert [len(say(daemon, user, dict(cmd="status"))) for user in (STORE, CONSOLE, ENGINE)] == [1, 1, 1]
            assert daemon.status()["feed"]["refused"] > 0
        finally:
            for user in (AUTH, NOTIFY, PERSON):
                if user in held:
                    held[user].communicate()
        wait_for(lambda: daemon.status()["feed"]["clients"] < 8, 10, "their end")
        assert say(daemon, PERSON, dict(cmd="status"))[0]["ok"]
