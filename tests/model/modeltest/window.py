"""What lies in a window, and what `when`, `clear` and `regrade` compute of it."""

from fractions import Fraction
from math import ceil

from .selection import compare

GRAIN = 10 ** 9  # sums are taken to nine decimals


class Sliding:
    """`within: W`: sliding, (t − W, t]. A window counts every event in it and every span that overlaps it."""

    def __init__(self, within):
        self.within = within

    def event_in(self, event, point):
        return event.point <= point and event.time > point[0] - self.within

    def span_in(self, span, point):
        return span.begin.point <= point and span.end[0] > point[0] - self.within

    def seconds(self):
        return Fraction(self.within, 1_000_000)


class Fixed:
    """`every` and `gap`: [a, b). A span [s, e) overlaps it if s < b and e > a."""

    def __init__(self, begin, end):
        self.begin, self.end = begin, end

    def event_in(self, event, point):
        return event.point <= point and self.begin <= event.time < self.end

    def span_in(self, span, point):
        lasts = span.end > point  # how long is not known yet
        return span.begin.point <= point and span.begin.time < self.end and (lasts or span.end[0] > self.begin)

    def seconds(self):
        return Fraction(self.end - self.begin, 1_000_000)


def inside(story, window, alias, point):
    """The events that `alias` counts, in order: instants in the window, and the beginnings of spans that overlap it.
    What came retained is never counted."""
    found = [e for e in story.instants.get(alias, ()) if window.event_in(e, point)]
    spans = [s for s in story.spans.get(alias, ()) if not s.retained]
    found += [s.begin for s in spans if window.span_in(s, point)]
    return sorted(found, key=lambda e: e.point)


def numbers(events, field):
    """sum, avg, min, max and pct read number fields only; other values are not there."""
    values = [e.field(field) for e in events]
    return [v for v in values if isinstance(v, (int, float)) and abs(v) < 1 << 62]


def exact_sum(values):
    """Each value is rounded to nine decimals (half to even) and added as an integer."""
    return Fraction(sum(round(Fraction(v) * GRAIN) for v in values), GRAIN)


def percentile(values, p):
    """Nearest rank: value number ceil(p/100·n), from 1, ascending."""
    return sorted(values)[ceil(Fraction(p) * len(values) / 100) - 1] if values else None


def aggregate(name, events, field, extra, window):
    """One function of `when` over the events in the window; None = missing."""
    if name == "count":
        return len(events)
    if name == "distinct":
        return len({e.field(field) for e in events} - {None})
    if name == "rate":
        return len(events) / window.seconds()
    values = numbers(events, field)
    if name == "sum":
        return exact_sum(values)
    if not values:
        return None
    if name == "avg":
        return exact_sum(values) / len(values)
    if name == "pct":
        return percentile(values, extra)
    return min(values) if name == "min" else max(values)


def score(events, field, half, time):
    """s ← s·2^(−Δ/H) + w in the order of events; 2^(−x) = 0 for x ≥ 64. Behind the last event it falls from millisecond to
    millisecond."""
    s, last = 0.0, None
    for e in events:
        weight = e.field(field) if field else 1
        s = fade(s, e.time - last, half) if last is not None else s
        s += weight if isinstance(weight, (int, float)) and weight >= 0 else 0
        last = e.time
    return fade(s, max(time // 1000 * 1000 - last, 0), half) if last is not None else 0.0


def fade(s, span, half):
    return 0.0 if span >= 64 * half else s * 2.0 ** (-span / half)


class Reader:
    """Evaluates expressions for one key at a point. `names(term, point)` answers schedule(), mode() and alarm()."""

    def __init__(self, story, window, names=None):
        self.story, self.window, self.names = story, window, names

    def true(self, e, point):
        head = e[0]
        if head == "and":
            return self.true(e[1], point) and self.true(e[2], point)
        if head == "or":
            return self.true(e[1], point) or self.true(e[2], point)
        if head == "not":
            return not self.true(e[1], point)
        if head == "alias":
            return self.alias(e[1], point)
        if head in ("schedule", "mode", "alarm"):
            return self.names(e, point)
        return compare(head, self.value(e[1], point), self.value(e[2], point))

    def alias(self, alias, point):
        """A level's truth; an instant is true at its event only."""
        pulses = self.story.instants.get(alias, ())
        return self.story.level(alias, point) or any(e.point == point for e in pulses)

    def value(self, e, point):
        if e[0] == "number":
            return e[1]
        name, alias = e[0], e[1]
        field, extra = (e + (None, None))[2:4]
        if name == "score":
            events = [x for x, _ in self.story.events([alias]) if x.point <= point]
            return score(events, field, extra, point[0])
        return aggregate(name, inside(self.story, self.window, alias, point), field, extra, self.window)


def parts_of(e, heads):
    """All sub-expressions with one of these heads."""
    if not isinstance(e, tuple) or not e:
        return
    if e[0] in heads:
        yield e
    for part in e:
        yield from parts_of(part, heads)


AGGREGATES = ("count", "distinct", "sum", "avg", "min", "max", "pct", "rate", "score")


def aliases_of(*expressions):
    """The aliases that expressions read."""
    found = set()
    for e in expressions:
        found |= {part[1] for part in parts_of(e, AGGREGATES + ("alias",))}
    return found


def positive(e):
    """True if further events cannot make it false: counts only grow until a timer shrinks them."""
    head = e[0]
    if head in ("and", "or"):
        return positive(e[1]) and positive(e[2])
    if head == "not":
        return negative(e[1])
    if head in (">=", ">"):
        return grows(e[1]) and e[2][0] == "number"
    if head in ("<=", "<"):
        return (e[1][0] == "number" and grows(e[2])) or (e[1][0] == "min" and e[2][0] == "number")
    return False


def negative(e):
    """True if further events cannot make it true."""
    head = e[0]
    if head in ("and", "or"):
        return negative(e[1]) and negative(e[2])
    if head == "not":
        return positive(e[1])
    if head in ("<=", "<"):
        return grows(e[1]) and e[1][0] != "max" and e[2][0] == "number"  # a missing maximum is no less than anything
    if head in (">=", ">"):
        return e[1][0] == "number" and grows(e[2]) and e[2][0] != "max"
    return False


def grows(e):
    return e[0] in ("count", "distinct", "max", "rate", "score")
