"""Ordinary traffic, by the hour: people pass doors, controllers say that they live, rooms are warm, tags are seen, guards
make their rounds, visitors come and go."""

from . import formats

HEARTBEAT = 180.0  # s: esp-rfid's
CLIMATE = 300.0
REPORT = 3000.0  # Zigbee contact and smoke devices report at least every 50 minutes
SEEN = 60.0  # a gateway tells of each tag
SERVICE = 300.0  # how often counters, gases and power supplies report
PASSAGE = 240.0  # between two persons at a door in the busiest hour
ROUNDS = [22 * 3600, 26 * 3600, 29 * 3600]  # 22:00, 02:00, 05:00

# who goes into a place where more is at stake; everywhere else it is the unit's own people
KEY_AREAS = {
    "PH-store": ("pharmacist", "pharmacy-technician"), "PH-vault": ("pharmacist", "pharmacy-technician"),
    "CA-safe": ("cashier",), "CA-counter": ("cashier",), "SEC-control": ("guard",), "server-room": ("technician",),
    "IT-network": ("technician",), "RAD-mri": ("radiographer",), "LAB-micro": ("laboratory",), "LAB-blood": ("laboratory",),
    "OR-gas": ("engineer",), "W3-nursery": ("midwife", "nurse-maternity"), "W3-neonatal": ("midwife", "nurse-maternity"),
    "ADM-finance": ("clerk",), "ADM": ("clerk", "director"), "ARC-store": ("archivist",), "MOR-cold": ("mortician",),
    "NM-source": ("physicist", "radiographer"), "NM-hot": ("physicist",), "TEC-power": ("engineer",),
    "TEC-generator": ("engineer",), "TEC-pumps": ("engineer",), "TEC-boiler": ("engineer",), "SUP-solvents": ("engineer",),
    "SUP-waste": ("storekeeper",), "SUP-goods": ("storekeeper",), "YARD-oxygen": ("engineer",), "YARD-gas": ("engineer",),
    "AMB": ("physician", "nurse"),
}
IN_SHIFTS = {"SEC-control", "W3-nursery", "W3-neonatal", "AMB"}  # used at night, too
IN_PAIRS = {"PH-vault", "NM-source"}
SELDOM = 12  # key areas are entered so many times less often than wards


def phase(source, period):
    return source.uniform(0, period)


def heartbeats(calendar, source, name, pace):
    started = calendar.now - source.uniform(1000, 100000)
    yield phase(source, HEARTBEAT / pace)
    while True:
        if not calendar.is_stopped(name):
            calendar.send(formats.heartbeat(name, calendar.now - started))
        yield HEARTBEAT / pace


def climate(calendar, source, name, target, pace):
    temperature, humidity = target + source.uniform(-0.5, 0.5), source.uniform(35, 55)
    yield phase(source, CLIMATE / pace)
    while True:
        temperature += 0.2 * (target - temperature) + source.uniform(-0.3, 0.3)
        humidity = min(70, max(25, humidity + source.uniform(-1, 1)))
        if not calendar.is_stopped(name):
            calendar.send(formats.zigbee(name, battery=96, temperature=round(temperature, 2), humidity=round(humidity, 1)))
        yield CLIMATE / pace


def reports(calendar, source, name, state, pace):
    yield phase(source, REPORT / pace)
    while True:
        if not calendar.is_stopped(name):
            calendar.send(formats.zigbee(name, **state, battery=100, battery_low=False))
        yield REPORT / pace


def motion(calendar, source, name, pace):
    yield phase(source, 120 / pace)
    while True:
        if not calendar.is_stopped(name):
            calendar.send(formats.zigbee(name, occupancy=True, battery=91))
        yield source.uniform(30, 90) / pace
        if not calendar.is_stopped(name):
            calendar.send(formats.zigbee(name, occupancy=False, battery=91))
        yield min(3000.0, source.expovariate(1 / 300) / calendar.activity()) / pace


def tag_seen(calendar, source, name, ward, of, pace):
    yield phase(source, SEEN / pace)
    while True:
        if not calendar.is_stopped(name):
            calendar.send(formats.tag(name, "seen", ward, source.randint(-80, -45), of))
        yield SEEN / pace


