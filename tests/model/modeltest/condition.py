"""The condition of a rule, as moments: points at which it is re-evaluated, with what it is from there on."""

from dataclasses import dataclass

from .event import NEVER, deadline
from .guard import patient
from .selection import COMPARE, compare, is_level
from .sequence import completions
from .window import Reader, Sliding, aliases_of, fade, inside, parts_of, positive, score


MS = 1000
AFTER = (NEVER, 0)  # behind every event


@dataclass
class Moment:
    point: tuple
    level: bool = None  # from here on; None: the condition is an instant
    match: list = None  # [(alias, event)]: a match, with what it adds to the evidence
    event: object = None  # what happened; None: a deadline
    positive: bool = False  # a rise or match here is decided on arrival
    whole: list = None  # evidence of a raise
    guard_only: bool = False  # nothing but the guard may differ here


def condition_aliases(rule):
    """A rule without `when`, `sequence` or `expect` has its selection as its condition; aliases that only `clear`,
    `regrade` or `while` read are no part of it."""
    apart = aliases_of(rule.clear, *(e for e, _ in rule.regrade), rule.guard)
    return [s.alias for s in rule.select if s.alias not in apart]


def is_instant(rule):
    """`sequence`, pulses, `every` and sessions are instants; `when` over a sliding window, `expect` and states are
    levels."""
    if rule.sequence:
        return True
    if rule.when:
        return rule.every is not None or rule.gap is not None
    return not rule.expect and not any(is_level(rule.alias(a)) for a in condition_aliases(rule))


def decided_on_arrival(rule):
    """Positive: further events cannot make the condition false. An absence is not."""
    if rule.expect or patient(rule.guard):
        return False
    if rule.sequence:
        return not any(s.negated for s in rule.sequence)
    return positive(rule.when) if rule.when else True


def may_wait(rule):
    """Positive at first sight, but not quite: a hold; a sequence with a gap, where an earlier event that takes the step in
    between may leave the next one out of reach."""
    events = sum(len(s.aliases) if s.all else s.count for s in rule.sequence)
    return rule.hold is not None or (rule.gap is not None and events > 2)


def edges(story, aliases):
    """Every event of these aliases and every one that ends something: {point: event}."""
    found = {e.point: e for a in aliases for e in story.instants.get(a, ())}
    for alias in aliases:
        for s in story.spans.get(alias, ()):
            found |= {e.point: e for e in [s.begin] + s.repeats}
            if s.closing:
                found[s.end] = s.closing
    return found


def leavings(story, aliases, within):
    """The deadlines at which something leaves the window: an event's time + W, a span's end + W."""
    times = [e.time for a in aliases for e in story.instants.get(a, ())]
    times += [s.closing.time for a in aliases for s in story.spans.get(a, ()) if s.closing]
    return {deadline(t + within): None for t in times}


def points(rule, story):
    """Every point at which anything of this key can change, in order."""
    found = edges(story, [s.alias for s in rule.select])
    if rule.within is not None:
        found |= leavings(story, [s.alias for s in rule.select], rule.within)
    for e in (rule.when, rule.clear, *(e for e, _ in rule.regrade)):
        found |= {deadline(t): None for comparison in comparisons(e) for t in crossings(story, comparison)}
    return sorted(found.items())


def comparisons(expression):
    """Those of a score with a constant."""
    return [c for c in parts_of(expression, COMPARE) if c[1][0] == "score"]


def crossings(story, comparison):
    """Where a score falls through a constant: after each event, the first whole millisecond at which the comparison's
    truth differs."""
    op, (_, alias, field, half), (_, bound) = comparison
    events = [e for e, _ in story.events([alias])]
    for i, e in enumerate(events):
        s = score(events[:i + 1], field, half, e.time)
        begin, high = e.time // MS + 1, (e.time + 65 * half) // MS + 1
        if compare(op, s, bound) == compare(op, fade(s, high * MS - e.time, half), bound):
            continue
        while begin < high:
            middle = (begin + high) // 2
            same = compare(op, fade(s, middle * MS - e.time, half), bound) == compare(op, s, bound)
            begin, high = (middle + 1, high) if same else (begin, middle)
        if i + 1 == len(events) or high * MS <= events[i + 1].time:
            yield high * MS


def level_moments(rule, story):
    """True while any of the levels is. Each rise is a match; a retained one opens an episode, and is no further match."""
    aliases = condition_aliases(rule)
    rises = {e.point: names for e, names in story.events(aliases, retained=True)}
    for point, event in points(rule, story):
        level = any(story.level(a, point) for a in aliases)
        whole = [(a, event) for a in rises[point]] if point in rises else None
        match = whole if event and "retained" not in event.flags else None
        yield Moment(point, level, match, event, decided_on_arrival(rule), whole)


def instant_moments(rule, story):
    aliases = condition_aliases(rule)
    matches = {e.point: names for e, names in story.events(aliases)}
    for point, event in points(rule, story):
        match = [(a, event) for a in matches[point]] if point in matches else None
        yield Moment(point, None, match, event, decided_on_arrival(rule))


def when_moments(rule, story):
    """`when` over a sliding window: a level, re-evaluated at each event and each expiry. While it is true, each event
    of an alias that it reads is a further match."""
    reads = sorted(aliases_of(rule.when))
    window = Sliding(rule.within if rule.within is not None else NEVER)
    reader = Reader(story, window)
    events = {e.point: names for e, names in story.events(reads)}
    sure = decided_on_arrival(rule)
    for point, event in points(rule, story):
        level = reader.true(rule.when, point)
        match = [(a, event) for a in events[point]] if point in events else None
        whole = sorted(((e.point, a, e) for a in reads for e in inside(story, window, a, point)))
        yield Moment(point, level, match, event, sure, [(a, e) for _, a, e in whole])


def sequence_moments(rule, story, lists, clock, guard):
    done = {c.point: c for c in completions(rule, story, lists, guard, lambda t: clock.moved(t, rule.patience))}
    everything = dict(points(rule, story)) | {point: c.event for point, c in done.items()}
    sure = decided_on_arrival(rule)
    for point, event in sorted(everything.items()):
        taken = done[point].taken if point in done else None
        yield Moment(point, None, taken, event, sure)


def span_of(value, event):
    """`hold`, `for` and `quiet` accept an asset's field; None: the asset has none."""
    return event.field(value) if isinstance(value, str) else value
