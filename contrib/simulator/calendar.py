"""What happens when, in simulated seconds from the start.

A process is a generator: it yields the seconds until its next act, and acts by calendar.send(). Processes run in the
order of their times, and of their start when these are equal; each has a random source of its own, seeded by its name.
So one seed gives one day, message for message, at any speed.
"""

import heapq
import random


class Calendar:
    def __init__(self, seed):
        self.seed = seed
        self.now = 0.0
        self.sent = []
        self._heap = []
        self._count = 0
        self._quiet = []
        self._stopped = {}

    def random(self, name):
        return random.Random(f"{self.seed}/{name}")

    def start(self, name, process, *arguments):
        """process(calendar, its random source, *arguments) is a generator."""
        self._push(self.now, process(self, self.random(name), *arguments))

    def _push(self, at, generator):
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, generator))

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
