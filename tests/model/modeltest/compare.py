"""What the engine told against what the reference expects, key by key."""

from .event import NEVER
from .selection import key_text


LINES_MAX = 40


def expected(told):
    """{(rule, key, exercise): [(rows, what, time, priority, evidence)]}."""
    found = {}
    for (rule, key), lines in told.items():
        outcome = [((x.row, x.latest), x.what, x.time, x.priority, [(a, e.time, e.seq) for a, e in x.evidence])
                   for x in lines]
        found[rule.name, key_text(rule, key), key[1]] = outcome
    return found


def told(lines):
    found = {}
    for t in lines:
        found.setdefault((t.rule, t.key, "exercise" in t.flags), []).append((t.row, t.what, t.time, t.priority, t.evidence))
    return found


def without_rows(lines):
    """What was told of each key, no matter in which row."""
    found = {}
    for t in lines:
        found.setdefault((t.rule, t.key, "exercise" in t.flags), []).append(t.text.split(" ", 1)[1])
    return found


def whenever(want, names=None):
    """The same, without saying in which row: of all rules, or of these."""
    return {key: [((0, NEVER), *x[1:]) for x in lines] if names is None or key[0] in names else lines
            for key, lines in want.items()}


def differences(want, got, rows, loose=None):
    """The keys of which different things are told in so many rows. `loose` compares those for which the order of arrival
    matters."""
    for key in sorted(set(want) | set(got)):
        a, b = want.get(key, []), got.get(key, [])
        if not agree(a, b, rows) and not (loose and loose(key, a, b)):
            yield key, a, b


def agree(a, b, rows):
    """Line by line. What may be decided with a later row than there is may be missing at the end."""
    a = a[:len(b)] + [x for x in a[len(b):] if x[0][1] < rows]
    return len(a) == len(b) and all(map(same, a, b))


def same(a, b):
    return a[0][0] <= b[0] <= a[0][1] and a[1:4] == b[1:4]


def show(want, got):
    return ["expected:", *short([line(x) for x in want]), "got:", *short([line(x) for x in got])]


def short(lines):
    """Not more than people read."""
    more = [f"  … and {len(lines) - LINES_MAX} more"] if len(lines) > LINES_MAX else []
    return ["  " + x for x in lines[:LINES_MAX]] + more


def line(x):
    rows = x[0] if isinstance(x[0], int) else x[0][0] if x[0][0] == x[0][1] else f"{x[0][0]}–{x[0][1]}"
    proof = " ".join(f"{role}@{time}/{seq}" for role, time, seq in x[4])
    return f"row {rows}: {x[1]} {x[2]}us {x[3]} | {proof}"
