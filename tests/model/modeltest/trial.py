"""One case on trial: the engine against the reference, against itself through snapshots, and woken for each deadline."""

from dataclasses import dataclass

from . import compare, condition, derived, disorder, doubts, engine, reference
from .event import Row
from .window import parts_of


QUESTIONS = ("every rule set is taken", "nothing crashes", "snapshots change nothing",
             "being woken for each deadline changes nothing", "engine and reference agree")
REFUSED, CRASH, SNAPSHOTS, WOKEN, AGREE = QUESTIONS


@dataclass
class Failure:
    case: object
    question: str  # the one that it answers with no
    text: list


def plays(case):
    plain = [r for r in case.rows if r.verb != "snapshot"]
    return [("play", plain), ("play", case.rows), ("play eager", plain)]


def text_of(case):
    return engine.case_text(case.seed, case.rule_sets, plays(case))


def judge(case, outcome):
    """A Failure, or None; and the marks that the reference left."""
    refusal, told = outcome
    if refusal:
        return Failure(case, REFUSED, refusal), []
    plain, snapshots, eager = told
    rows = plays(case)[0][1]
    want = compare.expected(reference.play(case.rules, rows))
    readers = {r.name for r in case.rules if derived.reads_alarms(r)}
    want = compare.whenever(want, None if case.kind == "blind" else readers)
    for key, a, b in compare.differences(want, compare.told(plain), len(rows), loosely(case, rows)):
        title = f"rule {key[0]}, key [{key[1]}]{' exercise' * key[2]}"
        return Failure(case, AGREE, [title] + compare.show(a, b)), []
    if doubts.SCORES_CHANGE and any(scores(rule) for rule in case.rules):
        return None, []
    if [t.text for t in plain] != [t.text for t in snapshots]:
        return Failure(case, SNAPSHOTS, both("undisturbed", plain, "through snapshots", snapshots)), []
    if compare.without_rows(plain) != compare.without_rows(eager):
        return Failure(case, WOKEN, both("undisturbed", plain, "woken", eager)), []
    return None, [why for _, doubts in want.values() for _, why in doubts]


def scores(rule):
    return [*parts_of((rule.when, rule.clear, rule.regrade), ("score",))]


def loosely(case, rows):
    """For differences(): compares a key of a rule that is decided on arrival, while events arrive in disorder: all of a
    case of that kind, or other rules' alarms."""
    rules = {r.name: r for r in case.rules}

    def loose(key, a, b):
        rule = rules.get(key[0])
        if rule is None or not condition.decided_on_arrival(rule):
            return False
        agree = disorder.agree_sequence if rule.sequence else disorder.agree
        if case.kind == "ahead":
            return agree(a, b, lambda: justified(rule, key, rows))
        return derived.reads_alarms(rule) and agree(a, b, lambda: {x[2] for x in b} if rule.sequence else set())
    return loose


def justified(rule, key, rows):
    """The times of all matches that any part of the history has, as far as it had arrived."""
    times = set()
    for n in range(1, len(rows) + 1):
        told = compare.expected(reference.play([rule], rows[:n] + [Row(rows[-1].time, "tick")]))
        times |= {line[2] for line in told.get(key, ([], []))[0] if line[1] in disorder.MATCHES}
    return times


def both(one, a, other, b):
    return [f"{one}:", *compare.short([t.text for t in a]), f"{other}:", *compare.short([t.text for t in b])]


def run(cases):
    """[(Failure or None, marks)] of each case. A crash is put down to the case that was being played."""
    found, rest = [], list(cases)
    while rest:
        outcomes, crash = engine.run("".join(text_of(c) for c in rest))
        done = [c for c in rest if str(c.seed) in outcomes]
        found += [judge(c, outcomes[str(c.seed)]) for c in done]
        rest = rest[len(done):]
        if crash and not rest:  # at its very end: a leak, of whichever case
            found[-1] = (Failure(cases[-1], CRASH, crash), [])
        elif crash:
            found.append((Failure(rest[0], CRASH, crash), []))
            rest = rest[1:]
    return found


def fails(case):
    failure = run([case])[0][0]
    return failure
