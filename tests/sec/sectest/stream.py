"""Random streams at whole seconds: [(second, word, key)]. A key is a stream of its own, so that many are played at once."""

LAST = 240  # seconds; what hangs on is over by UNTIL
UNTIL = 300


def any_(random, window):
    """Dense or sparse, often several in one second, often exactly a window apart."""
    steps = random.choice(((0, 1), (0, 1, 2, window), (1, window, window + 1), (0, 1, 2, 3, window - 1, window + 1, 3 * window)))
    words, second, found = random.choice(("a", "aab", "ab", "abb")), random.randrange(5), []
    while second <= LAST and len(found) < 60:
        found.append((second, random.choice(words)))
        second += random.choice(steps)
    return found


def bursts(random, window):
    """Bursts no longer than a window, with more than two windows between them: whatever an engine remembers of one is
    gone at the next."""
    begin, found = random.randrange(5), []
    while begin + window <= LAST:
        found += sorted((begin + random.randint(0, window), random.choice("aab")) for _ in range(random.randint(1, 9)))
        begin += 3 * window + 3 + random.randrange(3)
    return found


def apart(random, window):
    """No `a` while an earlier one waits for its `b`."""
    found, waits = [], None
    for second, word in any_(random, window):
        if word == "a" and waits is not None and second - waits <= window:
            continue
        waits = second if word == "a" else None
        found.append((second, word))
    return found


ALL = ("any_", "bursts", "apart")
