"""Acknowledgements against a real broker: which leave when, and that the broker reads them."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker, wait_for  # noqa: E402
from harness.leash import Leash, find_driver, go_live, numbers, payloads, session_made, states  # noqa: E402
from harness.proxy import PUBACK, PUBLISH, Proxy, split  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/ingress/ingress-driver")


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as b:
        yield b


@pytest.fixture
def proxy(broker):
    with Proxy(broker.host, broker.port) as p:
        yield p


def test_acks_leave_with_release_only(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        go_live(leash, proxy)
        broker.publish("dev/a", *numbers(0, 20))
        assert payloads(leash.take(20)) == numbers(0, 20)
        # a round trip of our own: had an ack been written, it would have passed the proxy before the answer
        assert leash.figures()["acks_held"] == 20
        assert proxy.count("up", PUBACK) == 0
        leash.tell("release")
        wait_for(lambda: proxy.count("up", PUBACK) == 20, what="20 acks")
        assert [p.mid for p in proxy.find("up", PUBACK)] == [p.mid for p in proxy.find("down", PUBLISH)]


def test_acks_of_a_second_take_wait_for_their_own_release(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        go_live(leash, proxy)
        broker.publish("dev/a", *numbers(0, 30))
        leash.take(10)
        leash.tell("release")
        wait_for(lambda: proxy.count("up", PUBACK) == 10, what="10 acks")
        leash.take(20)
        assert leash.figures()["acks_held"] == 20
        assert proxy.count("up", PUBACK) == 10


def test_released_acks_go_out_before_more_is_taken(broker, tmp_path):
    """The socket is full of released acks: new ones would leave with the rest, so nothing is taken meanwhile."""
    n = 50000
    with Proxy(broker.host, broker.port, window=4096) as proxy:
        with Leash(proxy.port, "load/#", auto=True, batch=60000, quiet=True, send_buffer=4096) as leash:
            go_live(leash, proxy)
            acks = lambda: proxy.count("up", PUBACK)
            load = find_driver().with_name("mqtt-load")
            subprocess.run([load, "--port", str(broker.port), "--count", str(n)], check=True, stdout=subprocess.DEVNULL)
            wait_for(lambda: leash.tell("take 60000") or leash.figures()["acks_held"] == n, 60, "all in hand")
            assert acks() == 0
            proxy.hold("up")
            leash.tell("release")
            leash.figures()
            subprocess.run([load, "--port", str(broker.port), "--count", "10"], check=True, stdout=subprocess.DEVNULL)
            leash.tell("take 100")
            assert leash.figures()["messages"] == n, "nothing is taken"
            assert acks() < n
            proxy.pass_on("up")
            wait_for(lambda: acks() == n, 30, "the released acks")
            wait_for(lambda: leash.tell("take 100") or leash.figures()["acks_held"] == 10, 30, "the new messages")
            assert acks() == n and leash.figures()["disconnects"] == 0


def test_acks_leave_in_order_whoever_read_the_message(broker, proxy):
    """A message larger than the window is the library's, the small ones before and behind it are not."""
    large = "x" * 100_000
    sent = [*numbers(0, 20), large, *numbers(20, 20), large, *numbers(40, 20)]
    with Leash(proxy.port, "dev/#", auto=True, packet_max=200_000) as leash:
        go_live(leash, proxy)
        broker.publish("dev/a", *sent)
        wait_for(lambda: leash.tell("take 100") or leash.figures()["acks_held"] == len(sent), what="all in hand")
        assert payloads(leash.messages()) == sent
        assert proxy.count("up", PUBACK) == 0
        leash.tell("release")
        wait_for(lambda: proxy.count("up", PUBACK) == len(sent), what="the acks")
        assert [p.mid for p in proxy.find("up", PUBACK)] == [p.mid for p in proxy.find("down", PUBLISH)]
        assert leash.figures()["disconnects"] == 0


