"""PostgreSQL refuses for a while: its disk is full, a deadlock, a serialization failure, a locked table, cut connections.
Tried again until it works; everything is stored once, and nothing is taken for poison.

The recovery is from the end of what hindered until the store has no lag."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from faulttest.hospital import Skipped, need_root

TARGET = "resumes ≤ 30 s"
LIMIT = 30
VARIANTS = ("full", "deadlock", "serialization", "locked", "cut")
SLICE = ("full",)
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wardwatch' AND wait_event_type = 'Lock'"


def lag(h):
    return h.status().get("journal", {}).get("store_lag", 1)


def recover(h):
    with h.recovery():
        h.wait(lambda: lag(h) < 1500, "a store that goes on", 120)


def small_disk(h):
    need_root("mount a small disk")
    path = pathlib.Path(tempfile.mkdtemp(prefix="ww-disk-", dir="/tmp"))  # where the server's user reaches it
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0777", "tmpfs", path], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        path.rmdir()
        raise Skipped(f"this machine does not let us mount: {done.stderr.strip()}")

    def gone():
        # its last owner, the database, is dropped with it
        h.daemon.close()
        h.cluster._sql("DROP DATABASE IF EXISTS wardwatch WITH (FORCE)", "DROP TABLESPACE IF EXISTS small")
        subprocess.run(["umount", "-l", path], check=True)
        path.rmdir()
    h.closing.callback(gone)
    place = path / "tables"
    place.mkdir()
    shutil.chown(place, h.postgres.user)
    h.cluster._sql(f"CREATE TABLESPACE small LOCATION '{place}'", "DROP DATABASE wardwatch",
                   "CREATE DATABASE wardwatch TEMPLATE migrated TABLESPACE small")
    return path


def full(h, disk):
    with (disk / "filler").open("wb", buffering=0) as filler:
        left = os.statvfs(disk)
        filler.write(bytes(max(0, left.f_bavail * left.f_frsize - 128 * 1024)))
    said = ("No space left on device", "could not write", "could not extend")  # to a statement, or to who connects
    h.wait(lambda: any(words in h.daemon.log for words in said), "a full disk")
    (disk / "filler").unlink()


def planted(h, sqlstate):
    """The server itself says so, at the next two rows of messages."""
    h.postgres.query("CREATE SEQUENCE attempts; GRANT ALL ON SEQUENCE attempts TO PUBLIC")
    h.postgres.query(f"""CREATE FUNCTION fails_twice() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
                IF nextval('wardwatch.attempts') <= 2 THEN
                        RAISE EXCEPTION 'planted' USING ERRCODE = '{sqlstate}';
                END IF;
                RETURN NEW;
        END $$""")
    h.postgres.query("CREATE TRIGGER fails_twice BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION fails_twice()")
    h.wait(lambda: h.postgres.value("SELECT last_value FROM attempts") > 2, "both failures")


def locked(h, deadlock):
    """Somebody locks the store's tables, and for a deadlock in the other order."""
    locker = h.postgres.connect(autocommit=False)
    cursor = locker.cursor()
    cursor.execute("SET deadlock_timeout = '60s'; LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
    h.wait(lambda: h.postgres.value(WAITS), "a store that waits for the lock")
    if deadlock:
        cursor.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")  # which the store has: it comes when the store has lost
    else:
        h.wait(lambda: not h.postgres.value(WAITS), "a store that gives up waiting")
    locker.close()


def cut(h, random):
    for _ in range(5):
        h.pause(0.05, 0.4, random)
        h.postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wardwatch'")


def run(h, random):
    h.prepare()
    disk = small_disk(h) if h.variant == "full" else None
    h.start()
    load = h.load(count=20000 if h.long or disk else 6000, rate=0 if disk else 1500, devices=10)
    h.wait(lambda: load.acknowledged() > 500, "load")
    if disk:
        full(h, disk)
    elif h.variant == "deadlock":
        locked(h, True)
    elif h.variant == "locked":
        locked(h, False)
    elif h.variant == "cut":
        cut(h, random)
    else:
        planted(h, "40001")
    recover(h)
    h.check(load)
    h.expect(h.postgres.value("SELECT count(*) FROM quarantine") == 0, "something was taken for poison")
