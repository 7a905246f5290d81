"""What alarms are for. Each story names the rules that must raise an alarm of it. With `--cycle` (the default) the first five
are told again every half hour, the first ones within 20 s; a week tells each of them once, at a time that fits it."""

import datetime

from . import formats

CYCLE = 1800.0
WEEK_BEGIN = datetime.datetime.fromisoformat("2026-03-02T00:00:00+01:00").timestamp()  # a Monday in Berlin
QUIET = 65.0  # a minute without badges, so that none explains what follows
HOUR = 3600.0


def rule(*names):
    def mark(story):
        story.rules = names
        return story

    return mark


def smoke(device, on):
    return formats.zigbee(device, smoke=on, battery=100, battery_low=False)


def open_door(calendar, door, seconds=5):
    calendar.send(formats.door(door, True))
    yield seconds
    calendar.send(formats.door(door, False))


@rule("panic")
def panic(calendar, source, site):
    button = source.choice([p for p in site.of_class("panic") if p["parent"] == "bridge-zigbee"])
    calendar.say(f"panic button {button.device}")
    calendar.send(formats.zigbee(button.device, action="emergency", battery=100))
    yield 0.3
    calendar.send(formats.zigbee(button.device, action="", battery=100))


@rule("fire-detector", "fire-verified")
def fire(calendar, source, site):
    ward = source.choice(["W1", "W2", "W4"])
    first, second = source.sample(site.of_class("smoke", ward=ward), 2)
    (call_point,) = site.of_class("callpoint", ward=ward)
    calendar.say(f"fire in {ward}: {first.device}, then {second.device}, then the call point")
    calendar.send(smoke(first.device, True))
    yield 3
    calendar.send(smoke(second.device, True))
    yield 3
    calendar.send(formats.zigbee(call_point.device, action="single", battery=100))
    yield 120
    for detector in (first, second):
        calendar.send(smoke(detector.device, False))
        yield 2


@rule("infant-abduction")
def infant(calendar, source, site):
    tag = source.choice(site.of_class("infant"))
    door = source.choice([d for d in site.of_class("door", ward=tag.ward) if "exit" in d])
    calendar.say(f"infant tag {tag.device} leaves {tag.ward} by {door.device}, nobody has shown a card")
    calendar.stop_device(tag.device, calendar.now + 200)
    calendar.send(formats.tag(tag.device, "left", tag.ward, -78))
    yield 4
    yield from open_door(calendar, door.device)
    yield 180
    calendar.send(formats.tag(tag.device, "entered", tag.ward, -60))


@rule("badge-probing")
def probing(calendar, source, site):
    card = source.choice(site.cards("cleaner"))
    doors = source.sample([d for d in site.of_class("door") if d.ward.startswith("W")], 4)
    calendar.say(f"card {card.device} is tried at {', '.join(d.device for d in doors)}")
    for door in doors:
        calendar.send(formats.access(door.device, card.device, "Unknown", False))
        yield 20


@rule("device-silent", "device-offline")
def silent(calendar, source, site):
    door = source.choice([d for d in site.of_class("door", ward="W4") if "exit" in d])
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


# ---- the stories of a week ----


def told_once(names, say, *steps):
    """A story of (pause before, message or function of the site that gives one)."""

    def story(calendar, source, site):
        calendar.say(say)
        for pause, message in steps:
            yield pause
            calendar.send(message)

    story.rules = names
    story.__name__ = names[0]
    return story


def z(device, **state):
    return formats.zigbee(device, battery=100, **state)


def service(topic, **fields):
    return formats.service(topic, **fields)


def many(count, pause, make):
    return [(pause if i else 0, make(i)) for i in range(count)]


def door(name, pause=0, seconds=6):
    return [(pause, formats.door(name, True)), (seconds, formats.door(name, False))]


def badge(name, card, role, granted=True):
    return formats.access(name, card, role, granted)


def silent_at_once(calendar, source, site):
    gone = [a for a in site.of_class("climate", "motion", "leak") if a.ward == "W1"][:7]
    calendar.say("a jammer in ward 1: seven devices are gone at once")
    for asset in gone:
        calendar.stop_device(asset.device, calendar.now + 900)
        calendar.send(formats.availability(asset.device, False))
        yield 2
    yield 900
    for asset in gone:
        calendar.send(formats.availability(asset.device, True))


silent_at_once.rules = ("radio-jammed",)


def skipped_round(calendar, source, site):
    calendar.say("the guards' round of this night does not take place")
    calendar.stop_device("rounds", calendar.now + 2 * HOUR)
    yield 0


skipped_round.rules = ("missed-patrol",)


def warm_blood(calendar, source, site):
    calendar.say("a fridge of the blood bank fails")
    calendar.stop_device("lab_blood_fridge1", calendar.now + 1500)
    for value in (6.4, 7.1, 7.9, 8.2):
        calendar.send(formats.zigbee("lab_blood_fridge1", battery=96, temperature=value))
        yield 290


warm_blood.rules = ("blood-warm",)


