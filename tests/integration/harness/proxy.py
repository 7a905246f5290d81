"""A TCP proxy that knows where MQTT packets begin and end.

    proxy = Proxy("127.0.0.1", broker.port)      # listens on proxy.port, in threads
    proxy.count("up", PUBACK)                    # packets of a type seen from client to broker ("up") or back ("down")
    proxy.silence()  proxy.speak()               # nothing passes either way; the connections stay open
    proxy.hold("up")  proxy.pass_on("up")        # one direction only
    proxy.cut()                                  # close every connection
    proxy.duplicate = True                       # each PUBLISH to the client passes twice
    proxy.delay = 0.2                            # seconds, for each packet

Packets are recorded when they come in, before silence or delay. A client's TLS is opaque: then use packets=False.
"""

import select
import socket
import threading
import time

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14


class Packet:
    __slots__ = ("kind", "flags", "body", "time")

    def __init__(self, first, body):
        self.kind, self.flags, self.body, self.time = first >> 4, first & 15, body, time.monotonic()

    @property
    def mid(self):
        """Packet identifier of PUBACK, SUBSCRIBE, SUBACK and of a PUBLISH with QoS."""
        at = 0
        if self.kind == PUBLISH:
            if not self.flags & 6:
                return 0
            at = 2 + int.from_bytes(self.body[:2], "big")
        return int.from_bytes(self.body[at : at + 2], "big")

    @property
    def topic(self):
        return self.body[2 : 2 + int.from_bytes(self.body[:2], "big")].decode(errors="replace")

    @property
    def dup(self):
        return bool(self.flags & 8)


def split(buffer):
    """(packets with their bytes, what is left)."""
    packets = []
    while len(buffer) >= 2:
        length, at, shift = 0, 1, 0
        while at < len(buffer):
            byte = buffer[at]
            length |= (byte & 127) << shift
            shift += 7
            at += 1
            if not byte & 128:
                break
        else:
            break
        if buffer[at - 1] & 128 or len(buffer) < at + length:
            break
        packets.append((Packet(buffer[0], bytes(buffer[at : at + length])), bytes(buffer[: at + length])))
        buffer = buffer[at + length :]
    return packets, buffer


class Proxy:
    def __init__(self, host, port, packets=True, window=None):
        """`window`: bytes that the kernel takes from a client while the proxy does not read; None = its own choice."""
        self.target = (host, port)
        self.packets = packets
        self.seen = {"up": [], "down": []}
        self.duplicate = False
        self.delay = 0.0
        self.connections = 0
        self._lock = threading.Lock()
        self._open = {"up": threading.Event(), "down": threading.Event()}
        self.speak()
        self._pairs = set()
        self._listener = socket.socket()
        if window:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(16)
        self.host, self.port = self._listener.getsockname()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def count(self, direction, kind):
        with self._lock:
            return sum(1 for p in self.seen[direction] if p.kind == kind)

    def find(self, direction, kind):
        with self._lock:
            return [p for p in self.seen[direction] if p.kind == kind]

    def forget(self):
        with self._lock:
            self.seen = {"up": [], "down": []}

    def silence(self):
        self.hold("up")
        self.hold("down")

    def speak(self):
        self.pass_on("up")
        self.pass_on("down")

    def hold(self, direction):
        self._open[direction].clear()

    def pass_on(self, direction):
        self._open[direction].set()

    def cut(self):
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self._closed = True
        self._listener.close()
        self.speak()
        self.cut()

    def _accept(self):
        while not self._closed:
            try:
                ready, _, _ = select.select([self._listener], [], [], 0.2)
                if not ready:
                    continue
                client, _ = self._listener.accept()
            except (OSError, ValueError):
                return
            self.connections += 1
            try:
                broker = socket.create_connection(self.target, timeout=2)
                broker.settimeout(None)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._pairs.add((client, broker))
            for source, sink, direction in ((client, broker, "up"), (broker, client, "down")):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pump, args=(source, sink, direction), daemon=True).start()

    def _read(self, source, direction, rest):
        """Bytes to pass on, and the rest of a packet; None at the end."""
        data = source.recv(65536)
        if not data:
            return None, rest
        if not self.packets:
            return data, rest
        packets, rest = split(rest + data)
        with self._lock:
            self.seen[direction].extend(p for p, _ in packets)
        out = b"".join(raw * (2 if self.duplicate and direction == "down" and p.kind == PUBLISH else 1) for p, raw in packets)
        return out, rest

    def _pump(self, source, sink, direction):
        rest = b""
        try:
            while not self._closed:
                out, rest = self._read(source, direction, rest)
                if out is None:
                    sink.shutdown(socket.SHUT_WR)  # it may have something to say, and to read, after that
                    return
                if self.delay:
                    time.sleep(self.delay)
                self._open[direction].wait()
                if out:
                    sink.sendall(out)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
