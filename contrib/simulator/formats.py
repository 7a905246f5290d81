"""Messages, in the shapes that the devices publish. Each function returns (topic, payload, retained).

`now` is the wall clock in seconds at the moment of sending: devices stamp what they send.
"""

import datetime
import json


def text(**fields):
    return json.dumps(fields, separators=(",", ":"))


def iso(now):
    return datetime.datetime.fromtimestamp(now, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# Zigbee2MQTT: the whole state each time, stamped by the bridge


BASES = {}  # device → base topic of its bridge, where it is not the first one


def zigbee(device, **state):
    def message(now):
        return f"{BASES.get(device, 'zigbee2mqtt')}/{device}", text(**state, linkquality=87, last_seen=iso(now)), False

    return message


def availability(device, online):
    def message(now):
        return f"{BASES.get(device, 'zigbee2mqtt')}/{device}/availability", text(state="online" if online else "offline"), True

    return message


def bridge(online, base="zigbee2mqtt"):
    def message(now):
        return f"{base}/bridge/state", text(state="online" if online else "offline"), True

    return message


# esp-rfid: every controller publishes on one topic and names itself


def rfid(door, **fields):
    def message(now):
        return "/rfid/send", text(**fields, time=int(now), hostname=door), False

    return message


def access(door, card, person, granted):
    return rfid(door, type="access", isKnown="true" if granted else "false", access="Always" if granted else "Denied",
                username=person, uid=card)


def door(name, is_open):
    return rfid(name, type="INFO", src="door", desc="Door Open" if is_open else "Door Closed", data="", cmd="event")


def heartbeat(name, uptime):
    return rfid(name, type="heartbeat", uptime=int(uptime), ip="192.168.1.20")


def boot(name):
    return rfid(name, type="boot", uptime="0", ip="192.168.1.20")


# tags, by the gateway of their ward


def tag(device, event, ward, rssi=-61, of="infant"):
    def message(now):
        return f"tags/gw-{ward.lower()}/{device}", text(event=event, ward=ward, **{"class": of}, rssi=rssi,
                                                        ts=int(now)), False

    return message


# the other systems of the house: rules/sensors/services.yaml, front-desk.yaml


def service(topic, **fields):
    def message(now):
        return topic, text(**fields, ts=int(now)), False

    return message


def said(topic, payload):
    def message(now):
        return topic, payload, False

    return message


def tampered(name, desc="Door was tampered!"):
    return rfid(name, type="WARN", src="tamper", desc=desc, data="", cmd="event")
