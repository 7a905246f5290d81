"""Alarms as events for other rules."""

from .event import Event
from .selection import END, key_names, key_text
from .window import parts_of

WEIGHTS = {"low": 10, "medium": 30, "high": 60, "critical": 100}
KINDS = {"raise": "alarm.raised", "clear": "alarm.cleared"}


def selects_alarms(rule):
    return any(k in KINDS.values() for s in rule.select for k in s.kinds)


def reads(rule, rules):
    """The names of the rules whose alarms this one reads. `alarm.*` without `rule:` sees only rules that read none."""
    found = {name for _, name in parts_of(rule.guard, ("alarm",))}
    for select in rule.select:
        if not set(select.kinds) & set(KINDS.values()):
            continue
        named = dict(select.equal).get("rule")
        found |= set(named) if named else {r.name for r in rules if not reads_alarms(r)}
    return found


def reads_alarms(rule):
    return selects_alarms(rule) or any(parts_of(rule.guard, ("alarm",)))


def in_order(rules):
    """Rules behind those that they read."""
    done = []
    while len(done) < len(rules):
        known = {r.name for r in done}
        done += [r for r in rules if r not in done and reads(r, rules) <= known]
    return done


def patience(rule, rules):
    """A rule's effective `wait` = its own + the largest of those that it reads."""
    by_name = {r.name: r for r in rules}
    return rule.patience + max((patience(by_name[name], rules) for name in reads(rule, rules)), default=0)


def events_of(rule, key, lines):
    """One event for each episode that opens or ends: at the match's time, behind its cause, in the order of rule, key."""
    for line in lines:
        if line.what in KINDS:
            weight = rule.weight if rule.weight is not None else WEIGHTS[line.priority]
            fields = {"rule": rule.name, "hazard": "theft", "class": "fire", "priority": line.priority, "weight": weight}
            yield Event(line.time, 0, KINDS[line.what], "", tuple((fields | key_names(rule, key)).items()),
                        frozenset({"exercise"} if key[1] else ()), -1, line.row,
                        line.point + (rule.name, key_text(rule, key)))


def episodes_of(rule, key, lines):
    """[(key by names, exercise, opened, closed)]: points."""
    found = []
    for line in lines:
        if line.what == "raise":
            found.append([key_names(rule, key), key[1], line.point, END])
        elif line.what == "clear":
            found[-1][3] = line.point
    return found
