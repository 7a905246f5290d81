#!/usr/bin/env python3
"""Checks a Wardwatch export (`wardwatch export`, or proof/record.export of a case bundle) without Wardwatch.

    python3 verify.py [--key HEX] [--bundle FOLDER] FILE

It needs nothing but Python 3.8. Exit status: 0 whole, 3 not whole, 1 it could not be checked. What it checks:

  rows      each row against its leaf: the digest that was written when the row was stored
  leaves    each list of leaves against the root of its tree
  segments  each segment's hash against what it says, and against the segment before
  signature each checkpoint's Ed25519 signature, and its hash against the segment it names
  bundle    messages/N.bin and rules/HASH.txt of a case bundle against the rows that were checked

The format is described in schema/README.md, "Proof".
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import struct
import sys
import threading

BEGINS = b"wardwatch-export-1\n"
WORD = b"wardwatch-checkpoint-1 "
KEY_WORD = b"wardwatch-key-1 "
TO_2000 = 946684800  # PostgreSQL counts from there
DAY = 86400 * 10**6


def say(text):
    """One line on standard output. What the file says stays within it: whoever made the file may want it to pass, and what
    drives a terminal could write another verdict over ours. Who reads it may go when he has seen enough: the exit status
    says still how it ends."""
    try:
        print("".join(c if c.isprintable() else "?" for c in text), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def digest(*parts):
    state = hashlib.blake2b(digest_size=32)
    for part in parts:
        state.update(part)
    return state.digest()


# --- Ed25519, as RFC 8032 says it ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point_read(data):
    number = int.from_bytes(data, "little")
    y = number & (1 << 255) - 1
    x = point_x(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_times(number, p):
    made = (0, 1, 1, 0)
    while number:
        if number & 1:
            made = point_add(made, p)
        p = point_add(p, p)
        number >>= 1
    return made


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (point_x(BASE_Y, 0), BASE_Y, 1, point_x(BASE_Y, 0) * BASE_Y % P)


def signed(key, signature, text):
    a, r, s = point_read(key), point_read(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(key) != 32 or len(signature) != 64 or not a or not r or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    left, right = point_times(s, BASE), point_add(r, point_times(h, a))
    return not (left[0] * right[2] - right[0] * left[2]) % P and not (left[1] * right[2] - right[1] * left[2]) % P


# --- what a row's digest is made from ---

class Number(str):
    """A number in JSON as it is written."""


def canonical_number(text):
    sign, whole, fraction, exponent = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", text).groups()
    digits = (whole + (fraction or "")).lstrip("0")
    power = int(exponent or 0) - len(fraction or "")
    kept = digits.rstrip("0")
    if not kept:
        return b"#0e0;"
    return f"#{sign}{kept}e{power + len(digits) - len(kept)};".encode()


def canonical_string(text):
    data = text.encode("utf-8")
    return b'"%d:%s' % (len(data), data)


def canonical(value):
    if value is None or value is True or value is False:
        return {None: b"n", True: b"t", False: b"f"}[value]
    if isinstance(value, Number):
        return canonical_number(value)
    if isinstance(value, str):
        return canonical_string(value)
    if isinstance(value, list):
        return b"[" + b"".join(map(canonical, value)) + b"]"
    names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
    return b"{" + b"".join(canonical_string(name) + canonical(value[name]) for name in names) + b"}"


def canonical_json(data):
    text = data[1:] if data[:1] == b"\x01" else data  # version of jsonb's binary form
    try:
        return canonical(json.loads(text, parse_int=Number, parse_float=Number))
    except (ValueError, AttributeError):
        return b"!" + text  # none: it was never stored so


def fields(row):
    """The fields of a row in PostgreSQL's binary COPY format; null is None."""
    count, at, found = struct.unpack_from(">H", row)[0], 2, []
    for _ in range(count):
        (length,) = struct.unpack_from(">i", row, at)
        at += 4
        if length < 0:
            found.append(None)
            continue
        if at + length > len(row):
            raise ValueError("a row is cut off")
        found.append(row[at : at + length])
        at += length
    if at != len(row):
        raise ValueError("a row is too long")
    return found


def integer(field):
    return int.from_bytes(field, "big", signed=True)


