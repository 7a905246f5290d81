"""Power cuts: what the journal's file may look like when the power goes, and what a start makes of it.

The engine runs with the shim's recorder: each write to the journal's pages, each sync, each byte to and from the broker, in
one order. A cut is a place in that order. Behind it the disk has what was synced before, and of the writes since then any
part, sector by sector, of any age: a disk may reorder what nobody has synced. The page that LMDB writes with O_DSYNC is
synced when the call is over. From such a file a daemon is started, without broker and database. What it had acknowledged to
the broker before the cut must be in its journal, once; nothing else may be; and the alarms must be those of that list.
"""

import collections
import json
import pathlib
import random
import shutil
import struct
import tempfile
import traceback

from harness import proxy, spine
from harness.daemon import Daemon

from . import oracle
from .hospital import Hospital
from .shim import Shim

WHAT = "power cut: any part of what is not synced"
HEAD = struct.Struct("<IIiIQ")
WRITE, WRITE_SAFE, SAFE, SENT, CAME, CLOSED, NAMED = range(1, 8)
SECTOR = 512
CUTS = 24  # of one recording

Record = collections.namedtuple("Record", "kind pid fd offset data")


def read_records(path):
    data, at, records = path.read_bytes(), 0, []
    while at + HEAD.size <= len(data):
        kind, pid, fd, length, offset = HEAD.unpack_from(data, at)
        at += HEAD.size
        records.append(Record(kind, pid, fd, offset, data[at:at + length]))
        at += length
    return records


class Wire:
    """What the engine has acknowledged to the broker, by what it wrote and read."""

    def __init__(self):
        self.rest, self.waits, self.acknowledged = {}, {}, []

    def feed(self, record):
        way = (record.pid, record.fd)
        if record.kind == CLOSED:
            for which in (CAME, SENT):
                self.rest.pop((*way, which), None)
            self.waits.pop(way, None)
            return
        packets, rest = proxy.split(self.rest.get((*way, record.kind), b"") + record.data)
        self.rest[(*way, record.kind)] = rest
        waits = self.waits.setdefault(way, {})
        for packet, _ in packets:
            if record.kind == CAME and packet.kind == proxy.PUBLISH and packet.topic.startswith("bulk/"):
                body = packet.body[packet.body.rindex(b'{"device"'):]
                waits[packet.mid] = (json.loads(body)["device"], json.loads(body)["number"])
            elif record.kind == SENT and packet.kind == proxy.PUBACK and packet.mid in waits:
                self.acknowledged.append(waits.pop(packet.mid))