def dead_bridge(calendar, source, site):
    calendar.say("the bridge of the basement is gone for five minutes")
    calendar.send(formats.bridge(False, "zigbee"))
    yield 300
    calendar.send(formats.bridge(True, "zigbee"))


dead_bridge.rules = ("bridge-offline",)



@rule("insider-at-odd-hours")
def odd_hours(calendar, source, site):
    card = source.choice(site.cards("clerk"))
    calendar.say(f"the clerk's card {card.device} goes into finance at night")
    calendar.send(badge("door-adm-finance", card.device, "clerk"))
    yield 1
    yield from open_door(calendar, "door-adm-finance")


# (day of the week from 0, hour, story)
WEEK = [
    (0, 9.5, panic), (0, 11.2, fire), (0, 14.6, infant), (0, 16.1, probing), (0, 20.0, silent),
    (0, 21.9, skipped_round), (1, 10.4, silent_at_once), (1, 13.3, warm_blood), (4, 15.2, dead_bridge),
    (0, 2.2, told_once(("server-room-opened",), "somebody is in the server room without a card", *door("door-server"))),
    (1, 2.5, told_once(("tamper", "tamper-then-motion"), "a reader of the drug store is opened, then somebody moves there",
                       (0, formats.tampered("door-ph-store")), (40, z("ph_store_motion", occupancy=True)),
                       (60, z("ph_store_motion", occupancy=False)))),
    (1, 9.1, told_once(("gas-detected",), "gas in the boiler room", (0, z("tec_boiler_gas", gas=True)), (300, z("tec_boiler_gas", gas=False)))),
    (1, 15.5, told_once(("aggression",), "cries in the emergency department", *[step for _ in range(4) for step in (
        (12, formats.said("frigate/w0_waiting_camera/audio/scream", "ON")),
        (3, formats.said("frigate/w0_waiting_camera/audio/scream", "OFF")))])),
    (1, 17.2, told_once(("crowding",), "the waiting area of the emergency department is full",
                        *many(5, 120, lambda i: service("counters/count-w0", count=48 + i)))),
    (1, 23.4, odd_hours),
    (2, 3.1, told_once(("cash-safe-at-night", "strong-room-attacked"), "the safe of the cash office at night",
                       (0, z("ca_safe_motion", occupancy=True)), (20, z("ca_safe_shock", vibration=True)),
                       (30, z("ca_safe_safe", contact=False, tamper=False)), (200, z("ca_safe_safe", contact=True, tamper=False)),
                       (1, z("ca_safe_shock", vibration=False)), (1, z("ca_safe_motion", occupancy=False)))),
    (2, 8.6, told_once(("duress", "hold-up-at-the-cashier"), "a hold-up at the cash office",
                       (0, z("ca_counter_duress", action="single")), (1, z("ca_counter_duress", action="")),
                       (50, z("ca_safe_safe", contact=False, tamper=False)), (40, z("ca_safe_safe", contact=True, tamper=False)))),
    (2, 10.3, told_once(("weapon-at-the-entrance",), "the screening finds a knife", (0, service("screening/screen-lobby", found="knife")))),
    (2, 11.4, told_once(("patient-missing",), "a patient of ward 5 walks away",
                        (0, formats.tag("patient-003", "left", "W5", -80, "patient")), (1500, formats.tag("patient-003", "entered", "W5", -60, "patient")))),
    (2, 14.2, told_once(("mass-export",), "a thousand records leave the system",
                        *many(4, 300, lambda i: service("computing/records-system", event="export", records=320, account="x.ray")))),
    (2, 15.8, told_once(("badge-too-far",), "a copied card is in two places", (0, badge("door-nm-hot", "04a1b20e", "technician")),
                        (20, badge("door-w4-exit", "04a1b20e", "technician")))),
    (2, 22.8, told_once(("key-taken-at-night",), "a key is taken at night",
                        (0, service("keys/key-4", state="taken", badge="v106")), (600, service("keys/key-4", state="returned")))),
    (3, 1.3, told_once(("gas-yard-entered", "fence-climbed"), "somebody climbs into the oxygen yard",
                       (0, z("yard_oxygen_fence", vibration=True)), (8, formats.said("frigate/yard_oxygen_camera/motion", "ON")),
                       (4, z("yard_oxygen_fence", vibration=False)), *door("door-yard-oxygen", 30),
                       (9, formats.said("frigate/yard_oxygen_camera/motion", "OFF")))),
    (3, 9.8, told_once(("oxygen-supply",), "oxygen of intensive care falls", (0, service("gases/oxygen-icu", pressure=3.6, alarm=True)),
                       (400, service("gases/oxygen-icu", pressure=4.8, alarm=False)))),
    (3, 11.0, told_once(("water-leak", "flood"), "a pipe bursts on the first floor",
                        *[(25, z(f"w1_r{i}_leak", water_leak=True)) for i in (1, 2, 3, 4)],
                        *[(100, z(f"w1_r{i}_leak", water_leak=False)) for i in (1, 2, 3, 4)])),
    (3, 13.7, told_once(("narcotics-cabinet",), "the drugs of ward 2 without a card",
                        (0, z("w2_drugs", contact=False, tamper=False)), (30, z("w2_drugs", contact=True, tamper=False)))),
    (3, 16.4, told_once(("power-failure", "ups-on-battery"), "mains fail on two floors",
                        (0, formats.said("v1/ups/ups-floor-1/ups.status", "On Battery")), (4, formats.said("v1/ups/ups-floor-2/ups.status", "On Battery")),
                        (50, formats.said("v1/ups/ups-floor-1/ups.status", "Online")), (2, formats.said("v1/ups/ups-floor-2/ups.status", "Online")))),
    (3, 18.5, told_once(("storm",), "a storm is announced", (0, service("authorities/weather/weather-service", state="issued", title="Storm", severity="severe")),
                        (18000, service("authorities/weather/weather-service", state="lifted", title="Storm")))),
    (4, 4.2, told_once(("pharmacy-after-hours",), "a drug cabinet of the closed pharmacy",
                       (0, z("ph_drugs", contact=False, tamper=False)), (25, z("ph_drugs", contact=True, tamper=False)))),
    (4, 9.0, told_once(("source-store-opened",), "the store of sources without a physicist", *door("door-nm-source"))),
    (4, 10.9, told_once(("dose-high",), "the dose rate of the source store is too high",
                        *many(4, 60, lambda i: z("nm_source_dose", radiation_dose_per_hour=14 + i)))),
    (4, 12.5, told_once(("infant-strap-cut",), "the strap of an infant's tag is cut",
                        (0, formats.tag("infant-004", "cut", "W3", -60)))),
    (4, 14.4, told_once(("bomb-warning",), "the authority warns of a bomb nearby", (0, service("authorities/civil/civil-protection", state="issued", title="Old bomb in Mill Street", severity="extreme")),
                        (9000, service("authorities/civil/civil-protection", state="lifted", title="Old bomb in Mill Street")))),
    (4, 23.1, told_once(("archive-opened",), "the archive at night, without a card", *door("door-arc-store"))),
    (5, 2.8, told_once(("blood-bank-opened",), "the blood bank without a card", *door("door-lab-blood"))),
    (5, 11.6, told_once(("hint-of-violence",), "a hint of violence", (0, service("desk/tip-form/tips", about="violence", place="W0", text="He said he would come back")))),
    (5, 13.0, told_once(("fire-pump-fault",), "the fire pump is without mains", (0, z("tec_pumps_fire", ac_status=False)), (600, z("tec_pumps_fire", ac_status=True)))),
    (5, 15.1, told_once(("cameras-dark",), "four cameras of the ground floor go dark",
                        *[(3, formats.said(f"frigate/{c}_camera/status/detect", "offline")) for c in ("lobby_hall", "lobby_street", "opd_waiting", "ph_counter")],
                        (700, formats.said("frigate/lobby_hall_camera/status/detect", "online")),
                        *[(3, formats.said(f"frigate/{c}_camera/status/detect", "online")) for c in ("lobby_street", "opd_waiting", "ph_counter")])),
    (5, 20.5, told_once(("roof-hatch-open",), "the roof hatch is open", (0, z("hall2_stairs_hatch", contact=False)), (400, z("hall2_stairs_hatch", contact=True)))),
    (6, 1.9, told_once(("mortuary-opened",), "the mortuary without a card", *door("door-mor-cold"))),
    (6, 10.2, told_once(("oxygen-enriched",), "oxygen in the air of the gas yard", *many(5, 50, lambda i: service("gases/oxygen-air-yard", oxygen=24.5)))),
    (6, 14.8, told_once(("explosive-found",), "the screening finds a detonator", (0, service("screening/screen-lobby", found="detonator")))),
    (6, 16.6, told_once(("mass-print",), "hundreds of records are printed",
                        *many(4, 200, lambda i: service("computing/print-room", event="print", records=90, account="x.ray")))),
    (6, 21.4, told_once(("plant-opened",), "the power distribution without a card", *door("door-tec-power"))),
]


def hush(calendar, source, site):
    """Before the infant's story no card may be shown in its ward."""
    for ward in {a.ward for a in site.of_class("infant")}:
        calendar.keep_quiet(ward, calendar.now + 2 * QUIET)
    yield 0


def hush_for(calendar, source, site, at):
    """In the minute before a story, and while it begins, nobody shows a card where cards would explain it."""
    yield max(0.0, at - QUIET)
    for ward in ("W0", "W2", "W3", "W5", "PH", "NM", "LAB", "IT", "TEC", "YARD", "CA", "ARC", "MOR"):
        calendar.keep_quiet(ward, calendar.now + 2 * QUIET)


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


def begin_week(calendar, site):
    """Each story once, at its hour of a week that begins with the simulation, on a Monday at midnight."""
    for day, hour, story in WEEK:
        at = day * 24 * HOUR + hour * HOUR
        calendar.start(f"hush/{at}", hush_for, site, at)
        calendar.start(f"story/{story.__name__}", repeated, site, story, at, True)


def rules_of_week():
    """The rules that must raise an alarm."""
    return sorted({name for _, _, story in WEEK for name in story.rules})
