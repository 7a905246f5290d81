"""Which scenarios there are, one run of one of them, and the table of many."""

import dataclasses
import importlib.util
import pathlib
import random
import shutil
import statistics
import tempfile
import traceback

from .hospital import Hospital, Skipped
from .oracle import Verdict

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "scenarios"


@dataclasses.dataclass
class Scenario:
    """A file of scenarios/. Its docstring's first line says what must happen; TARGET the time that it may take, as it is
    told; LIMIT the same in seconds, None = no time is meant; VARIANTS the kinds of the fault; SLICE those of them that CI
    runs, all if it is not said."""
    name: str
    variant: str
    module: object

    @property
    def title(self):
        return f"{self.name}[{self.variant}]" if self.variant else self.name

    @property
    def in_slice(self):
        return self.variant in getattr(self.module, "SLICE", (self.variant,))

    @property
    def target(self):
        return getattr(self.module, "TARGET", "")

    @property
    def limit(self):
        return getattr(self.module, "LIMIT", None)


@dataclasses.dataclass
class Result:
    scenario: Scenario
    verdict: Verdict = dataclasses.field(default_factory=Verdict)
    runs: int = 0
    failed: int = 0
    recoveries: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    missed: bool = False
    skipped: str = ""


def load(path):
    spec = importlib.util.spec_from_file_location(f"scenarios.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scenarios(names=()):
    """All, or those of these names: `kill`, or one variant of it, `kill[engine]`."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        module = load(path)
        found += [Scenario(path.stem, variant, module) for variant in getattr(module, "VARIANTS", ("",))]
    unknown = set(names) - {s.title for s in found} - {s.name for s in found}
    if unknown:
        raise SystemExit(f"no such scenario: {', '.join(sorted(unknown))}; there are {', '.join(s.title for s in found)}")
    return [s for s in found if not names or s.name in names or s.title in names]


def run_once(scenario, cluster, seed, long, result, keep=False):
    """One run; True if it was as it must be."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"ww-fault-{scenario.name}-"))
    folder.chmod(0o755)
    good = False
    result.runs += 1
    with Hospital(folder, cluster, scenario.variant, long) as h:
        try:
            scenario.module.run(h, random.Random(seed))
        except Skipped as why:
            result.skipped = str(why)
            result.runs -= 1
            h.verdict = Verdict()
        except Exception:
            h.wrong(traceback.format_exc())
            if h.daemon:
                h.wrong(h.daemon.log[-1500:])
        good = h.verdict.good
        result.verdict.add(h.verdict)
        result.recoveries += h.recoveries
        result.notes += h.notes
        result.missed |= h.missed
    result.failed += not good
    if good or not keep:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"  kept: {folder}", flush=True)
    return good


def spans(seconds):
    if not seconds:
        return "", ""
    return f"{statistics.median(seconds):.2f} s", f"{max(seconds):.2f} s"


def judged(result):
    if result.skipped:
        return "skipped"
    if result.failed:
        return "**failed**"
    limit = result.scenario.limit
    late = limit is not None and result.recoveries and max(result.recoveries) > limit
    return "**missed**" if late or result.missed else "met"


HEAD = ("| scenario | runs | published | lost | duplicated | invented | alarms that differ | recovery p50 | max | target | |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")


def remarks(result):
    told = result.notes[-1:]
    if result.verdict.handed_on:
        told.append(f"{result.verdict.handed_on:,} that the generator sent again came twice from the broker")
    return ": " + ", ".join(told) if told else ""


def row(result):
    v = result.verdict
    half, most = spans(result.recoveries)
    return (f"| {result.scenario.title} | {result.runs} | {v.published:,} | {v.lost} | {v.duplicated} | {v.invented} | "
            f"{v.alarms} | {half} | {most} | {result.scenario.target} | {judged(result)}{remarks(result)} |")


def table(results):
    return "\n".join([HEAD, *map(row, results)])
