"""Descriptors run out (prlimit): readers of the feed are turned away first, intake is unaffected, and with room again they
come in."""

import resource
import socket

from harness.daemon import DaemonError

TARGET = "intake unaffected"
VARIANTS = ("engine", "console")
SLICE = ("engine",)


def run(h, random):
    h.prepare(command__clients_max=1000)
    if h.variant == "console":
        h.with_console()
    h.start()
    load = h.load(count=6000, rate=1000, devices=10)
    pid = h.daemon.pid(h.variant)
    engine = h.daemon.pid("engine")
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (48 if h.variant == "engine" else 40, usual[1]))
    opened = []
    for _ in range(120):
        try:
            if h.variant == "engine":
                feed = h.daemon.connect(timeout=5)
                feed.send(cmd="follow")
            else:
                feed = socket.create_connection(("127.0.0.1", h.console_port), timeout=5)
            opened.append(feed)
        except (OSError, DaemonError):
            break
    before = load.acknowledged()
    h.wait(lambda: load.acknowledged() > before + 500, "an intake that goes on")
    for feed in opened:
        feed.close()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
    h.wait(lambda: h.daemon.answers(), "an engine that answers again")
    h.expect(h.daemon.pid("engine") == engine, "the engine was started again")
    h.notes.append(f"{len(opened)} came in")
    h.check(load)
