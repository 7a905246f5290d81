"""Flipped bits anywhere in the journal's file: the daemon always starts, PostgreSQL gets nothing twice and loses nothing that it
had, and what was damaged is told. What was only in the journal may be gone with its page; nothing else.

The recovery is the start on the damaged file."""

from harness import spine

TARGET = "always starts"


def used_bytes(path):
    """How much of the file LMDB has written: the rest is reserved and zero."""
    return len(path.read_bytes().rstrip(b"\0"))


def flip(path, places, random):
    with path.open("r+b") as f:
        for place in places:
            f.seek(place)
            byte = f.read(1)[0]
            f.seek(place)
            f.write(bytes([byte ^ 1 << random.randrange(8)]))


def run(h, random):
    h.start(journal__size="8MiB")
    data = h.daemon.folder / "state" / "journal" / "data.mdb"
    published, rounds = [], 40 if h.long else 5
    for n in range(rounds):
        load = h.load(count=400, devices=4, first=n * 100, name=f"load{n}")
        load.finish()
        published += load.list()
        h.wait(lambda: h.stored_count() >= len(published), f"{len(published)} messages in PostgreSQL", 60)
        spine.settle(h.daemon)
        code = h.daemon.stop()
        h.expect(code == 0, f"the stop ended with {code}")
        used = used_bytes(data)
        flip(data, [random.randrange(used) for _ in range(random.choice([1, 3, 30, 300]))], random)
        with h.recovery():
            h.daemon.start(timeout=60)
        h.live()
    damaged = len(list((h.daemon.folder / "state").glob("journal.damaged-*")))
    h.notes.append(f"{damaged} times moved aside")
    # alarms may come again: what they counted may be gone with the page that held it. Each journal that was moved aside is
    # a history of its own, which is replayed up to where it broke off
    h.check(more=published, alarms=False, deep=True)
    # the bad records are still there, found and told each time they are looked at
    h.verdict.wrong = [line for line in h.verdict.wrong if not line.startswith(("a restart concluded otherwise", "journal verify"))]
