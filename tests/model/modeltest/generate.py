"""Random rule sets and stories. Times lie on a grid, so that Δ = W, W − 1 µs and equal times happen all the time."""

import random

from . import hospital
from .condition import is_instant, may_wait
from .derived import reads_alarms
from .doubts import left_out
from .episode import is_expression, is_quiet
from .event import Event, Row, number_rows
from .rule import Rule, Select, Step
from .selection import is_level
from .window import AGGREGATES, aliases_of, parts_of

MS, SECOND = 1000, 1_000_000
LEVELS = (("door.opened",), ("door.closed",), ("smoke.detected",), ("smoke.detected", "door.opened"))
KEYS = ((), (), ("device",), ("ward",), ("badge",), ("ward", "badge"), ("asset",))

# of scores: not to be met exactly, since the reference does not round as the engine does
BOUNDS = (0.9, 1.2, 1.7, 2.3, 3.1)

# What the engine has, and what the generator may use of it.
FEATURES = {"level", "instant", "when", "sequence", "after", "each", "clear", "regrade", "exercise", "retained", "flags",
            "disorder", "blind", "reset", "several", "aggregates", "every", "session", "score", "guard", "derived",
            "alarm", "lists", "opening", "late"}

SHAPES = ("level", "instant", "when", "score", "every", "session", "sequence", "after", "each", "opening")
NOT_IN = {"ahead": ("level", "score"), "blind": ("when", "score", "every", "session")}


class Case:
    """Rule sets (`reload N` takes the Nth), and the rows of a story."""

    def __init__(self, rule_sets, rows, seed, kind):
        self.rule_sets, self.rows, self.seed, self.kind = rule_sets, rows, seed, kind

    @property
    def rules(self):
        return self.rule_sets[0]

    def with_rows(self, rows):
        return Case(self.rule_sets, rows, self.seed, self.kind)

    def with_rules(self, rules):
        return Case([rules] + self.rule_sets[1:], self.rows, self.seed, self.kind)


