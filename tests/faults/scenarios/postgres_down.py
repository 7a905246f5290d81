"""PostgreSQL is away: the journal buffers, alarms go on; then it drains faster than more comes in.

The recovery is from PostgreSQL's return until the store has no lag, with the load going on; how fast it drains counts from
the store's connection on."""

import datetime
import re
import time

TARGET = "drains at ≥ 5× the inflow"
VARIANTS = ("stopped", "killed", "frozen")
SLICE = ("killed",)
RATE = 1000


def strike(h):
    if h.variant == "stopped":
        h.postgres.stop()
        return h.postgres.start
    if h.variant == "killed":
        h.postgres.kill()
        return h.postgres.start
    h.postgres.freeze()
    return h.postgres.thaw


def connected(h, since):
    """When the store was connected again, and up to where it had stored by then; one that was frozen may not have noticed."""
    for line in reversed(h.daemon.log.splitlines()):
        found = re.match(r"(\S+)Z store notice database-connected: storing from (\d+) on", line)
        if found:
            at = datetime.datetime.fromisoformat(found[1]).replace(tzinfo=datetime.timezone.utc).timestamp()
            return (at, int(found[2]) - 1) if at >= since else None
    return None


def stored(h):
    journal = h.status().get("journal", {})
    return journal.get("head", 0) - journal.get("store_lag", 0)


def run(h, random):
    h.start(journal__size="256MiB" if h.long else "64MiB")
    away = 60000 if h.long else 4000
    rate = 3 * RATE if h.long else RATE
    load = h.load(count=away + 20 * RATE if h.long else away + 8 * RATE, rate=rate, devices=10)
    h.pause(0.3, 0.8, random)
    mend = strike(h)
    h.wait(lambda: load.acknowledged() > away, "load while PostgreSQL is away", 120)
    h.wait_alarm("system/database-lost", 40)
    h.wait_alarm("every-hundredth")
    before, returned = stored(h), time.time()
    mend()
    with h.recovery():
        h.wait(lambda: h.status().get("journal", {}).get("store_lag", 1) < rate // 10, "a store without lag", 120)
    ended, upto = time.time(), stored(h)
    began, since = connected(h, returned) or (returned, before)
    ratio = (upto - since) / (ended - began) / rate
    h.missed = ratio < 5
    h.notes.append(f"connected after {began - returned:.1f} s, drained at {ratio:.1f}× the inflow")
    h.check(load)
