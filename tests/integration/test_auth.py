"""The process that checks passwords, with PostgreSQL and the broker away; and operators who act through the console."""

import base64
import hashlib
import hmac
import os
import pathlib
import pwd
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import Daemon, Socket, binary, wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402

GOOD, BETTER = "lamp river seven copper", "nine quiet elephants sing"


@pytest.fixture
def daemon(tmp_path):
    with Daemon(tmp_path, settings={"auth.enabled": True}) as d:
        wait_for(lambda: (d.run_dir / "auth" / "auth.sock").exists(), 30, "the socket of auth")
        yield d


def user(daemon, *words, password=None):
    return subprocess.run([binary(), "user", "-c", daemon.config, *words], input=f"{password}\n" if password else "",
                          capture_output=True, text=True, timeout=60, check=False)


def ask(daemon, **fields):
    with Socket(daemon.run_dir / "auth" / "auth.sock", 90) as s:
        return s.call(fields.pop("cmd", "check"), **fields)


def result(daemon, name, password, **fields):
    return ask(daemon, name=name, password=password, **fields).get("result")


def totp(secret, at):
    """RFC 6238, written a second time."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    place = mac[19] & 15
    return f"{(struct.unpack('>I', mac[place:place + 4])[0] & 0x7fffffff) % 1000000:06d}"


def dump(daemon):
    return daemon.run("journal", "dump").stdout


def test_a_user_from_the_first_password_to_the_last(daemon):
    assert user(daemon, "add", "alice", password="short").returncode == 1
    assert "15 characters" in user(daemon, "add", "alice", password="short").stderr
    assert user(daemon, "add", "alice", password=GOOD).returncode == 0
    assert "user-exists" in user(daemon, "add", "alice", password=GOOD).stderr or user(
        daemon, "add", "alice", password=GOOD).returncode == 1
    assert result(daemon, "alice", GOOD) == "yes"
    assert result(daemon, "alice", BETTER) == "no"
    assert result(daemon, "nobody", GOOD) == "no"
    made = user(daemon, "totp", "alice").stdout
    secret = made.split()[1]
    assert result(daemon, "alice", GOOD) == "totp"
    assert result(daemon, "alice", BETTER, totp=totp(secret, time.time())) == "no"
    code = totp(secret, time.time())
    assert result(daemon, "alice", GOOD, totp=code) == "yes"
    assert result(daemon, "alice", GOOD, totp=code) == "no"  # good once
    assert user(daemon, "totp", "alice", "--off").returncode == 0
    assert user(daemon, "passwd", "alice", password=BETTER).returncode == 0
    assert result(daemon, "alice", GOOD, source="other") == "no"
    assert result(daemon, "alice", BETTER, source="other") == "yes"
    assert "alice" in user(daemon, "list").stdout
    assert user(daemon, "remove", "alice").returncode == 0
    assert "alice" not in user(daemon, "list").stdout

    def told():
        text = dump(daemon)
        return text if text.count("credentials-changed") >= 5 and "user removed by unix:" in text else None

    record = wait_for(told, 30, "the notices in the journal")
    kept = b"".join(p.read_bytes() for p in (daemon.folder / "state" / "journal").iterdir())
    for hidden in (GOOD, BETTER, secret, code, "argon2id"):
        assert hidden not in record and hidden.encode() not in kept and hidden not in daemon.log
    folder = daemon.folder / "state" / "auth"
    assert stat.S_IMODE((folder / "credentials").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) & 0o007 == 0


def test_a_password_of_ones_own(daemon):
    """What somebody else has given is to be changed; that takes the old one, and each attempt counts."""

    def own(name, password, new, **fields):
        return ask(daemon, cmd="own", name=name, password=password, new=new, **fields)

    assert user(daemon, "add", "alice", password=GOOD).returncode == 0
    assert ask(daemon, name="alice", password=GOOD)["given"] is True
    assert own("alice", GOOD, "short")["error"]["name"] == "weak"
    assert "you have" in own("alice", GOOD, GOOD)["error"]["text"]
    assert own("alice", GOOD, "")["error"]["name"] == "malformed"
    assert own("alice", BETTER, BETTER + "!")["result"] == "no"
    assert own("nobody", GOOD, BETTER)["result"] == "no"
    assert result(daemon, "alice", GOOD) == "yes"
    assert own("alice", GOOD, BETTER)["result"] == "yes"
    assert result(daemon, "alice", GOOD, source="other") == "no"
    answer = ask(daemon, name="alice", password=BETTER, source="other")
    assert answer["result"] == "yes" and "given" not in answer
    wait_for(lambda: "password changed by alice" in dump(daemon), 30, "the notice in the journal")
    secret = user(daemon, "totp", "alice").stdout.split()[1]
    assert own("alice", BETTER, GOOD, source="third")["result"] == "totp"
    assert own("alice", BETTER, GOOD, source="third", totp=totp(secret, time.time()))["result"] == "yes"
    assert user(daemon, "passwd", "alice", password=BETTER).returncode == 0
    assert user(daemon, "totp", "alice", "--off").returncode == 0
    assert ask(daemon, name="alice", password=BETTER, source="third")["given"] is True


def test_own_password_on_the_command_line_and_what_is_counted(tmp_path):
    port = free_port()
    with Daemon(tmp_path, settings={"auth.enabled": True, "metrics.auth": port}) as d:
        wait_for(lambda: daemon_answers(d), 30, "auth")

        def own(old, new):
            return subprocess.run([binary(), "user", "-c", d.config, "passwd", "alice", "--own"], input=f"{old}\n{new}\n",
                                  capture_output=True, text=True, timeout=60, check=False)

        assert user(d, "add", "alice", password=GOOD).returncode == 0
        assert " given " in user(d, "list").stdout
        assert "not right" in own(BETTER, "five " + GOOD).stderr
        assert "15 characters" in own(GOOD, "short").stderr
        done = own(GOOD, BETTER)
        assert (done.returncode, done.stdout) == (0, "done\n")
        assert " own " in user(d, "list").stdout
        assert result(d, "alice", BETTER, source="desk") == "yes"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        for line in ("users 1", "users_limit ", 'checks_total{result="yes"} 2', 'checks_total{result="no"} 1', "busy_total 0",
                     "waiting 0", "throttle_keys "):
            assert f"\nwardwatch_auth_{line}" in text, line


def test_killed_at_any_time_the_password_is_the_old_one_or_the_new_one(daemon):
    passwords = [GOOD, BETTER]
    assert user(daemon, "add", "alice", password=passwords[0]).returncode == 0
    for _ in range(4):
        pid = daemon.pid("auth")
        with Socket(daemon.run_dir / "auth" / "auth.sock") as s:
            s.send(id="1", cmd="passwd", name="alice", password=passwords[1])
            time.sleep(0)  # now, or any moment from now on
            daemon.kill("auth")
        daemon.wait_restarted("auth", pid)
        wait_for(lambda: daemon_answers(daemon), 30, "auth")
        works = [result(daemon, "alice", p) == "yes" for p in passwords]
        assert sum(works) == 1
        if works[1]:
            passwords.reverse()
    assert daemon.status()


def daemon_answers(daemon):
    try:
        return ask(daemon, cmd="list").get("ok")
    except (OSError, Exception):  # noqa: BLE001
        return None


def test_who_guesses_waits_and_who_knows_comes_in(daemon):
    user(daemon, "add", "alice", password=GOOD)
    spans = []
    for n in range(5):
        since = time.monotonic()
        assert result(daemon, "alice", f"{BETTER} {n}", source="tablet") == "no"
        spans.append(time.monotonic() - since)
    assert spans[4] > 1.5  # it was let in 2 s behind the fourth
    assert result(daemon, "alice", GOOD, source="desk") == "yes"
    with Socket(daemon.run_dir / "auth" / "auth.sock", 60) as s:
        for n in range(10):
            s.send(id=str(n), cmd="check", name="bob", password=BETTER, source="tablet")
        first = s.next()
        assert first["error"]["name"] == "busy"  # one source does not fill the room
        assert result(daemon, "alice", GOOD, source="desk") == "yes"


def spent(pid):
    """Processor time of a process and its threads, s."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_a_name_that_nobody_has_takes_as_long(daemon):
    """By what the process does for an answer: how long that takes depends on what else the machine has to do."""
    user(daemon, "add", "alice", password=GOOD)
    pid = daemon.pid("auth")

    def work(name):
        before = spent(pid)
        for n in range(5):
            assert result(daemon, name, BETTER, source=f"{name}-{n}") == "no"
        return spent(pid) - before

    known, unknown = work("alice"), work("nobody")
    assert known > 0.1
    assert 0.5 < unknown / known < 2