class Generator:
    def __init__(self, seed, features=FEATURES):
        self.random = random.Random(seed)
        self.seed, self.features = seed, features
        self.unit = self.random.choice((SECOND, SECOND, 100 * MS, MS))
        self.n = self.random.choice((4, 8, 16, 24))
        self.session = False

    # ---- small choices ----

    def chance(self, one_in):
        return self.random.randrange(one_in) == 0

    def pick(self, *choices):
        return self.random.choice(choices)

    def has(self, feature, one_in=1):
        return feature in self.features and self.chance(one_in)

    def span(self, *choices):
        return self.pick(*(choices or (1, 2, 3, 5))) * self.unit

    # ---- guards ----

    def term(self):
        return self.pick(("schedule", "early"), ("schedule", "rounds"), ("mode", "armed"), ("mode", "open"), ("alias", "g"))

    def guarded(self, rule):
        """The rule with a guard: a term or two, of which some read a level of its own."""
        guard = self.term()
        if self.chance(3):
            guard = ("not", guard)
        if self.chance(4):
            guard = (self.pick("and", "or"), guard, self.term())
        level = self.select("g", True)
        if rule.each is not None and aliases_of(guard):
            return rule
        return rule.replace(guard=guard, select=rule.select + (level,))

    # ---- rules that read alarms ----

    def reader(self, rules):
        """A rule over other rules' alarms as events, by parts that all their keys have."""
        names = tuple(r.name for r in rules) if self.chance(2) else (self.pick(*rules).name,)
        equal = (("rule", names),) if self.chance(2) else ()
        e = Select("a", (self.pick("alarm.raised", "alarm.raised", "alarm.cleared"),), equal)
        shape = getattr(self, "rule_" + self.pick("instant", "when", "sequence"))
        rule = shape("s0")
        first, others = rule.select[0].alias, rule.select[1:]
        read = [r for r in rules if not equal or r.name in names]
        common = [n for n in ("ward", "device", "badge", "asset")
                  if all(n in (("asset",) if r.each is not None else r.by) for r in read)]
        select = (Select(first, e.kinds, e.equal),) + others
        when, clear, regrade = of_alarms((rule.when, rule.clear, rule.regrade), first)
        if is_expression(clear) and left_out("CLEAR_DISORDER"):
            clear = None  # alarms are decided at once or later: they do not come in order
        return rule.replace(select=select, when=when, clear=clear, regrade=regrade, by=tuple(common[:1]) if self.chance(2) else (), wait=self.pick(None, SECOND))

    def watcher(self, rules):
        """A rule that holds while another one's episode is open, or is not."""
        guard = ("alarm", self.pick(*rules).name)
        rule = getattr(self, "rule_" + self.pick("level", "instant", "when"))("w0")
        return rule.replace(guard=("not", guard) if self.chance(2) else guard)

    # ---- rules ----

    def case(self):
        self.kind = "ahead" if self.has("disorder", 3) else "blind" if self.has("blind", 5) else "ordered"
        self.kind = "late" if self.has("late", 12) else self.kind
        shapes = [s for s in SHAPES if s in self.features and s not in NOT_IN.get(self.kind, ())]
        rules = tuple(getattr(self, "rule_" + self.pick(*shapes))(f"r{i}") for i in range(self.pick(1, 1, 2, 3)))
        if self.kind == "ordered" and self.has("guard", 4):
            rules = tuple(self.guarded(rule) for rule in rules)
        if self.kind == "ordered" and self.has("derived", 6):
            self.kind = "derived"  # other rules' alarms come in disorder
            rules += (settled_in_disorder(self.reader(rules)),)
        elif self.kind == "ordered" and self.has("alarm", 8):
            rules += (settled_in_disorder(self.watcher(rules)),)
        rules = tuple(only_used(rule) for rule in rules)
        kind = "ordered" if self.kind == "derived" else self.kind
        if kind == "ahead":
            rules = tuple(settled_in_disorder(rule) for rule in rules)
        return Case([rules], StoryMaker(self, rules, kind).rows(), self.seed, kind)

    def select(self, alias, level):
        if level:
            kinds = self.pick(*LEVELS)
        else:
            kinds = tuple(self.random.sample(hospital.PULSES[:4], self.pick(1, 1, 1, 2)))
        equal, where, flags = (), None, ()
        if self.chance(5):
            equal = (self.pick(("badge", ("1",)), ("badge", ("1", "2")), ("badge", ("@few",)), ("ward", ("W3",)),
                               ("device", ("d1", "d9"))),)
        elif self.chance(6):
            where = self.pick((">=", "n", 2), ("==", "badge", "1"), ("!=", "badge", "2"))
        if self.has("flags", 12) and not level:
            flags = self.pick(("suspect",), ("duplicate", "suspect"))
        return Select(alias, kinds, equal, where, flags)

    def base(self, name, selects, **more):
        by = self.pick(*KEYS)
        wait = self.pick(None, None, None, SECOND, 3 * self.unit)
        return Rule(name, tuple(selects), by=by, wait=wait, **more)

    def rule_level(self, name):
        selects = [self.select(a, True) for a in "ab"[:self.pick(1, 1, 2)]]
        hold = self.pick(None, None, self.span(), "asset.limit") if self.chance(2) else None
        clear = self.clear(selects, ("level",)) if self.has("clear") else None
        if isinstance(clear, tuple) and clear[0] != "quiet":
            selects.append(self.select("z", self.chance(2)))
        rule = self.base(name, selects, hold=hold, clear=clear)
        return rule.replace(by=(self.pick("device", "asset"),)) if hold == "asset.limit" else rule

    def rule_instant(self, name):
        selects = [self.select(a, False) for a in "ab"[:self.pick(1, 1, 2)]]
        clear = self.clear(selects, ()) if self.has("clear") else None
        if isinstance(clear, tuple) and clear[0] != "quiet":
            selects.append(self.select("z", self.chance(2)))
        return self.base(name, selects, clear=clear)

    def clear(self, selects, kinds):
        return self.pick(None, None, "manual", ("quiet", self.span()), ("quiet", self.span(2, 5, 8)), ("alias", "z"))

    def rule_when(self, name):
        selects = [self.select(a, self.chance(3)) for a in "abc"[:self.pick(1, 2, 2, 3)]]
        when = self.truth(selects, True)
        clear = self.pick(None, None, None, "manual", ("quiet", self.span()), self.truth(selects, True))
        regrade = tuple((self.truth(selects, True), self.pick("low", "medium", "critical")) for _ in range(self.pick(0, 0, 1, 2)))
        hold = self.pick(None, None, None, self.span())
        return self.base(name, selects, within=self.span(2, 3, 5), when=when, hold=hold,
                         clear=clear if self.has("clear") else None,
                         regrade=regrade if self.has("regrade") else ())

    def rule_score(self, name):
        selects = [self.select(a, self.chance(6)) for a in "ab"[:self.pick(1, 1, 2)]]
        half, field = self.span(1, 2, 4), self.pick(None, "n")
        amount = ("score", selects[0].alias, field, half)
        bound = self.pick(*BOUNDS)
        clear = self.pick(None, ("quiet", self.span()), ("<", amount, ("number", bound / 2)))
        regrade = (((">=", amount, ("number", bound * 2)), "critical"),) if self.chance(2) else ()
        return self.base(name, selects[:1], when=(self.pick(">=", ">"), amount, ("number", bound)),
                         clear=clear if self.has("clear") else None, regrade=regrade if self.has("regrade") else ())

    def rule_every(self, name):
        """A tumbling window; of each asset, too, heard of or not."""
        levels = self.unit == SECOND  # a level that lasts has a window for each `every`
        selects = [self.select(a, levels and self.chance(4)) for a in "abc"[:self.pick(1, 2, 2)]]
        every = self.random.choice([n for n in (1, 2, 3, 4, 5) if 86_400_000_000 % (n * self.unit) == 0]) * self.unit
        each = "door" if self.unit == SECOND and self.chance(4) else None
        rule = self.base(name, selects, every=every, when=self.truth(selects), each=each,
                         clear=self.pick(None, None, ("quiet", self.span(2, 5, 8))) if self.has("clear") else None)
        return rule.replace(by=()) if each else rule

    def rule_session(self, name):
        self.session = True
        selects = [self.select(a, self.chance(4)) for a in "abc"[:self.pick(1, 2, 2)]]
        when, self.session = self.truth(selects), False
        return self.base(name, selects, gap=self.span(1, 2, 3), within=self.span(3, 5, 8), when=when,
                         clear=self.pick(None, None, ("quiet", self.span(2, 5, 8))) if self.has("clear") else None)

    def measured(self, select):
        """A comparison of what is computed of a field, or of the rate."""
        name = self.pick("sum", "avg", "min", "max", "pct", "rate")
        name = "sum" if name == "rate" and self.session else name  # refused there
        if name == "rate":
            return (self.pick(">=", "<"), ("rate", select.alias), ("number", 2 * SECOND / self.unit))
        extra = (self.pick(1, 50, 90, 100),) if name == "pct" else ()
        return (self.pick(">=", ">", "<=", "<", "=="), (name, select.alias, "n", *extra), ("number", self.pick(1, 2, 3)))

    def amount(self, select):
        if self.chance(3):
            return ("distinct", select.alias, "device" if is_level(select) else self.pick("badge", "device"))
        return ("count", select.alias)

    def comparison(self, selects, sliding):
        if sliding and self.kind not in ("ahead", "derived") and self.has("score", 6):
            half = self.span(1, 2, 4)
            field = self.pick(None, "n")
            return (self.pick(">=", ">", "<", "<="), ("score", self.pick(*selects).alias, field, half),
                    ("number", self.pick(*BOUNDS)))
        if self.has("aggregates", 3):
            return self.measured(self.pick(*selects))
        left = self.amount(self.pick(*selects))
        op = self.pick(">=", ">=", ">=", ">", "<", "<=", "==", "!=")
        right = self.amount(self.pick(*selects)) if self.chance(4) else ("number", self.pick(1, 2, 2, 3))
        return (op, left, right)

    def truth(self, selects, sliding=False):
        first = self.comparison(selects, sliding)
        if self.chance(2):
            return first
        second = self.comparison(selects, sliding)
        if self.chance(3):
            second = ("not", second)
        return (self.pick("and", "or"), first, second)

    def rule_sequence(self, name):
        selects = [self.select(a, self.chance(4)) for a in "abc"]
        names = [s.alias for s in selects]
        steps = []
        for _ in range(self.pick(1, 2, 2, 3)):
            if self.chance(3):
                steps.append(Step((self.pick(*names),), negated=True))
            steps.append(self.step(names))
        if self.chance(4):
            steps.append(Step((self.pick(*names),), negated=True))
        if len(steps) == 1:
            steps.append(Step((self.pick(*names),)))
        used = {a for s in steps for a in s.aliases}
        gap = self.span(1, 2, 3) if self.chance(4) else None
        clear = self.pick(None, None, ("quiet", self.span()))
        return self.base(name, [s for s in selects if s.alias in used], sequence=tuple(steps), within=self.span(2, 3, 5, 8),
                         gap=gap, clear=clear if self.has("clear") else None)

    def step(self, names):
        """One or two aliases, any or all of them, or one of them several times."""
        if self.has("several", 5):
            return Step(tuple(self.random.sample(names, 2)), all=True)
        aliases = tuple(self.random.sample(names, 2 if self.chance(4) else 1))
        return Step(aliases, self.pick(2, 3) if self.has("several", 5) else 1)

    def rule_after(self, name):
        selects = [self.select("p", self.chance(4)), self.select("s", self.chance(4))]
        return self.base(name, selects, after="p", expect=("s",), span_for=self.span(1, 2, 3, 5),
                         clear=self.pick(None, None, ("quiet", self.span())) if self.has("clear") else None)

    def rule_opening(self, name):
        """After a schedule's opening, of each asset or of all together."""
        rule = self.base(name, [self.select("s", self.chance(4))], each=self.pick(None, "door"), expect=("s",),
                         after=("schedule", self.pick("early", "rounds")), span_for=self.span(2, 3, 5, 8))
        return rule.replace(by=())

    def rule_each(self, name):
        rule = self.base(name, [self.select("s", self.chance(4))], each="door", expect=("s",),
                         span_for=self.pick(self.span(2, 3, 5, 8), "asset.supervision"))
        return rule.replace(by=())


