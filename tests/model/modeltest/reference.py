"""The reference: a rule set and a story → every detection, by looking at the whole history for each answer."""

from . import condition, derived, expectation, hospital, tumbling
from .clock import Clock
from .episode import Episodes
from .guard import World
from .selection import History, key_names, key_text, stories
from .window import Reader


def play(rules, rows):
    """{(rule, key): lines} of all rules and keys."""
    clock = Clock(rows)
    world = World(clock)
    events = [r.event for r in rows if r.event]
    told = {}
    for rule in derived.in_order(rules):
        patient = rule.replace(wait=derived.patience(rule, rules))
        for key, story in keys_of(rule, sorted(events, key=lambda e: e.point), world).items():
            lines = told[rule, key] = play_key(patient, key, story, world)
            events += derived.events_of(rule, key, lines)
            world.episodes.setdefault(rule.name, []).extend(derived.episodes_of(rule, key, lines))
    return told


def play_key(rule, key, story, world):
    names = key_names(rule, key)

    def guard(point):
        reader = Reader(story, None, lambda term, at: world.true(term, names, key[1], at))
        return rule.guard is None or reader.true(rule.guard, point)

    resets = [i for i, r in enumerate(world.clock.rows) if r.verb == "reset" and meant(r, rule, key)]
    episodes = Episodes(rule, key, story, world.clock, resets, guard)
    return episodes.run(moments(rule, key, story, world, guard), world.changes(rule.guard))


def meant(row, rule, key):
    words = [w for w in row.words if w != "+exercise"]
    return (words + [""])[:2] == [rule.name, key_text(rule, key)] and ("+exercise" in row.words) == key[1]


def keys_of(rule, events, world):
    """The keys of a rule. With `each: assets(x)` every asset of the class has one from its enrolment."""
    found = stories(rule, events, world.member)
    if rule.each is not None:
        keys = [((asset,), False) for asset in hospital.assets_of(rule.each)]
    elif isinstance(rule.after, tuple):
        keys = [((), False)]
    else:
        return found
    return {key: found.get(key, History({}, {})) for key in keys}


def moments(rule, key, story, world, guard):
    if rule.sequence:
        return condition.sequence_moments(rule, story, world.member, world.clock, guard)
    if rule.every is not None:
        windows = tumbling.windows_of_every(rule, story, hospital.ZONE, world.until)
        return tumbling.window_moments(rule, story, windows)
    if rule.when and rule.gap is not None:
        return tumbling.window_moments(rule, story, tumbling.sessions(rule, story))
    if rule.when:
        return condition.when_moments(rule, story)
    if rule.each is not None and not rule.after:
        return expectation.each_moments(rule, key, story, world)
    if rule.expect:
        return expectation.after_moments(rule, story, world)
    if condition.is_instant(rule):
        return condition.instant_moments(rule, story)
    return condition.level_moments(rule, story)
