"""`while`: schedules, modes, other rules' alarms; what they are at a point, and where they change."""

from . import hospital
from .calendar import hours_of
from .event import NEVER, deadline
from .window import parts_of

TERMS = ("schedule", "mode", "alarm")


class World:
    """What does not come of a rule's own events."""

    def __init__(self, clock):
        self.clock = clock
        self.until = max(clock.times, default=0)
        self.episodes = {}  # rule → [(key of it as a dict, exercise, opened, closed)], points

    def hours(self, name):
        return hours_of(hospital.ZONE, hospital.SCHEDULES[name], 0, self.until)

    def commands(self, name):
        """[(time, on)] of a mode."""
        return [(r.time, r.words[1] == "on") for r in self.clock.rows if r.verb == "mode" and r.words[0] == name]

    def mode(self, name, time):
        on = hospital.MODES[name]
        for at, value in self.commands(name):
            if at <= time:
                on = value
        return on

    def alarm(self, name, key, exercise, point):
        """An episode of that rule with the same exercise flag, and equal on the key fields that both have, is open at
        that time, [opened, closed)."""
        return any(drill == exercise and all(key.get(k, v) == v for k, v in theirs.items())
                   and opened[0] <= point[0] < closed[0] for theirs, drill, opened, closed in self.episodes.get(name, ()))

    def ends(self, rule, anchor, end):
        """Where the deadline of an absence stands. With `each` the anchor is no earlier than the end of a blindness that
        began before it was decided; others move to its end + wait."""
        if rule.each is None:
            return self.clock.moved(end, rule.patience)
        for begin, over in self.clock.blind:
            if end + rule.patience > begin and over > anchor and end < over + (end - anchor):
                anchor, end = over, over + (end - anchor)
        return end

    def member(self, name, event):
        """The members of a list as the record found them that brought the event."""
        commands = {}  # member → until when it was added; 0: removed
        for row in self.clock.rows[:event.row]:
            if row.verb == "list" and row.words[0] == name:
                until = int(row.words[3][:-2]) if len(row.words) > 3 else NEVER
                commands[row.words[2]] = until if row.words[1] == "add" else 0
        site = {m for m in hospital.LISTS[name] if commands.get(m) != 0}
        return site | {m for m, until in commands.items() if event.time < until}

    def true(self, term, key, exercise, point):
        what, name = term
        if what == "schedule":
            return any(a <= point[0] < b for a, b in self.hours(name))
        if what == "mode":
            return self.mode(name, point[0])
        return self.alarm(name, key, exercise, point)

    def changes(self, expression):
        """The points at which a term of a guard may change."""
        for what, name in parts_of(expression, TERMS):
            if what == "schedule":
                yield from (deadline(t) for hours in self.hours(name) for t in hours)
            elif what == "mode":
                yield from (deadline(at) for at, _ in self.commands(name))
            else:
                yield from (deadline(p[0]) for _, _, *both in self.episodes.get(name, ()) for p in both)


def patient(guard):
    """A guard with state aliases or alarm() makes the rule patient; schedule and mode do not."""
    return any(parts_of(guard, ("alias", "alarm")))