def only_used(rule):
    """The rule without the selections that nothing reads; `z` is the one that only `clear` reads."""
    reads = aliases_of(rule.when, rule.clear, rule.guard, *(e for e, _ in rule.regrade))
    reads |= {a for s in rule.sequence for a in s.aliases} | set(rule.expect) | {rule.after}
    if not (rule.when or rule.sequence or rule.expect):
        reads |= {s.alias for s in rule.select if s.alias in "ab"}
    return rule.replace(select=tuple(s for s in rule.select if s.alias in reads))


def settled_in_disorder(rule):
    """The rule without what the engine does otherwise when events arrive in disorder."""
    if is_expression(rule.clear) and left_out("CLEAR_DISORDER"):
        rule = rule.replace(clear=None)
    if is_quiet(rule.clear) and is_instant(rule) and left_out("QUIET_DISORDER"):
        rule = rule.replace(clear=None)
    return only_used(rule)


def of_alarms(e, alias):
    """An expression with the fields that alarms have in place of events'."""
    if not isinstance(e, tuple):
        return e
    if len(e) > 2 and e[1] == alias and e[0] in AGGREGATES:
        field = "rule" if e[0] == "distinct" else "weight" if e[2] else e[2]
        return e[:2] + (field,) + e[3:]
    return tuple(of_alarms(part, alias) for part in e)