def test_what_was_acknowledged_before_a_pause_does_not_come_again(broker):
    """However much the broker has on its way to us: it reads our acks before it hears that we are gone."""
    session_made(broker.port)
    broker.publish("dev/a", *numbers(0, 20000))
    with Leash(broker.port, "dev/#", auto=True, known=True) as leash:
        paused = 0
        for step in range(1, 5):
            leash.wait_messages(step * 2500, 60)
            leash.tell("pause")
            paused = leash.wait_state("closed", 30, after=paused)["at"]
            leash.tell("resume")
        leash.wait_state("live", 60)
        assert payloads(leash.messages()) == numbers(0, 20000)


def test_stop_with_messages_in_hand_acknowledges_none(broker, proxy):
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        go_live(leash, proxy)
        broker.publish("dev/a", *numbers(0, 5))
        leash.take(5)
        proxy.forget()
        leash.tell("stop")
        leash.wait_state("closed")
    assert proxy.count("up", PUBACK) == 0


def test_the_broker_is_asked_how_far_it_has_read(broker):
    """Each four thousand messages; what is answered goes by the numbers of the messages."""
    with Leash(broker.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        for first in range(0, 15000, 1000):
            broker.publish("dev/a", *numbers(first, 1000))
            leash.wait_messages(first + 1000)
        wait_for(lambda: leash.figures()["acks_unread"] < 4096, what="an answer")
        figures = leash.figures()
        assert figures["acks_read"] + figures["acks_unread"] == 15000
        assert figures["own_topics"] > 1, "the fence, and the questions"
        assert payloads(leash.messages()) == numbers(0, 15000)


def test_a_few_are_asked_about_soon(broker, proxy):
    """What is in doubt for long is what a broker may use the identifiers of again."""
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        for first in range(3):
            broker.publish("dev/a", *numbers(first, 1))
            leash.wait_messages(first + 1)
            wait_for(lambda: leash.figures()["acks_read"] == first + 1, 20, "the answer")
        assert leash.figures()["acks_unread"] == 0


class Swallower(Proxy):
    """Keeps our acks to itself, as long as it is told to."""

    swallows = False

    def __init__(self, *args):
        self.kept = set()  # identifiers
        super().__init__(*args)

    def _read(self, source, direction, rest):
        out, rest = super()._read(source, direction, rest)
        if direction != "up" or not out or not self.swallows:  # as it is now, not as it was when the wait for bytes began
            return out, rest
        packets, _ = split(out)
        self.kept.update(packet.mid for packet, _ in packets if packet.kind == PUBACK)
        return b"".join(raw for packet, raw in packets if packet.kind != PUBACK), rest


def test_what_was_read_counts_anew_on_each_connection(broker):
    """What a connection's end leaves in doubt comes again on the next one, and is asked about there."""
    with Swallower(broker.host, broker.port) as proxy:
        with Leash(proxy.port, "dev/#", auto=True, batch=6000) as leash:
            leash.wait_state("live")
            proxy.swallows = True
            broker.publish("dev/a", *numbers(0, 4000))
            leash.wait_messages(4000)
            taken = {message["mid"] for message in leash.messages()}
            wait_for(lambda: taken <= proxy.kept, what="all acks, none of them on its way any more")
            assert leash.figures()["acks_unread"] == 4000 and leash.figures()["acks_read"] == 0
            proxy.swallows = False
            proxy.cut()
            leash.wait_messages(8000, 30)
            broker.publish("dev/a", *numbers(4000, 200))
            leash.wait_messages(8200)
            wait_for(lambda: leash.figures()["acks_read"] > 8000, what="an answer")
            assert leash.figures()["acks_read"] + leash.figures()["acks_unread"] == 8200


def test_nothing_is_in_doubt_when_the_fence_came_first(broker, proxy):
    """Nothing came before it, so the broker has read all that there was to read."""
    with Leash(proxy.port, "dev/#", auto=True) as leash:
        leash.wait_state("live")
        broker.publish("dev/a", *numbers(0, 10))
        leash.wait_messages(10)
        wait_for(lambda: proxy.count("up", PUBACK) >= 11, what="the acks")
        assert leash.figures()["acks_read"] + leash.figures()["acks_unread"] == 10
        proxy.cut()
        closed = leash.wait_state("closed")["at"]
        leash.wait_state("live", after=closed)
        assert leash.figures()["acks_read"] == 10 and leash.figures()["acks_unread"] == 0