class Layout:
    def __init__(self, said):
        self.relation, self.number, self.types = said["relation"], said["layout"], said["types"]
        self.columns = said["columns"].split(", ")
        self.time = said["time"]
        text = b"".join(part.encode() + b"\0" for part in (self.relation, said["columns"], self.types))
        self.text, self.digest = text, digest(b"\x03", text)
        self.seq = self.columns.index("seq" if "seq" in self.columns else "first_seq")

    def at(self, row, name):
        return integer(row[self.columns.index(name)]) if name in self.columns else 0

    def place(self, row):
        day = 0
        if self.time:
            time = row[self.columns.index(self.time)]
            usec = integer(time) if time is not None else None
            if usec is not None and abs(usec) < 2**63 - 1 and usec != -(2**63):
                day = usec // DAY + TO_2000 // 86400
        return (integer(row[self.seq]), self.at(row, "n"), self.at(row, "position")), day

    def row_digest(self, row):
        parts = [struct.pack(">H", len(row))]
        for kind, field in zip(self.types, row):
            if field is None:
                parts.append(b"\xff\xff\xff\xff")
                continue
            data = canonical_json(field) if kind == "j" else field
            parts += [struct.pack(">I", len(data)), data]
        return digest(b"\x02", self.digest, *parts)


# --- the tree ---

def zigzag(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at


def leaves_read(data):
    """[((seq, n, position), day, digest)] of a stored list"""
    found, at, seq, day = [], 0, 0, 0
    while at < len(data):
        step, at = zigzag(data, at)
        n, at = zigzag(data, at)
        position, at = zigzag(data, at)
        days, at = zigzag(data, at)
        seq, day = seq + step, day + days
        if at + 32 > len(data):
            raise ValueError("a list of leaves is cut off")
        found.append(((seq, n, position), day, data[at : at + 32]))
        at += 32
    return found


def root_of(leaves):
    peaks = []  # (height, digest)
    for (seq, n, position), day, row in leaves:
        node = (0, digest(b"\0", struct.pack(">qqqq", seq, n, position, day), row))
        while peaks and peaks[-1][0] == node[0]:
            node = (node[0] + 1, digest(b"\x01", peaks.pop()[1], node[1]))
        peaks.append(node)
    made = peaks.pop()[1] if peaks else None
    while peaks:
        made = digest(b"\x01", peaks.pop()[1], made)
    return made


# --- an export ---

UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, StopIteration, struct.error, RecursionError)


class Problem(Exception):
    pass


def list_read(data):
    try:
        return leaves_read(data)
    except UNREADABLE:
        return []


class Segment:
    def __init__(self, row):
        self.number, self.first, self.last = (integer(field) for field in row[:3])
        self.sealed_at = integer(row[3]) + TO_2000 * 10**6
        self.previous, self.hash = row[4], row[5]
        self.parts = []


class Part:
    def __init__(self, row, layouts):
        self.relation, self.rows, self.root = row[1].decode(), integer(row[3]), row[4]
        self.layout = layouts.get((self.relation, integer(row[2])))
        self.leaves = row[5]


class Keys:
    """Whose signature counts: the keys that were named, those that they handed over to, and those that did so to them."""

    def __init__(self, named):
        self.named, self.handovers = named, set()

    def handover(self, line):
        old, new, text = line[len(KEY_WORD) :].split(b" ", 2)
        said = json.loads(text)
        for key, signature in ((said["key"], old), (said["next"], new)):
            if not signed(bytes.fromhex(key), bytes.fromhex(signature.decode()), KEY_WORD + text):
                raise ValueError("a handover of keys is not signed by both")
        self.handovers.add((said["key"], said["next"]))

    def leads(self, key, following):
        """Did it hand over to that one, at once or by others between them?"""
        seen, todo = set(), [key]
        while todo:
            todo = [b for at in todo for a, b in self.handovers if a == at and b not in seen]
            seen.update(todo)
        return following in seen

    def heir(self, key):
        return not self.named or key in self.named or any(self.leads(name, key) for name in self.named)

    def sift(self, checkpoints):
        """(those that count, how many no such key signed, how many a key signed that had been retired)"""
        heirs = any(self.heir(c["key"]) for c in checkpoints)
        good = [c for c in checkpoints if self.heir(c["key"]) or (heirs and any(self.leads(c["key"], n) for n in self.named))]
        follow = {(c["journal"], c["key"], c["since"]) for c in good if c.get("since")}
        kept = [c for c in good if not any(c["journal"] == journal and c["checkpoint"] >= since and self.leads(c["key"], key)
                                           for journal, key, since in follow)]
        return kept, len(checkpoints) - len(good), len(good) - len(kept)


