"""What no page of ours sends to the console: forged, slow, too much; and the console over TLS."""

import pathlib
import resource
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.console import PREFIX, Visitor, raw  # noqa: E402
from harness.console_house import GIVEN, PASSWORD, health, in_as, make, people_house, up, user  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.hostile import VALUES  # noqa: E402


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with people_house(tmp_path_factory.mktemp("console")) as daemon:
        yield daemon


# --- what no page of ours sends ---


def test_a_change_must_come_from_our_page(house):
    visitor = in_as(house, "the-operator")
    body = {"id": "x", "alarm": 1}
    assert visitor.post("/acts/ack", {"Origin": None}, **body).error == "origin"
    assert visitor.post("/acts/ack", {"Origin": "http://evil.example"}, **body).error == "origin"
    assert visitor.post("/acts/ack", {"Origin": "null"}, **body).error == "origin"
    assert visitor.post("/acts/ack", {"Sec-Fetch-Site": "cross-site"}, **body).error == "origin"
    assert visitor.post("/acts/ack", {"X-Wardwatch-CSRF": None}, **body).error == "csrf"
    assert visitor.post("/acts/ack", {"X-Wardwatch-CSRF": in_as(house, "the-auditor").csrf}, **body).error == "csrf"
    assert visitor.post("/acts/ack", {"Content-Type": "text/plain"}, **body).error == "not-json"
    assert visitor.post("/acts/ack", {"Content-Type": None}, **body).error == "not-json"
    assert visitor.post("/login", {"Origin": "http://evil.example"}, name="x", password="y").error == "origin"
    assert visitor.ask("POST", PREFIX + "/acts/ack", b"[1]",
                       {"Content-Type": "application/json", "Origin": visitor.origin,
                        "X-Wardwatch-CSRF": visitor.csrf}).error == "malformed"
    assert visitor.get("/session", {"Host": "rebound.example"}).status == 421
    assert visitor.get("/session", {"Cookie": "__Host-wardwatch=" + "0" * 64}).status == 401
    assert visitor.get("/session", {"Cookie": "x__Host-wardwatch=" + visitor.cookie}).status == 401


BODIES = (("/login", '{"name":%s,"password":%s}'), ("/acts/ack", '{"id":"x","alarm":%s}'), ("/acts/ack", "%s"),
          ("/acts/incident-open", '{"id":"y","hazard":"theft","title":%s}'), ("/acts/incident-open", '{"id":"z","hazard":"theft","title":"t","more":%s}'))


def test_documents_that_are_made_to_break_their_reader(house):
    """Answered, each; nobody dies of one, nobody's link to the engine breaks, and the next one is served."""
    visitor, pids = in_as(house, "the-operator"), {name: house.pid(name) for name in ("engine", "console", "auth")}
    headers = {"Content-Type": "application/json", "Origin": visitor.origin, "X-Wardwatch-CSRF": visitor.csrf}
    for path, body in BODIES:
        for name, value in VALUES.items():
            text = body.replace("%s", value).encode(errors="surrogateescape")
            if len(text) < 60000:  # more is refused before it is read
                answer = visitor.ask("POST", PREFIX + path, text, headers)
                assert answer.status in (200, 400, 401, 403, 404, 409, 413, 422, 429), (path, name, answer.status)
    assert visitor.get("/session").status == 200
    assert {name: house.pid(name) for name in pids} == pids


def test_headers_of_every_answer(house):
    visitor = in_as(house, "the-operator")
    for answer in (visitor.get("/session"), visitor.get("/nothing"), visitor.ask("GET", "/"), visitor.get("/openapi.yaml")):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert visitor.get("/session").headers["Cache-Control"] == "no-store"


def request(port, head, body=b""):
    return raw(port, f"{head}\r\n\r\n".encode() + body).split(b"\r\n")[0]


def test_requests_that_no_browser_makes(house):
    port, host = house.port, f"Host: 127.0.0.1:{house.port}"
    get = f"GET {PREFIX}/health HTTP/1.1\r\nConnection: close\r\n"
    assert b" 200 " in request(port, get + host)
    assert b" 400 " in request(port, get + host + "\r\nTransfer-Encoding: chunked", b"0\r\n\r\n")
    assert b" 400 " in request(port, get + host + "\r\nContent-Length: 0\r\nContent-Length: 0")
    assert b" 400 " in request(port, get + host + "\r\nHost: other")
    assert b" 400 " in request(port, get.rstrip())
    assert b" 400 " in request(port, f"GET http://127.0.0.1:{port}{PREFIX}/health HTTP/1.1\r\n{host}\r\nConnection: close")
    assert b" 200 " not in request(port, f"BREW {PREFIX}/health HTTP/1.1\r\n{host}\r\nConnection: close")
    assert b" 200 " not in request(port, get + host + "\r\nX: " + "y" * 20000)
    big = f"POST {PREFIX}/login HTTP/1.1\r\n{host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
    assert b" 413 " in request(port, big + "70000", b"x" * 70000)
    assert b" 200 " not in request(port, "\0\1\2\3")
    assert health(port)


