"""Who is told, by what, and what becomes of it: the notifier against real servers that hang, refuse and lie."""

import contextlib
import email
import email.policy
import hashlib
import hmac
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker, Certificates  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402

pytest.importorskip("aiosmtpd", reason="needs python3-aiosmtpd")
from harness.endpoint import Endpoint, Mailbox  # noqa: E402

SITE = "site: test\nzones:\n  - {zone: W3}\n"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
QUICK = "timeout: 1s, retry_min: 100ms, retry_max: 200ms, give_up_after: 20s"


class Followed:
    """Every change of a notification, told by the engine: {key: [(what, body)]}."""

    def __init__(self, daemon):
        self.told = {}
        self.connection = daemon.connect(timeout=120)
        self.connection.send(cmd="follow")
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while (line := self.connection.next()) is not None:
                change = line.get("change") or {}
                if change.get("subject") == "notification":
                    self.told.setdefault(change["body"]["key"], []).append((change["what"], change["body"]))
        except (OSError, ValueError):
            pass

    def whats(self, key):
        return [what for what, _ in self.told.get(key, [])]

    def last(self, key):
        return self.told[key][-1][1]


class Scene:
    def __init__(self, tmp_path, make_daemon, broker=None):
        self.folder, self.make_daemon, self.broker = tmp_path, make_daemon, broker
        self.daemon = self.followed = None

    def start(self, channels, by, steps=None, ways=""):
        """`channels`: the lines of the file; `by`: channels of the only step; `ways`: `channels:` of the response."""
        response = self.folder / "response"
        response.mkdir()
        names = ways or "".join(f"  - {{channel: {name}}}\n" for name in by)
        (response / "test.yaml").write_text(
            f"required: {{priority: critical}}\nchannels:\n{names}recipients:\n"
            f"  - {{recipient: chief, address: {{{'mail: chief@example.org' if 'mail' in by else ''}}}}}\n"
            "escalations:\n  - escalation: e\n    match: {hazard: fire}\n    steps:\n" +
            (steps or f"      - {{after: 0s, to: chief, by: [{', '.join(by)}]}}\n"))
        path = self.folder / "channels.yaml"
        path.write_text("channels:\n" + channels)
        path.chmod(0o600)
        self.daemon = self.make_daemon(broker=self.broker, rules=spine.write_rules(self.folder / "rules", site=SITE),
                                       settings={"notify.channels": path, "paths.response": [response]})
        self.daemon.start()
        self.followed = Followed(self.daemon)
        return self

    def open(self, title="Smoke", **fields):
        """Opens an incident; returns its number."""
        answer = self.daemon.call("incident-open", hazard="fire", title=title, zone="W3", priority="high", **fields)
        assert answer["ok"], answer
        return next(c["id"] for c in answer["changes"] if c["subject"] == "incident")

    def act(self, cmd, **fields):
        answer = self.daemon.call(cmd, **fields)
        assert answer["ok"], answer

    def told(self, key, *whats, timeout=30):
        """Waits until the journal says exactly this of a notification, as far as it goes."""
        wait_for(lambda: tuple(self.followed.whats(key))[-len(whats):] == whats, timeout,
                 f"{whats} of {key}, not {self.followed.told}\n{self.daemon.log[-2000:]}")
        return self.followed.last(key)

    def figures(self, channel):
        """What the notifier said last, once it has."""
        return wait_for(lambda: (self.daemon.answers() or {}).get("feed", {}).get("readers", {}).get("notify", {})
                        .get("channels", {}).get(channel), 30, "the notifier's figures")


@pytest.fixture
def scene(tmp_path, make_daemon):
    return Scene(tmp_path, make_daemon)


@pytest.fixture
def endpoint():
    with Endpoint() as made:
        yield made


def webhook(name, endpoint, more=QUICK):
    return f"  - {{channel: {name}, kind: webhook, url: '{endpoint.url}', {more}}}\n"


# --- the ways out ---

