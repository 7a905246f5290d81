"""The ingress driver (tests/unit/ingress/driver.c) on a leash: commands in, events out."""

import json
import queue
import subprocess
import threading
import time

from .machine import find_built, wait_for
from .proxy import PUBACK, PUBLISH


def find_driver():
    return find_built("tests/unit/ingress/ingress-driver")


class Leash:
    def __init__(self, port, *filters, host="127.0.0.1", **options):
        command = [str(find_driver()), "--host", host, "--port", str(port)]
        for key, value in options.items():
            if value is False:
                continue
            command.append("--" + key.replace("_", "-"))
            if value is not True:
                command.append(str(value))
        self.process = subprocess.Popen(command + list(filters), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.events = []
        self.taken = 0
        self._new = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            try:
                self.tell("quit")
                self.process.wait(20)
            except (OSError, subprocess.TimeoutExpired):
                self.process.kill()
        self.process.wait()
        errors = self.process.stderr.read()
        assert "Sanitizer" not in errors and "runtime error" not in errors, errors

    def _read(self):
        for line in self.process.stdout:
            event = json.loads(line)
            event["at"] = time.monotonic()
            self._new.put(event)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def _drain(self, timeout):
        try:
            self.events.append(self._new.get(timeout=timeout))
            while True:
                self.events.append(self._new.get_nowait())
        except queue.Empty:
            pass

    def wait(self, condition, timeout=15.0, what="event"):
        """The first event for which condition(event), from the beginning on; AssertionError if none comes."""
        end, at = time.monotonic() + timeout, 0
        while True:
            for event in self.events[at:]:
                at += 1
                if condition(event):
                    return event
            left = end - time.monotonic()
            assert left > 0, f"{what}: not within {timeout} s; last: {self.events[-5:]}"
            self._drain(min(left, 0.1))

    def wait_state(self, state, timeout=15.0, after=0):
        return self.wait(lambda e: e["event"] == "state" and e["state"] == state and e["at"] > after, timeout, state)

    def states(self, state):
        return [e for e in self.events if e["event"] == "state" and e["state"] == state]

    def forget(self):
        self._drain(0)
        self.events = []
        self.taken = 0

    def messages(self):
        self._drain(0)
        return [e for e in self.events if e["event"] == "message"]

    def wait_messages(self, n, timeout=15.0):
        self.wait(lambda e: len(self.messages()) >= n, timeout, f"{n} messages") if len(self.messages()) < n else None
        return self.messages()

    def take(self, n):
        """The next n messages, none of them released."""
        first = self.taken
        end = time.monotonic() + 15
        while len(self.messages()) < first + n:
            before = self._tooks()
            self.tell(f"take {first + n - len(self.messages())}")
            self.wait(lambda e: self._tooks() > before, what="took")
            assert time.monotonic() < end, f"only {len(self.messages()) - first} of {n} messages came"
        self.taken += n
        return self.messages()[first : first + n]

    def _tooks(self):
        return sum(1 for e in self.events if e["event"] == "took")

    def figures(self):
        self._drain(0)
        self.events = [e for e in self.events if e["event"] != "figures"]
        self.tell("figures")
        return self.wait(lambda e: e["event"] == "figures", what="figures")


def numbers(first, n):
    return [str(k) for k in range(first, first + n)]


def session_made(port, **options):
    """A session that the broker knows, and whose client is away."""
    with Leash(port, "dev/#", auto=True, **options) as leash:
        leash.wait_state("live")
        leash.tell("stop")
        leash.wait_state("closed")


def payloads(messages):
    return [m["payload"] for m in messages]


def go_live(leash, proxy=None):
    """Live, with automatic taking switched off afterwards, nothing in hand, and the fence's ack past the proxy."""
    leash.wait_state("live")
    leash.tell("auto off")
    assert leash.figures()["acks_held"] == 0
    if proxy:
        wait_for(lambda: proxy.count("up", PUBACK) == proxy.count("down", PUBLISH), what="the fence's ack")
        proxy.forget()


def states(leash):
    return [e["state"] for e in leash.events if e["event"] == "state"]
