"""What goes wrong on an ordinary day: doors that are held, toast, mops, radio that fades, batteries. Most of it must raise
nothing, some of it an alarm of low priority; a few are false alarms that somebody has to look at."""

from . import formats

# (name, how many a day in the busiest hours' measure)
PER_DAY = {
    "held": 60, "blink": 30, "offline": 22, "toast": 0.4, "mop": 6, "battery": 2, "refused": 14, "fridge": 5, "shock": 3,
    "firedoor": 3, "restart": 1, "cry": 2, "discharge": 3, "equipment": 6, "tailgate": 10, "crowd": 2, "power": 0.5, "fault": 1.5,
    "late_visitor": 2, "hint": 1, "unescorted": 4, "key": 1.5, "night_export": 1.5,
    "quarrel": 1,
}


def held(calendar, source, site):
    door = source.choice([d for d in site.of_class("door") if d.get("held_limit") == "30s" and "exit" in d])
    cards = [c for c in site.cards() if c.ward == door.ward]
    card = calendar.take_card(source, cards, door.ward)
    if not card or calendar.is_quiet(door.ward):
        return
    calendar.send(formats.access(door.device, card.device, card["role"], True))
    yield 1
    calendar.send(formats.door(door.device, True))
    yield source.choice([12, 25, 45, 70, 120])
    calendar.send(formats.door(door.device, False))


def blink(calendar, source, site):
    device = source.choice(site.of_class("climate", "leak", "motion")).device
    calendar.send(formats.availability(device, False))
    yield source.uniform(4, 25)
    calendar.send(formats.availability(device, True))


def offline(calendar, source, site):
    device = source.choice(site.of_class("climate", "leak", "motion")).device
    calendar.send(formats.availability(device, False))
    yield source.uniform(60, 1800)
    calendar.send(formats.availability(device, True))


def toast(calendar, source, site):
    detector = source.choice([s for s in site.of_class("smoke") if "station" in s["zone"] or "kitchen" in s["zone"]])
    calendar.send(formats.zigbee(detector.device, smoke=True, battery=100, battery_low=False))
    yield source.uniform(60, 170)
    calendar.send(formats.zigbee(detector.device, smoke=False, battery=100, battery_low=False))


def mop(calendar, source, site):
    leak = source.choice([a for a in site.of_class("leak") if a.ward.startswith("W")])
    calendar.send(formats.zigbee(leak.device, water_leak=True, battery=100))
    yield source.uniform(2, 14)
    calendar.send(formats.zigbee(leak.device, water_leak=False, battery=100))


def battery(calendar, source, site):
    device = source.choice(site.of_class("leak", "motion")).device
    calendar.send(formats.zigbee(device, battery=9, battery_low=True))
    yield source.uniform(1800, 20000)
    calendar.send(formats.zigbee(device, battery=100, battery_low=False))


def refused(calendar, source, site):
    door = source.choice([d for d in site.of_class("door") if d.ward.startswith("W")])
    card = calendar.take_card(source, site.cards("cleaner", "clerk"), door.ward)
    if card:
        calendar.send(formats.access(door.device, card.device, card["role"], False))
        yield 4
        calendar.send(formats.access(door.device, card.device, card["role"], False))


def fridge(calendar, source, site):
    device = source.choice(site.of_class("fridge")).device
    calendar.stop_device(device, calendar.now + 700)
    for value in (9.0, 9.5):  # somebody fills it
        calendar.send(formats.zigbee(device, battery=96, temperature=value))
        yield 300


def shock(calendar, source, site):
    device = source.choice(site.of_class("vibration", "fence")).device
    calendar.send(formats.zigbee(device, vibration=True, battery=100))
    yield 3
    calendar.send(formats.zigbee(device, vibration=False, battery=100))


def firedoor(calendar, source, site):
    device = source.choice(site.of_class("fire-door")).device
    calendar.send(formats.zigbee(device, contact=False, battery=100))
    yield source.choice([600, 1200, 2400])
    calendar.send(formats.zigbee(device, contact=True, battery=100))


def restart(calendar, source, site):
    door = source.choice(site.of_class("door")).device
    for _ in range(source.choice([1, 1, 3])):
        calendar.send(formats.boot(door))
        yield 400


def cry(calendar, source, site):
    device = source.choice([c for c in site.of_class("camera") if c.ward == "W0"]).device
    calendar.send(formats.said(f"frigate/{device}/audio/scream", "ON"))
    yield 4
    calendar.send(formats.said(f"frigate/{device}/audio/scream", "OFF"))