class Check:
    """Reads an export from its beginning to its end, and holds one window of it at a time."""

    def __init__(self, file, keys, bundle):
        self.file, self.keys, self.bundle = file, Keys(keys), bundle
        self.read = []  # checkpoints, until all of them are there
        self.hash, self.frames = hashlib.blake2b(BEGINS, digest_size=32), 0
        self.layouts, self.checkpoints, self.dropped = {}, {}, []
        self.about, self.journal_id, self.findings = None, b"", 0
        self.window, self.rows = [], {}
        self.last, self.loose, self.confirmed = None, 0, 0
        self.counted, self.absent, self.segments, self.gone = {}, 0, 0, 0
        self.signers = set()

    def found(self, what, text):
        self.findings += 1
        say(f"  {what}: {text}")

    def frame(self):
        head = self.file.read(5)
        if len(head) < 5:
            return None, b""
        kind, length = struct.unpack(">cI", head)
        body = self.file.read(length)
        if len(body) < length:
            return None, b""
        if kind == b"E":
            whole = body == struct.pack(">Q", self.frames) + self.hash.digest() and not self.file.read(1)
            return (b"E" if whole else None), body
        self.hash.update(head)
        self.hash.update(body)
        self.frames += 1
        return kind, body

    def run(self):
        if self.file.read(len(BEGINS)) != BEGINS:
            raise Problem("it is no export of Wardwatch")
        table = None
        while True:
            kind, body = self.frame()
            if self.read and kind not in (b"J", b"C"):
                self.checkpoints_settle()
            if kind is None or kind == b"E":
                break
            try:
                table = self.take(kind, body, table)
            except UNREADABLE as error:
                self.found("export altered", f"a record of the file cannot be read: {error}")
        self.close_window()
        self.run_ends(None)
        if kind is None:
            self.found("export altered", "the file is not as it was written, or not to its end")
        self.cut_off()

    def take(self, kind, body, table):
        if kind == b"R":
            if table is None:
                raise ValueError("a row of no table")
            self.rows.setdefault(table.relation, []).append((table, fields(body)))
            return table
        if kind == b"T":
            said = json.loads(body)
            return self.layouts[said["relation"], said["layout"]]
        if kind == b"S":
            if self.rows or (self.window and self.window[-1].parts):
                self.close_window()
            self.window.append(Segment(fields(body)))
        elif kind == b"P":
            row = fields(body)
            part, number = Part(row, self.layouts), integer(row[0])
            next(s for s in self.window if s.number == number).parts.append(part)
        elif kind == b"J":
            self.about = json.loads(body)
            self.journal_id = bytes.fromhex(self.about["id"].replace("-", ""))
            say(f"journal {self.about['journal']} ({self.about['site']}), {self.about['id']}"
                + (f": {self.about['about']}" if self.about["about"] else ""))
        elif kind == b"L":
            layout = Layout(json.loads(body))
            self.layouts[layout.relation, layout.number] = layout
        elif kind == b"D":
            self.dropped.append(json.loads(body))
        elif kind == b"C":
            self.checkpoint(body)
        return None

    # --- checkpoints ---

    def checkpoint(self, line):
        if line.startswith(KEY_WORD):
            self.keys.handover(line)
            return
        text = line[len(WORD) + 129 :]
        said = json.loads(text)
        key = bytes.fromhex(said["key"])
        good = line.startswith(WORD) and signed(key, bytes.fromhex(line[len(WORD) : len(WORD) + 128].decode()), WORD + text)
        if good:
            self.read.append(said)
        else:
            self.found("checkpoint altered", f"checkpoint {said['checkpoint']} is not signed by the key")

    def checkpoints_settle(self):
        kept, unsigned, retired = self.keys.sift(self.read)
        self.read = []
        if unsigned:
            self.found("checkpoint altered", f"{unsigned} checkpoints are not signed by the key")
        if retired:
            self.found("checkpoint unsigned", f"{retired} checkpoints are signed by a key that had been retired before")
        for said in kept:
            self.signers.add(said["key"])
            if said["journal"] != self.journal_id.hex():
                continue
            if said["set_back"]:
                # the database was restored, and filled again: what was signed between is of what was lost
                for number in [n for n, c in self.checkpoints.items() if c["seq"] >= said["set_back"]]:
                    del self.checkpoints[number]
            self.checkpoints[said["segment"]] = said

    # --- a window: some segments, and all of their rows that are here ---

    def close_window(self):
        if not self.window:
            return
        for segment in self.window:
            self.chain(segment)
        for relation in sorted({part.relation for s in self.window for part in s.parts} | set(self.rows)):
            self.table(relation)
        self.window, self.rows = [], {}

    def run_ends(self, following):
        """Where the chain is broken off, a checkpoint must confirm what is before."""
        if self.last and (following is None or following.number != self.last.number + 1) and self.confirmed != self.last.number:
            self.loose += 1

    def chain(self, s):
        self.segments += 1
        last, selected = self.last, self.about["selected"]
        self.run_ends(s)
        gap = s.number != (last.number + 1 if last else s.number if selected or self.about["from"] > 1 else 1)
        if gap and not (selected and last and s.number > last.number) and not self.removed(last, s):
            self.found("segment deleted", f"segments before {s.number} are missing")
        elif last and not gap and (s.previous != last.hash or s.first != last.last + 1):
            self.found("segment altered", f"segment {s.number} does not follow the one before it")
        parts = sorted(s.parts, key=lambda part: part.relation.encode())
        made = digest(b"wardwatch segment 1\0", self.journal_id, struct.pack(">QQQq", s.number, s.first, s.last, s.sealed_at),
                      s.previous, struct.pack(">Q", len(parts)),
                      *(piece for part in parts for piece in (
                          part.layout.text if part.layout else part.relation.encode() + b"\0\0\0",
                          struct.pack(">q", part.rows), part.root)))
        if made != s.hash:
            self.found("segment altered", f"the hash of segment {s.number} is not that of what it says (inputs {s.first} to {s.last})")
        checkpoint = self.checkpoints.get(s.number)
        if checkpoint:
            if checkpoint["hash"] != s.hash.hex() or checkpoint["seq"] != s.last:
                self.found("checkpoint contradicts", f"segment {s.number}: the chain had another hash when checkpoint "
                           f"{checkpoint['checkpoint']} was signed: it was made anew, or altered")
            else:
                self.confirmed = s.number
        self.last = s

    def table(self, relation):
        due, unlisted = {}, []  # place: (day, digest, dated)
        for s in self.window:
            for part in s.parts:
                if part.relation == relation:
                    self.leaves(s, part, due, unlisted)
        for layout, row in self.rows.get(relation, []):
            try:
                self.row(layout, row, due, unlisted)
            except UNREADABLE as error:
                self.found("table altered", f"a row of {relation} cannot be read: {error}")
        for place, (day, _, dated) in due.items():
            self.missing(relation, place, day, dated)
        for s, part, rows in unlisted:
            if not rows and part.leaves is None and not self.about["selected"] and self.given_up(relation, s):
                self.gone += part.rows
            elif (rows or not self.about["selected"]) and (len(rows) != part.rows or root_of(rows) != part.root):
                self.found("rows altered", f"{relation}: rows of inputs {s.first} to {s.last} are not what was stored")

    def leaves(self, s, part, due, unlisted):
        if part.leaves is not None:
            listed = list_read(part.leaves)
            if len(listed) == part.rows and root_of(listed) == part.root:
                for place, day, made in listed:
                    due[place] = (day, made, bool(part.layout and part.layout.time))
                return
            self.found("leaves altered", f"{part.relation}: the list of its rows in segment {s.number} is not the one that was written")
        unlisted.append((s, part, []))

    def row(self, layout, row, due, unlisted):
        relation, (place, day), made = layout.relation, layout.place(row), layout.row_digest(row)
        name = "{} seq {}, n {}, position {}".format(relation, *place)
        self.counted[relation] = self.counted.get(relation, 0) + 1
        rows = next((rows for s, _, rows in unlisted if s.first <= place[0] <= s.last), None)
        if rows is not None:
            rows.append((place, day, made))
        elif place not in due:
            self.found("row inserted", f"{name}: was not stored by Wardwatch")
        elif due.pop(place)[1] != made:
            self.found("row altered", f"{name}: is not what was stored")
        if self.bundle:
            self.bundle.row(layout, row, place)

    def missing(self, relation, place, day, dated):
        if self.about["selected"]:
            self.absent += 1
        elif any(said["relation"] == relation and said["first_seq"] <= place[0] <= said["last_seq"]
                 and (not dated or said["from_day"] <= day < said["to_day"]) for said in self.dropped):
            self.gone += 1
        else:
            self.found("row deleted", "{} seq {}, n {}, position {}: was stored and is not there".format(relation, *place))

    def given_up(self, relation, s):
        """Of a part without rows whose list was given up: had retention come to it?"""
        return any(said["relation"] == relation and "first_segment" not in said and s.sealed_at < said["to_day"] * DAY
                   for said in self.dropped)

    def removed(self, last, following):
        """Were the segments between these removed, one stretch after the other, with the hash that the next one names?"""
        stretches = {said["first_segment"]: said for said in self.dropped if "first_segment" in said}
        number, seq, chain = (last.number + 1, last.last + 1, None) if last else (1, None, None)
        while number < following.number:
            said = stretches.get(number)
            if not said or (seq is not None and said["first_seq"] != seq):
                return False
            number, seq, chain = said["last_segment"] + 1, said["last_seq"] + 1, said["chain"]
        return chain is not None and (number, seq, bytes.fromhex(chain)) == (following.number, following.first, following.previous)

    def cut_off(self):
        if not self.about:
            raise Problem("it does not say of which journal it is")
        for number, checkpoint in self.checkpoints.items():
            behind = number > (self.last.number if self.last else 0) and checkpoint["seq"] <= self.about["to"]
            if behind and not self.about["selected"]:
                self.found("segment deleted", f"checkpoint {checkpoint['checkpoint']}: the chain is not that long: its end was cut off")


