"""A session at a shell as text, and whether it still comes out like that.

    $ wardwatch sensors list -c wardwatch.yaml
    acme/1  …
    $ false
    [exit code 1]

A line that begins with `$ ` is a command, with `> ` it goes on; what follows is all that it wrote. In Markdown only the
blocks that begin with ```console count.
"""

import dataclasses
import re
import subprocess

FENCE, END = "```console", "```"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclasses.dataclass
class Step:
    command: str
    said: list  # lines
    first: int  # of the output in the text's lines, from 0
    last: int   # behind it


def parse(text, markdown=False):
    steps, inside = [], not markdown
    for number, line in enumerate(text.split("\n")):
        if markdown and line in (FENCE, END):
            inside = line == FENCE
        elif not inside:
            continue
        elif line.startswith("$ "):
            steps.append(Step(line[2:], [], number + 1, number + 1))
        elif line.startswith("> ") and steps and not steps[-1].said:
            steps[-1].command += "\n" + line[2:]
            steps[-1].first = steps[-1].last = number + 1
        elif steps:
            steps[-1].said.append(line)
            steps[-1].last = number + 1
    for step in steps:
        while not markdown and step.said and not step.said[-1]:  # blank lines before the next command
            step.said.pop()
            step.last -= 1
    return steps


def run(command, folder, env, timeout=60):
    """All that the command wrote, as lines; a code that is not 0 is the last one."""
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=timeout, check=False)
    said = done.stdout.decode(errors="replace").replace(f"{folder}/", "").rstrip("\n")
    lines = said.split("\n") if said else []
    return lines + ([f"[exit code {done.returncode}]"] if done.returncode else [])


def normal(lines, *more):
    """Lines without what differs from run to run: instants, and what `more` (pattern, text) names."""
    found = []
    for line in lines:
        for pattern, text in ((TIME, "TIME"), *more):
            line = re.sub(pattern, text, line)
        found.append(line.rstrip())
    return found


def rewrite(text, steps, outputs):
    """The text with these outputs."""
    lines = text.split("\n")
    for step, said in reversed(list(zip(steps, outputs))):
        lines[step.first:step.last] = said
    return "\n".join(lines)
