"""Ordinary traffic: people pass doors, controllers say that they live, rooms are warm, tags are seen."""

from . import formats

HEARTBEAT = 180.0  # s: esp-rfid's
CLIMATE = 300.0
REPORT = 3000.0  # Zigbee contact and smoke devices report at least every 50 minutes
SEEN = 60.0  # a gateway tells of each tag


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
    temperature, humidity = target + source.uniform(-1, 1), source.uniform(35, 55)
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
        calendar.send(formats.zigbee(name, occupancy=True, battery=91))
        yield source.uniform(30, 90) / pace
        calendar.send(formats.zigbee(name, occupancy=False, battery=91))
        yield source.expovariate(1 / 120) / pace


def tag_seen(calendar, source, name, ward, pace):
    yield phase(source, SEEN / pace)
    while True:
        if not calendar.is_stopped(name):
            calendar.send(formats.tag(name, "seen", ward, source.randint(-80, -45)))
        yield SEEN / pace


def passages(calendar, source, door, cards, pace):
    yield phase(source, 90 / pace)
    while True:
        if not calendar.is_quiet(door.ward) and not calendar.is_stopped(door.device):
            card = source.choice(cards)
            calendar.send(formats.access(door.device, card.device, card["role"], True))
            yield 1.0 / max(1.0, pace)
            calendar.send(formats.door(door.device, True))
            yield source.uniform(3, 8) / max(1.0, pace)
            calendar.send(formats.door(door.device, False))
        yield source.expovariate(1 / 90) / pace


REPORTED = {
    "smoke": {"smoke": False},
    "leak": {"water_leak": False},
    "narcotic": {"contact": True, "tamper": False},
}


def begin(calendar, site, pace):
    """Start everything; `pace` 1 is a real day's."""
    calendar.send(formats.bridge(True))
    for door in site.of_class("door"):
        own = [c for c in site.cards() if c.ward == door.ward] or site.cards("guard")
        calendar.start("heartbeat/" + door.device, heartbeats, door.device, pace)
        calendar.start("passages/" + door.device, passages, door, own + site.cards("guard"), pace)
    for asset in site.of_class("climate", "fridge"):
        target = 5.0 if asset["class"] == "fridge" else 22.0
        calendar.start("climate/" + asset.device, climate, asset.device, target, pace)
    for asset in site.of_class(*REPORTED):
        calendar.start("report/" + asset.device, reports, asset.device, REPORTED[asset["class"]], pace)
    for asset in site.of_class("motion"):
        calendar.start("motion/" + asset.device, motion, asset.device, pace)
    for asset in site.of_class("infant"):
        calendar.start("tag/" + asset.device, tag_seen, asset.device, asset.ward, pace)
