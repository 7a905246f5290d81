"""`expect`: a level, true from a deadline until the expected event comes."""

from . import hospital
from .condition import Moment, points, span_of
from .event import Event, deadline


def anchors_of(rule, story, world):
    """[(point, time, evidence)]: the events of an alias, or a schedule's openings."""
    if isinstance(rule.after, tuple):
        return [(deadline(begin), begin, None) for begin, _ in world.hours(rule.after[1]) if begin > 0]
    return [(e.point, e.time, e) for e, _ in story.events([rule.after])]


def after_moments(rule, story, world):
    """`expect … after`: each anchor that is not answered before its deadline passes for itself; true until the
    expected event comes. One event answers all pending anchors."""
    answers = [e for e, _ in story.events(rule.expect)]
    passed = {}
    for point, time, event in anchors_of(rule, story, world):
        end = deadline(world.ends(rule, time, time + span_of(rule.span_for, event or story.any_event())))
        if not any(point < a.point < end for a in answers):
            passed.setdefault(end, []).append([(rule.after, event)] if event else [])
    level = False
    everything = dict(points(rule, story)) | {end: None for end in passed}
    for point, event in sorted(everything.items()):
        for proof in passed.get(point, ()):
            level = True
            yield Moment(point, True, proof, None)
        if point not in passed:
            level = level and event not in answers
            yield Moment(point, level, None, event)


def each_moments(rule, key, story, world):
    """`expect` with `each`: fires once at anchor + D. The anchor is the last a, else enrolment."""
    span = rule.span_for
    if isinstance(span, str):
        span = hospital.ASSETS[key[0][0]].get(span[6:])
    if span is None:
        return
    answers = [e for e, _ in story.events(rule.expect)]
    anchors = [Event(0, 0, "", "")] + answers
    for anchor, until in zip(anchors, answers + [None]):
        if anchor.seq:
            yield Moment(anchor.point, False, None, anchor)
        end = deadline(world.ends(rule, anchor.time, anchor.time + span))
        if until is None or end < until.point:
            yield Moment(end, True, [], None)
