"""What somebody can do who owns the database and has read how the proof works: alter rows, and make the whole chain anew
so that it fits them again. Nothing in the database shows it."""

import importlib.util
import io
import struct

from .machine import SOURCE

spec = importlib.util.spec_from_file_location("verifier", SOURCE / "contrib" / "verify" / "verify.py")
v = importlib.util.module_from_spec(spec)
spec.loader.exec_module(v)


def _rows(copy, layout, journal, first, last):
    """The rows of a table, as COPY writes them, in the order of their leaves."""
    order = ", ".join(name for name in (layout.columns[layout.seq], "n", "position") if name in layout.columns)
    out = io.BytesIO()
    with copy.connection.cursor() as cursor:
        cursor.copy_expert(f"COPY (SELECT {', '.join(layout.columns)} FROM {layout.relation} WHERE journal = {journal}"
                           f" AND {layout.columns[layout.seq]} BETWEEN {first} AND {last} ORDER BY {order})"
                           " TO STDOUT (FORMAT binary)", out)
    data, at = out.getvalue(), 19
    while True:
        (count,) = struct.unpack_from(">h", data, at)
        if count < 0:
            return
        end = at + 2
        for _ in range(count):
            (length,) = struct.unpack_from(">i", data, end)
            end += 4 + max(length, 0)
        yield v.fields(data[at:end])
        at = end


def _leb(number):
    number, made = (number << 1) ^ (number >> 63), bytearray()
    while True:
        made.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(made)


def _listed(leaves):
    made, seq, day = b"", 0, 0
    for (at, n, position), on, row in leaves:
        made += _leb(at - seq) + _leb(n) + _leb(position) + _leb(on - day) + row
        seq, day = at, on
    return made


def rebuild(copy, *altered):
    """Makes leaves and roots of those tables (none named = all), and the chain, from the rows that are there now."""
    layouts = {}
    for relation, layout, columns, types, time in copy.run("SELECT relation, layout, columns, types, time FROM proof_layout"):
        layouts[relation, layout] = v.Layout({"relation": relation, "layout": layout, "columns": columns, "types": types,
                                              "time": time})
    newest = {relation: layout for (relation, _), layout in sorted(layouts.items())}
    for journal, name in copy.run("SELECT journal, journal_id FROM journal"):
        previous = bytes(32)
        for segment, first, last, sealed in copy.run("SELECT segment, first_seq, last_seq, (extract(epoch FROM sealed_at) * 1000000)"
                                                     "::bigint FROM proof_segment WHERE journal = %s ORDER BY 1", journal):
            roots = {relation: (rows, bytes(root)) for relation, rows, root in
                     copy.run("SELECT relation, rows, root FROM proof_part WHERE journal = %s AND segment = %s", journal, segment)}
            for relation in altered or newest:
                layout = newest[relation]
                copy.run("DELETE FROM proof_part WHERE journal = %s AND segment = %s AND relation = %s", journal, segment, relation)
                roots.pop(relation, None)
                leaves = [(*layout.place(row), layout.row_digest(row)) for row in _rows(copy, layout, journal, first, last)]
                if not leaves:
                    continue
                roots[relation] = (len(leaves), v.root_of(leaves))
                copy.run("INSERT INTO proof_part VALUES (%s, %s, %s, %s, %s, %s, %s)", journal, segment, relation, layout.number,
                         *roots[relation], _listed(leaves))
            parts = b"".join(newest[relation].text + struct.pack(">q", rows) + root for relation, (rows, root) in sorted(roots.items()))
            hash_ = v.digest(b"wardwatch segment 1\0", bytes.fromhex(str(name).replace("-", "")),
                             struct.pack(">qqqq", segment, first, last, sealed), previous, struct.pack(">q", len(roots)), parts)
            copy.run("UPDATE proof_segment SET previous = %s, hash = %s WHERE journal = %s AND segment = %s", previous, hash_,
                     journal, segment)
            previous = hash_
