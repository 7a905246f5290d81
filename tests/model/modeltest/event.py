"""Events, rows of a story, and their order."""

from dataclasses import dataclass, field

from . import hospital

NEVER = 1 << 62


@dataclass(frozen=True)
class Event:
    time: int  # µs from T0
    arrival: int  # journal time
    kind: str
    device: str
    attributes: tuple = ()  # ((name, text or number), …)
    flags: frozenset = frozenset()
    seq: int = 0
    row: int = 0
    order: tuple = ()  # of an alarm as an event: its cause's, then rule and key

    @property
    def point(self):
        """The order of events: (time, input number). A deadline at T precedes every event at T."""
        return self.order or (self.time, self.seq)

    @property
    def exercise(self):
        return "exercise" in self.flags

    @property
    def family(self):
        return hospital.FAMILY.get(self.kind)

    def field(self, name):
        """A field of the event, of its asset or zone, or an attribute; None = missing."""
        if name == "kind":
            return self.kind
        if self.order:
            return dict(self.attributes).get(name)
        if name == "device":
            return self.device
        place = hospital.WHERE.get(self.device, {})
        if name.startswith("asset."):
            return hospital.ASSETS.get(place.get("asset"), {}).get(name[6:])
        if name in place:
            return place[name]
        return dict(self.attributes).get(name)


@dataclass(frozen=True)
class Row:
    """One record: an event, or an act (`tick`, `reset` …) with its words."""

    time: int
    verb: str = ""
    words: tuple = ()
    event: Event = field(default=None)

    def text(self):
        if self.verb:
            return " ".join([f"{self.time}us", self.verb, *self.words])
        e = self.event
        parts = [f"{e.time}us", e.kind, e.device]
        parts += [f"{k}={v}" if isinstance(v, str) else f"{k}:={v}".replace("value:=", "value=") for k, v in e.attributes]
        if e.arrival != e.time:
            parts += ["at", f"{e.arrival}us"]
        return " ".join(parts + [f"+{f}" for f in sorted(e.flags)])


def deadline(time):
    return (time, -1)


def number_rows(rows):
    """Gives each event its row and its input number; snapshots are no rows."""
    done, seq, number = [], 0, 0
    for row in rows:
        if row.verb == "snapshot":
            done.append(row)
            continue
        if row.event:
            seq += 1
            e = row.event
            row = Row(row.time, event=Event(e.time, e.arrival, e.kind, e.device, e.attributes, e.flags, seq, number))
        done.append(row)
        number += 1
    return done
