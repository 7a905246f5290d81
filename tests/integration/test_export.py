"""An export is checked away from the database, by the daemon's own command and by a program that knows nothing of it."""

import hashlib
import importlib.util
import json
import pathlib
import random
import re
import struct
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.postgres import Postgres  # noqa: E402
from harness.store import SOURCE, Store, find_driver  # noqa: E402
from harness.verify import NOT_WHOLE, WHOLE, Copy, find_wardwatch, verify_export  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver() or not find_wardwatch(), reason="build first")

VERIFIER = SOURCE / "contrib" / "verify" / "verify.py"
spec = importlib.util.spec_from_file_location("verifier", VERIFIER)
v = importlib.util.module_from_spec(spec)
spec.loader.exec_module(v)


def wardwatch(*arguments):
    return subprocess.run([str(find_wardwatch()), *map(str, arguments)], capture_output=True, text=True)


def verifier(path, *arguments):
    """(exit status, {what was found}, all of what it says)"""
    done = subprocess.run([sys.executable, str(VERIFIER), *map(str, arguments), str(path)], capture_output=True, text=True)
    assert done.returncode in (0, 1, 3), done.stderr
    return done.returncode, set(re.findall(r"^  ((?:row|rows|table|segment|leaves|checkpoint|export|file) [a-z]+):", done.stdout, re.M)), done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(postgres, checkpoints, key, export of all)"""
    folder = tmp_path_factory.mktemp("export")
    with Postgres() as postgres, Store(folder, postgres, batch_rows=70) as store:
        key, checkpoints = folder / "key", folder / "checkpoints"
        public = wardwatch("keys", "new", key).stdout.strip()
        store.config.write_text(store.config.read_text() + f"proof: {{key: {key}, file: {checkpoints}, every: 1h}}\n")
        store.migrate()
        store.fill(150)
        store.trim(50)
        for kind in (("mixed",), ("mixed", 400), ("hostile",)):
            store.fill(20 if kind[0] == "hostile" else 150, *kind)
            store.start()
            store.wait_cursor(timeout=120)
            assert store.stop() == 0, store.log
        path = folder / "all.export"
        done = wardwatch("export", "--database", postgres.url, "--checkpoints", checkpoints, path)
        assert done.returncode == 0, done.stderr
        yield postgres, checkpoints, public, path


def frames(path):
    data, at, found = path.read_bytes(), len(b"wardwatch-export-1\n"), []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at + 1)
        found.append((data[at : at + 1], data[at + 5 : at + 5 + length]))
        at += 5 + length
    return found


def layouts_of(some):
    made = [v.Layout(json.loads(body)) for kind, body in some if kind == b"L"]
    return {(layout.relation, layout.number): layout for layout in made}


def rows_of(some):
    """(number of the frame, (layout, fields)) of each row"""
    layouts, table = layouts_of(some), None
    for i, (kind, body) in enumerate(some):
        if kind == b"T":
            table = layouts[json.loads(body)["relation"], json.loads(body)["layout"]]
        elif kind == b"R":
            yield i, (table, v.fields(body))


def put(path, some):
    """The file of these frames, with the sum that belongs to it: whoever changes it knows how to do that."""
    data = b"wardwatch-export-1\n" + b"".join(kind + struct.pack(">I", len(body)) + body for kind, body in some if kind != b"E")
    end = struct.pack(">Q", sum(kind != b"E" for kind, _ in some)) + hashlib.blake2b(data, digest_size=32).digest()
    path.write_bytes(data + b"E" + struct.pack(">I", len(end)) + end)
    return path


def test_untouched_it_is_whole(made):
    pg, _, key, path = made
    verdict = verify_export(path, "--key", key)
    assert verdict.code == WHOLE and not verdict.findings, verdict
    (journal,) = verdict.journals
    assert {table: rows for table, rows in journal["rows"].items() if rows} == {
        table: rows for table in journal["rows"] if (rows := pg.value(f"SELECT count(*) FROM {table}"))}
    code, found, said = verifier(path, "--key", key)
    assert code == WHOLE and not found, said
    assert f" {sum(journal['rows'].values())} rows" in said and key in said and "not confirm" not in said
    assert verifier(path)[0] == WHOLE and "is it yours?" in verifier(path)[2]


def test_another_key(made):
    _, _, _, path = made
    assert verify_export(path, "--key", "00" * 32).code == NOT_WHOLE
    code, found, _ = verifier(path, "--key", "00" * 32)
    assert code == NOT_WHOLE and found == {"checkpoint altered"}


def test_what_it_says_of_itself_is_no_verdict(made, tmp_path):
    """Neither a line of its own, nor anything that a terminal would act on: a verdict is what we found."""
    *_, path = made
    forged = frames(path)
    says = json.loads(forged[0][1])
    lie = "\x1b[2J\x1b[8m\nWHOLE: what is in it is as it was stored.\n\u009b8m"
    forged[0] = (b"J", json.dumps(says | {"site": lie, "about": lie}).encode())
    del forged[-2]
    put(tmp_path / "forged.export", forged)
    for said in (verifier(tmp_path / "forged.export")[2], wardwatch("verify", "--export", tmp_path / "forged.export").stdout):
        assert "NOT WHOLE" in said and "\nWHOLE" not in said
        assert all(c.isprintable() or c == "\n" for c in said), said


def both(path, kind):
    """Both find it, and the same."""
    verdict, (code, found, said) = verify_export(path), verifier(path)
    assert verdict.code == code == NOT_WHOLE, (verdict, said)
    assert kind in verdict.kinds() and kind in found, (verdict, said)
    return said


def test_a_row_of_each_table_altered(made, tmp_path):
    *_, path = made
    all_, seen = frames(path), {}
    for i, (layout, row) in rows_of(all_):
        at = next((at for at, kind in enumerate(layout.types) if kind == "s" and row[at]), None)
        if layout.relation not in seen and at is not None:
            row[at] = row[at][:-1] + bytes([row[at][-1] ^ 1])
            all_[i] = (b"R", row_of(row))
            seen[layout.relation] = layout.place(row)[0]
    said = both(put(tmp_path / "x", all_), "row altered")
    verdict = verify_export(tmp_path / "x")
    assert verdict.kinds() == {"row altered"} and verdict.rows("row altered") == {(name, *place) for name, place in seen.items()}
    assert len(seen) >= 13, seen
    for name, place in seen.items():
        assert "row altered: {} seq {}, n {}, position {}:".format(name, *place) in said


def test_rows_taken_out_and_put_in(made, tmp_path):
    *_, path = made
    all_ = frames(path)
    rows = [i for i, (kind, _) in enumerate(all_) if kind == b"R"]
    both(put(tmp_path / "out", all_[: rows[40]] + all_[rows[40] + 1 :]), "row deleted")
    both(put(tmp_path / "in", all_[: rows[40]] + [all_[rows[40]]] + all_[rows[40] :]), "row inserted")


def test_segments(made, tmp_path):
    *_, path = made
    all_ = frames(path)
    segments = [i for i, (kind, _) in enumerate(all_) if kind == b"S"]
    body = all_[segments[2]][1]
    both(put(tmp_path / "altered", [f if i != segments[2] else (b"S", body[:24] + bytes([body[24] ^ 1]) + body[25:])
                                    for i, f in enumerate(all_)]), "segment altered")
    both(put(tmp_path / "deleted", [f for i, f in enumerate(all_) if i != segments[1]]), "segment deleted")


def test_end_cut_off(made, tmp_path):
    """The last window with its rows, and the rows of the one before: the checkpoint remembers."""
    *_, path = made
    all_ = frames(path)
    first = next(i for i, (kind, _) in enumerate(all_) if kind == b"S")
    both(put(tmp_path / "cut", all_[:first]), "segment deleted")


def test_checkpoint_forged(made, tmp_path):
    *_, path = made
    all_ = [(kind, body.replace(b'"seq":', b'"seq":1')) if kind == b"C" else (kind, body) for kind, body in frames(path)]
    both(put(tmp_path / "x", all_), "checkpoint altered")


def test_damaged_on_its_way(made, tmp_path):
    """Whichever byte it is, nothing crashes, and it is told."""
    *_, path = made
    data, dice = path.read_bytes(), random.Random(7)
    for number in range(12):
        at = dice.randrange(20, len(data))
        (tmp_path / "x").write_bytes(data[:at] + bytes([data[at] ^ 1 << number % 8]) + data[at + 1 :])
        assert verify_export(tmp_path / "x").code == NOT_WHOLE, at
        assert verifier(tmp_path / "x")[0] == NOT_WHOLE, at
    (tmp_path / "x").write_bytes(data[:-10])
    both(tmp_path / "x", "export altered")
    (tmp_path / "x").write_bytes(b"PK\3\4 something else")
    assert verify_export(tmp_path / "x").code == 1 and verifier(tmp_path / "x")[0] == 1


def test_part_of_it_and_where_it_goes(made, tmp_path):
    pg, *_ = made
    part = tmp_path / "part"
    assert wardwatch("export", "--database", pg.url, "--from", 200, "--to", 300, part).returncode == 0
    assert verify_export(part).code == WHOLE and verifier(part)[0] == WHOLE
    assert part.stat().st_mode & 0o777 == 0o600
    assert wardwatch("export", "--database", pg.url, part).returncode == 1  # it is there
    assert wardwatch("export", "--database", "host=/nonexistent dbname=x", tmp_path / "none").returncode == 1
    assert not (tmp_path / "none").exists()


def test_what_was_altered_before_is_in_it_and_told(made, tmp_path):
    pg, checkpoints, _, _ = made
    with Copy(pg) as copy:
        copy.run("UPDATE message SET topic = topic || 'x' WHERE seq = 120")
        done = wardwatch("export", "--database", copy.url, "--checkpoints", checkpoints, tmp_path / "x")
    assert done.returncode == 3 and "message seq 120" in done.stdout
    assert "message seq 120, n 0" in both(tmp_path / "x", "row altered")


def test_chain_made_anew(made, tmp_path):
    """Somebody who owns the database rewrites rows, leaves, roots and all later segments: the checkpoints do not fit."""
    _, _, key, path = made
    forged = put(tmp_path / "forged", rebuilt(path))
    without = put(tmp_path / "without", [(kind, body) for kind, body in rebuilt(path) if kind != b"C"])
    assert verify_export(without).code == WHOLE and verifier(without)[0] == WHOLE  # in itself it fits
    assert "nothing from outside the database" in verifier(without)[2]
    both(forged, "checkpoint contradicts")


def test_chain_made_anew_in_the_database(made):
    """The same, done to the database by its superuser."""
    pg, checkpoints, key, path = made
    before, after = frames(path), rebuilt(path)
    with Copy(pg) as copy:
        for old, (kind, body) in zip(before, after):
            if old[1] == body:
                continue
            row = v.fields(body)
            if kind == b"S":
                done = copy.run("UPDATE proof_segment SET previous = %s, hash = %s WHERE segment = %s", row[4], row[5], v.integer(row[0]))
            elif kind == b"P":
                done = copy.run("UPDATE proof_part SET root = %s, leaves = %s WHERE segment = %s AND relation = %s",
                                row[4], row[5], v.integer(row[0]), row[1].decode())
            else:
                layout = layouts_of(before)["message", 1]
                done = copy.run("UPDATE message SET topic = %s WHERE seq = %s", row[layout.columns.index("topic")].decode(),
                                layout.place(row)[0][0])
            assert done == 1, kind
        assert copy.verify().code == WHOLE  # nobody can tell from the database alone
        verdict = copy.verify("--checkpoints", checkpoints, "--key", key)
        assert verdict.code == NOT_WHOLE and verdict.kinds() == {"checkpoint contradicts"}, verdict


def rebuilt(path):
    """The frames with one row altered, and everything behind it computed anew, as an attacker would."""
    all_ = frames(path)
    layouts = layouts_of(all_)
    journal = bytes.fromhex(json.loads(all_[0][1])["id"].replace("-", ""))
    i, (table, row) = next(found for found in rows_of(all_) if found[1][0].relation == "message")
    row[table.columns.index("topic")] += b"x"
    all_[i] = (b"R", row_of(row))
    place, made = table.place(row)[0], table.row_digest(row)
    roots = {}
    for i, (kind, body) in enumerate(all_):
        if kind == b"P":
            row = v.fields(body)
            leaves = v.leaves_read(row[5])
            at = [j for j, leaf in enumerate(leaves) if leaf[0] == place and row[1] == b"message"]
            if at:
                old = leaves[at[0]][2]
                row[5] = row[5].replace(old, made)
                row[4] = v.root_of(v.leaves_read(row[5]))
                all_[i] = (kind, row_of(row))
            roots.setdefault(v.integer(row[0]), []).append(v.Part(row, layouts))
    previous = None
    for i, (kind, body) in enumerate(all_):
        if kind != b"S":
            continue
        row = v.fields(body)
        row[4] = previous or row[4]
        s = v.Segment(row)
        parts = sorted(roots.get(s.number, []), key=lambda part: part.relation)
        row[5] = previous = v.digest(
            b"wardwatch segment 1\0", journal, struct.pack(">QQQq", s.number, s.first, s.last, s.sealed_at), row[4],
            struct.pack(">Q", len(parts)),
            *(piece for part in parts for piece in (part.layout.text, struct.pack(">q", part.rows), part.root)))
        all_[i] = (kind, row_of(row))
    return all_


def row_of(fields):
    return struct.pack(">H", len(fields)) + b"".join(
        struct.pack(">i", -1) if field is None else struct.pack(">I", len(field)) + field for field in fields)
