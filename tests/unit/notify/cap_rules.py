#!/usr/bin/python3
"""The rules of CAP 1.2's schema, held against what the notifier makes of any notification. Prints TAP."""

import json
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
NAME = re.compile(r"[^\s,<&]+")
ANY = re.compile(r"(?s).*")
URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>]*")


def words(text):
    return re.compile("|".join(text.split()))


# element: (least, most, form or the table of what lies in it), in the schema's order
AREA = {
    "areaDesc": (1, 1, ANY), "polygon": (0, None, ANY), "circle": (0, None, ANY), "geocode": (0, None, ANY),
    "altitude": (0, 1, ANY), "ceiling": (0, 1, ANY),
}
INFO = {
    "language": (0, 1, ANY),
    "category": (1, None, words("Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other")),
    "event": (1, 1, re.compile(r"(?s).+")),
    "responseType": (0, None, words("Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None")),
    "urgency": (1, 1, words("Immediate Expected Future Past Unknown")),
    "severity": (1, 1, words("Extreme Severe Moderate Minor Unknown")),
    "certainty": (1, 1, words("Observed Likely Possible Unlikely Unknown")),
    "audience": (0, 1, ANY), "eventCode": (0, None, ANY), "effective": (0, 1, TIME), "onset": (0, 1, TIME),
    "expires": (0, 1, TIME), "senderName": (0, 1, ANY), "headline": (0, 1, ANY), "description": (0, 1, ANY),
    "instruction": (0, 1, ANY), "web": (0, 1, URI), "contact": (0, 1, ANY), "parameter": (0, None, ANY),
    "resource": (0, None, ANY), "area": (0, None, AREA),
}
ALERT = {
    "identifier": (1, 1, NAME), "sender": (1, 1, NAME), "sent": (1, 1, TIME),
    "status": (1, 1, words("Actual Exercise System Test Draft")),
    "msgType": (1, 1, words("Alert Update Cancel Ack Error")),
    "source": (0, 1, ANY), "scope": (1, 1, words("Public Restricted Private")), "restriction": (0, 1, ANY),
    "addresses": (0, 1, ANY), "code": (0, None, ANY), "note": (0, 1, ANY),
    "references": (0, 1, re.compile(r"[^\s,<&]+,[^\s,<&]+,\S+( [^\s,<&]+,[^\s,<&]+,\S+)*")),
    "incidents": (0, 1, ANY), "info": (0, None, INFO),
}


def check(element, table, where):
    """Yields what breaks the rules."""
    order = list(table)
    found = [child.tag.removeprefix(NAMESPACE) for child in element]
    for tag in found:
        if tag not in table:
            yield f"{where}: there is no {tag}"
            return
    if [order.index(tag) for tag in found] != sorted(order.index(tag) for tag in found):
        yield f"{where}: not in the schema's order: {found}"
    for tag, (least, most, form) in table.items():
        there = element.findall(NAMESPACE + tag)
        if len(there) < least or (most is not None and len(there) > most):
            yield f"{where}: {len(there)} × {tag}"
        for child in there:
            if isinstance(form, dict):
                yield from check(child, form, f"{where}/{tag}")
            elif len(child) or not form.fullmatch(child.text or ""):
                yield f"{where}/{tag}: {child.text!r}"


def check_document(text, body):
    root = ElementTree.fromstring(text)
    if root.tag != NAMESPACE + "alert":
        yield f"the root is {root.tag}"
        return
    yield from check(root, ALERT, "alert")
    kind = root.findtext(NAMESPACE + "msgType")
    if kind in ("Update", "Cancel") and root.find(NAMESPACE + "references") is None:
        yield f"{kind} refers to nothing"
    if root.findtext(NAMESPACE + "scope") == "Restricted" and root.find(NAMESPACE + "restriction") is None:
        yield "Restricted, and to whom is not said"
    if (root.findtext(NAMESPACE + "status") == "Exercise") != bool(body.get("exercise")):
        yield "a drill is no drill"


NASTY = ["", "plain", "<b>&amp;</b>", "]]>", "\x01\x0b", "ä 消防 🔥", "a,b c", "\ufffe\uffff", "x" * 5000, "\u2028\u202e", "'\"",
         "\ud7ff\ue000", "-->", "&#0;"]


def bodies(seed):
    rnd = random.Random(seed)
    for i in range(300):
        text = lambda: "".join(rnd.choice(NASTY) for _ in range(rnd.randrange(3)))  # noqa: E731
        body = {"key": f"{i}-" + (text() or "k"), "channel": "cap", "incident": rnd.randrange(10**9), "title": text(),
                "text": text(), "zone": text(), "hazard": rnd.choice(["fire", "theft", "system", "disaster", "explosion", "?"]),
                "priority": rnd.choice(["low", "medium", "high", "critical", "?"]), "exercise": rnd.random() < 0.3,
                "due_at": rnd.choice(["2026-02-28T23:59:59.999999Z", "1999-01-01T00:00:00.000000Z", "never"])}
        if rnd.random() < 0.6:
            body["closed"] = rnd.random() < 0.5
            body["earlier"] = [{"key": text() or "k", "due_at": "2026-01-01T00:00:00.000000Z"}
                               for _ in range(rnd.randrange(1, 4))]
        yield body


def documents(driver, sent):
    lines = "".join(json.dumps(body, ensure_ascii=False) + "\n" for body in sent)
    out = subprocess.run([driver], input=lines.encode("utf-8", "replace"), capture_output=True, check=True).stdout
    while out:
        length, _, out = out.partition(b"\n")
        yield out[:int(length)]
        out = out[int(length):]


def checker_finds_faults():
    """A checker that lets everything pass would be none."""
    good = ("<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>i</identifier><sender>s</sender>"
            "<sent>2026-01-01T00:00:00-00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Private</scope></alert>")
    faults = [("i</id", "i d</id"), ("00-00:00", "00Z"), ("Actual", "actual"), ("<sender>s</sender>", ""),
              ("<scope>Private</scope>", "<scope>Private</scope><source>x</source>"), ("Alert</msg", "Update</msg")]
    if list(check_document(good, {})):
        yield "a good document is refused"
    for old, new in faults:
        assert old in good
        if not list(check_document(good.replace(old, new, 1), {})):
            yield f"not found: {new}"


def main():
    sent = list(bodies(20260101))
    found = list(documents(sys.argv[1], sent))
    wrong = [f"{body}: {fault}" for body, text in zip(sent, found) for fault in check_document(text, body)]
    if len(found) != len(sent):
        wrong.append(f"{len(found)} documents of {len(sent)} notifications")
    results = [("the checker finds faults", list(checker_finds_faults())), ("every document keeps the rules", wrong)]
    print(f"1..{len(results)}")
    for number, (name, faults) in enumerate(results, 1):
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")
        for fault in faults[:10]:
            print(f"# {fault}")
    return any(faults for _, faults in results)


if __name__ == "__main__":
    sys.exit(main())
