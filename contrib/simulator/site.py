"""Reads rules/site: one asset a line, `- {asset: X, device: Y, class: Z, zone: W, …}`. It is no YAML reader, and what it
does not understand it refuses."""

import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "rules" / "site"
LINE = re.compile(r"^\s+- \{(asset|zone): (.*)\}$")


class Asset(dict):
    """Keys of the line; `ward` is the zone up to its first dash."""

    @property
    def device(self):
        return self["device"]

    @property
    def ward(self):
        return self["zone"].split("-")[0]


def split(text):
    """{key: value} of "X, device: Y, …", whose first value is the entry's id; a list stays text."""
    values = {}
    for part in re.split(r", (?![^\[]*\])", text):
        key, colon, value = part.partition(": ")
        values[key if colon else "id"] = (value if colon else key).strip('"')
    return values


def assets(folder=FOLDER):
    found = []
    for path in sorted(pathlib.Path(folder).glob("*.yaml")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if "- {asset" not in line:
                continue
            match = LINE.match(line)
            if not match:
                raise ValueError(f"{path}:{number}: write the asset on one line, {{asset: ID, device: …}}")
            found.append(Asset(split(match[2])))
    return found


class Site:
    def __init__(self, folder=FOLDER):
        self.assets = [a for a in assets(folder) if "device" in a]  # a power supply says nothing

    def of_class(self, *classes, ward=None):
        return [a for a in self.assets if a.get("class") in classes and (ward is None or a.ward == ward)]

    def cards(self, *roles):
        return [a for a in self.of_class("badge") if not roles or a["role"] in roles]
