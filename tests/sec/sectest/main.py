"""The command: random streams for every pair of rules, then the known differences one by one."""

import argparse
import random
import sys

from . import differences, pairs, peers, stream

SIZES = ((1, 2), (4, 3), (10, 5))  # window, threshold


class Streams:
    """So many random streams, given to all rules of one size at once."""

    def __init__(self, events, window, seed, keys, rules):
        given = []
        for key in range(keys):
            generator = random.Random(f"{seed} {window} {key}")
            given += [(second, n, word, f"k{key}") for n, (second, word) in enumerate(events(generator, window))]
        self.given = [(second, word, key) for second, _, word, key in sorted(given, key=lambda e: (e[0], e[3], e[1]))]
        self.theirs = peers.sec("".join(p.sec for p in rules), self.given, stream.UNTIL)
        self.mine = peers.ours("".join(p.ours for p in rules), self.given, stream.UNTIL)

    def firings(self, pair):
        """What SEC says, and ours in its words, of one pair: two sorted lists of (key, second, what)."""
        says = set(pair.says.values())
        return (sorted((key, t, what) for t, name, what, key in self.theirs if name == pair.name and what in says),
                sorted((key, t, pair.says[what]) for t, name, what, key in self.mine if name == pair.name and what in pair.says))

    def tell(self, theirs, mine):
        """One key of which they say different things."""
        key = min(set(theirs) ^ set(mine))[0]
        yield f"{key}: " + " ".join(f"{t}{word}" for t, word, k in self.given if k == key)
        for who, said in (("SEC", theirs), ("ours", mine)):
            yield f"  {who}: " + ", ".join(f"{t:g} {what}" for k, t, what in said if k == key)


def judge(pair, same, part):
    """How many firings were compared; and what is wrong, line by line."""
    theirs, mine = same.firings(pair)
    if theirs != mine:
        return len(theirs), list(same.tell(theirs, mine))
    if not theirs:
        return 0, ["nothing fired"]
    if not pair.part:
        return len(theirs), []
    some, all_of = part.firings(pair)
    if not some:
        return 0, ["nothing fired in part"]
    kept = [x for x in all_of if x in set(some)]
    return len(theirs) + len(some), [] if set(some) <= set(all_of) else list(part.tell(some, kept))


def of_size(window, threshold, seed, keys):
    rules = list(pairs.pairs(window, threshold))
    streams = {events: Streams(getattr(stream, events), window, seed, keys, rules) for events in stream.ALL}
    for pair in rules:
        yield (pair.name, *judge(pair, streams[pair.events], streams.get(pair.part)))


def questions(seed, keys):
    for window, threshold in SIZES:
        yield from of_size(window, threshold, seed, keys)
    for name, why, wrong in differences.all_():
        yield f"differs: {name}", why, wrong


def main(argv):
    p = argparse.ArgumentParser(description="Rules of SEC and ours, given the same random streams.")
    p.add_argument("--keys", type=int, default=200, help="streams of each kind")
    p.add_argument("--seed", type=int, help="default: a random one")
    o = p.parse_args(argv)
    seed = o.seed if o.seed is not None else random.SystemRandom().randrange(1 << 30)
    print(f"# seed {seed}", flush=True)
    number = failed = 0
    for name, note, wrong in questions(seed, o.keys):
        number += 1
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} {name}\n# {note}{' firings' * isinstance(note, int)}", flush=True)
        for line in wrong:
            print(f"# {line}")
    print(f"1..{number}")
    return 1 if failed else 0


def entry():
    sys.exit(main(sys.argv[1:]))
