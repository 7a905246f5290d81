"""Rules as Python has them, and as YAML."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Select:
    alias: str
    kinds: tuple
    equal: tuple = ()  # ((field, (text or "@list", …)), …)
    where: tuple = None  # (operator, field or alias.field, constant or ("field", alias.field))
    flags: tuple = ()

    def yaml(self):
        parts = ["kind: " + listed(self.kinds)]
        parts += [f"{name}: " + listed([quoted(v) for v in values]) for name, values in self.equal]
        if self.where:
            op, name, right = self.where
            parts.append(f"where: {name} {op} {right[1] if isinstance(right, tuple) else quoted(right)}")
        if self.flags:
            parts.append("flags: " + listed(self.flags))
        return "{" + ", ".join(parts) + "}"


@dataclass(frozen=True)
class Step:
    """`a`, `a or b`, `3 a`, `a and b`; or `not c`."""

    aliases: tuple
    count: int = 1
    all: bool = False  # each of them, in any order
    negated: bool = False

    def yaml(self):
        text = (" and " if self.all else " or ").join(self.aliases)
        if self.negated:
            return "not " + text
        return f"{self.count} {text}" if self.count > 1 else text


@dataclass(frozen=True)
class Rule:
    name: str
    select: tuple
    by: object = ()  # fields, or {alias: field} as a tuple of pairs in a dict's place
    within: int = None
    every: int = None
    gap: int = None
    when: tuple = None  # an expression, see expression.py
    sequence: tuple = ()
    each: str = None
    after: object = None  # an alias, or ("schedule", name)
    expect: tuple = ()
    span_for: object = None  # µs, or "asset.x"
    guard: tuple = None
    hold: object = None
    clear: object = None  # None, "manual", ("quiet", span) or an expression
    regrade: tuple = ()  # ((expression, priority), …)
    limits: tuple = ()
    wait: int = None
    priority: str = "high"
    weight: int = None

    def replace(self, **changes):
        return Rule(**({f.name: getattr(self, f.name) for f in fields(self)} | changes))

    def alias(self, name):
        return next(s for s in self.select if s.alias == name)

    @property
    def patience(self):
        """How long disorder is waited for."""
        return 2_000_000 if self.wait is None else self.wait

    def yaml(self):
        lines = [f"- rule: {self.name}", "  select:"]
        lines += [f"    {s.alias}: {s.yaml()}" for s in self.select]
        lines += [f"  {key}: {text}" for key, text in self.parts() if text is not None]
        lines += ["  examples: []"] if False else []
        return "\n".join(lines)

    def parts(self):
        yield "by", by_yaml(self.by)
        yield "each", f"assets({self.each})" if self.each is not None else None
        yield "after", self.after if isinstance(self.after, str) or not self.after else bare(self.after)
        yield "expect", " or ".join(self.expect) or None
        yield "for", span(self.span_for)
        yield "sequence", "[" + ", ".join(s.yaml() for s in self.sequence) + "]" if self.sequence else None
        for name in ("within", "every", "gap", "hold", "wait"):
            yield name, span(getattr(self, name))
        yield "when", text_of(self.when)
        yield "while", text_of(self.guard)
        yield "clear", clear_yaml(self.clear)
        yield "regrade", regrade_yaml(self.regrade)
        yield "limits", "{" + ", ".join(f"{k}: {v}" for k, v in self.limits) + "}" if self.limits else None
        weight = f", weight: {self.weight}" if self.weight is not None else ""
        yield "raise", f"{{hazard: theft, class: fire, priority: {self.priority}{weight}}}"


def quoted(value):
    if not isinstance(value, str):
        return str(value)
    return f'"{value}"'


def listed(values):
    return values[0] if len(values) == 1 else "[" + ", ".join(values) + "]"


def by_yaml(by):
    if not by:
        return None
    if isinstance(by, dict):
        return "{" + ", ".join(f"{a}: {f}" for a, f in by.items()) + "}"
    return listed(by)


def span(value):
    """A span as YAML has it: 1500000 is 1500ms."""
    if value is None or isinstance(value, str):
        return value
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000)):
        if value % size == 0 and value:
            return f"{value // size}{unit}"
    return f"{value}us" if value else "0s"


def clear_yaml(clear):
    if isinstance(clear, tuple) and clear[0] == "quiet":
        return f"{{quiet: {span(clear[1])}}}"
    return clear if clear is None or isinstance(clear, str) else text_of(clear)


def regrade_yaml(regrade):
    if not regrade:
        return None
    return "[" + ", ".join(f"{{if: \"{bare(e)}\", priority: {p}}}" for e, p in regrade) + "]"


def text_of(expression):
    return None if expression is None else f'"{bare(expression)}"'


def bare(e):
    """An expression as text, with brackets everywhere."""
    head = e[0]
    if head in ("and", "or"):
        return f"({bare(e[1])} {head} {bare(e[2])})"
    if head == "not":
        return f"not ({bare(e[1])})"
    if head in ("<", "<=", ">", ">=", "==", "!="):
        return f"{bare(e[1])} {head} {bare(e[2])}"
    if head in ("number", "alias"):
        return str(e[1])
    if head in ("schedule", "mode", "alarm"):
        return f"{head}({e[1]})"
    arguments = ".".join(e[1:3]) if len(e) > 2 and e[2] else e[1]
    extra = span(e[3]) if head == "score" else str(e[3]) if len(e) > 3 else None
    return f"{head}({arguments}" + (f", {extra}" if extra else "") + ")"
