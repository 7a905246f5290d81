"""Where SEC and we mean different things, on purpose: the reason, a story, and what each of the two says of it.

What is said is (second, what), in SEC's words and ours.
"""

from dataclasses import dataclass

from . import pairs, peers

UNTIL = 60


@dataclass
class Difference:
    name: str
    why: str
    sec: str
    ours: str
    story: str  # "0 a, 10 b"; "3@12 b": happened at 3, told at 12
    theirs: list
    mine: list


def rule(select, body):
    return pairs.ours("x", select, body)


ALL = [
    Difference(
        "the end of a window",
        "SEC counts what is exactly a window apart, we do not: a minute has sixty seconds, not sixty-one.",
        pairs.single("x", "SingleWithThreshold", 10, "thresh=2\n"), rule("a", "  sequence: [2 a]\n  within: 10s\n"),
        "0 a, 10 a", [(10, "raise")], []),
    Difference(
        "parts of a second",
        "SEC knows whole seconds: 1.1 s from one to the other may be two. We count microseconds.",
        pairs.pair("x", "Pair", 1), rule("ab", "  sequence: [a, b]\n  within: 2s\n"),
        "0.9 a, 2 b", [(0, "first")], [(2, "raise")]),
    Difference(
        "how long it goes on",
        "SEC's threshold acts once in each window for as long as events come; ours is one alarm that lasts while the count does.",
        pairs.single("x", "SingleWithThreshold", 4, "thresh=3\n"), rule("a", "  when: count(a) >= 3\n  within: 5s\n"),
        "0 a, 1 a, 2 a, 4 a, 5 a, 6 a, 7 a", [(2, "raise"), (7, "raise")],
        [(2, "raise"), (4, "again"), (5, "again"), (6, "again"), (7, "again"), (10, "clear")]),
    Difference(
        "what fired is not forgotten",
        "SEC does not count what comes while a threshold is suppressed; our window is not emptied by firing.",
        pairs.single("x", "SingleWithThreshold", 4, "thresh=3\n"), rule("a", "  when: count(a) >= 3\n  within: 5s\n"),
        "0 a, 0 a, 0 a, 4 a, 5 a, 6 a", [(0, "raise")],
        [(0, "raise"), (4, "again"), (5, "clear"), (6, "raise"), (9, "clear")]),
    Difference(
        "the lower threshold's window",
        "SEC measures a lower threshold above 0 from the rise, or from an event; ours slides, as the upper one does.",
        pairs.single("x", "SingleWith2Thresholds", 4, "thresh=3\ndesc2=x $1\nthresh2=1\naction2=write - x clear $1 %u\nwindow2=4\n"),
        rule("a", "  when: count(a) >= 3\n  clear: count(a) <= 1\n  within: 5s\n"),
        "0 a, 1 a, 2 a", [(2, "raise"), (7, "clear")], [(2, "raise"), (6, "clear")]),
    Difference(
        "a second beginning of a pair",
        "While SEC waits for a pair's second event it forgets a further first one; ours is the pair that there is.",
        pairs.pair("x", "Pair", 6), rule("ab", "  sequence: [a, b]\n  within: 7s\n"),
        "0 a, 5 a, 8 b", [(0, "first")], [(8, "raise")]),
    Difference(
        "each of them is expected",
        "For the same reason SEC asks once what follows two calls; `expect` asks of each.",
        pairs.pair("x", "PairWithWindow", 6), rule("ab", "  after: a\n  expect: b\n  for: 7s\n"),
        "0 a, 5 a", [(7, "first")], [(7, "raise"), (12, "again")]),
    Difference(
        "quiet is quiet",
        "SEC suppresses for a fixed time from the first event; our `quiet` begins anew with each, so that one who goes on is one alarm.",
        pairs.single("x", "SingleWithSuppress", 4, ""), rule("a", "  clear: {quiet: 5s}\n"),
        "0 a, 3 a, 6 a", [(0, "raise"), (6, "raise")], [(0, "raise"), (3, "again"), (6, "again"), (11, "clear")]),
    Difference(
        "when it happened",
        "SEC's time is that at which it reads a line; ours is the device's, and what came late but in time is an answer.",
        pairs.pair("x", "PairWithWindow", 10), rule("ab", "  sequence: [a, not b]\n  within: 11s\n"),
        "0 a, 3@12 b", [(11, "first")], []),
    Difference(
        "between the steps",
        "An event group's pattern is of neighbours: another event breaks it. A sequence forbids only what its `not` names.",
        "type=EventGroup2\nptype=RegExp\npattern=^a (\\S+)$\negtoken=a\nptype2=RegExp\npattern2=^b (\\S+)$\negtoken2=b\n"
        "desc=x $1\naction=write - x raise $1 %u\negptype=SubStr\negpattern=a a\nwindow=10\n",
        rule("a", "  sequence: [2 a]\n  within: 11s\n"),
        "0 a, 1 b, 2 a", [], [(2, "raise")]),
]


def events(story):
    """For SEC in the order and at the second of arrival; for ours as it was."""
    found = []
    for row in story.split(", "):
        when, word = row.split(" ")
        happened, _, told = when.partition("@")
        found.append((float(happened), word, "k", float(told or happened)))
    return [(int(told), word, key) for _, word, key, told in found], found


def wrong(d):
    theirs, mine = events(d.story)
    for who, said, want in (("SEC", peers.sec(d.sec, theirs, UNTIL), d.theirs), ("ours", peers.ours(d.ours, mine, UNTIL), d.mine)):
        if sorted((t, what) for t, _, what, _ in said) != sorted(want):
            yield f"{who}: {sorted((t, what) for t, _, what, _ in said)}, not {want}"


def all_():
    for d in ALL:
        yield d.name, d.why, list(wrong(d))
