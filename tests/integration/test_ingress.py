"""The MQTT session against a real broker: what is sent, and what happens when things break (acks: test_acks.py)."""

import pathlib
import socket
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker, Certificates, wait_for  # noqa: E402
from harness.leash import Leash, find_driver, go_live, numbers, payloads, session_made  # noqa: E402
from harness.proxy import CONNECT, PINGREQ, PUBACK, SUBSCRIBE, Proxy  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/ingress-driver")


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as b:
        yield b


@pytest.fixture
def proxy(broker):
    with Proxy(broker.host, broker.port) as p:
        yield p


def test_connect_carries_the_properties(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True, batch=77, packet_max=5000) as leash:
        leash.wait_state("live")
    body = proxy.find("up", CONNECT)[0].body
    flags, properties = body[7], body[11 : 11 + body[10]]
    assert body[6] == 5 and not flags & 2, "MQTT 5, without clean start"
    assert b"\x11" + (3600).to_bytes(4, "big") in properties, "session expiry"
    assert b"\x21" + (77).to_bytes(2, "big") in properties, "receive maximum"
    assert b"\x27" + (5000).to_bytes(4, "big") in properties, "maximum packet size"
    assert proxy.connections == 1


def test_messages_with_properties(broker):
    with Leash(broker.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        subprocess.run(["mosquitto_pub", *broker.client_arguments(), "-V", "5", "-q", "1", "-t", "dev/a", "-m", "on", "-D", "publish", "content-type",
                        "text/plain", "-D", "publish", "user-property", "room", "12"], check=True, timeout=60)
        assert payloads(leash.wait_messages(1)) == ["on"]


def test_ping_does_not_leak_acks(broker, proxy):
    """Keepalive 9 s is 6 s on the wire: messages are held beyond the moment at which a ping is due."""
    with Leash(proxy.port, "dev/#", auto=True, keepalive=9000) as leash:
        go_live(leash, proxy)
        broker.publish("dev/a", *numbers(0, 5))
        leash.take(5)
        proxy.forget()
        held_at = time.monotonic()
        wait_for(lambda: leash.figures() and time.monotonic() - held_at > 8, 20)
        assert leash.figures()["acks_held"] == 5
        assert proxy.count("up", PUBACK) == 0 and proxy.count("up", PINGREQ) == 0
        leash.tell("release")
        wait_for(lambda: proxy.count("up", PUBACK) == 5, what="the acks")
        # and the ping does come when nothing is held
        leash.tell("auto on")
        wait_for(lambda: proxy.count("up", PINGREQ) >= 1, 10, "a ping")
        assert leash.figures()["disconnects"] == 0


def test_killed_with_messages_in_hand(broker):
    session_made(broker.port)
    broker.publish("dev/a", *numbers(0, 50))
    leash = Leash(broker.port, "dev/#", known=True)
    leash.wait_state("catching up")
    assert payloads(leash.take(50)) == numbers(0, 50)
    leash.kill()
    with Leash(broker.port, "dev/#", auto=True, known=True) as again:
        again.wait_state("live")
        assert payloads(again.messages()) == numbers(0, 50)
        assert all(m["dup"] for m in again.messages()), "the broker says that it sent them before"
        broker.publish("dev/a", "new")
        assert not again.wait_messages(51)[50]["dup"]
        assert again.figures()["duplicates"] == 50


def test_receive_maximum_stalls_and_goes_on(broker):
    session_made(broker.port, batch=10)
    broker.publish("dev/a", *numbers(0, 35))
    with Leash(broker.port, "dev/#", batch=10) as leash:
        leash.wait_state("catching up")
        for first in (0, 10, 20):
            assert payloads(leash.take(10)) == numbers(first, 10)
            leash.tell("take 100")
            assert leash.figures()["acks_held"] == 10
            leash.tell("release")
        assert payloads(leash.take(5)) == numbers(30, 5)
        leash.tell("release")
        leash.tell("auto on")
        leash.wait_state("live")


def test_fence_comes_after_the_backlog(broker):
    session_made(broker.port)
    broker.publish("dev/a", *numbers(0, 5000))
    with Leash(broker.port, "dev/#", auto=True, known=True) as leash:
        live = leash.wait_state("live", 60)
        before = [e for e in leash.events[: leash.events.index(live)] if e["event"] == "message"]
        assert payloads(before) == numbers(0, 5000)


def test_an_old_fence_is_not_ours(broker, proxy):
    session_made(broker.port)
    broker.publish("wardwatch/site/fence/test", "0123456789abcdef0123456789abcdef")
    with Leash(proxy.port, "dev/#", known=True) as leash:
        leash.wait_state("catching up")
        proxy.hold("up")  # our own fence does not get through
        wait_for(lambda: leash.tell("take 10") or leash.figures()["own_topics"] == 1, what="the old fence")
        assert [e["state"] for e in leash.events if e["event"] == "state"][-1] == "catching up"
        proxy.pass_on("up")
        leash.tell("auto on")
        leash.tell("take 10")
        leash.wait_state("live")
        assert leash.figures()["own_topics"] == 2


def test_lost_session_is_reported(broker):
    with Leash(broker.port, "dev/#", auto=True, known=True) as leash:
        leash.wait(lambda e: e["event"] == "session-lost", what="session lost")
        leash.wait_state("live")
        assert leash.figures()["session_lost"] == 1


def test_known_session_is_not_reported_lost(broker):
    session_made(broker.port)
    with Leash(broker.port, "dev/#", auto=True, known=True) as leash:
        leash.wait_state("live")
        assert leash.figures()["session_lost"] == 0


def test_reconnects_after_cuts(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True, backoff_max=200) as leash:
        leash.wait_state("live")
        for k in range(5):
            broker.publish("dev/a", str(k))
            leash.forget()
            proxy.cut()
            leash.wait_state("closed")
            leash.wait_state("live")
        assert leash.figures()["connects"] == 6
        assert leash.figures()["session_lost"] == 0


def test_broker_restarts(broker):
    with Leash(broker.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        leash.forget()
        broker.stop()
        leash.wait_state("closed")
        broker.start()
        leash.wait_state("live")
        broker.publish("dev/a", "after")
        leash.wait_messages(1)
        assert leash.figures()["session_lost"] == 0, "an orderly stop keeps the session"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_broker_is_not_there_yet(tmp_path, host, attempts):
    with Broker(tmp_path) as broker:
        broker.stop()
        with Leash(broker.port, "dev/#", host=host, auto=True) as leash:
            leash.wait(lambda e: len(leash.states("closed")) >= attempts, what="attempts")
            assert "refused" in leash.states("closed")[-1]["why"].lower()
            broker.start()
            leash.wait_state("live")


def test_backoff_doubles_up_to_its_bound_with_jitter(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    with Leash(port, "dev/#", backoff_min=100, backoff_max=800) as leash:
        attempts = lambda: [e["at"] for e in leash.events if e["event"] == "state" and e["state"] == "connecting"]
        leash.wait(lambda e: len(attempts()) >= 8, 20, "8 attempts")
        gaps = [b - a for a, b in zip(attempts(), attempts()[1:])]
    for gap, span in zip(gaps, (0.1, 0.2, 0.4, 0.8, 0.8, 0.8, 0.8)):
        assert span / 2 - 0.02 <= gap <= span + 0.5
    assert len({round(g, 3) for g in gaps[3:]}) > 1, "jitter"


def test_silent_peer_is_seen(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True, keepalive=10000) as leash:
        leash.wait_state("live")
        leash.forget()
        proxy.silence()
        silent_at = time.monotonic()
        closed = leash.wait_state("closed", 16)
        assert closed["at"] - silent_at <= 15
        assert "does not answer" in closed["why"]
        proxy.cut()
        proxy.speak()
        leash.wait_state("live", 20)


def test_peer_that_never_answers_connect(broker, proxy):
    proxy.silence()
    began = time.monotonic()
    with Leash(proxy.port, "dev/#", auto=True, keepalive=5000) as leash:
        closed = leash.wait_state("closed", 10)
        assert closed["at"] - began <= 7.5
        assert "does not answer" in closed["why"]


def test_frozen_broker_is_seen(broker):
    with Leash(broker.port, "dev/#", auto=True, keepalive=8000) as leash:
        leash.wait_state("live")
        leash.forget()
        broker.freeze()
        frozen_at = time.monotonic()
        closed = leash.wait_state("closed", 16)
        broker.thaw()
        assert closed["at"] - frozen_at <= 12
        leash.wait_state("live", 20)


def test_tls(tmp_path):
    certificates = Certificates(tmp_path / "tls")
    with Broker(tmp_path, tls=certificates) as broker:
        session_made(broker.port, host="localhost", tls=True, ca=certificates.ca)
        broker.publish("dev/a", *numbers(0, 1000))
        with Leash(broker.port, "dev/#", host="localhost", tls=True, ca=certificates.ca, known=True) as leash:
            leash.wait_state("catching up")
            assert payloads(leash.take(7)) == numbers(0, 7), "the rest waits inside the library"
            leash.kill()
        with Leash(broker.port, "dev/#", host="localhost", tls=True, ca=certificates.ca, known=True, auto=True) as leash:
            leash.wait_state("live", 30)
            assert payloads(leash.messages()) == numbers(0, 1000)


def test_tls_wrong_authority(tmp_path):
    certificates, other = Certificates(tmp_path / "tls"), Certificates(tmp_path / "other")
    with Broker(tmp_path, tls=certificates) as broker:
        with Leash(broker.port, "dev/#", host="localhost", tls=True, ca=other.ca) as leash:
            assert "certificate" in leash.wait_state("closed")["why"]
            assert leash.figures()["connects"] == 0


def test_tls_wrong_name(tmp_path):
    certificates = Certificates(tmp_path / "tls", name="elsewhere.example")
    with Broker(tmp_path, tls=certificates) as broker:
        with Leash(broker.port, "dev/#", host="localhost", tls=True, ca=certificates.ca) as leash:
            assert "host name" in leash.wait_state("closed")["why"]


def test_tls_authority_file_missing(tmp_path):
    with Leash(1, "dev/#", host="localhost", tls=True, ca=tmp_path / "none.pem") as leash:
        why = leash.wait_state("closed")["why"]
        assert "mqtt.ca_file" in why and "none.pem" in why


def test_name_is_resolved_in_a_thread(broker):
    with Leash(broker.port, "dev/#", host="localhost", auto=True) as leash:
        leash.wait_state("live")
        leash.forget()
        broker.publish("dev/a", "x")
        leash.wait_messages(1)


def test_let_go_while_the_name_is_looked_up(broker):
    """The thread keeps what it needs; nobody waits for it."""
    for _ in range(20):
        with Leash(broker.port, "dev/#", host="localhost", auto=True) as leash:
            for command in ("pause", "resume", "pause", "resume"):
                leash.tell(command)
    with Leash(broker.port, "dev/#", host="localhost", auto=True) as leash:
        for command in ("pause", "resume", "stop", "pause", "resume"):
            leash.tell(command)
        assert leash.figures()["connects"] <= 1


def test_unknown_name(tmp_path):
    with Leash(1883, "dev/#", host="broker.invalid") as leash:
        assert "broker.invalid" in leash.wait_state("closed", 30)["why"]


def test_wrong_password_is_told(tmp_path):
    with Broker(tmp_path, users={"ward": "right"}) as broker:
        with Leash(broker.port, "dev/#", user="ward", password="wrong") as leash:
            why = leash.wait_state("closed")["why"]
            assert "mqtt.password_file" in why and "ward" in why
        with Leash(broker.port, "dev/#", user="ward", password="right", auto=True) as leash:
            leash.wait_state("live")


def test_refused_fence_is_told(tmp_path):
    with Broker(tmp_path, users={"ward": "w"}, acl="user ward\ntopic read dev/#\ntopic read wardwatch/#\n") as broker:
        with Leash(broker.port, "dev/#", user="ward", password="w", auto=True) as leash:
            assert "wardwatch/site/fence/test" in leash.wait_state("closed")["why"]


def test_fence_that_cannot_come_back_is_told(tmp_path):
    with Broker(tmp_path, users={"ward": "w"}, acl="user ward\ntopic read dev/#\ntopic write wardwatch/#\n") as broker:
        with Leash(broker.port, "dev/#", user="ward", password="w", auto=True, keepalive=5000) as leash:
            closed = leash.wait_state("closed", 25)
            assert "fence does not come back" in closed["why"]


def test_taken_over_client_id_is_told(broker):
    with Leash(broker.port, "dev/#", auto=True, backoff_min=5000, backoff_max=5000) as leash:
        leash.wait_state("live")
        with Leash(broker.port, "dev/#", auto=True) as other:
            other.wait_state("live")
            assert "client id" in leash.wait_state("closed")["why"]


def test_system_and_own_topics_stay_out(tmp_path):
    with Broker(tmp_path, extra="sys_interval 1") as broker:
        with Leash(broker.port, "#", "$SYS/#", auto=True) as leash:
            leash.wait_state("live")
            broker.publish("wardwatch/site/alarm/1", "ours")
            broker.publish("wardwatch/other/alarm/1", "another site's")
            broker.publish("dev/a", "last")
            assert payloads(leash.wait_messages(2)) == ["another site's", "last"]
            assert leash.figures()["own_topics"] > 2


def test_oversize_packet_does_not_come(broker):
    with Leash(broker.port, "dev/#", auto=True, packet_max=1000) as leash:
        leash.wait_state("live")
        broker.publish("dev/a", "x" * 2000, "small")
        assert payloads(leash.wait_messages(1)) == ["small"]
        assert leash.figures()["disconnects"] == 0


def test_doubled_packets(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        proxy.duplicate = True
        broker.publish("dev/a", *numbers(0, 20))
        assert payloads(leash.wait_messages(40)) == [str(k // 2) for k in range(40)]
        assert leash.figures()["disconnects"] == 0


def test_slow_link(broker, proxy):
    proxy.delay = 0.05
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        broker.publish("dev/a", *numbers(0, 20))
        assert payloads(leash.wait_messages(20)) == numbers(0, 20)


def test_killed_broker_comes_back(broker):
    """What a killed broker forgets, it forgets; we say so, and go on."""
    with Leash(broker.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        leash.forget()
        broker.kill()
        (broker.folder / "mosquitto.db").unlink(missing_ok=True)
        leash.wait_state("closed")
        broker.start()
        leash.wait_state("live")
        assert leash.figures()["session_lost"] == 1
        broker.publish("dev/a", "after")
        assert payloads(leash.wait_messages(1)) == ["after"]


def test_empty_binary_and_retained_payloads(broker):
    broker.publish("dev/kept", "on", retain=True)
    with Leash(broker.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        assert [(m["payload"], m["retained"]) for m in leash.messages()] == [("on", True)]
        broker.publish("dev/a", "")
        assert leash.wait_messages(2)[1]["payload"] == ""


def test_pause_keeps_the_backlog_at_the_broker(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        go_live(leash, proxy)
        broker.publish("dev/a", *numbers(0, 10))
        leash.take(10)
        proxy.forget()
        leash.tell("pause")
        leash.wait_state("closed")
        broker.publish("dev/a", *numbers(10, 300))
        assert proxy.count("up", PUBACK) == 0
        leash.forget()
        leash.tell("auto on")
        leash.tell("resume")
        leash.wait_state("live")
        assert payloads(leash.messages()) == numbers(0, 310)
        assert leash.figures()["session_lost"] == 0


def test_paused_session_does_not_come_back_by_itself(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        leash.tell("pause")
        leash.wait_state("closed")
        broker.restart()
        before = proxy.connections
        leash.tell("pause")
        leash.figures()
        assert proxy.connections == before
        leash.forget()
        leash.tell("resume")
        leash.wait_state("live")


def test_stop_says_goodbye_and_keeps_the_session(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        leash.tell("stop")
        leash.wait_state("closed")
    wait_for(lambda: proxy.count("up", 14) == 1, what="DISCONNECT")
    broker.publish("dev/a", "kept")
    with Leash(proxy.port, "dev/#", auto=True, known=True) as leash:
        assert payloads(leash.wait_messages(1)) == ["kept"]
        assert leash.figures()["session_lost"] == 0


def test_qos_0_messages_come_too(broker):
    with Leash(broker.port, "dev/#", auto=True) as leash:
        go_live(leash)
        broker.publish("dev/a", *numbers(0, 3), qos=0)
        assert [(m["payload"], m["mid"]) for m in leash.take(3)] == [(n, 0) for n in numbers(0, 3)]


def test_subscribes_once_with_all_filters(broker, proxy):
    with Leash(proxy.port, "dev/#", "other/+/x", auto=True) as leash:
        leash.wait_state("live")
        broker.publish("other/1/x", "here")
        assert payloads(leash.wait_messages(1)) == ["here"]
    assert proxy.count("up", SUBSCRIBE) == 1
