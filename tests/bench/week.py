#!/usr/bin/python3
"""A week of the example hospital, lived to the end: the report that the product makes of it.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/week.py [--days 7] [--seed 1] [--into FOLDER]
    WARDWATCH_BUILD=/tmp/build-release tests/bench/week.py --memory [--days 7] [--rate 10]

The simulator's messages and the people who deal with what comes of them make a journal, by a clock that is moved by hand
(week.c). The real daemon starts on it, replays and compares all of it, and stores it in a real PostgreSQL; of that
`wardwatch report weekly` is asked. With --into the reports are kept there: a-week.html, a-week.txt.

With --memory nothing is stored, and --rate badge readings a second come beside; told is what the stages remember at each
midnight: windows of a day are full at the first, and from the second on nothing may grow by more than a twentieth.

Prints JSON; the exit code is 1 if the daemon's replay differs, a story stayed without its alarm, or a report is empty.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import live
from live import BUILD, HERE, Daemon, wait_for

from harness import spine
from harness.postgres import Postgres

ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "contrib"))

from simulator import stories  # noqa: E402


def shipped(name):
    """Words of an array of contrib/local.sh."""
    return re.search(rf"^{name}=\((.*)\)$", (ROOT / "contrib/local.sh").read_text(), re.M)[1].split()


def settings():
    return {"paths.sensors": [ROOT / f"rules/sensors/{name}.yaml" for name in shipped("SENSOR_TYPES")],
            "paths.rules": [ROOT / "rules/hospital"], "paths.site": [ROOT / "rules/site"],
            "paths.response": [ROOT / "rules/response"], "mqtt.urgent": shipped("URGENT_TOPICS"),
            "mqtt.bulk": shipped("BULK_TOPICS"), "journal.size": "8GiB", "journal.keep": "30d", "log.level": "notice"}


def lived(daemon, options, begin, end):
    """The figures of the journal that has been made."""
    lines = subprocess.Popen([ROOT / "contrib/simulate", "--week", "--lines", "--seed", str(options.seed), "--for",
                              str(options.days * 86400)], stdout=subprocess.PIPE)
    rate = [str(options.rate)] if options.memory else []
    made = subprocess.run([BUILD / "tests/bench/bench-week", daemon.config, str(begin), str(end), *rate], stdin=lines.stdout,
                          stdout=subprocess.PIPE, text=True, check=True)
    if lines.wait():
        sys.exit("week: the simulator failed")
    words = made.stdout.split()
    return dict(zip(words[::2], map(int, words[1::2])))


def memory(options, folder, broker):
    begin = int(stories.WEEK_BEGIN)
    daemon = Daemon(folder, broker=broker, settings=settings() | {"journal.size": "16GiB"})
    (daemon.folder / "state").mkdir()
    found = lived(daemon, options, begin, begin + options.days * 86400)
    return {"inputs": found["inputs"], "heap_mib": [round(found[f"heap_kib_{day}"] / 1024, 1) for day in range(1, options.days + 1)]}


def report(postgres, begin, end, form):
    at = [datetime.datetime.fromtimestamp(second, datetime.timezone.utc).isoformat() for second in (begin, end)]
    done = subprocess.run([os.environ["WARDWATCH_BIN"], "report", "weekly", "--from", at[0], "--to", at[1], "--timezone",
                           "Europe/Berlin", "--format", form, "--database", postgres.url], stdout=subprocess.PIPE, check=True)
    return done.stdout


def run(options, folder, broker, postgres):
    begin = int(stories.WEEK_BEGIN)
    end = begin + options.days * 86400
    daemon = Daemon(folder, broker=broker, postgres=postgres, settings=settings())
    spine.migrate(postgres, daemon.config)
    (daemon.folder / "state").mkdir()
    started = time.monotonic()
    found = lived(daemon, options, begin, end)
    found["lived_seconds"] = round(time.monotonic() - started, 1)
    try:
        daemon.start(timeout=600)
        wait_for(lambda: (postgres.value("SELECT max(seq) FROM store_cursor") or 0) >= found["inputs"], 1800, "the whole week in PostgreSQL")
        found["replay_differs"] = daemon.status()["replay_differs"]
    finally:
        daemon.close()
    raised = {rule for (rule,) in postgres.query("SELECT DISTINCT rule FROM alarm WHERE raised_at < to_timestamp(%s)", end)}
    found["alarms"] = postgres.value("SELECT count(*) FROM alarm WHERE raised_at < to_timestamp(%s)", end)
    found["without_alarm"] = sorted(set(stories.rules_of_week()) - raised) if options.days >= 7 else []
    found["reports"] = {form: report(postgres, begin, end, form).decode() for form in ("text", "html")}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=pathlib.Path)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--rate", type=int, default=10)
    parser.add_argument("--folder", default=os.environ.get("TMPDIR", "/var/tmp"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        if options.memory:
            with live.broker(folder) as broker:
                found = memory(options, folder, broker)
            print(json.dumps(found))
            sys.exit(1 if options.days > 2 and max(found["heap_mib"][2:]) > found["heap_mib"][1] * 1.05 else 0)
        with live.broker(folder) as broker, Postgres(extra="max_wal_size = 8GB") as postgres:
            found = run(options, folder, broker, postgres)
    reports = found.pop("reports")
    for form, ending in (("text", "txt"), ("html", "html")):
        if options.into:
            (options.into / f"a-week.{ending}").write_text(reports[form])
    print(json.dumps(found, indent=2))
    sys.exit(1 if found["replay_differs"] or found["without_alarm"] or not all(reports.values()) else 0)


if __name__ == "__main__":
    main()
