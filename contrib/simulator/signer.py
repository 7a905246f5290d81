"""Signs as a device does that has a key: see rules/README.md, "Messages that are signed"."""

import hashlib
import hmac
import time

import yaml


def fits(pattern, topic):
    """Does an MQTT filter match?"""
    want, have = pattern.split("/"), topic.split("/")
    for i, level in enumerate(want):
        if level == "#":
            return True
        if i >= len(have) or level not in ("+", have[i]):
            return False
    return len(want) == len(have)


def sign(key, topic, message, boot, number):
    message = message if isinstance(message, bytes) else message.encode()
    text = message + f"\nww1 {boot} {number}".encode()
    return text + b" " + hmac.new(key, topic.encode() + b"\0" + text, hashlib.sha256).hexdigest().encode()


class Signer:
    """With the file of mqtt.signatures; what no device of it sends stays as it is."""

    def __init__(self, path):
        self.devices = [(d["topics"], bytes.fromhex(d["key"])) for d in yaml.safe_load(path.read_text())]
        self.boot, self.number = int(time.time()), 0

    def __call__(self, topic, payload):
        for topics, key in self.devices:
            if any(fits(pattern, topic) for pattern in topics):
                self.number += 1
                return sign(key, topic, payload, self.boot, self.number)
        return payload
