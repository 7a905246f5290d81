"""One case on trial: the engine against the reference, against itself through snapshots, and woken for each deadline."""

from dataclasses import dataclass

from . import compare, condition, derived, disorder, engine, reference
from .clock import Clock
from .event import Row
from .guard import World
from .selection import fits
from .window import aliases_of


QUESTIONS = ("every rule set is taken", "nothing crashes", "snapshots change nothing",
             "being woken for each deadline changes nothing", "a reload that leaves these rules as they are changes nothing",
             "what is shown as evidence was there", "episodes open before they end", "engine and reference agree")
REFUSED, CRASH, SNAPSHOTS, WOKEN, SWAPS, EVIDENCE, EPISODES, AGREE = QUESTIONS


@dataclass
class Failure:
    case: object
    question: str  # the one that it answers with no
    text: list


@dataclass
class Bystander:
    """A rule that comes and goes by reloads, and numbers the others anew; it never raises an alarm."""

    name: str

    def yaml(self):
        return (f"- rule: {self.name}\n  select: {{x: {{kind: panic}}, y: {{kind: alarm.raised}}}}\n  sequence: [x, y, x]\n"
                "  within: 1s\n  raise: {hazard: robbery, class: panic, priority: low}\n")


def plays(case):
    plain = [r for r in case.rows if r.verb != "snapshot"]
    return [("play", plain), ("play", case.rows), ("play eager", plain), ("play swaps", case.rows)]


def text_of(case):
    more = [[Bystander("a-bystander"), *rules, Bystander("z-bystander")] for rules in case.rule_sets]
    return engine.case_text(case.seed, case.rule_sets + more, plays(case))  # `play swaps` takes turns


def judge(case, outcome):
    """A Failure, or None."""
    refusal, told = outcome
    if refusal:
        return Failure(case, REFUSED, refusal)
    plain, snapshots, eager, swaps = told
    rows = plays(case)[0][1]
    failure = None if case.kind == "late" else against_reference(case, rows, plain)
    if failure:
        return failure
    broken = [key for key, lines in compare.told(plain).items() if not well_formed(case, key, lines)]
    if broken:
        return Failure(case, EPISODES, [str(broken), *compare.short([t.text for t in plain])])
    unsound = [t.text for t in plain if not evidence_sound(case, rows, t)]
    if unsound:
        return Failure(case, EVIDENCE, compare.short(unsound))
    if [t.text for t in plain] != [t.text for t in snapshots]:
        return Failure(case, SNAPSHOTS, both("undisturbed", plain, "through snapshots", snapshots))
    if compare.without_rows(plain) != compare.without_rows(eager):
        return Failure(case, WOKEN, both("undisturbed", plain, "woken", eager))
    if [t.text for t in plain] != [t.text for t in swaps]:
        return Failure(case, SWAPS, both("undisturbed", plain, "over swaps", swaps))
    return None


def against_reference(case, rows, plain):
    """Late events enter what still holds its place, which is a matter of what the engine remembers: stories with them are
    not compared with the reference, only with themselves."""
    expected = reference.play(case.rules, rows)
    want = compare.expected(expected)
    readers = {r.name for r in case.rules if derived.reads_alarms(r)}
    want = compare.whenever(want, None if case.kind == "blind" else readers)
    for key, a, b in compare.differences(want, compare.told(plain), len(rows), loosely(case, rows)):
        title = f"rule {key[0]}, key [{key[1]}]{' exercise' * key[2]}"
        return Failure(case, AGREE, [title] + compare.show(a, b))
    return None


def well_formed(case, key, lines):
    """A raise opens, a clear ends, anything else stands in between. An operator's reset ends in silence."""
    is_open = False
    resets = any(r.verb == "reset" and r.words[0] == key[0] for r in case.rows)
    for _, what, *_ in lines:
        if what != "refuted" and (what == "raise") == is_open and not resets:
            return False
        is_open = is_open if what == "refuted" else what != "clear"
    return True


def evidence_sound(case, rows, told):
    """Every event that a match shows is one of the story, came by then, and fits the alias that it is shown for."""
    rule = next(r for r in case.rules if r.name == told.rule)
    events = {r.event.seq: r.event for r in rows if r.event}
    if derived.selects_alarms(rule) or told.what not in disorder.MATCHES:
        return True
    world, guards = World(Clock(rows)), aliases_of(rule.guard)  # of a guard its last change is shown
    return all(seq in events and events[seq].time == time and events[seq].row <= told.row
               and (role in guards or fits(rule.alias(role), events[seq], world.member))
               for role, time, seq in told.evidence)


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
        times |= {line[2] for line in told.get(key, []) if line[1] in disorder.MATCHES}
    return times


def both(one, a, other, b):
    return [f"{one}:", *compare.short([t.text for t in a]), f"{other}:", *compare.short([t.text for t in b])]


def run(cases):
    """[Failure or None] of each case. A crash is put down to the case that was being played."""
    found, rest = [], list(cases)
    while rest:
        outcomes, crash = engine.run("".join(text_of(c) for c in rest))
        done = [c for c in rest if str(c.seed) in outcomes]
        found += [judge(c, outcomes[str(c.seed)]) for c in done]
        rest = rest[len(done):]
        if crash and not rest:  # at its very end: a leak, of whichever case
            found[-1] = Failure(cases[-1], CRASH, crash)
        elif crash:
            found.append(Failure(rest[0], CRASH, crash))
            rest = rest[1:]
    return found


def fails(case):
    return run([case])[0]