def enter(calendar, source, door, cards, pace):
    """Somebody shows a card, the door opens and closes."""
    card = calendar.take_card(source, cards, door.ward)
    if not card:
        return
    calendar.send(formats.access(door.device, card.device, card["role"], True))
    yield 1.0 / max(1.0, pace)
    calendar.send(formats.door(door.device, True))
    yield 2.0 / max(1.0, pace)
    if motion_of(door["zone"]) in calendar.detectors:
        calendar.start(f"inside/{door.device}/{calendar.now}", inside, motion_of(door["zone"]))
    if door["zone"] in IN_PAIRS:
        second = calendar.take_card(source, [c for c in cards if c is not card], door.ward)
        if second:
            calendar.send(formats.access(door.device, second.device, second["role"], True))
    yield source.uniform(1, 6) / max(1.0, pace)
    calendar.send(formats.door(door.device, False))


def motion_of(zone):
    return zone.lower().replace("-", "_") + "_motion"


def inside(calendar, source, detector):
    """Somebody is in a key area, behind the door that a card has opened."""
    calendar.send(formats.zigbee(detector, occupancy=True, battery=91))
    yield source.uniform(30, 90)
    calendar.send(formats.zigbee(detector, occupancy=False, battery=91))


def passages(calendar, source, door, cards, pace):
    key = door["zone"] in KEY_AREAS
    mean = PASSAGE * (SELDOM if key else 1)
    yield phase(source, mean / pace)
    while True:
        awake = not key or door["zone"] in IN_SHIFTS or calendar.is_day()
        if awake and not calendar.is_quiet(door.ward) and not calendar.is_stopped(door.device):
            yield from enter(calendar, source, door, cards, pace)
        yield min(7200.0, source.expovariate(1 / mean) / calendar.activity()) / pace


def medication(calendar, source, site, cabinet, pace):
    """A nurse shows a card at the ward's door, then opens the cabinet of drugs."""
    roles = ("pharmacist",) if cabinet.ward == "PH" else ("nurse", "nurse-maternity", "midwife")
    cards = [c for c in site.cards(*roles) if c.ward == cabinet.ward]
    doors = site.of_class("door", ward=cabinet.ward)
    yield phase(source, 5400 / pace)
    while True:
        card = calendar.take_card(source, cards, cabinet.ward) if not calendar.is_quiet(cabinet.ward) else None
        if card and doors:
            calendar.send(formats.access(doors[0].device, card.device, card["role"], True))
            yield source.uniform(3, 9)
            calendar.send(formats.zigbee(cabinet.device, contact=False, tamper=False, battery=100))
            yield source.uniform(10, 60)
            calendar.send(formats.zigbee(cabinet.device, contact=True, tamper=False, battery=100))
        yield min(14400.0, source.expovariate(1 / 5400) / calendar.activity()) / pace


def service(calendar, source, device, make, pace):
    yield phase(source, SERVICE / pace)
    while True:
        if not calendar.is_stopped(device):
            for message in make(calendar, source):
                calendar.send(message)
        yield SERVICE / pace


def rounds(calendar, source, site):
    """Three times a night a guard goes from checkpoint to checkpoint, and into the server room."""
    checkpoints, guards = site.of_class("checkpoint"), site.cards("guard")
    server = site.named("door-server")
    while True:
        yield min(calendar.until(second % 86400) for second in ROUNDS)
        yield source.uniform(60, 240)
        card = source.choice(guards)
        if not calendar.is_stopped("rounds"):
            calendar.keep_card(card, 3600)
            calendar.send(formats.access(server.device, card.device, "guard", True))
            yield 1
            calendar.send(formats.door(server.device, True))
            yield 4
            calendar.send(formats.door(server.device, False))
            for point in checkpoints:
                yield source.uniform(60, 150)
                calendar.send(formats.service(f"rounds/{point.device}", badge=card.device))


def visitors(calendar, source, desk, pace):
    number = 0
    yield phase(source, 900)
    while True:
        if 10 <= calendar.hour() < 19:
            number += 1
            calendar.start(f"visitor/{desk.device}/{number}", visitor, desk, f"V-{desk.device[5:]}-{number}")
        yield source.expovariate(1 / 1500) / pace


def visitor(calendar, source, desk, name):
    calendar.send(formats.service(f"desk/{desk.device}/visitors", event="arrived", badge=name, host=source.choice(["W1", "W2", "W3", "W5"])))
    yield source.uniform(1200, 9000)
    calendar.send(formats.service(f"desk/{desk.device}/visitors", event="left", badge=name))


