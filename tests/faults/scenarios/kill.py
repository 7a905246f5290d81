"""kill -9 of any process at any time: it is started again, replays, and the broker delivers again.

The recovery is from the kill until the engine takes messages, or until the killed process is there again."""

import os
import signal

TARGET = "ready ≤ 3 s"
LIMIT = 3
VARIANTS = ("engine", "store", "supervisor", "notify", "console", "auth", "all")
SLICE = ("engine", "store", "all")


def blow(h):
    if h.variant == "supervisor":
        h.daemon.kill("supervisor")
        h.daemon.start()
        h.taking()
    elif h.variant == "all":
        for pid in h.daemon.workers().values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it has just ended by itself
        h.daemon.kill("supervisor")
        h.daemon.start()
        h.taking()
    else:
        old = h.daemon.kill(h.variant)
        h.daemon.wait_restarted(h.variant, old, 60)
        if h.variant == "engine":
            h.taking()


def run(h, random):
    settings = {"journal__snapshot_inputs": 2000}
    h.prepare(**settings)
    if h.variant in ("notify", "console", "auth"):
        h.with_console()
    h.start()
    blows = 8 if h.long else 2
    load = h.load(count=2500 * blows, rate=1500, devices=7)
    for _ in range(blows):
        h.pause(0.1, 1.0, random)
        with h.recovery():
            blow(h)
    h.check(load)