def test_operators_through_the_console(daemon):
    opening = {"hazard": "theft", "title": "A bicycle is gone"}
    assert daemon.call("incident-open", **{"as": "alice"}, **opening)["error"]["name"] == "unknown-operator"
    answer = daemon.call("operator-add", name="alice")
    assert answer["ok"], answer
    assert daemon.call("incident-open", **{"as": "alice"}, **opening)["error"]["name"] == "unknown-operator"
    assert daemon.call("operator-roles", operator="alice", may=["operator"], reason="new")["ok"]
    assert daemon.call("incident-open", **{"as": "alice"}, **opening)["ok"]
    assert daemon.call("incident-open", **{"as": 7}, **opening)["error"]["name"] == "unknown-operator"
    for verb in ("list", "operator-add", "notice", "incident-reopen"):
        assert daemon.call(verb, **{"as": "alice"})["error"]["name"] == "role"
    answer = daemon.call("operator-roles", operator="alice", may=["operator", "administrator"], reason="more")
    assert [c["subject"] for c in answer["changes"]] == ["approval"]
    name = f"unix:{pwd.getpwuid(os.geteuid()).pw_name}"
    assert daemon.call("approve", approval=answer["changes"][0]["id"])["error"]["name"] == "same-person"
    text = dump(daemon)
    assert '"alice"' in text and name in text
    daemon.kill("engine")
    wait_for(lambda: daemon.answers(), 30, "the engine")
    assert daemon.call("incident-take", incident=1, **{"as": "alice"})["ok"]
    assert daemon.call("operator-remove", operator="alice", reason="left")["ok"]
    assert daemon.call("incident-take", incident=1, **{"as": "alice"})["error"]["name"] == "unknown-operator"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")
