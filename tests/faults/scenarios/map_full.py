"""The journal's map or its disk is full: bulk closes, urgent messages go on, the broker queues, and it all drains.

`urgent`: they go on until they have filled it, too, and the engine is killed again and again while nothing can be taken.
The recovery is from the end of what held the journal until the bulk session is open again."""

import subprocess

from faulttest.hospital import Skipped, need_root

TARGET = "resumes ≤ 5 s"
LIMIT = 5
VARIANTS = ("map", "disk", "urgent")
SLICE = ("disk", "urgent")
KILLS = 3  # the third start is a careful one


def small_disk(h):
    """A tmpfs that has room for the journal and two snapshots, and not for three; gone at the end."""
    need_root("mount a small disk")
    path = h.folder / "disk"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={12 if h.long else 7}m,mode=0755", "tmpfs", path], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Skipped(f"this machine does not let us mount: {done.stderr.strip()}")
    h.closing.callback(lambda: subprocess.run(["umount", "-l", path], check=True))
    return path


def fill(disk):
    """Takes what is left of it."""
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            pass


def closed(h, session="bulk"):
    return h.status().get("sessions", {}).get(session, {}).get("closed_by_us")


def fill_to_the_last(h):
    """By urgent messages, of which there are more than the map holds. The load."""
    load = h.load(count=60000 if h.long else 25000, devices=10, topic="urgent/{device}")
    h.wait(lambda: closed(h, "urgent"), "a closed urgent session", 120)
    for _ in range(KILLS):
        h.daemon.wait_restarted("engine", h.daemon.kill("engine"))
        h.wait(lambda: closed(h, "urgent"), "an engine that lives, and takes nothing", 60)
    h.expect("engine-fatal" not in h.daemon.log, "the engine ended for want of room")
    return load


def run(h, random):
    """PostgreSQL is away, so that nothing may be trimmed: however slow the machine is, the map fills."""
    disk = small_disk(h) if h.variant == "disk" else None
    settings = {"state__dir": disk / "state"} if disk else {}
    h.prepare(journal__size="4MiB", journal__keep="1m", journal__snapshot_inputs=1000, **settings)
    h.start()
    if disk:
        fill(disk)
    h.postgres.stop()
    if h.variant == "urgent":
        load = fill_to_the_last(h)
        h.postgres.start()
        with h.recovery():
            h.wait(lambda: h.status() and not closed(h) and not closed(h, "urgent"), "open sessions", 120)
        h.check(load)
        return
    load = h.load(count=60000 if h.long else 25000, devices=10)
    if disk:
        h.wait_alarm("system/snapshot-failed")
    h.wait(lambda: closed(h), "a closed bulk session", 120)
    urgent = h.load(count=5, devices=1, topic="urgent/{device}", first=100000)
    urgent.finish()
    h.wait(lambda: h.status().get("sessions", {}).get("urgent", {}).get("messages", 0) >= 5, "urgent messages")
    h.expect(closed(h), "bulk was open again before there was room")
    if disk:
        (disk / "filler").unlink()
    h.postgres.start()
    with h.recovery():
        h.wait(lambda: h.status() and not closed(h), "an open bulk session", 120)
    h.check(load, urgent)
    h.expect(not closed(h), "bulk is closed, and there is room")
    if disk:
        h.notes.append(f"{h.daemon.log.count('snapshot-room')} snapshots gave way")
