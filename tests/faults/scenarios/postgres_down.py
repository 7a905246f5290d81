"""PostgreSQL is away: the journal buffers, alarms go on; then it drains faster than more comes in.

The recovery is from PostgreSQL's return until the store has no lag, with the load going on."""

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


def run(h, random):
    h.start(journal__size="256MiB" if h.long else "64MiB")
    away = 60000 if h.long else 4000
    load = h.load(count=away + 20 * RATE if h.long else away + 4 * RATE, rate=RATE if not h.long else 3 * RATE, devices=10)
    h.pause(0.3, 0.8, random)
    mend = strike(h)
    h.wait(lambda: load.acknowledged() > away, "load while PostgreSQL is away", 120)
    h.wait_alarm("system/database-lost", 40)
    h.wait_alarm("every-hundredth")
    mend()
    lag = h.status().get("journal", {}).get("store_lag", 0)
    with h.recovery():
        h.wait(lambda: h.status().get("journal", {}).get("store_lag", 1) < RATE, "a store without lag", 120)
    if lag and h.recoveries[-1]:
        ratio = lag / h.recoveries[-1] / (RATE * (3 if h.long else 1)) + 1
        h.missed = ratio < 5
        h.notes.append(f"drained at {ratio:.1f}× the inflow")
    h.check(load)
