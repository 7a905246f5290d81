"""A broker that writes its whole backlog before it reads our acks, and the engine killed amid it: nothing is taken twice.

Mosquitto lets each ack that it reads bring a whole Receive Maximum on its way. A proxy passes a few acks of a connection, and
from there on keeps all that we say to itself."""

from harness.proxy import PUBACK, Proxy, split

TARGET = "nothing twice"
PASSED = 40  # acks of a connection: enough to bring all on its way


class Deaf(Proxy):
    deaf = False

    def _read(self, source, direction, rest):
        if direction != "up" or not (self.deaf or isinstance(rest, tuple)):
            return super()._read(source, direction, rest)
        passed, left = rest or (0, b"")
        data = source.recv(65536)
        packets, left = split(left + data)
        out = b""
        for packet, raw in packets:
            passed += packet.kind == PUBACK
            if passed <= PASSED:
                out += raw
        return out if data else None, (passed, left)


def taken(h):
    return h.status().get("sessions", {}).get("bulk", {}).get("messages", 0)


def run(h, random):
    h.prepare(mqtt__urgent=[], supervisor__hung_after="60s", journal__size="1GiB", mqtt__keepalive="60s")
    proxy = h.closes(Deaf("127.0.0.1", h.broker.port))
    h.daemon.write_config(mqtt__port=proxy.port)
    h.start()
    h.daemon.stop()
    count = 400000 if h.long else 90000
    load = h.load(count=count, rate=0, devices=97)
    h.wait(lambda: load.process.poll() is not None, "the backlog", 120)
    proxy.deaf = True
    h.daemon.start()
    at = random.randrange(34000, count - 5000)
    h.wait(lambda: taken(h) >= at, f"{at} messages", 120)
    old = h.daemon.kill("engine")
    proxy.deaf = False
    with h.recovery():
        h.daemon.wait_restarted("engine", old)
        h.taking()
    h.live(120)
    h.notes.append(f"killed behind {at:,} messages, {h.status()['sessions']['bulk']['redelivered']:,} came again")
    h.check(load)
