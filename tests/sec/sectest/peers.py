"""The two engines, each given the same events: SEC, whose clock is the input's, and ours through the model test's driver.

Events are (second, word, key), sorted by second. SEC is told the time by a line `tick N` for each second, behind which its
main loop looks at its lists as it does once a second in real life; then come the second's events.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
SEC = "/usr/bin/sec"
SECONDS_MAX = 60
SECOND = 1_000_000
T0 = 1_700_000_000  # of tests/unit/correlate/story.h
KINDS = {"a": "access.denied", "b": "access.granted", "c": "credential"}
SITE = "site: test\nzones:\n  - {zone: W3, type: ward}\n"
LINE = re.compile(r"\d+ (\w+) (-?\d+) (\S+) \[(?:badge=)?(.*?)\]")

CLOCK = r"""type=Suppress
ptype=PerlFunc
pattern=sub { $_[0] =~ /^tick (\d+)$/ or return 0; $VirtualClock::now = $1; return 1 }
desc=the second that it is

"""


def sec_lines(events, until):
    events, lines = list(events), []
    for second in range(until + 1):
        lines.append(f"tick {T0 + second}")
        while events and events[0][0] == second:
            lines.append("%s %s" % events.pop(0)[1:])
    return "\n".join(lines) + "\n"


def sec(rules, events, until):
    """{(second, rule, what, key)}, a list: what each `write - RULE WHAT KEY %u` said."""
    with tempfile.TemporaryDirectory() as folder:
        conf, lines = Path(folder, "rules"), Path(folder, "lines")
        conf.write_text(CLOCK + rules)
        lines.write_text(sec_lines(events, until))
        done = subprocess.run(["perl", f"-I{HERE}", "-MVirtualClock", SEC, f"--conf={conf}", f"--input={lines}", "--notail",
                               "--debug=3", "--nochildterm"], capture_output=True, text=True, timeout=SECONDS_MAX,
                              env={**os.environ, "PERL_HASH_SEED": "0"})
    if done.returncode:
        raise RuntimeError(f"SEC ended with {done.returncode}: {done.stderr}")
    told = [line.split() for line in done.stdout.splitlines()]
    return [(int(time) - T0, rule, what, key) for rule, what, key, time in told]


def ours(rules, events, until):
    """The same of our engine: what it says of each raise, clear and further match (`again`)."""
    rows = [f"{event[0] * SECOND:.0f}us {KINDS[event[1]]} d badge={event[2]}"
            + (f" at {event[3] * SECOND:.0f}us" if len(event) > 3 else "") for event in events]
    text = "\n".join(["case x", "site", SITE.rstrip(), ".", "rules", rules.rstrip(), ".", "play", *rows,
                      f"{(until + 5) * SECOND}us tick", ".", "end", ""])
    done = subprocess.run([os.environ["MODEL_DRIVER"]], input=text, capture_output=True, text=True, timeout=SECONDS_MAX)
    if done.returncode or "\nrefused" in done.stdout:
        raise RuntimeError(f"our engine: {done.stdout}{done.stderr}")
    found = [LINE.match(line) for line in done.stdout.splitlines()]
    return [(int(m[2]) / SECOND, m[3], m[1], m[4]) for m in found if m]
