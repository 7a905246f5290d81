"""Journal time, the watermark, and the time without intake."""

from bisect import bisect_left


class Clock:
    def __init__(self, rows):
        self.rows = [r for r in rows if r.verb != "snapshot"]
        self.times = [r.event.arrival if r.event else r.time for r in self.rows]
        self.blind = self.blindness()

    def blindness(self):
        """[(from, to)], an open end is infinite."""
        found = []
        for row in self.rows:
            if row.verb == "blind" and not (found and found[-1][1] is None):
                found.append((row.time, None))
            elif row.verb == "seen" and found and found[-1][1] is None:
                found[-1] = (found[-1][0], row.time)
        return [(a, float("inf") if b is None else b) for a, b in found]

    def reached(self, time, wait):
        """The first row whose watermark (journal time − wait) reaches `time`; as many as there are: none."""
        return bisect_left(self.times, time + wait)

    def moved(self, time, wait):
        """Absence deadlines that are undecided when a blindness begins move to its end + wait."""
        for begin, end in self.blind:
            if time + wait > begin and time < end + wait:
                time = end + wait
        return time

    def standing_still(self, time, span):
        """When a clearing timer of `span` that starts at `time` ends: it stands still while blind."""
        for begin, end in self.blind:
            if time < end and time + span > begin:
                span -= max(begin - time, 0)
                time = end
        return time + span