def spans_in(rules):
    """Every span that rules name, so that the story's steps meet them."""
    for rule in rules:
        quiet = rule.clear[1] if isinstance(rule.clear, tuple) and rule.clear[0] == "quiet" else None
        for value in (rule.within, rule.gap, rule.hold, rule.span_for, rule.every, quiet):
            if isinstance(value, int):
                yield value
        yield from (e[3] for e in parts_of(rule.when, ("score",)))


class StoryMaker:
    """The rows of a case."""

    def __init__(self, generator, rules, kind):
        self.g, self.rules, self.kind = generator, rules, kind
        self.spans = list(spans_in(rules)) or [self.g.unit]
        self.listed = any("@few" in values for r in rules for s in r.select for _, values in s.equal)
        self.modes = [name for _, name in parts_of(tuple(r.guard for r in rules), ("mode",))]
        self.kinds = [k for r in rules for s in r.select for k in s.kinds if not k.startswith("alarm.")] or ["tip"]

    def rows(self):
        g, t, rows = self.g, self.begin(), []
        for _ in range(g.n):
            t += self.step()
            rows.append(self.row(t))
        if self.kind == "blind":
            rows += self.blindness(rows)
        rows.sort(key=lambda r: r.time)
        return number_rows(self.with_snapshots(rows + self.ticks(rows[-1].time)))

    def blindness(self, rows):
        """Pairs of rows, one after the other, at times where rows and deadlines are."""
        times = [r.time for r in rows]
        times += [t + s + w for t in times for s in self.spans for w in (0, self.rules[0].patience)]
        chosen = sorted(self.g.random.sample(times, min(2 * self.g.pick(1, 1, 2, 3), len(times) // 2 * 2)))
        return [Row(t + self.g.pick(0, 0, 1), ("blind", "seen")[i % 2]) for i, t in enumerate(chosen)]

    def with_snapshots(self, rows):
        every = self.g.pick(1, 3, 8)
        for row in rows:
            yield row
            if self.g.chance(every):
                yield Row(0, "snapshot")

    def begin(self):
        """The schedules open at 40 s."""
        if list(parts_of(tuple((r.guard, r.after) for r in self.rules), ("schedule",))):
            return 40 * SECOND - self.g.pick(0, 2, 5, 8) * self.g.unit
        return self.g.pick(0, 0, 1, self.g.unit)

    def step(self):
        g = self.g
        if g.chance(4):
            span = g.pick(*self.spans)
            return max(span + g.pick(-1, 0, 0, 0, 1), 0)
        return g.pick(0, 0, 1, 1, 2, 3) * g.unit + (g.pick(1, g.unit - 1) if g.chance(12) else 0)

    def row(self, t):
        g = self.g
        if g.chance(12):
            return Row(t, "tick")
        if self.listed and g.has("lists", 8):
            until = (f"{t + g.span(1, 3, 5)}us",) if g.chance(3) else ()
            return Row(t, "list", ("few", g.pick("add", "add", "remove"), g.pick("1", "2", "3")) + until)
        if self.modes and g.chance(6):
            return Row(t + 3, "mode", (g.pick(*self.modes), g.pick("on", "off")))
        if self.kind == "ordered" and not any(map(reads_alarms, self.rules)) and g.has("reset", 15):
            return self.reset(t)
        return Row(*self.event(t))

    def reset(self, t):
        """Only of rules without a timer: with one it depends on how soon after its deadline the engine decides it."""
        rule = self.g.pick(*self.rules)
        if isinstance(rule.clear, tuple) or may_wait(rule):
            return Row(t, "tick")
        key = ",".join(f"{f}={self.g.pick(*self.values(f))}" for f in rule.by)
        return Row(t, "reset", tuple(w for w in (rule.name, key) if w))

    @staticmethod
    def values(field):
        return {"badge": ("1", "2"), "device": ("d1", "d2"), "ward": ("W3", "W4"), "asset": ("a1", "a2")}[field]

    def event(self, t):
        g = self.g
        kind = g.pick(*self.kinds)
        if kind in hospital.FAMILY and g.chance(2):
            kind = g.pick(*hospital.STATES[hospital.FAMILY[kind]])
        attributes = [("badge", g.pick("1", "2", "3"))] if kind in hospital.FAMILY or not g.chance(6) else []
        attributes += [("n", g.pick(1, 2, 3))] if g.chance(3) else []
        arrival = t + self.delay()
        flags = self.flags(kind)
        return arrival, "", (), Event(t, arrival, kind, g.pick("d1", "d1", *hospital.DEVICES), tuple(attributes), flags)

    def delay(self):
        if self.kind not in ("ahead", "late") or self.g.chance(2):
            return 0
        wait = min(r.patience for r in self.rules)
        if self.kind == "late":
            return self.g.pick(wait - 1, wait, wait + 1, wait + self.g.span(), 4 * wait)
        return min(self.g.pick(1, self.g.unit, 2 * self.g.unit, wait - 1), wait - 1) if wait else 0

    def flags(self, kind):
        g, flags = self.g, set()
        if g.has("exercise", 12):
            flags.add("exercise")
        if g.has("retained", 15) and kind in hospital.FAMILY:
            flags.add("retained")
        if g.has("flags", 15):
            flags.add(g.pick("suspect", "duplicate"))
        return frozenset(flags)

    def ticks(self, t):
        """The clock runs on until nothing can wait any more."""
        spans, wait = sum(self.spans) + 20 * SECOND, max(r.patience for r in self.rules)
        return [Row(t + self.g.unit, "tick"), Row(t + wait, "tick"), Row(t + wait + self.g.pick(*self.spans), "tick"),
                Row(t + 4 * spans + wait, "tick")]
