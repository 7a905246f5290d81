"""Slow readers and many of them: shared buffers, a slow one is dropped or begins anew, and alarms come to the others as before.

The recovery is a message's way to its alarm in the feed of one who reads, beside readers that do not."""

import json
import socket
import threading
import time

TARGET = "alarm latency unchanged"
LIMIT = 1


def connect(h):
    """Asks again while those before it wait to be taken."""
    def connected():
        try:
            return h.daemon.connect(timeout=300)
        except BlockingIOError:
            return None
    feed = h.wait(connected, "a connection")
    feed.send(cmd="follow")
    return feed


def feed_of(h, seen):
    feed = connect(h)

    def listen():
        try:
            while (line := feed.next()) is not None:
                alarm = line.get("transition", {}).get("alarm") or line.get("live") or {}
                if "key" in alarm:
                    seen.setdefault((alarm["rule"], alarm["key"]), time.monotonic())
        except (OSError, ValueError):
            pass
    threading.Thread(target=listen, daemon=True).start()
    return feed


def run(h, random):
    readers = 1000 if h.long else 100
    h.start(command__clients_max=readers + 32, command__queue_max="64KiB")
    slow = [connect(h) for _ in range(readers)]
    seen = {}
    quick = feed_of(h, seen)
    load = h.load(count=30000 if h.long else 8000, rate=1000, devices=1000 if h.long else 300)
    sent = []
    for n in range(30 if h.long else 10):
        device = 800000 + n
        began = time.monotonic()
        h.broker.publish(f"urgent/{device}", json.dumps({"device": f"d{device}", "number": 50}))
        h.wait(lambda: ("every-hundredth", f"device={device}") in seen, "the alarm")
        h.recoveries.append(seen[("every-hundredth", f"device={device}")] - began)
        sent.append((device, 50))
        for feed in random.sample(slow, 20):  # a byte now and then
            try:
                feed.socket.recv(1, socket.MSG_DONTWAIT)
            except OSError:
                pass
    h.check(load, more=sent)
    quick.socket.shutdown(socket.SHUT_RDWR)  # somebody is reading there
    for feed in (*slow, quick):
        feed.close()
    h.notes.append(f"{len(slow)} readers, {h.status().get('feed', {}).get('resets')} began anew")