def test_nobody_but_the_console_may_ask():
    auth, console, stranger = "mail", "games", "nobody"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ww-auth-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with Daemon(folder, settings={"auth.enabled": True, "users.engine": "daemon", "users.auth": auth,
                                      "users.console": console}) as daemon:
            daemon.run_dir.chmod(0o755)
            path = daemon.run_dir / "auth" / "auth.sock"
            wait_for(path.exists, 30, "the socket of auth")
            assert user(daemon, "add", "alice", password=GOOD).returncode == 0
            status = pathlib.Path(f"/proc/{daemon.pid('auth')}/status").read_text()
            assert f"Uid:\t{pwd.getpwnam(auth).pw_uid}\t" in status
            assert heard(path, console, '{"id":"1","cmd":"check","name":"alice","password":"%s"}' % GOOD) == "yes"
            assert heard(path, console, '{"id":"1","cmd":"list"}') == "role"
            for other in (stranger, "daemon"):
                assert heard(path, other, '{"id":"1","cmd":"list"}') == "closed"
                assert not readable(daemon.folder / "state" / "auth" / "credentials", other)
            wait_for(lambda: "credentials-changed" in dump(daemon), 30, "the notice in the journal")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_user(name, program, *words):
    entry = pwd.getpwnam(name)
    return subprocess.run(["/usr/bin/python3", "-c", program, *words], capture_output=True, text=True,
                          user=entry.pw_uid, group=entry.pw_gid, extra_groups=[], cwd="/", check=False)


def heard(path, name, line):
    """The result, the name of the refusal, or "closed"."""
    program = ("import json,socket,sys; s=socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1]);"
               "s.sendall(sys.argv[2].encode()+b'\\n'); a=json.loads(s.makefile().readline());"
               "print(a.get('result') or a['error']['name'])")
    done = as_user(name, program, str(path), line)
    return done.stdout.strip() if done.returncode == 0 else "closed"


def readable(path, name):
    return as_user(name, "import sys; open(sys.argv[1]).read()", str(path)).returncode == 0