def test_webhook(scene, endpoint):
    scene.start(webhook("hook", endpoint, "secret: hunter2, headers: {X-Site: north}, link: 'https://c/{incident}', title: '{title}!'"),
                ["hook"])
    incident = scene.open("Smöke\r\nX-Evil: 1")
    body = scene.told(f"{incident}/e/1/chief/hook", "due", "sent")
    assert body["attempts"] == 1 and body["answer"].startswith("HTTP 204")
    (request,) = endpoint.requests
    headers = request.headers
    assert headers["Idempotency-Key"] == f"{incident}/e/1/chief/hook"
    assert headers["X-Site"] == "north" and headers["Content-Type"] == "application/json"
    assert not any("Evil" in name for name in headers)
    signed = headers["X-Wardwatch-Timestamp"].encode() + b"." + request.body
    assert headers["X-Wardwatch-Signature"] == "sha256=" + hmac.new(b"hunter2", signed, hashlib.sha256).hexdigest()
    told = json.loads(request.body)
    assert told["title"] == "Smöke  X-Evil: 1!" and told["link"] == f"https://c/{incident}"
    assert (told["attempt"], told["incident"], told["zone"], told["exercise"]) == (1, incident, "W3", False)


def test_mail(scene, tmp_path):
    certificates = Certificates(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    with Mailbox(users={"ww": "secret"}, context=context) as mailbox:
        scene.start(f"  - {{channel: mail, kind: mail, url: 'smtp://localhost:{mailbox.port}', from: ww@hospital.example, "
                    f"user: ww, password: secret, ca_file: {certificates.ca}, link: 'https://c/{{incident}}'}}\n", ["mail"])
        incident = scene.open("Feuer im Übergang, sehr lang " * 4 + "\r\nBcc: all@example.org")
        key = f"{incident}/e/1/chief/mail"
        scene.told(key, "due", "sent")
        (mail,) = mailbox.mails
        assert mail.tls and mail.user == "ww" and mail.recipients == ["chief@example.org"]
        message = email.message_from_bytes(mail.content, policy=email.policy.default)
        assert message["Bcc"] is None and "Feuer im Übergang" in message["Subject"] and "Bcc: all@" in message["Subject"]
        assert message["Message-ID"].endswith("@hospital.example>") and message["Date"].datetime
        assert not message.defects and all(len(line) < 79 for line in mail.content.splitlines())
        assert f"https://c/{incident}" in message.get_content()


def test_mail_without_tls_is_not_sent(scene):
    with Mailbox() as mailbox:
        scene.start(f"  - {{channel: mail, kind: mail, url: 'smtp://127.0.0.1:{mailbox.port}', from: ww@x, {QUICK}}}\n", ["mail"])
        incident = scene.open()
        scene.told(f"{incident}/e/1/chief/mail", "failed")
        assert not mailbox.mails


def test_mail_refused_for_good(scene):
    with Mailbox(answer="554 no such person") as mailbox:
        scene.start(f"  - {{channel: mail, kind: mail, url: 'smtp://127.0.0.1:{mailbox.port}', from: ww@x, tls: never, {QUICK}}}\n",
                    ["mail"])
        incident = scene.open()
        body = scene.told(f"{incident}/e/1/chief/mail", "due", "given-up")
        assert "554" in body["answer"]


def test_mqtt_and_cap(tmp_path, make_daemon):
    with Broker(tmp_path) as broker:
        scene = Scene(tmp_path, make_daemon, broker)
        heard = subprocess.Popen(["mosquitto_sub", "-p", str(broker.port), "-t", "told/#", "-v", "-C", "3", "-W", "60",
                                  "-F", "%t\t%p"], stdout=subprocess.PIPE, text=True)
        wait_for(lambda: "SUBSCRIBE" in broker.log, 20, "the listener")
        scene.start(f"  - {{channel: bus, kind: mqtt, url: 'mqtt://127.0.0.1:{broker.port}', topic: 'told/{{zone}}/{{title}}', "
                    "format: cap}\n", ["bus"], ways="  - {channel: bus, closing: true}\n",
                    steps="      - {after: 0s, to: chief, by: bus}\n      - {after: 1s, to: chief, by: bus, until: dispatched}\n")
        incident = scene.open("a/b+#")
        scene.told(f"{incident}/e/2/chief/bus", "due", "sent")
        scene.act("incident-take", incident=incident)
        scene.act("incident-resolve", incident=incident)
        scene.act("incident-close", incident=incident)
        lines, _ = heard.communicate(timeout=60)
    topics, texts = zip(*re.findall(r"(told/\S*)\t(.*?</alert>)", lines, re.DOTALL))
    assert set(topics) == {"told/W3/a_b__"}
    alert, update, cancel = (ElementTree.fromstring(text) for text in texts)
    assert [a.findtext(CAP + "msgType") for a in (alert, update, cancel)] == ["Alert", "Update", "Cancel"]
    first = ",".join(alert.findtext(CAP + name) for name in ("sender", "identifier", "sent"))
    second = ",".join(update.findtext(CAP + name) for name in ("sender", "identifier", "sent"))
    assert update.findtext(CAP + "references") == first
    assert cancel.findtext(CAP + "references") == f"{first} {second}"


def test_command(scene, tmp_path):
    out, program = tmp_path / "out", tmp_path / "tell"
    program.write_text(f"#!/bin/sh\ncat > {out}\necho \"$1 $#\" >> {out}\necho handed on\n")
    program.chmod(0o755)
    scene.start(f"  - {{channel: run, kind: command, argv: [{program}, '$(id); *']}}\n", ["run"])
    incident = scene.open()
    body = scene.told(f"{incident}/e/1/chief/run", "due", "sent")
    assert body["answer"] == "exit code 0: handed on "[:len(body["answer"])]
    told, arguments = out.read_text().splitlines()
    assert json.loads(told)["incident"] == incident and arguments == "$(id); * 1"


def test_command_that_hangs_or_fails(scene, tmp_path):
    slow, failing = tmp_path / "slow", tmp_path / "failing"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nsleep 100 &\necho $! >> {tmp_path}/pid\nwait\n")
    failing.write_text("#!/bin/sh\necho unknown number >&2\nexit 3\n")
    slow.chmod(0o755), failing.chmod(0o755)
    scene.start(f"  - {{channel: slow, kind: command, argv: [{slow}], {QUICK}}}\n"
                f"  - {{channel: failing, kind: command, argv: [{failing}]}}\n"
                "  - {channel: absent, kind: command, argv: [/nonexistent], retry_min: 1h, retry_max: 1h}\n",
                ["slow", "failing", "absent"])
    incident = scene.open()
    assert "unknown number" in scene.told(f"{incident}/e/1/chief/failing", "due", "given-up")["answer"]
    assert "cannot be run" in scene.told(f"{incident}/e/1/chief/absent", "due", "failed")["answer"]
    scene.told(f"{incident}/e/1/chief/slow", "failed")
    pids = [int(word) for word in (tmp_path / "pid").read_text().split()]
    scene.daemon.wait_gone(pids[1])  # with its children


@pytest.mark.parametrize("kind", ["udp", "tcp", "unix"])
def test_syslog(scene, tmp_path, kind):
    path = f"/tmp/ww-log-{os.getpid()}"
    if kind == "unix":
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        server.bind(path)
        url = f"unix://{path}"
    else:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        server.bind(("127.0.0.1", 0))
        url = f"{kind}://127.0.0.1:{server.getsockname()[1]}"
    server.settimeout(30)
    if kind == "tcp":
        server.listen()
    try:
        scene.start(f"  - {{channel: log, kind: syslog, url: '{url}', facility: 16}}\n", ["log"])
        incident = scene.open('He said "no" ]')
        if kind == "tcp":
            connection, _ = server.accept()
            length, _, text = b"".join(iter(lambda: connection.recv(4096), b"")).partition(b" ")
            connection.close()
            assert int(length) == len(text)
        else:
            text = server.recv(8192)
        scene.told(f"{incident}/e/1/chief/log", "due", "sent")
    finally:
        server.close()
        pathlib.Path(path).unlink(missing_ok=True)
    head, _, message = text.decode().partition("\ufeff")
    assert head.startswith("<130>1 20") and f'key="{incident}/e/1/chief/log"' in head and 'zone="W3"' in head
    assert message.startswith(f"incident {incident}, high, fire: He said")


def test_screen_and_unknown(scene):
    scene.start("  - {channel: desk, kind: screen}\n", ["desk", "horn"],
                ways="  - {channel: desk}\n  - {channel: horn, fallback: desk}\n",
                steps="      - {after: 0s, to: chief, by: horn}\n")
    incident = scene.open()
    assert "no such channel" in scene.told(f"{incident}/e/1/chief/horn", "due", "given-up")["answer"]
    scene.told(f"{incident}/e/1/chief/desk", "due", "sent")
    warned = scene.daemon.run("check").stderr
    assert "channel `horn` is not in the file" in warned, warned


# --- what hinders ---

def test_hang_delays_nobody(scene, endpoint):
    """The second channel at once, another channel unhindered, and the first one in the end."""
    with Endpoint() as other:
        endpoint.behave("hang")
        scene.start(webhook("slow", endpoint) + webhook("good", other) + webhook("second", other),
                    ["slow", "good"], ways="  - {channel: slow, fallback: second}\n  - {channel: good}\n  - {channel: second}\n")
        incident = scene.open()
        scene.told(f"{incident}/e/1/chief/good", "due", "sent")
        assert scene.followed.whats(f"{incident}/e/1/chief/slow") == ["due"]
        scene.told(f"{incident}/e/1/chief/second", "due", "sent")
        assert set(scene.followed.whats(f"{incident}/e/1/chief/slow")) <= {"due", "failed"}
        endpoint.behave("ok")
        scene.told(f"{incident}/e/1/chief/slow", "failed", "sent")
        assert len({request.headers["Idempotency-Key"] for request in endpoint.requests}) == 1


def hook_at(port):
    return f"  - {{channel: hook, kind: webhook, url: 'http://127.0.0.1:{port}/', {QUICK}}}\n"


def mail_at(port):
    return f"  - {{channel: mail, kind: mail, url: 'smtp://127.0.0.1:{port}', from: ww@x, tls: never, {QUICK}}}\n"


@pytest.mark.parametrize("fault", ["hangs", "refuses", "fails"])
@pytest.mark.parametrize("at", [hook_at, mail_at])
def test_whatever_fails_delays_nobody(scene, endpoint, at, fault):
    """Web hook and mail, each way to fail: the others are told, and so is who was to be told by it, by its fallback."""
    with contextlib.ExitStack() as stack:
        if fault == "hangs":  # takes the connection, and never says a word
            port = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        elif fault == "refuses":
            port = free_port()
        elif at is hook_at:
            port = stack.enter_context(Endpoint(500)).port
        else:
            port = stack.enter_context(Mailbox(answer="451 try again")).port
        bad = "hook" if at is hook_at else "mail"
        scene.start(at(port) + webhook("good", endpoint) + webhook("second", endpoint), [bad, "good"],
                    ways=f"  - {{channel: {bad}, fallback: second}}\n  - {{channel: good}}\n  - {{channel: second}}\n")
        incident = scene.open()
        scene.told(f"{incident}/e/1/chief/good", "due", "sent")
        scene.told(f"{incident}/e/1/chief/second", "due", "sent")
        tried = wait_for(lambda: (whats := scene.followed.whats(f"{incident}/e/1/chief/{bad}"))[1:] and whats, 30, "an attempt")
        assert tried[:2] == ["due", "failed"] and "sent" not in tried


@pytest.mark.parametrize("by", ["webhook", "mail"])
def test_who_answers_slowly_delays_nobody(scene, endpoint, by):
    """It has the message, and says so only when everybody else was told: one attempt, and it counts as sent."""
    said = threading.Event()
    with Endpoint(lambda request: said.wait(60) and "ok") as hook, Mailbox(answer=lambda: said.wait(60) and "250 OK") as box:
        slow = {"webhook": f"kind: webhook, url: '{hook.url}'",
                "mail": f"kind: mail, url: 'smtp://127.0.0.1:{box.port}', from: ww@x, tls: never"}[by]
        scene.start(f"  - {{channel: {by}, {slow}, timeout: 60s}}\n" + webhook("good", endpoint), [by, "good"])
        incident = scene.open()
        scene.told(f"{incident}/e/1/chief/good", "due", "sent")
        assert scene.followed.whats(f"{incident}/e/1/chief/{by}") == ["due"]
        said.set()
        scene.told(f"{incident}/e/1/chief/{by}", "due", "sent")
        assert len(hook.requests) + len(box.mails) == 1


def test_refused_connection_then_500_then_ok(scene):
    port = free_port()
    scene.start(f"  - {{channel: hook, kind: webhook, url: 'http://127.0.0.1:{port}/', {QUICK}}}\n", ["hook"])
    incident = scene.open()
    key = f"{incident}/e/1/chief/hook"
    wait_for(lambda: tuple(scene.followed.whats(key))[:3] == ("due", "failed", "failed"), 30, "two attempts")
    assert [body["attempts"] for _, body in scene.followed.told[key]][:3] == [0, 1, 2]
    answers = iter([500, 429])
    with Endpoint(lambda request: next(answers, "ok"), port):
        body = scene.told(key, "failed", "failed", "sent", timeout=60)
    assert body["attempts"] == len(scene.followed.told[key]) - 1
    assert any("429" in body["answer"] for _, body in scene.followed.told[key])


def test_given_up(scene, endpoint):
    endpoint.behave(lambda request: 404 if b'"hazard":"theft"' in request.body else 500)
    scene.start(webhook("hook", endpoint, "retry_min: 50ms, retry_max: 100ms, give_up_after: 2s, breaker_failures: 1000"), ["hook"])
    incident = scene.open()
    scene.told(f"{incident}/e/1/chief/hook", "failed", "given-up")  # after its time
    endpoint.behave(404)
    incident = scene.open()
    scene.told(f"{incident}/e/1/chief/hook", "due", "given-up")  # at once


def test_breaker(scene, endpoint):
    """After two failures the channel is left alone: what comes then goes to the fallback without an attempt."""
    with Endpoint() as other:
        endpoint.behave(500)
        scene.start(webhook("hook", endpoint, "retry_min: 1h, retry_max: 1h, breaker_failures: 2, breaker_pause: 3s, concurrency: 1")
                    + webhook("second", other), ["hook"],
                    ways="  - {channel: hook, fallback: second}\n  - {channel: second}\n")
        for n in range(2):
            scene.told(f"{scene.open()}/e/1/chief/hook", "due", "failed")
        wait_for(lambda: scene.figures("hook")["breaker"] == "open", 20, "an open breaker")
        asked = len(endpoint.requests)
        incident = scene.open()
        assert "not tried" in scene.told(f"{incident}/e/1/chief/hook", "due", "failed")["answer"]
        scene.told(f"{incident}/e/1/chief/second", "due", "sent")
        assert len(endpoint.requests) == asked
        endpoint.behave("ok")
        wait_for(lambda: scene.open() and len(endpoint.requests) > asked, 20, "the probe")
        wait_for(lambda: scene.figures("hook")["breaker"] == "closed", 20, "a closed breaker")
        figures = scene.figures("hook")
        assert figures["failed"] >= 3 and figures["sent"] >= 1 and figures["opened"] == 1


def test_rate(scene, endpoint):
    scene.start(webhook("hook", endpoint, "rate: 60, burst: 3, concurrency: 8"), ["hook"])
    incidents = [scene.open() for _ in range(5)]
    wait_for(lambda: scene.figures("hook")["sent"] == 3 and scene.figures("hook")["waiting"] == 2, 20, "the burst")
    for incident in incidents:
        scene.told(f"{incident}/e/1/chief/hook", "due", "sent")


# --- at least once ---

def test_killed_while_the_other_side_has_it(scene, endpoint):
    endpoint.behave("hang")
    scene.start(webhook("hook", endpoint, "timeout: 1m"), ["hook"])
    incident = scene.open()
    wait_for(lambda: endpoint.requests, 20, "the first delivery")
    old = scene.daemon.kill("notify")
    endpoint.behave("ok")
    scene.daemon.wait_restarted("notify", old)
    body = scene.told(f"{incident}/e/1/chief/hook", "due", "sent")
    assert endpoint.keys() == [f"{incident}/e/1/chief/hook"] * 2 and body["attempts"] == 1


def test_engine_killed_meanwhile(scene, endpoint):
    """What was delivered while the engine was away is reported to the next one, once, and not delivered again."""
    hold = threading.Event()
    endpoint.behave(lambda request: hold.wait(60) and "ok")
    scene.start(webhook("hook", endpoint, "timeout: 1m"), ["hook"])
    incident = scene.open()
    wait_for(lambda: scene.figures("hook")["running"] == 1, 20, "a delivery on its way")
    old = scene.daemon.kill("engine")
    hold.set()
    scene.daemon.wait_restarted("engine", old)
    wait_for(scene.daemon.answers, 30, "an answering engine")
    wait_for(lambda: scene.figures("hook")["sent"] == 1, 30, "the delivery")
    wait_for(lambda: scene.daemon.status()["stages"]["response"]["notifications"] == 0, 30, "the report")
    assert endpoint.keys() == [f"{incident}/e/1/chief/hook"]


def test_random_kills(scene, endpoint, seed):
    """Every notification reaches the other side at least once, and is reported as sent exactly once."""
    endpoint.behave(lambda request: seed.choice(["ok", "ok", 500]))
    scene.start(webhook("hook", endpoint, "timeout: 1s, retry_min: 100ms, retry_max: 200ms, rate: 6000, burst: 1000, breaker_failures: 1000"),
                ["hook"])
    incidents = []
    for round_ in range(6):
        incidents += [scene.open() for _ in range(10)]
        want = len(endpoint.requests) + seed.randrange(12)
        wait_for(lambda: len(endpoint.requests) >= want or not scene.figures("hook")["waiting"], 30, "some deliveries")
        old = scene.daemon.kill("notify")
        scene.daemon.wait_restarted("notify", old)
    keys = [f"{incident}/e/1/chief/hook" for incident in incidents]
    for key in keys:
        scene.told(key, "sent", timeout=90)
    assert set(endpoint.keys()) == set(keys)
    assert all(scene.followed.whats(key).count("sent") == 1 for key in keys)


def test_channels_are_refused(scene, endpoint):
    """A file that is wrong does not stop the daemon: it is told, and alarms go on."""
    scene.start(webhook("hook", endpoint), ["hook"])
    (scene.folder / "channels.yaml").write_text("channels: [{channel: hook, kind: webhok}]\n")
    done = scene.daemon.run("check")
    assert done.returncode == 1 and "did you mean `webhook`?" in done.stdout + done.stderr


def test_channels_change_at_a_reload(scene, endpoint):
    """Another file is in force without another process; one that says the same changes nothing."""
    with Endpoint() as other:
        scene.start(webhook("hook", endpoint), ["hook"])
        first = scene.open()
        scene.told(f"{first}/e/1/chief/hook", "sent")
        worker = scene.daemon.pid("notify")
        (scene.folder / "channels.yaml").write_text("channels:\n" + webhook("hook", other))
        scene.daemon.reload()
        wait_for(lambda: "1 channels are in force" in scene.daemon.log, 30, "the new channels")
        second = scene.open()
        scene.told(f"{second}/e/1/chief/hook", "sent")
        assert list(endpoint.keys()) == [f"{first}/e/1/chief/hook"] and list(other.keys()) == [f"{second}/e/1/chief/hook"]
        assert scene.daemon.pid("notify") == worker


def test_orderly_stop(tmp_path, make_daemon, endpoint):
    """With deliveries on their way by each kind of channel; what was not reported is delivered by the next one."""
    endpoint.behave("hang")
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 100\n")
    slow.chmod(0o755)
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    scene = Scene(tmp_path, make_daemon)
    scene.start(webhook("hook", endpoint, "timeout: 1m") + f"  - {{channel: slow, kind: command, argv: [{slow}], timeout: 1m}}\n"
                f"  - {{channel: log, kind: syslog, url: 'tcp://127.0.0.1:{port}', timeout: 1m}}\n"
                f"  - {{channel: mail, kind: mail, url: 'smtp://127.0.0.1:{port}', from: w@x, timeout: 1m}}\n"
                f"  - {{channel: bus, kind: mqtt, url: 'mqtt://127.0.0.1:{port}', topic: t, timeout: 1m}}\n",
                ["hook", "slow", "log", "mail", "bus"])
    incident = scene.open()
    for channel in ("hook", "slow", "log", "mail", "bus"):
        wait_for(lambda: scene.figures(channel)["running"] == 1, 20, f"a delivery by {channel}")
    assert scene.daemon.stop() == 0
    assert "Sanitizer" not in scene.daemon.log and "runtime error" not in scene.daemon.log, scene.daemon.log
    endpoint.behave("ok")
    scene.daemon.start()
    wait_for(lambda: scene.figures("hook")["sent"] == 1, 30, "the delivery")
    assert set(endpoint.keys()) == {f"{incident}/e/1/chief/hook"}
    silent.close()
