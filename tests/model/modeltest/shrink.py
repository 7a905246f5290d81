"""Makes a failing case small: as long as it still fails, rules, rows, options and attributes are left out."""

from dataclasses import fields

from .generate import only_used
from .derived import reads_alarms
from .event import Event, Row, number_rows


OPTIONS = {"by": (), "gap": None, "guard": None, "hold": None, "clear": None, "regrade": (), "limits": (), "wait": None,
           "weight": None}


def shrink(case, fails, tries=2000):
    """`fails(case)` is a Failure or None. Returns the smallest case found and its Failure."""
    failure, left = fails(case), [tries]

    def better(candidate):
        nonlocal case, failure
        if left[0] <= 0:
            return False
        left[0] -= 1
        found = fails(candidate)
        if found is None or found.question != failure.question:
            return False
        case, failure = candidate, found
        return True

    shrunk = True
    while shrunk and left[0] > 0:
        shrunk = any([drop_rows(lambda: case, better), drop_rules(lambda: case, better),
                      drop_options(lambda: case, better), drop_details(lambda: case, better)])
    return case, failure


def drop_rows(case, better):
    """Chunks of rows, from half of them down to one."""
    shrunk, size = False, max(len(case().rows) // 2, 1)
    while size:
        at = 0
        while at < len(case().rows):
            rows = case().rows[:at] + case().rows[at + size:]
            if rows and better(case().with_rows(number_rows(rows))):
                shrunk = True
            else:
                at += size
        size //= 2
    return shrunk


def drop_rules(case, better):
    shrunk = False
    for rule in case().rules:
        rest = tuple(r for r in case().rules if r.name != rule.name)
        shrunk |= bool(rest) and better(case().with_rules(rest))
    return shrunk


def smaller(rule, kept):
    """The rule with one thing less, in every way there is."""
    for name, nothing in OPTIONS.items():
        if getattr(rule, name) != nothing and name not in kept:
            yield rule.replace(**{name: nothing})
    if len(rule.regrade) > 1:
        yield rule.replace(regrade=rule.regrade[:1])
        yield rule.replace(regrade=rule.regrade[1:])
    if rule.when and rule.when[0] in ("and", "or"):
        yield rule.replace(when=rule.when[1])
        yield rule.replace(when=rule.when[2])
    for i, _ in enumerate(rule.sequence):
        yield rule.replace(sequence=rule.sequence[:i] + rule.sequence[i + 1:])
    for i, s in enumerate(rule.select):
        for change in (dict(equal=()), dict(where=None), dict(flags=()), dict(kinds=s.kinds[:1])):
            lesser = type(s)(**({f.name: getattr(s, f.name) for f in fields(s)} | change))
            if lesser != s:
                yield rule.replace(select=rule.select[:i] + (lesser,) + rule.select[i + 1:])


def kept(rules):
    """The key that a rule reads an alarm by stays."""
    return {"by"} if any(map(reads_alarms, rules)) else set()


def drop_options(case, better):
    shrunk = False
    for i, _ in enumerate(case().rules):
        again = True
        while again:
            rules = case().rules
            again = any(better(case().with_rules(rules[:i] + (only_used(lesser),) + rules[i + 1:]))
                        for lesser in smaller(rules[i], kept(rules)))
            shrunk |= again
    return shrunk


def plainer(row):
    """The row with one thing less."""
    e = row.event
    if e is None:
        return
    for i, (name, _) in enumerate(e.attributes):
        if name == "badge" and e.family:
            continue  # an event without its key is another matter (doubts)
        yield Event(e.time, e.arrival, e.kind, e.device, e.attributes[:i] + e.attributes[i + 1:], e.flags)
    for flag in e.flags:
        yield Event(e.time, e.arrival, e.kind, e.device, e.attributes, e.flags - {flag})
    if e.arrival != e.time:
        yield Event(e.arrival, e.arrival, e.kind, e.device, e.attributes, e.flags)


def drop_details(case, better):
    shrunk = False
    for i, _ in enumerate(case().rows):
        for event in plainer(case().rows[i]):
            rows = case().rows
            rows = rows[:i] + [Row(event.arrival, event=event)] + rows[i + 1:]
            shrunk |= better(case().with_rows(number_rows(rows)))
    return shrunk