def computing(calendar, source, system, event, pace):
    yield phase(source, 1800)
    while True:
        if calendar.is_day():
            calendar.send(formats.service(f"computing/{system.device}", event=event, records=source.randint(1, 25),
                                          account=source.choice(["m.huber", "l.chen", "a.weber", "t.novak", "s.klein"])))
        yield source.expovariate(1 / 1800) / pace


REPORTED = {
    "smoke": {"smoke": False}, "leak": {"water_leak": False}, "narcotic": {"contact": True, "tamper": False},
    "callpoint": {"action": ""}, "panic": {"action": ""}, "duress": {"action": ""}, "gas": {"gas": False},
    "safe": {"contact": True, "tamper": False}, "vibration": {"vibration": False}, "fence": {"vibration": False},
    "fire-door": {"contact": True}, "hatch": {"contact": True}, "glass": {"tamper": False}, "pump": {"ac_status": True},
}
TARGETS = {"fridge": 4.5, "blood-fridge": 4.0, "cold-room": 4.0, "climate": 22.0}
SERVICES = {
    "counter": lambda a: lambda c, s: [formats.service(f"counters/{a.device}", count=int(float(a["crowd_limit"]) * s.uniform(.2, .7) * c.activity()))],
    "medical-gas": lambda a: lambda c, s: [formats.service(f"gases/{a.device}", pressure=round(s.uniform(4.7, 4.9), 2), alarm=False)],
    "oxygen": lambda a: lambda c, s: [formats.service(f"gases/{a.device}", oxygen=round(s.uniform(20.7, 21.1), 1))],
    "ups": lambda a: lambda c, s: [formats.said(f"v1/ups/{a.device}/ups.status", "Online")],
    "radiation": lambda a: lambda c, s: [formats.zigbee(a.device, radiation_dose_per_hour=round(s.uniform(.1, .3), 2))],
}


def begin_doors(calendar, site, pace):
    for door in site.of_class("door"):
        roles = KEY_AREAS.get(door["zone"])
        own = site.cards(*roles) if roles else [c for c in site.cards() if c.ward == door.ward]
        calendar.start("heartbeat/" + door.device, heartbeats, door.device, pace)
        calendar.start("passages/" + door.device, passages, door, own or site.cards("guard"), pace)


def begin_people(calendar, site, pace):
    calendar.start("rounds", rounds, site)
    for desk in site.of_class("desk"):
        calendar.start("visitors/" + desk.device, visitors, desk, pace)
    for system in site.of_class("computing"):
        calendar.start("computing/" + system.device, computing, system, "print" if "print" in system.device else "export", pace)
    for cabinet in site.of_class("narcotic"):
        if cabinet["zone"] != "PH-vault":
            calendar.start("medication/" + cabinet.device, medication, site, cabinet, pace)


def begin(calendar, site, pace):
    """Start everything; `pace` 1 is a real day's."""
    formats.BASES.update({a.device: "zigbee" for a in site.assets if a.get("parent") == "bridge-zigbee-b1"})
    calendar.send(formats.bridge(True))
    calendar.send(formats.bridge(True, "zigbee"))
    calendar.send(formats.said("frigate/available", "online"))
    calendar.detectors = {a.device for a in site.of_class("motion")}
    begin_doors(calendar, site, pace)
    begin_people(calendar, site, pace)
    for asset in site.of_class(*TARGETS):
        calendar.start("climate/" + asset.device, climate, asset.device, TARGETS[asset["class"]], pace)
    for asset in site.of_class(*REPORTED):
        calendar.start("report/" + asset.device, reports, asset.device, REPORTED[asset["class"]], pace)
    for asset in site.of_class("motion"):
        if asset["zone"] in KEY_AREAS:
            calendar.start("report/" + asset.device, reports, asset.device, {"tamper": False}, pace)
        else:
            calendar.start("motion/" + asset.device, motion, asset.device, pace)
    for asset in site.of_class("infant", "patient"):
        calendar.start("tag/" + asset.device, tag_seen, asset.device, asset.ward, asset["class"], pace)
    for asset in site.of_class(*SERVICES):
        calendar.start("service/" + asset.device, service, asset.device, SERVICES[asset["class"]](asset), pace)