def test_who_drips_is_cut_off(tmp_path):
    daemon, port = make(tmp_path, **{"console.connections_per_address": 6})
    with daemon:
        up(daemon, port)
        since = time.monotonic()
        slow = socket.create_connection(("127.0.0.1", port))
        slow.settimeout(20)
        slow.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n")
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        over = socket.create_connection(("127.0.0.1", port))
        over.settimeout(20)
        assert over.recv(1) == b""  # one more than an address may
        try:
            while time.monotonic() - since < 20:
                slow.sendall(b"X: y\r\n")
                slow.settimeout(0.5)
                try:
                    if slow.recv(1) == b"":
                        break
                except socket.timeout:
                    pass
        except OSError:
            pass
        assert 8 < time.monotonic() - since < 14
        for s in (slow, over, *held):
            s.close()
        wait_for(lambda: health(port), 10, "room again")


def drip(s, byte, patience=40):
    """Sends one byte after the other until the other side closes; whether it did."""
    end = time.monotonic() + patience
    s.settimeout(0.5)
    while time.monotonic() < end:
        try:
            s.sendall(byte)
            if s.recv(1) == b"":
                return True
        except socket.timeout:
            pass
        except OSError:
            return True
    return False


def test_a_body_that_drips_and_no_room_for_more(tmp_path):
    """In all no more than `console.connections`: who comes then waits until one goes, and is served."""
    daemon, port = make(tmp_path, **{"console.connections": 12, "console.connections_per_address": 20})
    with daemon:
        up(daemon, port)
        head = (f"POST {PREFIX}/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                "Content-Length: 60000\r\n\r\n").encode()
        slow = socket.create_connection(("127.0.0.1", port))
        slow.sendall(head)
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        assert drip(slow, b"{")
        for s in held:
            s.settimeout(60)
        assert held[0].recv(1) == b""  # it said nothing, and was cut like the one that dripped
        wait_for(lambda: health(port), 60, "room again")
        for s in (slow, *held):
            s.close()


def test_when_descriptors_run_out_connections_make_room(house_of_its_own):
    """No loop of refusals, no end of the process: who rests is sent away, and who comes then is let in."""
    daemon, port = house_of_its_own
    visitor = Visitor(port)
    visitor.login("alice", PASSWORD)
    pid = daemon.pid("console")
    was = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    open_now = len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now + 10, was[1]))
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]

    def answered():
        try:
            return visitor.get("/session").status == 200
        except OSError:
            return False

    try:
        wait_for(lambda: "console-files" in daemon.log, 20, "word of it")
        wait_for(answered, 30, "an answer all the same")
        assert daemon.answers() and daemon.pid("console") == pid
    finally:
        for s in held:
            s.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, was)
    wait_for(lambda: health(port), 20, "room again")


def test_a_log_in_comes_late_rather_than_not_at_all(house_of_its_own):
    """The process that knows the passwords hangs, is killed and comes back while somebody waits for it."""
    daemon, port = house_of_its_own
    answers = []
    old = daemon.pid("auth")
    daemon.freeze("auth")
    login = threading.Thread(target=lambda: answers.append(Visitor(port, 120).login("alice", PASSWORD)))
    login.start()
    daemon.kill("auth")
    daemon.wait_restarted("auth", old)
    login.join()
    assert answers[0].status == 200, answers


@pytest.fixture(scope="module")
def house_of_its_own(tmp_path_factory):
    daemon, port = make(tmp_path_factory.mktemp("own"))
    with daemon:
        up(daemon, port)
        assert daemon.call("operator-add", name="alice", may=["operator"])["ok"]
        user(daemon, "add", "alice", password=GIVEN)
        Visitor(port).enroll("alice", GIVEN, PASSWORD)
        yield daemon, port


def certificate(folder, name):
    """A certificate for 127.0.0.1 that signs itself, in cert.pem and key.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem",
                    "-out", folder / "cert.pem"], check=True, capture_output=True, timeout=60)
    (folder / "key.pem").chmod(0o600)
    return ssl.create_default_context(cafile=folder / "cert.pem")


def shown(port, context):
    """Whose certificate the console shows, checked by that context; None: it does not hold, or nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as s, context.wrap_socket(s, server_hostname="127.0.0.1") as t:
            t.sendall(f"GET {PREFIX}/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = t.recv(4096)
            assert answer.startswith(b"HTTP/1.1 ") and b"Strict-Transport-Security" in answer, answer
            return dict(pair[0] for pair in t.getpeercert()["subject"])["commonName"]
    except (ssl.SSLError, ConnectionError):
        return None


def test_over_tls_and_another_certificate_at_sighup(tmp_path):
    first = certificate(tmp_path, "first")
    daemon, port = make(tmp_path, **{"console.tls_cert": tmp_path / "cert.pem", "console.tls_key": tmp_path / "key.pem"})
    with daemon:
        assert wait_for(lambda: shown(port, first), 30, "the console") == "first"
        assert health(port) is False  # without TLS nothing is said
        silent = socket.create_connection(("127.0.0.1", port))  # never says hello
        silent.settimeout(30)
        old = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        assert shown(port, old) is None
        second = certificate(tmp_path, "second")
        assert shown(port, first) == "first"
        daemon.reload()
        assert wait_for(lambda: shown(port, second), 30, "the other certificate") == "second"
        (tmp_path / "cert.pem").write_text("no certificate")
        daemon.reload()
        wait_for(lambda: daemon.log.count("console-certificate") == 2, 30, "word of it")
        assert shown(port, second) == "second"  # what does not hold changes nothing
        assert silent.recv(1) == b""
        silent.close()
