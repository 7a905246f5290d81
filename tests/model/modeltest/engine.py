"""The engine, through tests/model/driver: cases in, detections out."""

import os
import re
import subprocess

from . import hospital

SECONDS_MAX = 60  # for a batch, on a machine with other work; the slowest so far took 20
LINE = re.compile(r"(\d+) (\w+) (-?\d+) (\S+) \[(.*?)\] (\w+)((?: \w+)*) \|(.*)")


class Told:
    """One detection as the engine told it."""

    def __init__(self, text):
        found = LINE.fullmatch(text)
        self.text = text
        self.row, self.what, self.time = int(found[1]), found[2], int(found[3])
        self.rule, self.key, self.priority = found[4], found[5], found[6]
        self.flags = set(found[7].split())
        self.evidence = [evidence(word) for word in found[8].split()]


def evidence(word):
    role, rest = word.split("@")
    time, seq = rest.split("/")
    return role, int(time), int(seq)


def case_text(name, rule_sets, plays):
    parts = [f"case {name}", "site", hospital.TEXT.rstrip(), "."]
    for rules in rule_sets:
        parts += ["rules", *(r.yaml() for r in rules), "."]
    for how, rows in plays:
        parts += [how, *(r.text() for r in rows), "."]
    return "\n".join(parts + ["end", ""])


def run(text):
    """What the driver says, by case: ({name: (refusal, [[Told] of each play])}, None or why it ended early)."""
    try:
        done = subprocess.run([os.environ["MODEL_DRIVER"]], input=text, capture_output=True, text=True, timeout=SECONDS_MAX)
        out, crash = done.stdout, done.stderr.splitlines()[-60:] if done.returncode else None
    except subprocess.TimeoutExpired as late:
        out, crash = (late.stdout or b"").decode(), [f"not done after {SECONDS_MAX} seconds"]
    found, name = {}, None
    for line in out[:out.rfind("\n") + 1].splitlines():
        if line.startswith("case "):
            name = line[5:]
            refusal, plays = [], []
        elif line == "end":
            found[name] = (refusal, plays)
        elif line.startswith(("refused", "|")):
            refusal.append(line)
        elif line == "play":
            plays.append([])
        else:
            plays[-1].append(Told(line))
    return found, crash
