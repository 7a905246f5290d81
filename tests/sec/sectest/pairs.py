"""The same rule twice: as SEC has it, and as ours. `events` says of which streams they have to say the same.

SEC's windows are closed: a second exactly W later is inside. Ours are half-open. At whole seconds SEC's `window=W` is
therefore our `within: (W + 1)s`. `reset 0` ends a SEC operation with its action, so that the next events begin anew.
"""

from dataclasses import dataclass

RAISE = "  raise: {hazard: fraud, priority: low}\n"
SELECT = {word: "%s: {kind: %s}" % (word, kind) for word, kind in
          {"a": "access.denied", "b": "access.granted", "again": "access.denied"}.items()}


@dataclass
class Pair:
    name: str
    sec: str
    ours: str
    events: str  # of stream.py: of these both say the same
    says: dict      # what ours says: what SEC says by it; what is not here is not compared
    part: str = ""  # of these, what SEC says is a part of what ours says


def ours(name, select, body):
    aliases = ", ".join(SELECT[word] for word in select)
    return f"- rule: {name}\n  select: {{{aliases}}}\n  by: badge\n{body}{RAISE}"


def single(name, kind, window, rest, action="write - {name} raise $1 %u"):
    """A SEC rule over `a`."""
    return (f"type={kind}\nptype=RegExp\ncontinue=TakeNext\npattern=^a (\\S+)$\ndesc={name} $1\n"
            f"action={action.format(name=name)}\nwindow={window}\n{rest}\n")


def pair(name, kind, window):
    return single(name, kind, window, f"ptype2=RegExp\npattern2=^b $1$\ncontinue2=TakeNext\ndesc2={name} %1\n"
                  f"action2=write - {name} met %1 %u\n", "write - {name} first $1 %u")


def group(name, window, action):
    return (f"type=EventGroup2\nptype=RegExp\ncontinue=TakeNext\npattern=^a (\\S+)$\nthresh=2\nptype2=RegExp\n"
            f"continue2=TakeNext\npattern2=^b (\\S+)$\nthresh2=1\ndesc={name} $1\n"
            f"action=write - {name} raise $1 %u{action}\nwindow={window}\n\n")


def heartbeat(name, window):
    """SEC has no rule for what stays away, but contexts that act when they end."""
    return (f"type=Single\nptype=RegExp\ncontinue=TakeNext\npattern=^a (\\S+)$\ndesc={name}\n"
            f"action=create {name}_$1 {window} (write - {name} raise $1 %u)\n\n")


MATCHES = {"raise": "raise", "again": "raise"}  # an instant each time, be an alarm open already or not


def pairs(window, n):
    """All pairs with a window of so many seconds, and a threshold."""
    within, tag = f"  within: {window + 1}s\n", f"{window}-{n}"
    name = "threshold-reset-" + tag
    yield Pair(name, single(name, "SingleWithThreshold", window, f"thresh={n}\n", "write - {name} raise $1 %u; reset 0"),
               ours(name, "a", f"  sequence: [{n} a]\n" + within), "any_", MATCHES)
    name = "threshold-" + tag
    yield Pair(name, single(name, "SingleWithThreshold", window, f"thresh={n}\n"),
               ours(name, "a", f"  when: count(a) >= {n}\n" + within), "bursts", {"raise": "raise"})
    name = "two-thresholds-" + tag
    yield Pair(name, single(name, "SingleWith2Thresholds", window, f"thresh={n}\ndesc2={name} $1\nthresh2=0\n"
                            f"action2=write - {name} clear $1 %u\nwindow2={window}\n"),
               ours(name, "a", f"  when: count(a) >= {n}\n  clear: count(a) < 1\n" + within), "any_",
               {"raise": "raise", "clear": "clear"})
    name = "missed-" + tag
    yield Pair(name, pair(name, "PairWithWindow", window), ours(name, "ab", "  sequence: [a, not b]\n" + within),
               "any_", {"raise": "first", "again": "first"})
    for name, kind in (("met-" + tag, "PairWithWindow"), ("met-pair-" + tag, "Pair")):
        yield Pair(name, pair(name, kind, window), ours(name, "ab", "  sequence: [a, b]\n" + within),
                   "apart", {"raise": "met", "again": "met"}, "any_")
    name = "first-" + tag
    yield Pair(name, pair(name, "Pair", window), ours(name, "a", ""), "apart",
               {"raise": "first", "again": "first"}, "any_")
    name = "expected-" + tag
    yield Pair(name, pair(name, "PairWithWindow", window),
               ours(name, "ab", f"  after: a\n  expect: b\n  for: {window + 1}s\n"), "apart",
               {"raise": "first", "again": "first"}, "any_")
    name = "silent-" + tag
    yield Pair(name, heartbeat(name, window),
               ours(name, ("a", "again"), f"  after: a\n  expect: again\n  for: {window + 1}s\n"), "any_", MATCHES)
    name = "suppress-" + tag
    yield Pair(name, single(name, "SingleWithSuppress", window, ""), ours(name, "a", f"  clear: {{quiet: {window + 1}s}}\n"),
               "bursts", {"raise": "raise"})
    name = "group-reset-" + tag
    yield Pair(name, group(name, window, "; reset 0"), ours(name, "ab", "  sequence: [2 a and b]\n" + within), "any_",
               MATCHES)
    name = "group-" + tag
    yield Pair(name, group(name, window, ""), ours(name, "ab", "  when: count(a) >= 2 and count(b) >= 1\n" + within),
               "bursts", {"raise": "raise"})
