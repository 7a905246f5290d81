"""The command: many cases on two cores, failures shrunk and told as stories."""

import argparse
import multiprocessing
import random
import sys
import time

from . import generate, shrink, trial

BATCH = 200


def batch(work):
    """One batch of seeds: (how many, [Failure])."""
    seeds, features = work
    cases = [generate.Generator(seed, features).case() for seed in seeds]
    return len(cases), [failure for failure in trial.run(cases) if failure]


def tell(failure, out):
    """A failure as a story that can be read and played."""
    case = failure.case
    lines = [f"seed {case.seed} ({case.kind}): not so: {failure.question}"]
    for n, rules in enumerate(case.rule_sets):
        lines += [f"rule set {n}:"] if n else []
        lines += [line for rule in rules for line in rule.yaml().splitlines()]
    number = 0
    for row in case.rows:
        lines.append(f"{'' if row.verb == 'snapshot' else number:>4}  {row.text()}" + (f"  #{row.event.seq}" if row.event else ""))
        number += row.verb != "snapshot"
    for line in lines + failure.text:
        print(out + line)
    print(out)


def options(argv):
    p = argparse.ArgumentParser(description="Random rule sets and stories, played by the engine and by a slow reference.")
    p.add_argument("--pairs", type=int, default=1000, help="how many rule sets, each with a story")
    p.add_argument("--seed", type=int, help="the first one's seed; the next ones follow. Default: a random one")
    p.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    p.add_argument("--features", help="only these, comma-separated: " + ", ".join(sorted(generate.FEATURES)))
    p.add_argument("--show", type=int, default=3, help="how many failures are shrunk and told")
    p.add_argument("--tap", action="store_true", help="for meson")
    return p.parse_args(argv)


def run(o, seed, features):
    """Plays all; returns (pairs, failures), the shortest first."""
    work = [(range(seed + i, seed + min(i + BATCH, o.pairs)), features) for i in range(0, o.pairs, BATCH)]
    pairs, failures = 0, []
    with multiprocessing.Pool(o.jobs) as pool:
        for n, found in pool.imap_unordered(batch, work):
            pairs, failures = pairs + n, failures + found
    return pairs, sorted(failures, key=lambda f: len(f.case.rows))


def main(argv):
    o = options(argv)
    seed = o.seed if o.seed is not None else random.SystemRandom().randrange(1 << 40)
    features = frozenset(o.features.split(",")) if o.features else generate.FEATURES
    out = "# " if o.tap else ""
    print(f"{out}seed {seed}", flush=True)
    began = time.monotonic()
    pairs, failures = run(o, seed, features)
    for failure in failures[:o.show]:
        tell(shrink.shrink(failure.case, trial.fails)[1], out)
    print(f"{out}{pairs} pairs, {len(failures)} failed, {time.monotonic() - began:.0f} s")
    if o.tap:
        tap(pairs, failures)
    return 1 if failures or not pairs else 0


def tap(pairs, failures):
    print(f"1..{len(trial.QUESTIONS)}")
    for number, question in enumerate(trial.QUESTIONS, 1):
        bad = not pairs or any(f.question == question for f in failures)
        print(f"{'not ok' if bad else 'ok'} {number} {question}")


def entry():
    sys.exit(main(sys.argv[1:]))
