"""Episodes: what rises and instants open, what further matches add, what ends them. One key of one rule."""

from dataclasses import dataclass

from .condition import Moment, is_instant, may_wait, span_of
from .event import deadline
from .window import Reader, Sliding

RANK = {"low": 1, "medium": 2, "high": 3, "critical": 4}


def is_expression(clear):
    return isinstance(clear, tuple) and clear[0] != "quiet"


def is_quiet(clear):
    return isinstance(clear, tuple) and clear[0] == "quiet"


@dataclass
class Line:
    """One detection, as the engine has to tell it."""

    row: int  # where it is decided, at the earliest …
    latest: int  # … and at the latest
    what: str
    point: tuple
    rule: str
    key: tuple
    priority: str
    evidence: list

    @property
    def time(self):
        return self.point[0]


class Episodes:
    """Goes through the moments of a key. Two timers may stand between them: `hold` and `quiet`."""

    def __init__(self, rule, key, story, clock, resets, guard):
        self.rule, self.key, self.story, self.clock = rule, key, story, clock
        self.resets = list(resets)  # rows
        self.reader = Reader(story, Sliding(rule.within or 0))
        self.instant = is_instant(rule)
        self.lines = []
        self.guard = guard
        self.level = False  # of the condition
        self.both = False  # of the condition and the guard
        self.held = False  # both have lasted for `hold`
        self.lasting = False  # it has matched since it rose
        self.open = False
        self.hold_due = self.quiet_due = None
        self.priority = rule.priority
        self.decided, self.latest = 0, -1  # row; nothing is decided before what precedes it
        self.pending = None  # evidence of a level that `hold` holds back

    # ---- when things are decided ----

    def decide(self, point, event, sure):
        """Positive: on arrival, unless something before it is not decided yet. All else, and every deadline, when the
        watermark reaches it."""
        patient = max(self.clock.reached(point[0], self.rule.patience), event.row if event else 0)
        row = event.row if event is not None and sure else patient
        waits = may_wait(self.rule) or self.lags()
        self.latest = row if row > self.latest and not waits else max(self.latest, patient)
        if event is not None and event.time + self.rule.patience == self.clock.times[event.row]:
            self.latest += 1  # at the watermark itself: with this record or with the next
        self.decided = max(self.decided, row)
        while self.resets and self.resets[0] < self.decided:
            self.reset(self.resets.pop(0))

    def lags(self):
        """Where `clear` is an expression or there is a `regrade`, a further raise may wait for what is not decided yet."""
        return bool(self.lines) and (is_expression(self.rule.clear) or bool(self.rule.regrade))

    def tell(self, what, point, evidence=()):
        self.lines.append(Line(self.decided, self.latest, what, point, self.rule.name, self.key, self.priority, list(evidence)))

    # ---- moments and timers ----

    def run(self, moments, changes):
        """`changes`: points at which the guard may differ."""
        moments = list(moments)
        self.changes = set(changes)
        moments += [Moment(p, guard_only=True) for p in self.changes - {m.point for m in moments}]
        for m in sorted(moments, key=lambda m: m.point):
            self.timers(m.point)
            self.moment(m)
        self.timers((float("inf"), 0))
        return [line for line in self.lines if line.row < len(self.clock.times)]

    def timers(self, before):
        """Fires what is due before this point: a deadline at T precedes every event at T. What was false for D has
        been so when a hold ends at the same time."""
        while True:
            timers = ((self.quiet_due, 0, "quiet"), (self.hold_due, 1, "hold"))
            due = [timer for timer in timers if timer[0] is not None]
            if not due or deadline(min(due)[0]) > before:
                return
            time, _, kind = min(due)
            point = deadline(time)
            self.decide(point, None, False)
            if kind == "hold":
                self.hold_due, self.held, self.lasting = None, True, True
                self.match(point, self.pending, self.pending)
            elif self.open:  # else a reset came before
                self.end(point, ())
            self.look(point)

    def moment(self, m):
        told = len(self.lines)
        if self.instant:
            self.instant_moment(m)
        else:
            self.level_moment(m)
        if not m.guard_only or len(self.lines) > told:
            self.look(m.point, m)

    def instant_moment(self, m):
        """The guard is read at the match; of a sequence it belongs to the last step."""
        if m.match is not None and (self.rule.sequence or self.guard(m.point)):
            self.decide(m.point, m.event, m.positive)
            self.match(m.point, m.match, m.whole or m.match)

    def level_moment(self, m):
        """A level opens at the rise of (level and guard); the guard's fall resets `hold` and clears nothing."""
        level = self.level if m.guard_only else m.level
        both = level and self.guard(m.point)
        if both and not self.both:
            self.rise(m)
        elif both and m.match is not None and self.held and self.open:  # an episode is opened by the rise
            self.decide(m.point, m.event, m.positive)
            self.match(m.point, m.match, m.match)
        elif not both:
            self.held, self.hold_due = False, None
        if self.level and not level:
            self.fall(m)
        self.level, self.both = level, both

    def rise(self, m):
        """`hold: D`: continuously true for D; any false resets it."""
        hold = self.rule.hold
        evidence = m.whole if m.whole is not None else m.match or []
        if hold is None:
            self.held = self.lasting = True
            self.decide(m.point, m.event, m.positive)
            self.match(m.point, evidence, evidence)
            return
        span = span_of(hold, m.event or self.story.any_event())
        self.pending = evidence
        self.hold_due = m.point[0] + span if span is not None else None

    def fall(self, m):
        """The default is that a level clears when it is false, whatever its guard."""
        lasting, self.lasting = self.lasting, False
        if not self.open or not lasting:
            return
        self.decide(m.point, m.event, False)
        if not self.open:
            return
        if is_quiet(self.rule.clear):
            self.start_quiet(m.point)
        elif self.rule.clear in (None, "manual"):
            self.end(m.point, [("", m.event)] if m.event else [])

    def match(self, point, adds, whole):
        """At most one episode is open per (rule, key); later matches append evidence and may regrade."""
        again, self.open = self.open, True
        self.priority = self.grade(point)
        self.tell("again" if again else "raise", point, adds if again else whole)
        self.quiet_due = None
        if self.instant and is_quiet(self.rule.clear):
            self.start_quiet(point)

    def start_quiet(self, point):
        """`quiet: D`: false, or no match, for D."""
        self.quiet_due = self.clock.standing_still(point[0], self.rule.clear[1])

    # ---- the episode ----

    def grade(self, point):
        """The highest `regrade` that holds wins, else `raise`'s."""
        held = [p for e, p in self.rule.regrade if self.reader.true(e, point)]
        return max(held, key=RANK.get) if held else self.rule.priority

    def look(self, point, moment=None):
        """What an open episode is asked at every point: does `clear` hold, does another priority?"""
        clears = is_expression(self.rule.clear) and self.reader.true(self.rule.clear, point)
        if not self.open or not (clears or self.grade(point) != self.priority):
            return
        self.decide(point, moment and moment.event, False)
        if self.open and self.grade(point) != self.priority:
            self.priority = self.grade(point)
            self.tell("regrade", point)
        if self.open and clears:
            self.end(point, [("", moment.event)] if moment and moment.event else [])

    def end(self, point, evidence):
        self.tell("clear", point, evidence)
        self.open, self.quiet_due = False, None

    def reset(self, row):
        """The operator's reset: a latched episode ends."""
        if self.instant and self.open:
            self.open, self.quiet_due = False, None
