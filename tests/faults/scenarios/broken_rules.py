"""A reload with broken files: the whole set is checked; it comes into force at once, or the old one stays and the log says
file, line and column. Under load, with rules that are mutated at random."""

import re
import urllib.request

from harness import spine
from harness.machine import free_port

TARGET = "the old set stays"


def mutate(text, random):
    lines = text.split("\n")
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(lines))
        how = random.randrange(5)
        if how == 0:
            del lines[at]
        elif how == 1:
            lines[at] += random.choice([" :", " [", " }", "\t", " *x", ' "', " &a"])
        elif how == 2:
            word = re.search(r"\w+", lines[at])
            lines[at] = lines[at].replace(word.group(), word.group()[::-1] + "q", 1) if word else "- ?"
        elif how == 3:
            lines.insert(at, lines[random.randrange(len(lines))])
        else:
            lines[at] = lines[at].replace("24h", "24parsecs").replace("number", "nubmer")
        lines = lines or ["x"]
    return "\n".join(lines)


def reloads(port):
    """{"taken": n, "refused": n}, as the supervisor's metrics say: the log writes a line that repeats once a minute."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {what: float(n) for what, n in re.findall(r'^wardwatch_supervisor_reloads_total\{[^}]*"(\w+)"\} ([0-9.]+)', text, re.M)}


def reload(h, port):
    """"taken" or "refused"."""
    before = reloads(port)
    h.daemon.reload()
    after = h.wait(lambda: (now := reloads(port)) != before and now, "an answer to the reload")
    return next(what for what in after if after[what] != before.get(what))


def run(h, random):
    port = free_port()
    h.start(metrics__supervisor=port)
    pid = h.daemon.pid("engine")
    rounds = 100 if h.long else 8
    load = h.load(count=1000 * rounds, rate=1000, devices=10)
    extra = h.daemon.rules / "hospital" / "mutated.yaml"
    refused, in_force = 0, None
    for n in range(rounds):
        rules = spine.RULES.replace("rule: ", "rule: other-")
        text = mutate(rules, random)
        extra.write_text(text)
        hash, since = h.daemon.status()["rules"]["hash"], len(h.daemon.log)
        if reload(h, port) == "refused":
            refused += 1
            h.expect(re.search(r"mutated\.yaml:\d+:\d+: ", h.daemon.log[since:]), f"no place is told: {h.daemon.log[since:]}")
            h.expect(h.daemon.status()["rules"]["hash"] == hash, "refused rules are in force")
        elif text != in_force:  # it is taken when it is found right; the engine has it with a turn of its own
            h.wait(lambda: h.daemon.status()["rules"]["hash"] != hash, "the rules that were taken")
            in_force = text
    h.expect(refused, "no set was refused")
    extra.unlink()
    h.expect(reload(h, port) == "taken", "the right files are refused")
    h.expect(h.daemon.pid("engine") == pid, "a reload ended the engine")
    h.notes.append(f"{refused} of {rounds} sets refused")
    h.check(load)