class Bundle:
    """The files of a case bundle, held against the rows that were checked."""

    def __init__(self, folder):
        self.folder, self.compared = folder, 0
        self.messages, self.sets, self.bodies = set(), {}, {}

    def row(self, layout, row, place):
        if layout.relation == "message":
            self.messages.add(f"{place[0]}.bin")
            self.hold(f"messages/{place[0]}.bin", row[layout.columns.index("payload")])
        elif layout.relation == "engine_input":
            self.bodies[place[0]] = row[layout.columns.index("body")]
        elif layout.relation == "ruleset":
            self.sets[place[0]] = row[layout.columns.index("hash")].decode()

    def hold(self, name, data):
        if "/" in name[name.index("/") + 1 :]:
            raise ValueError("a file outside of the bundle")
        path, data = self.folder / name, data or b""
        self.compared += 1
        if path.is_symlink() or not path.is_file():
            self.check.found("file deleted", f"{name} is not there, or is no file")
        elif path.stat().st_size != len(data) or path.read_bytes() != data:
            self.check.found("file altered", f"{name} is not what was stored")

    def end(self):
        for seq, name in self.sets.items():
            self.hold(f"rules/{name}.txt", self.bodies.get(seq))
        for path in sorted((self.folder / "messages").glob("*.bin")):
            if path.name not in self.messages:
                self.check.found("file inserted", f"messages/{path.name} has no row in the proof")