class Disk:
    """The journal's file, with what is safe in it and what is not yet."""

    def __init__(self, base):
        self.safe = bytearray(base)
        self.loose = {}  # sector → [its contents since the last sync]

    def write(self, offset, data):
        end = offset + len(data)
        for sector in range(offset // SECTOR, (end + SECTOR - 1) // SECTOR):
            start = sector * SECTOR
            versions = self.loose.setdefault(sector, [])
            whole = bytearray(versions[-1] if versions else self.safe[start:start + SECTOR].ljust(SECTOR, b"\0"))
            a, b = max(start, offset), min(start + SECTOR, end)
            whole[a - start:b - start] = data[a - offset:b - offset]
            versions.append(bytes(whole))

    def sync(self):
        for sector, versions in self.loose.items():
            self._put(self.safe, sector, versions[-1])
        self.loose = {}

    @staticmethod
    def _put(image, sector, content):
        start = sector * SECTOR
        if len(image) < start + SECTOR:
            image.extend(bytes(start + SECTOR - len(image)))
        image[start:start + SECTOR] = content

    def cut(self, chance):
        """As a cut leaves it. How much of the loose got there is chance, too: little, half, nearly all."""
        image, share = bytearray(self.safe), chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for sector, versions in self.loose.items():
            if chance.random() < share:
                self._put(image, sector, chance.choice(versions))
        return image


def apply(disk, record):
    if record.kind in (WRITE, WRITE_SAFE):
        disk.write(record.offset, record.data)
    if record.kind == SAFE:
        disk.sync()


def record_life(h, shim, chance):
    """A life under load; returns the file as it was before it."""
    h.prepare(environment=shim.environment, postgres=False, journal__size="4MiB", journal__snapshot_inputs=1000)
    h.daemon.environment = {}
    h.daemon.start()
    h.live()
    h.daemon.stop()
    state = h.daemon.folder / "state"
    shutil.copytree(state, h.folder / "base")
    h.daemon.environment = shim.environment
    h.daemon.start()
    h.live()
    load = h.load(count=2500, rate=chance.choice((300, 3000)), devices=5)
    load.finish()
    h.wait(lambda: h.status().get("sessions", {}).get("bulk", {}).get("messages", 0) >= 2500, "all messages")
    h.daemon.kill()
    return [(f"d{device}", number) for device, number in load.list()]


def make_state(h, folder, image, named):
    """A state directory as the cut leaves it: the files that had their names, and the journal."""
    shutil.copytree(h.folder / "base", folder)
    (folder / "journal" / "clean").unlink(missing_ok=True)
    for number, pid, name in named:
        kept = h.folder / "shim" / f"named.{pid}.{number}"
        if "snapshot" in name and kept.exists():
            shutil.copy(kept, folder / "snapshots" / pathlib.Path(name).name)
    data = folder / "journal" / "data.mdb"
    size = max(len(image), data.stat().st_size)
    data.write_bytes(bytes(image).ljust(size, b"\0"))


def found(daemon):
    """((device, number) of the messages in the journal, the transitions of alarms)."""
    messages, raised = [], collections.Counter()
    for line in daemon.run("journal", "dump", "--json", timeout=120).stdout.splitlines():
        line = json.loads(line)
        record = line.get("record", {})
        if line["in"] == "input" and record.get("type") == "message" and record.get("topic", "").startswith("bulk/"):
            body = json.loads(record["payload"])
            messages.append((body["device"], body["number"]))
        elif line["in"] == "output" and record.get("type") == "transition":
            change = record["transition"]
            rule, cause = change["alarm"]["rule"], change["cause"].lower()
            if not rule.startswith("system/") and cause in ("raise", "again"):
                raised[(rule, change["alarm"]["key"], cause)] += 1
    return messages, raised


def try_cut(h, records, published, at, chance):
    """One cut; a verdict."""
    disk, wire, named = Disk((h.folder / "base" / "journal" / "data.mdb").read_bytes()), Wire(), []
    for record in records[:at]:
        apply(disk, record)
        if record.kind == WRITE_SAFE and record is not records[at - 1]:
            disk.sync()  # the call is over, or there would be no next one
        if record.kind in (SENT, CAME, CLOSED):
            wire.feed(record)
        if record.kind == NAMED:
            named.append((record.fd, record.pid, record.data.decode()))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ww-cut-"))
    verdict = oracle.Verdict(published=len(wire.acknowledged))
    try:
        daemon = Daemon(folder, rules=h.folder / "rules", settings={"journal.size": "4MiB", "journal.snapshot_inputs": 1000})
        make_state(h, daemon.folder / "state", disk.cut(chance), named)
        daemon.start(timeout=60)
        messages, raised = found(daemon)
        have = collections.Counter(messages)
        verdict.lost = len(set(wire.acknowledged) - set(have))
        verdict.duplicated = sum(n - 1 for n in have.values())
        verdict.invented = len(set(have) - set(published))
        want = spine.expected_alarms([(int(device.lstrip("d")), number) for device, number in messages])
        verdict.alarms = sum((want - raised).values()) + sum((raised - want).values())
        verdict.add(oracle.journal(daemon)).add(oracle.clean_deaths(daemon))
        if "journal-damaged" in daemon.log:
            verdict.wrong.append("the journal was taken for damaged")
        if not verdict.good:
            verdict.wrong.append(f"cut at {at}:\n{daemon.log[-1500:]}")
        daemon.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return verdict


def run_life(cluster, seed, cuts, keep):
    chance = random.Random(seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ww-power-"))
    folder.chmod(0o755)
    shim, total, tried = Shim(folder / "shim", "engine", record=True), oracle.Verdict(), 0
    with Hospital(folder, cluster) as h:
        try:
            published = record_life(h, shim, chance)
            records = read_records(folder / "shim" / "record")
            # behind the first write; most of what is there to be cut through lies before a sync
            first = next(n for n, record in enumerate(records) if record.kind == WRITE)
            places = [n + 1 for n, r in enumerate(records) if n >= first and r.kind in (WRITE, WRITE_SAFE, SAFE, SENT)]
            for at in chance.sample(places, min(cuts, len(places))):
                total.add(try_cut(h, records, published, at, chance))
                tried += 1
        except Exception:
            total.wrong.append(f"seed {seed}:\n{traceback.format_exc()}\n{h.daemon.log[-1500:] if h.daemon else ''}")
    shim.close()
    if total.good or not keep:
        shutil.rmtree(folder, ignore_errors=True)
    return total, tried


def run_series(_, cluster, seed, cuts, keep=False, say=print):
    total, done, lives = oracle.Verdict(), 0, 0
    while done < cuts:
        verdict, tried = run_life(cluster, seed + lives, min(CUTS, cuts - done), keep)
        say(f"power seed {seed + lives}: {'ok' if verdict.good else 'FAILED'}, {tried} cuts; {verdict}", flush=True)
        total.add(verdict)
        lives += 1
        done += max(tried, 1)
    return total, done, done