def quarrel(calendar, source, site):
    for _ in range(4):
        yield from cry(calendar, source, site)
        yield 8


def night_export(calendar, source, site):
    """Statistics that somebody has to hand in tomorrow."""
    if not 7 <= calendar.hour() < 21:
        calendar.send(formats.service("computing/records-system", event="export", records=60, account=source.choice(["t.novak", "s.klein"])))
    yield 0


def discharge(calendar, source, site):
    """An infant goes home: the midwife shows her card."""
    tag = source.choice(site.of_class("infant"))
    card = calendar.take_card(source, site.cards("midwife"), tag.ward)
    door = next(d for d in site.of_class("door", ward=tag.ward) if "exit" in d)
    if not card or calendar.is_quiet(tag.ward):
        return
    calendar.send(formats.access(door.device, card.device, card["role"], True))
    yield 8
    calendar.send(formats.tag(tag.device, "left", tag.ward, -78))
    yield 6
    calendar.send(formats.door(door.device, True))
    yield 5
    calendar.send(formats.door(door.device, False))
    yield 120
    calendar.send(formats.tag(tag.device, "entered", tag.ward, -60))


def equipment(calendar, source, site):
    thing = source.choice(site.of_class("equipment"))
    calendar.send(formats.tag(thing.device, "left", thing.ward, -70, "equipment"))
    yield 900
    calendar.send(formats.tag(thing.device, "entered", thing.ward, -60, "equipment"))


def tailgate(calendar, source, site):
    steps = site.named("steps-w3-nursery")
    door, card = site.named("door-w3-nursery"), calendar.take_card(source, site.cards("midwife"), "W3")
    if not card or calendar.is_quiet("W3"):
        return
    calendar.send(formats.access(door.device, card.device, card["role"], True))
    for _ in range(source.choice([1, 1, 2])):
        yield 1.5
        calendar.send(formats.service(f"counters/{steps.device}", passed=1))


def crowd(calendar, source, site):
    counter = source.choice(site.of_class("counter"))
    for _ in range(source.choice([2, 4])):
        calendar.send(formats.service(f"counters/{counter.device}", count=int(counter["crowd_limit"]) + source.randint(1, 12)))
        yield 150


def power(calendar, source, site):
    ups = source.choice(site.of_class("ups")).device
    calendar.stop_device(ups, calendar.now + 130)
    calendar.send(formats.said(f"v1/ups/{ups}/ups.status", "On Battery"))
    yield source.choice([8, 12, 90])
    calendar.send(formats.said(f"v1/ups/{ups}/ups.status", "Online"))


def fault(calendar, source, site):
    device = source.choice(site.of_class("smoke")).device
    calendar.send(formats.zigbee(device, smoke=False, fault_alarm=True))
    yield source.uniform(200, 4000)
    calendar.send(formats.zigbee(device, smoke=False, fault_alarm=False))


def late_visitor(calendar, source, site):
    name = f"V-late-{int(calendar.now)}"
    calendar.send(formats.service("desk/desk-lobby/visitors", event="arrived", badge=name, host="W2"))
    yield source.choice([3 * 3600, 9 * 3600])
    calendar.send(formats.service("desk/desk-lobby/visitors", event="left", badge=name))


def hint(calendar, source, site):
    calendar.send(formats.service("desk/tip-form/tips", about=source.choice(["parking", "theft", "noise"]),
                                  place=source.choice(["W1", "W2", "W4", "PARK"]), text="Somebody was at the lockers"))
    yield 0


def unescorted(calendar, source, site):
    """An engineer's colleague goes in before the card is read: a key area without a card."""
    door = source.choice([d for d in site.of_class("door") if d["zone"] in ("TEC-power", "TEC-pumps", "ARC-store", "MOR-cold", "LAB-blood")])
    calendar.send(formats.door(door.device, True))
    yield 6
    calendar.send(formats.door(door.device, False))


def key(calendar, source, site):
    device = source.choice(site.of_class("key")).device
    calendar.send(formats.service(f"keys/{device}", state="taken", badge=site.cards("engineer")[0].device))
    yield 1800
    calendar.send(formats.service(f"keys/{device}", state="returned"))


def repeated(calendar, source, site, act, per_day):
    while True:
        yield source.expovariate(per_day / 86400.0) * 0.55 / max(0.1, calendar.activity())
        yield from act(calendar, source, site)


def begin(calendar, site, pace):
    for name, per_day in PER_DAY.items():
        calendar.start("nuisance/" + name, repeated, site, globals()[name], per_day * pace)
