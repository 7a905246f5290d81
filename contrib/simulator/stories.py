"""What alarms are for. Each story is told again every CYCLE seconds, in a ward that changes; the first ones within 20 s."""

from . import formats

CYCLE = 1800.0
QUIET = 65.0  # a minute without badges, so that none explains what follows


def panic(calendar, source, site):
    button = source.choice(site.of_class("panic"))
    calendar.say(f"panic button {button.device}")
    calendar.send(formats.zigbee(button.device, action="emergency", battery=100))
    yield 0.3
    calendar.send(formats.zigbee(button.device, action="", battery=100))


def fire(calendar, source, site):
    ward = source.choice(["W1", "W2", "W4"])
    first, second = source.sample(site.of_class("smoke", ward=ward), 2)
    (call_point,) = site.of_class("callpoint", ward=ward)
    calendar.say(f"fire in {ward}: {first.device}, then {second.device}, then the call point")
    calendar.send(formats.zigbee(first.device, smoke=True, battery=100, battery_low=False))
    yield 3
    calendar.send(formats.zigbee(second.device, smoke=True, battery=100, battery_low=False))
    yield 3
    calendar.send(formats.zigbee(call_point.device, action="single", battery=100))
    yield 120
    for detector in (first, second):
        calendar.send(formats.zigbee(detector.device, smoke=False, battery=100, battery_low=False))
        yield 2


def infant(calendar, source, site):
    tag = source.choice(site.of_class("infant"))
    door = source.choice(site.of_class("door", ward=tag.ward))
    calendar.say(f"infant tag {tag.device} leaves {tag.ward} by {door.device}, nobody has shown a card")
    calendar.stop_device(tag.device, calendar.now + 200)
    calendar.send(formats.tag(tag.device, "left", tag.ward, -78))
    yield 4
    calendar.send(formats.door(door.device, True))
    yield 5
    calendar.send(formats.door(door.device, False))
    yield 180
    calendar.send(formats.tag(tag.device, "entered", tag.ward, -60))


def probing(calendar, source, site):
    card = source.choice(site.cards("cleaner"))
    doors = source.sample(site.of_class("door"), 4)
    calendar.say(f"card {card.device} is tried at {', '.join(d.device for d in doors)}")
    for door in doors:
        calendar.send(formats.access(door.device, card.device, "Unknown", False))
        yield 20


def silent(calendar, source, site):
    door = source.choice(site.of_class("door", ward="W4"))
    sensor = source.choice(site.of_class("climate", ward="W1"))
    calendar.say(f"{door.device} and {sensor.device} fall silent; the bridge says so of the second")
    calendar.stop_device(door.device, calendar.now + 1200)
    calendar.stop_device(sensor.device, calendar.now + 600)
    yield 10
    calendar.send(formats.availability(sensor.device, False))
    yield 590
    calendar.send(formats.availability(sensor.device, True))
    yield 600
    calendar.send(formats.boot(door.device))


# (seconds into the cycle, story)
STORIES = [(4.0, panic), (7.0, fire), (12.0, infant), (25.0, probing), (40.0, silent)]


def hush(calendar, source, site):
    """Before the infant's story no card may be shown in its ward."""
    for ward in {a.ward for a in site.of_class("infant")}:
        calendar.keep_quiet(ward, calendar.now + 2 * QUIET)
    yield 0


def repeated(calendar, source, site, story, at, once):
    yield at
    while True:
        yield from finish(calendar, source, site, story, calendar.now + CYCLE, once)
        if once:
            return


def finish(calendar, source, site, story, again, once):
    yield from story(calendar, source, site)
    if not once:
        yield max(0.0, again - calendar.now)


def begin(calendar, site, once):
    calendar.start("hush", repeated, site, hush, 0.0, once)
    if not once:
        calendar.start("hush-again", repeated, site, hush, CYCLE - QUIET, once)
    for at, story in STORIES:
        calendar.start("story/" + story.__name__, repeated, site, story, at, once)
