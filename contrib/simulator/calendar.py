"""What happens when, in simulated seconds from the start.

A process is a generator: it yields the seconds until its next act, and acts by calendar.send(). Processes run in the
order of their times, and of their start when these are equal; each has a random source of its own, seeded by its name.
So one seed gives one day, message for message, at any speed.
"""

import heapq
import random

DAY = 86400.0
# how much goes on, by the hour, against the busiest
BY_HOUR = [.12, .1, .08, .08, .1, .25, .6, .9, 1, 1, 1, .95, .9, .95, 1, 1, .95, .85, .7, .55, .4, .3, .22, .15]
STEP = 15.0  # s: about what it takes to walk from one unit to the next
FAR = 12 * STEP  # farther than any two units are apart


class Calendar:
    def __init__(self, seed, second_of_week=36000.0):
        """second_of_week: of the local week that begins on Monday, at simulated time 0."""
        self.seed = seed
        self.start_second = second_of_week
        self.now = 0.0
        self.sent = []
        self._heap = []
        self._count = 0
        self._quiet = []
        self._stopped = {}
        self._cards = {}
        self.detectors = set()  # of movement

    def random(self, name):
        return random.Random(f"{self.seed}/{name}")

    def start(self, name, process, *arguments):
        """process(calendar, its random source, *arguments) is a generator."""
        self._push(self.now, process(self, self.random(name), *arguments))

    def _push(self, at, generator):
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, generator))

    def hour(self):
        return (self.start_second + self.now) % DAY / 3600

    def weekday(self):
        """0 = Monday."""
        return int((self.start_second + self.now) // DAY) % 7

    def activity(self):
        return BY_HOUR[int(self.hour())] * (0.6 if self.weekday() >= 5 else 1)

    def is_day(self):
        """Office hours of those who do not work in shifts."""
        return self.weekday() < 5 and 8 <= self.hour() < 17

    def until(self, second_of_day):
        """Seconds from now to that time of day."""
        return (second_of_day - self.start_second - self.now) % DAY or DAY

    def take_card(self, source, cards, ward):
        """A card whose owner can be there by now; None: nobody can."""
        free = [c for c in cards if self._card_is_free(c, ward)]
        if not free:
            return None
        card = source.choice(free)
        self._cards[card.device] = (self.now, ward)
        return card

    def keep_card(self, card, seconds):
        """Its owner is on the way for so long, and uses it nowhere else."""
        self._cards[card.device] = (self.now + seconds, None)

    def _card_is_free(self, card, ward):
        used = self._cards.get(card.device)
        return not used or used[1] == ward or self.now - used[0] > FAR

    def send(self, message):
        self.sent.append(message)

    def say(self, text):
        """For people who watch."""
        self.sent.append(text)

    def keep_quiet(self, ward, until):
        """No ordinary passages in this ward: a story is told there."""
        self._quiet.append((ward, until))

    def is_quiet(self, ward):
        return any(w == ward and self.now < until for w, until in self._quiet)

    def stop_device(self, device, until):
        self._stopped[device] = until

    def is_stopped(self, device):
        return self.now < self._stopped.get(device, 0)

    def entries(self):
        """(time, message or text), for ever, or until no process is left."""
        while self._heap:
            self.now, _, generator = heapq.heappop(self._heap)
            wait = next(generator, None)
            if wait is not None:
                self._push(self.now + wait, generator)
            entries, self.sent = self.sent, []
            for entry in entries:
                yield self.now, entry