def report(check):
    rows = sum(check.counted.values())
    for relation, count in sorted(check.counted.items()):
        say(f"  {relation:18} {count:12} rows")
    say(f"  {check.segments} segments, {rows} rows")
    if check.gone:
        say(f"  {check.gone} rows were dropped when their time was over, as the database says")
    if check.about["selected"]:
        say(f"  {check.absent} more rows of the same transactions are not part of this export; it shows that the rows in it"
            " are as")
        say("  they were stored, not that it holds all that belong to it")
    for key in sorted(check.signers):
        say(f"  checkpoints are signed with the key {key}" + ("" if check.keys.named else ": is it yours? (--key)"))
    if check.loose:
        say(f"  {check.loose} stretches of the chain end without a checkpoint: nothing from outside the database confirms them")
    if check.bundle:
        say(f"  {check.bundle.compared} files of the bundle were held against the rows")
    say("WHOLE: what is in it is as it was stored." if not check.findings else
        f"NOT WHOLE: {check.findings} finding{'s' if check.findings > 1 else ''}.")


def main():
    arguments = argparse.ArgumentParser(description="Checks a Wardwatch export. Exit status: 0 whole, 3 not whole, 1 not checked.")
    arguments.add_argument("--key", default="", help="public key that must have signed the checkpoints, or one that it handed over to;"
                           " several with commas between")
    arguments.add_argument("--bundle", type=pathlib.Path, help="folder of a case bundle, whose files are held against the rows")
    arguments.add_argument("file", type=pathlib.Path, help="the export")
    given = arguments.parse_args()
    try:
        with given.file.open("rb") as file:
            bundle = Bundle(given.bundle) if given.bundle else None
            check = Check(file, set(filter(None, given.key.lower().split(","))), bundle)
            if bundle:
                bundle.check = check
            check.run()
            if bundle:
                bundle.end()
    except (OSError, Problem) as error:
        print(f"verify.py: {given.file}: {error}", file=sys.stderr)
        return 1
    except UNREADABLE as error:
        print(f"verify.py: {given.file}: it is not as it was written: {error!r}", file=sys.stderr)
        return 3
    report(check)
    return 3 if check.findings else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    # values in values, two thousand deep: what the database takes
    sys.setrecursionlimit(50000)
    threading.stack_size(512 << 20)
    result = []
    thread = threading.Thread(target=lambda: result.append(main()))
    thread.start()
    thread.join()
    sys.exit(result[0] if result and result[0] is not None else 1)
