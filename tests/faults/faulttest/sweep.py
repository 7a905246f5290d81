"""The crash-point sweep: a process is struck at its Nth call, from its start on, over a workload of every kind of rule.

Each point: the daemon is stopped in order, the shim is armed, the daemon is started, a few messages are published and an
alarm is acknowledged; the process is struck somewhere on the way (or not, if there are fewer calls). The supervisor starts
the next one, which must come up by itself. Then everything that was published and acknowledged is there once. A few points
share one life of journal and database, so that what one has left is what the next one finds; at the end of such a life the
journal is verified, the chain in PostgreSQL too, and the history is replayed and must give the very alarms.

Every third point strikes a daemon that was not stopped before, but a moment ago struck: careful start, and replay.
"""

import dataclasses
import pathlib
import random
import shutil
import tempfile
import traceback
import uuid

from harness.daemon import DaemonError

from . import oracle, workload
from .hospital import Hospital
from .shim import AMID, BEFORE, BEHIND, ERROR, ERROR_ON, Shim, find_shim

LIFE = 12  # points in one life
ENOMEM, EIO, ENOSPC = 12, 5, 28


@dataclasses.dataclass
class Series:
    """`calls`: what is counted together. `actions`: (action, errno), one of them at each point."""
    name: str
    role: str
    calls: tuple
    actions: tuple
    what: str


KILLS = ((BEFORE, 0), (BEHIND, 0), (AMID, 0))
SERIES = [
    Series("engine-disk", "engine", ("pwrite", "sync"), KILLS, "engine killed at a write or sync of the journal"),
    Series("engine-calls", "engine", ("write", "send", "rename"), KILLS, "engine killed at any other write, send or rename"),
    Series("engine-errors", "engine", ("pwrite", "sync"), ((ERROR, EIO), (ERROR, ENOSPC)), "a write or sync of the journal fails"),
    Series("engine-memory", "engine", ("alloc",), ((ERROR, ENOMEM), (ERROR_ON, ENOMEM)), "an allocation of the engine fails"),
    Series("store-calls", "store", ("write", "send", "pwrite", "sync"), KILLS, "store killed at a send or write"),
    Series("store-memory", "store", ("alloc",), ((ERROR, ENOMEM), (ERROR_ON, ENOMEM)), "an allocation of the store fails"),
]


class Life:
    """One journal and one database, and what was published into them."""

    def __init__(self, folder, cluster, series):
        self.h = Hospital(folder, cluster)
        self.series = series
        self.shim = Shim(self.h.folder / "shim", series.role)
        self.published, self.acts = [], []
        self.next = {}  # of each device
        self.h.prepare(rules=workload.RULES, sensors=workload.SENSORS, environment=self.shim.environment,
                       paths__response=[workload.write_response(self.h.folder / "response")], journal__snapshot_inputs=1000,
                       supervisor__backoff_max="1s", supervisor__hung_after="30s")

    def publish(self, random):
        """A few devices, each with its next numbers."""
        for device in random.sample(range(5), 2):
            first = self.next.get(device, 0)
            count = random.randrange(2, 12)
            self.published += workload.publish(self.h.broker, device, range(first, first + count))
            self.next[device] = first + count

    def acknowledge(self):
        """An alarm, by a command that is repeated under its id until it is answered."""
        command = str(uuid.uuid4())

        def answered():
            try:
                alarm = next((a for (rule, _), a in self.h.alarms().items() if rule == "to-be-seen" and a["state"] == "UNACK"), None)
                if not alarm and command not in self.acts:
                    return True
                if command not in self.acts:
                    self.acts.append(command)
                    self.wanted = alarm
                return self.h.daemon.call("ack", id=command, alarm=self.wanted["id"], version=self.wanted["version"], reason="seen")
            except (OSError, ValueError, DaemonError):
                return None
        self.h.wait(answered, "an answer to the acknowledgement")

    def settled(self):
        def quiet():
            status = self.h.daemon.answers()
            # an answer that was made while an allocation failed may lack a member
            return status and not status.get("blind", True) and status.get("journal", {}).get("store_lag") == 0 and (
                self.h.stored_count() >= len(self.published))
        self.h.wait(quiet, f"{len(self.published)} messages in PostgreSQL", 90)

    def act(self, random):
        """What each point sees happen."""
        self.publish(random)
        self.acknowledge()
        self.settled()

    def begin(self, random):
        """The first start, which has a journal to make: no point."""
        self.h.daemon.start(timeout=90)
        self.h.live()
        self.act(random)

    def stop(self):
        code = self.h.daemon.stop()
        self.h.expect(code == 0, f"the stop in order ended with {code}")

    def count(self, random):
        """How many calls a point makes from its start on."""
        self.stop()
        self.shim.count(self.series.calls)
        self.h.daemon.start(wait=False)
        self.act(random)
        return self.shim.counted

    def point(self, after, action, error, again, random):
        if not again:
            self.stop()
        self.shim.arm(self.series.calls, action, after, error)
        if not again:
            self.h.daemon.start(wait=False)
        self.act(random)
        struck = self.shim.struck
        self.shim.disarm()
        return bool(struck)

    def check(self):
        """All of the oracle; the acts, too: each command is there once, with one answer."""
        self.h.check(more=self.published, deep=True)
        rows = self.h.postgres.query("SELECT command_id, count(*) FROM command WHERE command_id = ANY(%s) GROUP BY 1", self.acts)
        self.h.expect(sorted(rows) == sorted((act, 1) for act in self.acts), f"commands {rows}, of {len(self.acts)} acts")
        told = self.h.postgres.query("SELECT key, count(*) FROM notification GROUP BY 1 HAVING count(*) > 1")
        self.h.expect(not told, f"told twice: {told}")


def run_life(series, cluster, seed, span, points, keep=False):
    """(verdict, points, struck, span): `span` = how many calls there are, None = count them first."""
    chance = random.Random(seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"ww-sweep-{series.name}-"))
    folder.chmod(0o755)
    life = Life(folder, cluster, series)
    at, done, struck = None, 0, 0
    with life.h:
        try:
            life.begin(chance)
            span = span or life.count(chance)
            for n in range(points):
                action, error = chance.choice(series.actions)
                again = n % 3 == 2
                # the first calls are those of the start: half of the points lie in the first tenth or behind it alike
                after = chance.randrange(1, span + 1) if not again else chance.randrange(1, max(2, span // 3))
                at = f"{'+'.join(series.calls)}:{action}:errno={error}:when={after}{' again' if again else ''}"
                struck += life.point(after, action, error, again, chance)
                done += 1
            life.check()
        except Exception:
            life.h.wrong(f"at {at}, seed {seed}:\n{traceback.format_exc()}\n{life.h.daemon.log[-4000:]}")
        verdict = life.h.verdict
    life.shim.close()
    if verdict.good or not keep:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"  kept: {folder}", flush=True)
    return verdict, done, struck, span


def run_series(series, cluster, seed, points, keep=False, say=print):
    """Lives until `points` points were tried."""
    total, done, struck, span, lives = oracle.Verdict(), 0, 0, None, 0
    while done < points:
        verdict, tried, hit, span = run_life(series, cluster, seed + lives, span, min(LIFE, points - done), keep)
        say(f"{series.name} seed {seed + lives}: {'ok' if verdict.good else 'FAILED'}, {tried} points, struck {hit}, "
            f"of {span} calls; {verdict}", flush=True)
        total.add(verdict)
        lives += 1
        done += max(tried, 1)
        struck += hit
    return total, done, struck


def available():
    return find_shim() is not None
