"""The site that every case plays in: what the engine reads, and the same for the reference."""

TEXT = """\
site: test
zones:
  - {zone: B1, type: building}
  - {zone: W3, type: ward, in: B1}
  - {zone: W4, type: ward, in: B1}
  - {zone: W3-hall, type: hall, in: W3}
assets:
  - {asset: a1, device: d1, class: door, zone: W3-hall, limit: 3s, held_limit: 30s, supervision: 4s}
  - {asset: a2, device: d2, class: door, zone: W3}
  - {asset: a3, device: d3, class: door, zone: W4, limit: 5s, supervision: 10s}
lists:
  few: ["1", "2"]
schedules:
  early: {daily: "22:14-22:15"}
  rounds: {daily: ["22:14-22:15", "22:16-22:17"]}
modes:
  armed: {}
  open: {initially: true}
"""

SECOND = 1_000_000
ZONE = "UTC"
DEVICES = ("d1", "d2", "d3", "d9")  # d9: nobody knows it
SCHEDULES = {"early": [(80_040, 80_100)], "rounds": [(80_040, 80_100), (80_160, 80_220)]}  # seconds of the local day
MODES = {"armed": False, "open": True}  # whether it is on at first
LISTS = {"few": ("1", "2")}
WHERE = {
    "d1": {"asset": "a1", "zone": "W3-hall", "hall": "W3-hall", "ward": "W3", "building": "B1"},
    "d2": {"asset": "a2", "zone": "W3", "ward": "W3", "building": "B1"},
    "d3": {"asset": "a3", "zone": "W4", "ward": "W4", "building": "B1"},
}
ASSETS = {
    "a1": {"device": "d1", "class": "door", "limit": 3 * SECOND, "supervision": 4 * SECOND},
    "a2": {"device": "d2", "class": "door"},
    "a3": {"device": "d3", "class": "door", "limit": 5 * SECOND, "supervision": 10 * SECOND},
}

STATES = {"door": ("door.opened", "door.closed"), "smoke": ("smoke.detected", "smoke.cleared"),
          "contact": ("contact.opened", "contact.closed")}
PULSES = ("access.granted", "access.denied", "tip", "credential", "temperature")
FAMILY = {name: family for family, names in STATES.items() for name in names}


def assets_of(klass):
    return sorted(a for a, fields in ASSETS.items() if fields["class"] == klass)
