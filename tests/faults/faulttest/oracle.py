"""The oracle of every fault: what was published is held against PostgreSQL, and every alarm against the undisturbed run's.

The generator writes down each (device, number) that the broker acknowledged. The rules of spine.py give the same alarms for
such a list whenever its messages came, so that an undisturbed run need not be made: expected_alarms() is it, and the
scenario `undisturbed` shows that it is. All other rules are held against themselves: the recorded history, replayed by the
recording's own rules, must give the very alarms that PostgreSQL has.
"""

import collections
import dataclasses
import json
import re

from harness import spine


LIMIT = 3600  # s, for what reads a whole journal: ten million records take their time


@dataclasses.dataclass
class Verdict:
    published: int = 0
    lost: int = 0
    duplicated: int = 0
    invented: int = 0
    handed_on: int = 0  # there twice because the broker got them twice: no fault, but told
    alarms: int = 0  # that differ, are missing or are there without a cause
    wrong: list = dataclasses.field(default_factory=list)  # what else is not as it must be, in words

    @property
    def good(self):
        return not (self.lost or self.duplicated or self.invented or self.alarms or self.wrong)

    def add(self, other):
        for name in ("published", "lost", "duplicated", "invented", "handed_on", "alarms"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        return self

    def __str__(self):
        text = (f"published {self.published}, lost {self.lost}, duplicated {self.duplicated}, invented {self.invented}, "
                f"alarms that differ {self.alarms}")
        return "\n".join([text, *map(str, self.wrong)])


def compare_lists(published, stored, again=()):
    """Of (device, number): what is missing, what is there more often than it was sent, what nobody published. `again`: each
    time that one was sent once more because its ack did not come; MQTT lets the broker hand that on as another."""
    sent = collections.Counter(again)
    want, have = collections.Counter(published), collections.Counter(stored)
    if want and max(want.values()) > 1:
        raise AssertionError("the generator itself repeated")
    return Verdict(published=len(published), lost=len(want.keys() - have.keys()), invented=len(have.keys() - want.keys()),
                   duplicated=sum(max(0, n - 1 - sent[pair]) for pair, n in have.items()),
                   handed_on=sum(min(n - 1, sent[pair]) for pair, n in have.items() if n > 1))


def alarms(postgres, published):
    """How many alarms are not those of an undisturbed run, with the first few of them."""
    want, have = spine.expected_alarms(published), spine.stored_alarms(postgres)
    rules = ("every-hundredth", "ten-in-a-day", "second-after-first")
    have = collections.Counter({key: n for key, n in have.items() if key[0] in rules and key[2] in ("raise", "again")
                                and re.fullmatch(r"device=\d+", key[1])})
    missing, more = want - have, have - want
    wrong = [f"alarms missing {dict(missing.most_common(5))}, too many {dict(more.most_common(5))}"] if missing or more else []
    return Verdict(alarms=sum(missing.values()) + sum(more.values()), wrong=wrong)


def journal(daemon):
    """The journal in itself: a restart concluded what was written, and each record is whole."""
    verdict = Verdict()
    differs = daemon.status()["replay_differs"]
    if differs:
        verdict.wrong.append(f"a restart concluded otherwise {differs} times")
    done = daemon.run("journal", "verify")
    if done.returncode:
        verdict.wrong.append(f"journal verify: {done.stdout[-500:]}{done.stderr[-500:]}")
    return verdict


def chain(daemon, postgres):
    """The record in PostgreSQL: its chain is whole."""
    done = daemon.run("verify", "--database", postgres.url, timeout=LIMIT)
    return Verdict(wrong=[f"verify: {done.stdout[-800:]}{done.stderr[-300:]}"] if done.returncode else [])


def transitions(lines):
    return [line for line in lines if json.loads(line).get("type") == "transition"]


def place(line):
    """Where a change stands in the history."""
    change = json.loads(line)
    return change["seq"], change["n"]


TOLD = ("seq", "n", "alarm", "rule", "cause", "state", "priority")


def told(line):
    """What the table alarm_transition has of a change, too."""
    change = json.loads(line)
    t = change["transition"]
    a = t["alarm"]
    return dict(zip(TOLD, (change["seq"], change["n"], a["id"], a["rule"], t["cause"], a["state"], a["priority"])))


def replayed_journal(daemon, postgres, number):
    """One of several journals, beside what PostgreSQL has of it: a journal that was moved aside cannot be read any more."""
    rows = postgres.query("SELECT seq, n, alarm, rule, cause, new_state, priority FROM alarm_transition WHERE journal = %s ORDER BY seq, n", number)
    lived = [dict(zip(TOLD, row)) for row in rows]
    done = daemon.run("replay", "--as-recorded", "--json", "--journal", str(number), timeout=LIMIT)
    again = [told(line) for line in transitions(done.stdout.splitlines())][:len(lived)]
    if done.returncode or again != lived:
        n = next((n for n, (a, b) in enumerate(zip(lived, again)) if a != b), min(len(lived), len(again)))
        return Verdict(alarms=1, wrong=[f"journal {number} replayed, change {n} of {len(lived)} / {len(again)} is another:\n"
                                        f"{lived[n:n + 1]}\n{again[n:n + 1]}\n{done.stderr[-500:]}"])
    return Verdict()


def replayed(daemon, postgres):
    """What was concluded comes again. Of several journals in one database each that has its beginning there; one that was
    salvaged goes on from a state that is another's, and only has to be read to its end."""
    spine.settle(daemon)
    journals = postgres.query("SELECT j.journal, (SELECT min(seq) FROM input i WHERE i.journal = j.journal) FROM journal j ORDER BY 1")
    if len(journals) == 1:
        return replayed_lines(daemon)
    verdict = Verdict()
    for number, first in journals:
        if first == 1:
            verdict.add(replayed_journal(daemon, postgres, number))
        elif first is not None:
            done = daemon.run("replay", "--as-recorded", "--json", "--journal", str(number), timeout=LIMIT)
            if done.returncode:
                verdict.wrong.append(f"journal {number} cannot be replayed: {done.stderr[-500:]}")
    return verdict


def each_transition(path, start=""):
    """Line by line, of a file that may be larger than the memory."""
    with path.open() as lines:
        for line in lines:
            if line.startswith(start) and '"type":"transition"' in line[len(start):len(start) + 80]:
                yield line.rstrip("\n")[len(start):-1 if start else None]


def replayed_lines(daemon):
    """To the byte: `replay --as-recorded` of PostgreSQL beside the journal's own lines. Life goes on, so that the replay may have
    more, but never less: what the journal has by now is waited for. And it has what the journal was trimmed of."""
    dump, again = daemon.folder / "lived.jsonl", daemon.folder / "again.jsonl"
    daemon.run_into(dump, "journal", "dump", "--json", timeout=LIMIT)
    spine.settle(daemon)
    done = daemon.run_into(again, "replay", "--as-recorded", "--json", timeout=LIMIT)
    lived, first = each_transition(dump, '{"in":"output","record":'), None
    replayed = each_transition(again)
    for n, line in enumerate(lived):
        first = first or place(line)
        other = next(replayed, None)
        while n == 0 and other and place(other) < first:
            other = next(replayed, None)
        if line != other:
            return Verdict(alarms=1, wrong=[f"replayed, change {n} is another:\n{line}\n{other}\n{done.stderr[-500:]}"])
    return Verdict(alarms=1, wrong=[f"replay: {done.stderr[-500:]}"]) if done.returncode else Verdict()


def clean_deaths(daemon):
    """No process ended by a fault of its own: by a signal that nobody sent, or with a sanitizer's report."""
    bad = ("Sanitizer", "runtime error:", "signal 11", "signal 6 ", "signal 7 ", "signal 8 ")
    found = [line for line in daemon.log.splitlines() if any(word in line for word in bad)]
    return Verdict(wrong=[f"a process died of itself: {line}" for line in found[:3]])
