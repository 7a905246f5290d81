"""PostgreSQL fails over in the middle of a COMMIT: the store refuses the read-only server, finds out what became of the
COMMIT, and goes on. `behind`: the standby never got the last rows; the journal fills them in.

The recovery is from the promotion until the store has no lag."""

from harness import spine
from harness.postgres import Postgres, Standby

TARGET = "≤ 30 s"
LIMIT = 30
VARIANTS = ("commit", "behind")
SLICE = ("commit",)
COMMIT_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wardwatch' AND wait_event = 'SyncRep'"


def run(h, random):
    primary = h.closes(Postgres("fsync = off"))
    h.prepare(postgres=primary)
    spine.migrate(primary, h.daemon.config)
    standby = h.closes(Standby(primary))
    h.wait(lambda: primary.value("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"), "the standby follows")
    h.daemon.write_config(database__url=standby.url_of_both())
    h.start()
    load = h.load(count=20000 if h.long else 6000, rate=1500, devices=10)
    h.wait(lambda: standby.value("SELECT coalesce(max(seq), 0) FROM store_cursor") > 100, "rows at the standby")
    if h.variant == "commit":
        primary.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        primary.query("SELECT pg_reload_conf()")
        h.wait(lambda: primary.value("SHOW synchronous_standby_names") == "standby", "the setting")
    standby.freeze()
    if h.variant == "commit":  # it is written here, and waits for the standby there
        h.wait(lambda: primary.value(COMMIT_WAITS), "a COMMIT that waits")
    else:
        there = primary.value("SELECT max(seq) FROM store_cursor")
        h.wait(lambda: primary.value("SELECT max(seq) FROM store_cursor") > there, "rows that the standby has not")
    primary.kill()
    standby.thaw()
    h.wait(lambda: "session is read-only" in h.daemon.log, "the refusal of a read-only server")
    h.postgres = standby
    with h.recovery():
        standby.promote()
        h.wait(lambda: h.status().get("journal", {}).get("store_lag", 9999) < 1500, "a store that goes on", 120)
    h.check(load)
