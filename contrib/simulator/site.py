"""Reads rules/site: one zone or asset a line, `- {asset: X, device: Y, class: Z, zone: W, …}`. It is no YAML reader, and
what it does not understand it refuses."""

import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "rules" / "site"
LINE = re.compile(r"^\s+- \{(asset|zone): (.*)\}$")
PART = re.compile(r'(?:[^,"\[]|"[^"]*"|\[[^\]]*\])+')


class Asset(dict):
    """Keys of the line; `ward` is the unit that its zone belongs to."""

    ward = None

    @property
    def device(self):
        return self["device"]


def split(text):
    """{key: value} of "X, device: Y, …", whose first value is the entry's id; a list stays text."""
    values = {}
    for part in PART.findall(text):
        key, colon, value = part.strip().partition(": ")
        values[key if colon else "id"] = (value if colon else key).strip('"')
    return values


def entries(folder, what):
    for path in sorted(pathlib.Path(folder).glob("*.yaml")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if f"- {{{what}" not in line:
                continue
            match = LINE.match(line)
            if not match:
                raise ValueError(f"{path}:{number}: write the {what} on one line, {{{what}: ID, …}}")
            yield split(match[2])


def ward_of(zones, zone):
    while zone in zones and zones[zone].get("type") != "ward":
        zone = zones[zone].get("in")
    return zone


class Site:
    def __init__(self, folder=FOLDER):
        zones = {z["id"]: z for z in entries(folder, "zone")}
        self.assets = []
        for values in entries(folder, "asset"):
            asset = Asset(values)
            asset.ward = ward_of(zones, asset.get("zone"))
            if "device" in asset:  # a switch says nothing
                self.assets.append(asset)

    def of_class(self, *classes, ward=None):
        return [a for a in self.assets if a.get("class") in classes and (ward is None or a.ward == ward)]

    def named(self, name):
        return next(a for a in self.assets if a["id"] == name)

    def cards(self, *roles):
        return [a for a in self.of_class("badge") if not roles or a["role"] in roles]
