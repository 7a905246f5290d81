"""`sequence`: steps in order, skip till next match, one run per distinct first event."""

from dataclasses import dataclass, field

from .event import deadline
from .selection import fits

INF = float("inf")


@dataclass
class Completion:
    """A run that came to its end."""

    point: tuple  # where it is complete: of its last event, or of the deadline behind it
    taken: list = field(default_factory=list)  # [(alias, event)]
    event: object = None  # the last one; None: a deadline


class Steps:
    """A sequence as its positive steps and what is forbidden before, between and behind them."""

    def __init__(self, rule):
        self.steps = [s for s in rule.sequence if not s.negated]
        self.forbidden = [()] * (len(self.steps) + 1)
        at = 0
        for s in rule.sequence:
            if s.negated:
                self.forbidden[at] += s.aliases
            else:
                at += 1

    @property
    def trailing(self):
        return bool(self.forbidden[-1])


class Run:
    """One run, from its first event on."""

    def __init__(self, rule, steps, lists):
        self.rule, self.steps, self.lists = rule, steps, lists
        self.step, self.parts, self.taken = 0, 0, []
        self.open = self.fresh()  # aliases that the step still wants

    def fresh(self):
        if self.step == len(self.steps.steps):
            return []
        s = self.steps.steps[self.step]
        return list(s.aliases) if s.all else [s.aliases] * s.count

    def part_for(self, event, names):
        """An event takes the first part not yet taken that it fits: (alias, number of the part), or None."""
        taken = {}
        for alias, e in self.taken:
            taken.setdefault(alias, e)
        for i, part in enumerate(self.open):
            for alias in (part,) if isinstance(part, str) else part:
                if alias in names and fits(self.rule.alias(alias), event, self.lists, taken):
                    return alias, i
        return None

    def take(self, event, part):
        alias, i = part
        self.taken.append((alias, event))
        del self.open[i]
        if not self.open:
            self.step += 1
            self.open = self.fresh()

    @property
    def complete(self):
        return self.step == len(self.steps.steps)

    @property
    def between(self):
        """True between two steps: strictly behind the last event of one, before the first of the next."""
        step = self.steps.steps[self.step] if not self.complete else None
        return step is None or len(self.open) == len(self.fresh())

    def end(self):
        """`within` bounds last − first, `gap` each event to the one before it."""
        first, last = self.taken[0][1].time, self.taken[-1][1].time
        ends = [first + self.rule.within] if self.rule.within is not None else []
        return min(ends + ([last + self.rule.gap] if self.rule.gap is not None else []))


def begins(rule, steps, events, i, lists):
    """The run that begins with event i, or None. Leading `not c`: none in (t − W, t) before the first event at t."""
    event, names = events[i]
    run = Run(rule, steps, lists)
    part = run.part_for(event, names)
    if part is None:
        return None
    for earlier, others in events[:i]:
        if set(others) & set(steps.forbidden[0]) and earlier.time > event.time - rule.within:
            return None
    run.take(event, part)
    return run


def follow(rule, steps, events, i, lists, guard, moved=lambda t: t):
    """What becomes of the run that begins with event i, alone: its Completion or None."""
    run = begins(rule, steps, events, i, lists)
    if run is None or (run.complete and not guard(events[i][0].point)):
        return None
    for event, names in events[i + 1:]:
        if run.complete and not steps.trailing:
            break
        end = moved(run.end()) if run.complete else run.end()
        if event.time >= end:
            break
        part = None if run.complete else run.part_for(event, names)
        if part and completes(run) and not guard(event.point):
            part = None  # the guard belongs to the last step: the event does not complete it
        if part:
            run.take(event, part)
        elif run.between and set(names) & set(steps.forbidden[run.step]):
            return None
    if not run.complete:
        return None
    last = run.taken[-1][1]
    if steps.trailing:
        return Completion(deadline(moved(run.end())), run.taken)
    return Completion(last.point, run.taken, last)


def completes(run):
    return run.step == len(run.steps.steps) - 1 and len(run.open) == 1


def completions(rule, story, lists, guard=lambda point: True, moved=lambda t: t):
    """Completion ends every run of the key; the earliest first event tells it. The completing event begins none."""
    steps, events, found, after = Steps(rule), story.events(sequence_aliases(rule)), [], (-INF, 0)
    while True:
        best = None
        for i, (event, _) in enumerate(events):
            done = event.point > after and follow(rule, steps, events, i, lists, guard, moved)
            if done and (best is None or done.point < best.point):
                best = done
        if best is None:
            return found
        found.append(best)
        after = best.point


def sequence_aliases(rule):
    return [a for s in rule.sequence for a in s.aliases]
