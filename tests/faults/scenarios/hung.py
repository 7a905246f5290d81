"""A process that hangs (SIGSTOP) is found by its silence, killed and started again, under load.

The recovery is from the stop until its successor runs, and for the engine until messages are taken."""

TARGET = "≤ 15 s"
LIMIT = 15
VARIANTS = ("engine", "store", "notify", "console", "auth")
SLICE = ("engine",)


def run(h, random):
    h.prepare(**({} if h.long else {"supervisor__hung_after": "3s"}))
    if h.variant in ("notify", "console", "auth"):
        h.with_console()
    h.start()
    h.wait(lambda: any(row["name"] == h.variant and row["state"] == "running" for row in h.status().get("workers", [])),
           "a worker whose loop is watched")
    load = h.load(count=6000, rate=1500)
    h.pause(0.1, 0.8, random)
    with h.recovery():
        old = h.daemon.freeze(h.variant)
        h.daemon.wait_restarted(h.variant, old, 60)
        if h.variant == "engine":
            h.taking()
    h.daemon.wait_log(f"worker-hung worker={h.variant}")
    h.check(load)
