"""Which events a selection takes, under which key, and the levels that come of it."""

from dataclasses import dataclass, field

from . import hospital
from .event import NEVER, Event

COMPARE = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}
END = (NEVER, 0)


def compare(op, left, right):
    """A comparison with a missing value, or of a text with a number, is false."""
    if left is None or right is None or isinstance(left, str) != isinstance(right, str):
        return False
    return COMPARE[op](left, right)


def is_level(select):
    """A kind is declared state or pulse; a selection over a state kind is a level."""
    return select.kinds[0] in hospital.STATES or select.kinds[0] in hospital.FAMILY


def kind_fits(select, event):
    return event.kind in select.kinds or event.family in select.kinds


def member(event, name, values, lists):
    """Field equality: a list = any of, "@name" = member of a named list."""
    value = event.field(name)
    return any(value in lists(v[1:], event) if v.startswith("@") else value == v for v in values)


def flags_fit(select, event):
    """Events flagged `duplicate` or `suspect` match only where a selection names the flag; a selection that names
    flags takes only events with one of them."""
    if select.flags:
        return bool(event.flags & set(select.flags))
    return not event.flags & {"duplicate", "suspect"}


def where_fits(select, event, taken=None):
    """`where` reads the event's own fields; in a sequence also the earlier aliases (`taken`: alias → event)."""
    if not select.where:
        return True
    op, name, right = select.where
    alias, dot, field = name.partition(".")
    left = event.field(field if dot and alias == select.alias else name)
    if not isinstance(right, tuple):
        return compare(op, left, right)
    other, _, field = right[1].partition(".")
    return taken is None or (other in taken and compare(op, left, taken[other].field(field)))


def fits(select, event, lists, taken=None):
    return (kind_fits(select, event) and flags_fit(select, event)
            and all(member(event, name, values, lists) for name, values in select.equal)
            and where_fits(select, event, taken))


def key_of(rule, select, event):
    """State is kept per key tuple; exercise is a hidden part of every key. None: a part is missing, the event is
    skipped for this rule."""
    if rule.each is not None:
        names = ("asset",)
    elif isinstance(rule.by, dict):
        names = (rule.by[select.alias],)
    else:
        names = rule.by
    values = tuple(event.field(name) for name in names)
    return None if None in values else (values, event.exercise)


def key_names(rule, key):
    """The parts of a key by their names."""
    names = ("asset",) if rule.each is not None else rule.by
    return dict(zip(names, key[0]))


def key_text(rule, key):
    return ",".join(f"{name}={value}" for name, value in key_names(rule, key).items())


@dataclass
class Span:
    """A device's level of one alias, from the event that matched until one that ends it."""

    alias: str
    begin: Event
    end: tuple = END  # point
    closing: Event = None
    repeats: list = field(default_factory=list)  # events that matched again

    @property
    def retained(self):
        return "retained" in self.begin.flags

    def at(self, point):
        return self.begin.point <= point < self.end


def spans_of(rule, select, events, lists):
    """{key: spans}. A level is true while a device's newest event of that kind in the key matches. A non-matching one
    ends it, as does a match under another key. A drill's events are apart."""
    now, found = {}, {}
    for e in events:
        if e.family is None or flags_ignored(select, e) or e.family not in families(select):
            continue
        source = (e.device, e.family, e.exercise)
        key, old = None, now.get(source)
        if fits(select, e, lists):
            key = key_of(rule, select, e)
            if old and old[0] == key:
                old[1].repeats.append(e)
            if key is None or (old and old[0] == key):
                continue
        if old:
            old[1].end, old[1].closing = e.point, e
        now[source] = None
        if key is not None:
            now[source] = (key, Span(select.alias, e))
            found.setdefault(key, []).append(now[source][1])
    return found


def families(select):
    return {hospital.FAMILY.get(k, k) for k in select.kinds}


def flags_ignored(select, event):
    """What a check has refused says nothing: neither that a level begins nor that it ends."""
    return not select.flags and event.flags & {"duplicate", "suspect"}


def instants_of(rule, select, events, lists):
    """{key: events} of a pulse. A retained one is neither counted nor a step."""
    found = {}
    for e in events:
        if "retained" not in e.flags and fits(select, e, lists):
            key = key_of(rule, select, e)
            if key is not None:
                found.setdefault(key, []).append(e)
    return found


@dataclass
class History:
    """What one key of a rule has seen: its instants and spans by alias."""

    instants: dict
    spans: dict

    def events(self, aliases, retained=False):
        """The instants and rises of these aliases, in order: [(event, [alias, …])]. A retained event sets levels and is
        neither counted nor a step: it is left out unless levels are all that is asked for."""
        roles = {}
        for alias, events in self.instants.items():
            for e in events:
                roles.setdefault(e, []).append(alias)
        for alias, spans in self.spans.items():
            for s in spans:
                if retained or not s.retained:
                    roles.setdefault(s.begin, []).append(alias)
        chosen = [(e, [a for a in names if a in aliases]) for e, names in roles.items()]
        return sorted(((e, names) for e, names in chosen if names), key=lambda r: r[0].point)

    def any_event(self):
        return next((e for events in self.instants.values() for e in events), None) or next(
            (s.begin for spans in self.spans.values() for s in spans), None)

    def level(self, alias, point):
        return any(s.at(point) for s in self.spans.get(alias, ()))


def stories(rule, events, lists):
    """{key: Story} of a rule, from the whole history."""
    found = {}
    for select in rule.select:
        parts = spans_of(rule, select, events, lists) if is_level(select) else instants_of(rule, select, events, lists)
        for key, part in parts.items():
            story = found.setdefault(key, History({}, {}))
            (story.spans if is_level(select) else story.instants)[select.alias] = part
    return found
