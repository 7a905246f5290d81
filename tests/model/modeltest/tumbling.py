"""`when` in tumbling windows and in sessions: an instant, at most once a window."""

from .calendar import window_of
from .condition import AFTER, Moment, decided_on_arrival
from .event import deadline
from .window import Fixed, Reader, aliases_of, inside


def evaluated(rule, story, window):
    """A window in which `when` has neither event nor overlapping span is not evaluated, unless it is an asset's."""
    return rule.each is not None or any(inside(story, window, alias, AFTER) for alias in aliases_of(rule.when))


def windows_of_every(rule, story, zone, until):
    """`every: W`: the windows in which this key has anything; with `each` all from the enrolment on."""
    if rule.each is not None:
        begin, end = window_of(zone, 0, rule.every)
        begin, end = (begin, end) if begin >= 0 else window_of(zone, end, rule.every)
        while end <= until:
            yield Fixed(begin, end)
            begin, end = window_of(zone, end, rule.every)
        return
    found = set()
    reads = aliases_of(rule.when)
    for alias in reads:
        for e in story.instants.get(alias, ()):
            found.add(window_of(zone, e.time, rule.every))
        for s in story.spans.get(alias, ()):
            at = s.begin.time
            while at <= until and (at < s.end[0] or at == s.begin.time):
                found.add(window_of(zone, at, rule.every))
                at = window_of(zone, at, rule.every)[1]
    yield from (Fixed(*f) for f in sorted(found))


def sessions(rule, story):
    """`gap: G`: a session begins with the first event that `when` reads after the one before has closed; it closes at
    min(last + G, first + W)."""
    first, last, found = None, None, []
    for event, _ in story.events(aliases_of(rule.when)):
        if first is not None and event.time >= min(last + rule.gap, first + rule.within):
            found.append(Fixed(first, min(last + rule.gap, first + rule.within)))
            first = None
        first, last = event.time if first is None else first, event.time
    if first is not None:
        found.append(Fixed(first, min(last + rule.gap, first + rule.within)))
    return found


def in_front_of(point):
    """Behind all that comes before it."""
    time, number = point
    return time, number - 0.5


def window_moments(rule, story, windows):
    """`when` of `every` and of sessions: an instant, at most once a window. Positive: at the event that makes it true;
    else at the window's end."""
    reads = sorted(aliases_of(rule.when))
    events, sure = story.events(reads), decided_on_arrival(rule)
    for window in windows:
        reader = Reader(story, window)
        inner = [(e.point, e) for e, _ in events if sure and window.begin <= e.time < window.end]
        # where spans alone make it true, no event does
        inner = [(point, e) for point, e in inner if not reader.true(rule.when, in_front_of(point))]
        for point, event in inner + [(deadline(window.end), None)]:
            if reader.true(rule.when, point) and (event or evaluated(rule, story, window)):
                whole = sorted((e.point, a, e) for a in reads for e in inside(story, window, a, point))
                yield Moment(point, None, [(a, e) for _, a, e in whole], event, sure)
                break
