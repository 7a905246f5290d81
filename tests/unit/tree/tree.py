#!/usr/bin/python3
"""The shape of the source tree: what includes what, how long files are, what lies where. Prints TAP."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ["WARDWATCH_SOURCE"])

# Who may include whom: the arrows of the design. "engine" is what lies in daemon/ itself and wires the stages.
STAGES = {
    "base": [],
    "config": ["base"],
    "supervisor": ["base", "config"],
    "sandbox": ["base", "config"],
    "expr": ["base", "config"],
    "journal": ["base", "config"],
    "ingress": ["base", "config"],
    "decode": ["base", "config", "expr"],
    "correlate": ["base", "config", "expr", "decode"],
    "alarm": ["base", "config", "expr", "decode", "correlate"],
    "response": ["base", "config", "expr", "journal", "decode", "correlate", "alarm"],
    "records": ["base", "config", "expr", "journal", "decode", "correlate", "alarm", "response"],
    "store": ["base", "config", "journal"],
    "report": ["base", "config", "store"],  # asks PostgreSQL, over the store's connection
    "auth": ["base", "config"],
    "notify": ["base", "config", "journal"],
    "console": ["base", "config", "report"],  # asks the named questions
    "engine": ["base", "config", "expr", "journal", "ingress", "decode", "correlate", "alarm", "response", "records"],
    "command": None,  # sits on top of all of them
}
TOP_LEVEL = {"daemon", "rules", "include", "schema", "tests", "contrib"}
MADE_HERE = {"var"}  # by contrib/run-local and contrib/test; git ignores it
LINES_MAX = 600
ALONE = {"contrib/verify/verify.py": 700}  # it goes into case bundles, and is all that whoever has one needs
CODE = {".c", ".h", ".py", ".build"}


def tracked(*patterns):
    """Files that git knows, or would add; without git (a source archive) all there are."""
    try:
        out = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard", "--"]
                             + list(patterns), cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
        return [ROOT / name for name in out if name and (ROOT / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        found = (p for pattern in patterns for p in (ROOT / pattern).rglob("*"))
        return [p for p in found if p.is_file() and p.relative_to(ROOT).parts[0] not in MADE_HERE]


def stage_of(path):
    """The stage that a path under daemon/ belongs to."""
    parts = path.parts
    if len(parts) > 1:
        return parts[0]
    return "supervisor" if path.name.startswith("supervisor") else "engine"


def includes(path):
    text = path.read_text(errors="replace")
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if found:
            yield number, found.group(1), found.group(2)


def resolve(path, name):
    """The included file of ours, relative to daemon/, or None."""
    for base in (ROOT / "daemon", path.parent):
        if (base / name).is_file() and (ROOT / "daemon") in (base / name).resolve().parents:
            return (base / name).resolve().relative_to(ROOT / "daemon")
    return None


def check_includes():
    for path in tracked("daemon"):
        relative = path.relative_to(ROOT / "daemon") if (ROOT / "daemon") in path.parents else None
        if relative is None or path.suffix not in (".c", ".h") or relative.name == "main.c":
            continue
        stage = stage_of(relative)
        if stage not in STAGES:
            yield f"{path.relative_to(ROOT)}: stage {stage} is in no arrow of the design"
            continue
        for number, quote, name in includes(path):
            target = resolve(path, name) if quote == '"' else None
            if target is None or STAGES[stage] is None or stage_of(target) in [stage] + STAGES[stage]:
                continue
            yield f"{path.relative_to(ROOT)}:{number}: {stage} may not include {stage_of(target)} ({name})"


def check_shared_headers():
    for path in tracked("include"):
        if path.suffix != ".h":
            continue
        for number, quote, name in includes(path):
            if quote == '"' or resolve(path, name):
                yield f"{path.relative_to(ROOT)}:{number}: a shared header includes {name}"


def check_top_level():
    for entry in sorted({p.relative_to(ROOT).parts[0] for p in tracked(".") if len(p.relative_to(ROOT).parts) > 1}):
        if not entry.startswith(".") and entry not in TOP_LEVEL | MADE_HERE and not entry.startswith("build"):
            yield f"{entry}/: no such folder at the top of this house"


def check_length():
    for path in tracked("."):
        first = path.open("rb").read(2) if path.suffix == "" else b""
        if path.suffix not in CODE and first != b"#!":
            continue
        lines = path.read_bytes().count(b"\n")
        if lines > ALONE.get(str(path.relative_to(ROOT)), LINES_MAX):
            yield f"{path.relative_to(ROOT)}: {lines} lines; above {LINES_MAX} a file has more than one duty"


def check_all_built():
    builds = {path.parent: path.read_text() for path in tracked("daemon", "tests") if path.name == "meson.build"}
    everywhere = "".join(builds.values())
    for path in tracked("daemon", "tests"):
        if path.suffix != ".c":
            continue
        near = builds.get(path.parent, "") + builds.get(path.parent.parent, "")
        if f"'{path.stem}'" not in near and f"{path.name}'" not in everywhere:
            yield f"{path.relative_to(ROOT)}: no meson.build lists it"


def arguments(text, at):
    """The arguments of the C call whose parenthesis opens before `at`."""
    found, depth, quote = [""], 1, None
    while depth:
        c = text[at]
        if quote:
            found[-1] += text[at + 1] if c == "\\" else c
            at += c == "\\"
            quote = None if c == quote else quote
        elif c == "," and depth == 1:
            found.append("")
        else:
            quote = c if c in "\"'" else None
            depth += (c in "([{") - (c in ")]}")
            found[-1] += c
        at += 1
    return [" ".join(a.split()) for a in found]


def check_cures():
    """What is told to users says how to put it right: the third argument is not NULL, and may not become it."""
    for path in tracked("daemon"):
        text = path.read_text() if path.suffix == ".c" else ""
        for call in re.finditer(r"(?<!int )(?<!void )\bdiag_(?:error|warning)\(", text):
            help_text = arguments(text, call.end())[2]
            if re.search(r"\bNULL$", help_text):
                line = text.count("\n", 0, call.start()) + 1
                yield f"{path.relative_to(ROOT)}:{line}: a message without a cure ({help_text})"


def check_format():
    if not shutil.which("clang-format"):
        return None
    files = [str(p) for p in tracked("daemon", "include", "tests") if p.suffix in (".c", ".h")]
    done = subprocess.run(["clang-format", "--dry-run", "-Werror"] + files, cwd=ROOT, capture_output=True, text=True)
    return [line for line in done.stderr.split("\n") if ": error: " in line]


CASES = [
    ("includes run one way", check_includes),
    ("shared headers stand alone", check_shared_headers),
    ("the top level holds only its folders", check_top_level),
    ("no file is too long", check_length),
    ("every source file is built", check_all_built),
    ("every message has a cure", check_cures),
    ("sources are formatted", check_format),
]


def main():
    failed = 0
    print(f"1..{len(CASES)}")
    for number, (name, check) in enumerate(CASES, 1):
        found = check()
        if found is None:
            print(f"ok {number} {name} # SKIP clang-format is not installed")
            continue
        found = list(found)
        failed += bool(found)
        print(f"{'not ok' if found else 'ok'} {number} {name}")
        for line in found:
            print(f"# {line}")
    return 1 if failed else 0


sys.exit(main())
