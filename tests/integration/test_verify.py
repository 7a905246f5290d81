"""The proof against somebody who owns the database: whatever is done to it, `wardwatch verify` finds and names it."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.forge import rebuild  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import SOURCE, Store, find_driver  # noqa: E402
from harness.verify import NOT_WHOLE, WHOLE, Copy, find_wardwatch, verify, verify_export  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver() or not find_wardwatch(), reason="build first")

BROKEN = 450  # an input whose bytes are no record: it goes to quarantine
HEAD = 1220
# What the chain does not cover, and why
EXEMPT = {
    "journal": "its identity is in the hash of every segment; site and first_seen are not",
    "proof_layout": "in the hash of every segment that refers to it",
    "proof_segment": "the chain itself",
    "proof_part": "in the hash of its segment",
    "rule_text": "the database's own copy of what engine_input holds; ruleset.hash is covered",
    "site_zone": "repeats the site model whose text is in engine_input",
    "site_asset": "the same",
    "change_withheld": "rows of change, and covered as such",
    "access_record": "written by the database when somebody reads, not by the store",
    "stored_table": "no history: what is decided about the tables",
    "retention_class": "no history: the same",
    "retention_setting": "written by the owner, not by the store",
    "retention_record": "written by the database; what it says is held against the leaves",
}
PLACES = {  # a column of each table that somebody would like to be different
    "message": "topic", "engine_input": "name", "command": "actor", "command_reply": "command_id", "event": "zone",
    "undecoded": "detail", "alarm": "title", "alarm_transition": "reason", "alarm_evidence": "device", "notice": "text",
    "ruleset": "hash", "change": "actor", "change_restricted": "actor", "quarantine": "error", "store_gap": "reason",
}


@pytest.fixture(scope="module")
def pg(tmp_path_factory):
    """Everything that can be stored, in many segments: a gap, mixed inputs, one in quarantine, hostile ones."""
    folder = tmp_path_factory.mktemp("verify")
    with Postgres() as postgres, Store(folder, postgres, batch_rows=70) as store:
        postgres.checkpoints = folder / "checkpoints"
        postgres.key = new_key(folder / "key")
        store.config.write_text(store.config.read_text() + f"proof: {{key: {folder}/key, file: {postgres.checkpoints}, every: 1h}}\n")
        store.migrate()
        store.fill(200)
        store.trim(50)
        store.fill(1000, "mixed", BROKEN)
        store.fill(20, "hostile")
        store.start()
        store.wait_cursor(timeout=180)
        assert store.stop() == 0
        yield postgres


def new_key(path):
    """Its public half."""
    return keys("new", path).stdout.strip()


def keys(*arguments):
    return subprocess.run([str(find_wardwatch()), "keys", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture
def copy(pg):
    with Copy(pg) as made:
        yield made


def one(copy, table):
    """(ctid, seq, n, position) of a row in the middle"""
    columns = {name for name, in copy.run("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass", table)}
    seq = "first_seq" if table == "store_gap" else "seq"
    key = ", ".join([seq] + [name if name in columns else "0" for name in ("n", "position")])
    rows = copy.run(f"SELECT tableoid::regclass::text, ctid::text, {key} FROM {table} ORDER BY {seq}")
    return rows[len(rows) // 2]


def test_untouched_it_is_whole(pg):
    verdict = verify(pg.url)
    assert verdict.code == WHOLE and not verdict.findings, verdict
    (journal,) = verdict.journals
    assert journal["last_seq"] == HEAD and journal["segments"] > 10
    # every row of every table was looked at
    for table in PLACES:
        assert journal["rows"][table] == pg.value(f"SELECT count(*) FROM {table}") > 0, table
    assert journal["rows"]["quarantine"] >= 1 and journal["rows"]["store_gap"] == 1


def test_every_table_of_history_is_covered(pg):
    guarded = {name for name, in pg.query("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'history_row'"
                                          " AND tgparentid = 0")}
    covered = {name for name, in pg.query("SELECT DISTINCT relation FROM proof_layout")}
    assert guarded - covered == set(EXEMPT)
    assert covered == set(PLACES)


def test_layouts_are_those_of_the_catalog(pg):
    letters = {"integer": "i", "bigint": "q", "double precision": "d", "boolean": "b", "timestamp with time zone": "t",
               "text": "s", "bytea": "y", "jsonb": "j", "text[]": "a"}
    for relation, columns, types in pg.query("SELECT relation, columns, types FROM proof_layout"):
        known = dict(pg.query("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
                              " AND attnum > 0", relation))
        assert "".join(letters[known[column]] for column in columns.split(", ")) == types, relation
        # the clock of the database is not the store's to vouch for
        assert set(known) - set(columns.split(", ")) <= {"quarantined_at", "recorded_at"}, relation


def test_altered_rows(copy):
    """One of each table; what jsonb holds; a time that takes the row to another partition; two that are swapped."""
    wanted = set()
    for table, column in PLACES.items():
        part, place, *key = one(copy, table)
        assert copy.run(f"UPDATE {part} SET {column} = {column} || 'x' WHERE ctid = %s::tid", place) == 1
        wanted.add((table, *key))
    seqs = [seq for seq, in copy.run("SELECT seq FROM event WHERE attributes IS NOT NULL AND seq BETWEEN 800 AND 900 ORDER BY 1")]
    copy.run("UPDATE event SET attributes = attributes || '{\"badge\": 1}' WHERE seq = %s", seqs[0])
    copy.run("UPDATE event SET time = time - interval '2 years' WHERE seq = %s", seqs[1])
    wanted |= {("event", seq, 0, 0) for seq in seqs[:2]}
    copy.run("UPDATE message m SET topic = o.topic, payload = o.payload FROM message o"
             " WHERE (m.seq, o.seq) IN ((301, 304), (304, 301))")
    copy.run("UPDATE message SET seq = CASE seq WHEN 401 THEN 404 ELSE 401 END WHERE seq IN (401, 404)")
    wanted |= {("message", seq, 0, 0) for seq in (301, 304, 401, 404)}
    verdict = copy.verify()
    assert verdict.code == NOT_WHOLE and verdict.kinds() == {"row altered"}, verdict
    assert verdict.rows("row altered") == wanted


def test_deleted_rows(copy):
    wanted = set()
    for table in PLACES:
        part, place, *key = one(copy, table)
        assert copy.run(f"DELETE FROM {part} WHERE ctid = %s::tid", place) == 1
        wanted.add((table, *key))
    verdict = copy.verify()
    assert verdict.code == NOT_WHOLE and verdict.kinds() == {"row deleted"}, verdict
    assert verdict.rows("row deleted") == wanted


def test_a_row_inserted_into_each_table(copy):
    """A copy of one that is there, under a number that no row has."""
    wanted = set()
    for table in PLACES:
        part, place, *_ = one(copy, table)
        seq = "first_seq" if table == "store_gap" else "seq"
        columns = [name for name, in copy.run("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                                              " AND NOT attisdropped ORDER BY attnum", table)]
        ((free,),) = copy.run(f"SELECT min(x) FROM generate_series(1100, 1200) x WHERE NOT EXISTS (SELECT FROM {table} WHERE {seq} = x)")
        copy.run(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_pkey")
        made = ", ".join({seq: str(free), "n": "77"}.get(name, name) for name in columns)
        assert copy.run(f"INSERT INTO {table} SELECT {made} FROM {part} WHERE ctid = %s::tid", place) == 1
        n = 77 if "n" in columns else 0
        position = copy.run(f"SELECT position FROM {table} WHERE n = 77")[0][0] if "position" in columns else 0
        wanted.add((table, free, n, position))
    verdict = copy.verify()
    assert verdict.code == NOT_WHOLE and verdict.kinds() == {"row inserted"}, verdict
    assert verdict.rows("row inserted") == wanted


def test_two_rows_of_each_table_changed_places(copy):
    wanted = set()
    for table in PLACES:
        if table in ("store_gap", "quarantine"):
            continue  # one row: there is nothing to change places with
        columns = {name for name, in copy.run("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass", table)}
        key = ", ".join(["seq"] + [name if name in columns else "0" for name in ("n", "position")])
        rows = copy.run(f"SELECT tableoid::regclass::text, ctid::text, {key} FROM {table} ORDER BY seq")
        (part, first, *a), (other, second, *b) = rows[len(rows) // 3], rows[-1]
        assert a[0] != b[0], table
        for relation, place, taken in ((part, first, b), (other, second, a)):
            # by way of numbers that nobody has
            changed = ", ".join(f"{name} = {value + (5000 if name == 'seq' else 0)}" for name, value in zip(("seq", "n", "position"), taken)
                                if name in columns)
            assert copy.run(f"UPDATE {relation} SET {changed} WHERE ctid = %s::tid", place) == 1
        copy.run(f"UPDATE {table} SET seq = seq - 5000 WHERE seq > 5000")
        wanted |= {(table, *a), (table, *b)}
    verdict = copy.verify()
    assert verdict.code == NOT_WHOLE and verdict.kinds() == {"row altered"}, verdict
    assert verdict.rows("row altered") == wanted


def test_chain_made_anew_for_each_table(copy, pg):
    """The database alone is then whole: each table shows in the hash of the end, which was signed."""
    def end():
        return copy.run("SELECT hash FROM proof_segment ORDER BY segment DESC LIMIT 1")[0][0].tobytes()

    rebuild(copy)
    hashes = [end()]
    assert copy.verify("--checkpoints", pg.checkpoints, "--key", pg.key).code == WHOLE  # what was made anew is what was there
    for table, column in PLACES.items():
        part, place, *_ = one(copy, table)
        assert copy.run(f"UPDATE {part} SET {column} = {column} || 'x' WHERE ctid = %s::tid", place) == 1
        rebuild(copy, table)
        assert end() not in hashes, table
        hashes.append(end())
    assert copy.verify().code == WHOLE
    verdict = copy.verify("--checkpoints", pg.checkpoints, "--key", pg.key)
    assert verdict.code == NOT_WHOLE and verdict.kinds() == {"checkpoint contradicts"}, verdict


def test_threads_find_what_one_finds(copy):
    copy.run("DELETE FROM proof_segment WHERE segment IN (4, 9)")
    copy.run("UPDATE message SET topic = 'x' WHERE seq IN (301, 601, 1101)")
    copy.run("DELETE FROM event WHERE seq BETWEEN 900 AND 920")
    copy.run("DELETE FROM proof_part WHERE segment = 12")
    alone, together = copy.verify("--jobs", 1), copy.verify("--jobs", 7)

    def told(verdict):
        return sorted(json.dumps(finding, sort_keys=True) for finding in verdict.findings)

    assert told(alone) == told(together) and len(told(alone)) > 10
    one_by_one, at_once = ({**v.journals[0], "seconds": 0} for v in (alone, together))
    assert one_by_one == at_once
    assert copy.verify("--jobs", 0).code == 2


def test_inserted_rows(copy):
    copy.run("ALTER TABLE notice DROP CONSTRAINT notice_pkey")
    second = copy.run("SELECT seq, n FROM notice ORDER BY seq LIMIT 1")[0]
    copy.run("INSERT INTO notice SELECT * FROM notice WHERE (seq, n) = (%s, %s)", *second)
    copy.run("INSERT INTO notice SELECT journal, 700, 9, journal_time, name, subject, text FROM notice LIMIT 1")
    copy.run("INSERT INTO notice SELECT journal, 99999, 0, journal_time, name, subject, text FROM notice LIMIT 1")  # behind the end
    copy.run("INSERT INTO message SELECT journal, 20, received_at, journal_time, origin, retained, duplicate, skipped, topic, payload"
             " FROM message WHERE seq = 301")  # into the gap
    verdict = copy.verify()
    assert verdict.code == NOT_WHOLE and verdict.kinds() == {"row inserted"}, verdict
    assert verdict.rows("row inserted") == {("notice", 700, 9, 0), ("message", 20, 0, 0), ("notice", *second, 0)}
    assert any("belong to no segment" in finding["text"] for finding in verdict.findings)


def test_tail_deleted(copy):
    for table in PLACES:
        copy.run(f"DELETE FROM {table} WHERE {'first_seq' if table == 'store_gap' else 'seq'} > 1210")
    verdict = copy.verify()
    assert verdict.code == NOT_WHOLE and verdict.kinds() == {"row deleted"}, verdict
    assert {seq for _, seq, _, _ in verdict.rows("row deleted")} == set(range(1211, HEAD + 1))


def test_tail_deleted_with_its_segments(copy):
    ((seq, segment),) = copy.run("SELECT last_seq, segment FROM proof_segment WHERE last_seq < 1150 ORDER BY 1 DESC LIMIT 1")
    for table in PLACES:
        copy.run(f"DELETE FROM {table} WHERE {'first_seq' if table == 'store_gap' else 'seq'} > %s", seq)
    copy.run("DELETE FROM proof_segment WHERE segment > %s", segment)
    copy.run("DELETE FROM proof_part WHERE segment > %s", segment)
    assert copy.verify().kinds() == {"cursor moved"}


def test_segments_deleted(copy):
    copy.run("DELETE FROM proof_segment WHERE segment = 5")
    verdict = copy.verify()
    assert verdict.code == NOT_WHOLE and "segment deleted" in verdict.kinds(), verdict
    copy.run("DELETE FROM proof_segment WHERE segment < 3")
    assert sum(finding["found"] == "segment deleted" for finding in copy.verify().findings) == 2


def test_segments_altered(copy):
    changes = ["last_seq = last_seq - 1", "first_seq = first_seq + 1", "previous = hash", "hash = previous",
               "sealed_at = sealed_at + interval '1 second'", "hash = '\\x00'"]
    for number, change in enumerate(changes):
        assert copy.run(f"UPDATE proof_segment SET {change} WHERE segment = %s", 2 * number + 2) == 1
    copy.run("UPDATE proof_part SET root = sha256(root) WHERE segment = 15 AND relation = 'message'")
    copy.run("DELETE FROM proof_part WHERE segment = 17 AND relation = 'event'")
    verdict = copy.verify()
    assert verdict.code == NOT_WHOLE, verdict
    altered = {finding["segment"] for finding in verdict.findings if finding["found"] == "segment altered"}
    assert altered >= {2, 4, 6, 8, 10, 12, 15, 17}, (altered, verdict)
    assert {finding["segment"] for finding in verdict.findings if finding["found"] == "leaves altered"} == {15}
    copy.run("UPDATE proof_layout SET columns = replace(columns, 'topic, payload', 'payload, topic') WHERE relation = 'message'")
    altered = [finding for finding in copy.verify().findings if finding["found"] == "segment altered"]
    assert len(altered) > 15


def test_leaves_and_row_altered_together(copy):
    """Then no row can be named, but which inputs it is among."""
    copy.run("UPDATE proof_part SET leaves = overlay(leaves placing '\\x00' FROM 10) WHERE segment = 5 AND relation = 'message'")
    assert copy.verify().kinds() == {"leaves altered"}  # the rows are as they were
    ((first,),) = copy.run("SELECT first_seq FROM proof_segment WHERE segment = 5")
    copy.run("UPDATE message SET topic = 'x' WHERE seq = (SELECT min(seq) FROM message WHERE seq >= %s)", first)
    assert copy.verify().kinds() == {"leaves altered", "rows altered"}


def test_columns(copy):
    """A later one leaves the old segments as they are; one of another type holds the very bytes; one that is gone shows."""
    copy.run("ALTER TABLE message ADD COLUMN colour text NOT NULL DEFAULT 'red'")
    copy.run("ALTER TABLE undecoded ALTER COLUMN detail TYPE bytea USING convert_to(detail, 'UTF8')")
    assert copy.verify().code == WHOLE  # the very bytes
    copy.run("ALTER TABLE undecoded DROP COLUMN detail")
    verdict = copy.verify()
    assert "table altered" in verdict.kinds() and verdict.code == NOT_WHOLE, verdict


def test_range(copy):
    copy.run("UPDATE message SET topic = 'x' WHERE seq = 601")
    assert copy.verify("--from", 800).code == WHOLE
    assert copy.verify("--to", 500).code == WHOLE
    assert copy.verify("--from", 600, "--to", 650).rows("row altered") == {("message", 601, 0, 0)}
    assert copy.verify("--from", "x").code == 2


def test_in_words(pg):
    done = subprocess.run([str(find_wardwatch()), "verify", "--database", pg.url], capture_output=True, text=True)
    assert done.returncode == 0
    assert re.search(r"^WHOLE: ", done.stdout, re.M) and "What it does not show" in done.stdout
    assert str(SOURCE) not in done.stdout


def test_no_database():
    assert verify("host=/nonexistent dbname=wardwatch").code == 1


def test_whole_after_kills(tmp_path):
    with Postgres() as postgres, Store(tmp_path, postgres, batch_rows=50) as store:
        store.migrate()
        for round_ in range(4):
            store.fill(1500)
            store.start()
            store.wait_cursor(round_ * 1500 + 400)
            store.kill()
        store.start()
        store.wait_cursor()
        store.assert_complete()
        assert store.stop() == 0
        verdict = verify(postgres.url)
        assert verdict.code == WHOLE and verdict.journals[0]["last_seq"] == store.head, verdict


# --- checkpoints ---

@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """(postgres, file of checkpoints, public key) of a store that was stopped now and then, and set back once."""
    folder = tmp_path_factory.mktemp("signed")
    with Postgres() as postgres, Store(folder, postgres, batch_rows=100) as store:
        key, checkpoints = folder / "key", folder / "checkpoints"
        public = new_key(key)
        assert key.stat().st_mode & 0o777 == 0o600
        assert keys("new", key).returncode == 1  # a key is never overwritten
        store.config.write_text(store.config.read_text() + f"proof: {{key: {key}, file: {checkpoints}, every: 1h}}\n")
        store.migrate()
        for _ in range(3):
            store.fill(300)
            store.start()
            store.wait_cursor()
            assert store.stop() == 0, store.log
        # a backup from before the last 300 inputs is restored, and the journal fills it again
        tamper(postgres, 600)
        store.start()
        store.wait_cursor()
        assert store.stop() == 0, store.log
        yield postgres, checkpoints, public


def tamper(pg, seq):
    """Takes the database back to the moment after that input."""
    connection = pg.connect()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in PLACES:
            cursor.execute(f"DELETE FROM {table} WHERE {'first_seq' if table == 'store_gap' else 'seq'} > %s", (seq,))
        cursor.execute("SELECT max(segment) FROM proof_segment WHERE last_seq <= %s", (seq,))
        (segment,) = cursor.fetchone()
        cursor.execute("DELETE FROM proof_segment WHERE segment > %s", (segment,))
        cursor.execute("DELETE FROM proof_part WHERE segment > %s", (segment,))
        cursor.execute("UPDATE store_cursor SET (seq, fingerprint) = (SELECT last_seq, 0 FROM proof_segment WHERE segment = %s)", (segment,))
    connection.close()


def test_checkpoints_of_a_restored_database_fit(signed):
    pg, checkpoints, key = signed
    assert len(checkpoints.read_text().splitlines()) >= 4
    verdict = verify(pg.url, "--checkpoints", checkpoints, "--key", key)
    assert verdict.code == WHOLE, verdict
    assert any("checkpoints were held against it" in note for note in verdict.notes)
    assert verify(pg.url, "--checkpoints", checkpoints, "--key", "00" * 32).code == NOT_WHOLE


def test_chain_made_anew_and_end_cut_off(signed):
    """What nobody can tell from the database alone."""
    pg, checkpoints, key = signed
    with Copy(pg) as copy:
        tampered = pg.connect(copy.name)
        pg_copy = type("Pg", (), {"connect": lambda self: tampered})()
        tamper(pg_copy, 600)
        assert copy.verify().code == WHOLE
        verdict = copy.verify("--checkpoints", checkpoints, "--key", key)
        assert verdict.code == NOT_WHOLE and verdict.kinds() == {"segment deleted"}, verdict
        assert "its end was cut off" in verdict.findings[0]["text"]


def test_checkpoints_altered(signed, tmp_path):
    pg, checkpoints, key = signed
    lines = checkpoints.read_text().splitlines(keepends=True)
    altered = tmp_path / "altered"

    def kinds(text):
        altered.write_text(text)
        return verify(pg.url, "--checkpoints", altered, "--key", key)

    assert kinds("".join(lines[:1] + lines[2:])).kinds() == {"checkpoint deleted"}
    verdict = kinds(lines[0].replace('"time":1', '"time":2') + "".join(lines[1:]))
    assert verdict.code == NOT_WHOLE and any("not signed" in note for note in verdict.notes), verdict
    # made by somebody who has another key: it is not ours
    assert kinds("nonsense\n" + "".join(lines)).code == NOT_WHOLE
    assert verify(pg.url, "--checkpoints", tmp_path / "absent").code == 1


def test_chain_with_other_hashes(signed):
    pg, checkpoints, key = signed
    with Copy(pg) as copy:
        copy.run("UPDATE proof_segment SET hash = sha256(hash)")
        verdict = copy.verify("--checkpoints", checkpoints, "--key", key)
        assert "checkpoint contradicts" in verdict.kinds(), verdict


def test_what_retention_dropped_is_no_finding(copy):
    ((part, day),) = copy.run("SELECT tableoid::regclass::text, received_at::date FROM message WHERE seq = 301")
    ((rows, first, last),) = copy.run(f"SELECT count(*), min(seq), max(seq) FROM {part}")
    copy.run("INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, journal, rows, first_seq, last_seq, dropped_at)"
             " SELECT 'raw', 'message', %s, d AT TIME ZONE 'UTC', (d + interval '1 day') AT TIME ZONE 'UTC', '90 days', journal, %s, %s, %s,"
             " (d + interval '91 days') AT TIME ZONE 'UTC' FROM journal, (SELECT %s::date::timestamp AS d) x", part, rows, first, last, day)
    copy.run(f"DROP TABLE {part}")
    verdict = copy.verify()
    assert verdict.code == WHOLE and verdict.journals[0]["dropped"] == rows > 0, verdict
    # dropped before its time: a record that says so is no excuse
    copy.run("UPDATE retention_record SET dropped_at = dropped_at - interval '1 hour'")
    assert copy.verify().kinds() == {"row deleted"}
    copy.run("DELETE FROM retention_record")
    assert copy.verify().kinds() == {"row deleted"}


def over(copy, relation):
    """Time passes: every partition of the table is past its time, and goes as apply_retention drops it."""
    for part, in copy.run("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass"
                          " AND c.relname <> %s", relation, f"{relation}_default"):
        copy.run("INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, journal, rows, first_seq, last_seq,"
                 " dropped_at, chain) SELECT p.class, p.relation, p.partition, p.range_from, p.range_to, '90 days', c.*, p.range_to +"
                 f" interval '91 days', partition_chain(p.relation, p.range_from, p.range_to) FROM stored_partition p,"
                 f" (SELECT journal, count(*), min(seq), max(seq) FROM {part} GROUP BY journal) c WHERE p.partition = %s", part)
        copy.run(f"DROP TABLE {part}")


def test_the_proof_gives_up_what_proves_nothing(copy, pg, tmp_path):
    with_checkpoints = ("--checkpoints", pg.checkpoints, "--key", pg.key)
    before = copy.verify().journals[0]
    for table in ("message", "undecoded", "event"):
        over(copy, table)
    assert copy.run("SELECT compact_proof(5)") == [(5,)]  # some lists at a time
    while copy.run("SELECT compact_proof(1000)") != [(0,)]:
        pass
    # of the rows that were dropped there is no leaf left, of the others each
    for relation, given_up in copy.run("SELECT relation, bool_and(leaves IS NULL) FROM proof_part GROUP BY 1"):
        assert not given_up or relation in ("message", "undecoded", "event"), relation
    bytes_, = copy.run("SELECT sum(length(leaves)) FROM proof_part WHERE relation = 'message'")[0]
    assert (bytes_ or 0) < 40 * 60  # the hostile ones are in the default partition, and stay
    verdict = copy.verify(*with_checkpoints)
    assert verdict.code == WHOLE and verdict.journals[0]["dropped"] > 1000 and verdict.journals[0]["removed"] == 0, verdict
    # and when nothing is left of them, segments
    for table in PLACES:
        if table not in ("ruleset", "store_gap"):
            over(copy, table)
    while copy.run("SELECT compact_proof(1000)") != [(0,)]:
        pass
    verdict = copy.verify(*with_checkpoints)
    (after,) = verdict.journals
    assert verdict.code == WHOLE and after["segments"] + after["removed"] == before["segments"] and after["removed"] >= 8, verdict
    assert copy.verify("--jobs", 1).code == WHOLE
    path = tmp_path / "export"
    done = subprocess.run([str(find_wardwatch()), "export", "--database", copy.url, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert verify_export(path).code == WHOLE
    assert subprocess.run([sys.executable, str(SOURCE / "contrib" / "verify" / "verify.py"), str(path)], capture_output=True).returncode == WHOLE
    # nobody makes a hole in the name of retention
    ((first, last),) = copy.run("SELECT first_segment, last_segment FROM retention_record WHERE first_segment IS NOT NULL LIMIT 1")
    copy.run("UPDATE retention_record SET chain = sha256(chain) WHERE first_segment = %s", first)
    assert "segment deleted" in copy.verify().kinds()
    copy.run("DELETE FROM retention_record WHERE first_segment = %s", first)
    assert "segment deleted" in copy.verify().kinds()


def test_leaves_given_up_before_their_time(copy):
    copy.run("UPDATE proof_part SET leaves = NULL WHERE relation = 'message' AND segment = 5")
    assert copy.verify().code == WHOLE  # the rows are there, and have the root
    ((first, last),) = copy.run("SELECT first_seq, last_seq FROM proof_segment WHERE segment = 5")
    copy.run("DELETE FROM message WHERE seq BETWEEN %s AND %s", first, last)
    assert copy.verify().kinds() == {"rows altered"}


# --- keys ---

@pytest.fixture(scope="module")
def rotated(tmp_path_factory):
    """(store, checkpoints, [public keys]): each of three keys has signed one checkpoint; the database stays."""
    folder = tmp_path_factory.mktemp("rotated")
    with Postgres() as postgres, Store(folder, postgres, batch_rows=100) as store:
        checkpoints, base = folder / "checkpoints", store.config.read_text()
        publics = [new_key(folder / "key0")]
        store.migrate()
        for number in range(3):
            if number > 0:
                made = keys("rotate", folder / f"key{number - 1}", folder / f"key{number}")
                assert made.returncode == 0, made.stderr
                publics.append(made.stdout.strip())
            sign(store, base, folder / f"key{number}", checkpoints)
        store.base = base
        yield store, checkpoints, publics


def sign(store, base, key, checkpoints):
    """Something is stored, and signed at the end."""
    store.config.write_text(base + f"proof: {{key: {key}, file: {checkpoints}, every: 1h}}\n")
    store.fill(100)
    store.start()
    store.wait_cursor()
    assert store.stop() == 0, store.log


def test_keys_follow_each_other(rotated):
    store, checkpoints, publics = rotated
    text = checkpoints.read_text()
    assert text.count("wardwatch-key-1 ") == 3  # the first handover stands twice: each key brings its whole line
    for key in publics:  # forwards and backwards
        assert verify(store.pg.url, "--checkpoints", checkpoints, "--key", key).code == WHOLE, key
    assert verify(store.pg.url, "--checkpoints", checkpoints).code == WHOLE
    assert verify(store.pg.url, "--checkpoints", checkpoints, "--key", "11" * 32).code == NOT_WHOLE


def test_without_the_handover_a_key_is_a_stranger(rotated, tmp_path):
    store, checkpoints, publics = rotated
    torn = tmp_path / "torn"
    torn.write_text("".join(line for line in checkpoints.read_text().splitlines(keepends=True) if "wardwatch-key-1" not in line))
    verdict = verify(store.pg.url, "--checkpoints", torn)
    assert verdict.code == NOT_WHOLE and verdict.kinds() == {"checkpoint unsigned"}, verdict
    assert verify(store.pg.url, "--checkpoints", torn, "--key", publics[0]).code == NOT_WHOLE
    assert verify(store.pg.url, "--checkpoints", torn, "--key", ",".join(publics)).code == WHOLE  # one knows all three
    # a handover that only one of the two has signed
    forged = tmp_path / "forged"
    forged.write_text(re.sub(r"(wardwatch-key-1 )(\w+) (\w+)", r"\1\2 \2", checkpoints.read_text()))
    verdict = verify(store.pg.url, "--checkpoints", forged, "--key", publics[0])
    assert verdict.code == NOT_WHOLE and any("not signed" in note for note in verdict.notes), verdict


def test_a_retired_key_signs_nothing(rotated, tmp_path):
    """Somebody has found the first key, and signs with it what the chain is after the third one had come."""
    store, checkpoints, publics = rotated
    folder = store.folder
    genuine = checkpoints.read_text()
    stolen = tmp_path / "stolen"
    stolen.write_text(genuine)
    sign(store, store.base, folder / "key0", stolen)
    assert stolen.read_text().count("wardwatch-checkpoint-1") == genuine.count("wardwatch-checkpoint-1") + 1
    for key in publics:
        verdict = verify(store.pg.url, "--checkpoints", stolen, "--key", key)
        assert verdict.code == NOT_WHOLE and any("retired" in note for note in verdict.notes), verdict
    # with all that the newer keys signed left out, it is the newest one's public half that shows it
    lines = [line for line in stolen.read_text().splitlines(keepends=True) if "checkpoint-1" not in line or publics[0] in line]
    stolen.write_text("".join(lines))
    assert verify(store.pg.url, "--checkpoints", stolen, "--key", publics[2]).code == NOT_WHOLE


def test_an_export_brings_the_handovers(rotated, tmp_path):
    store, checkpoints, publics = rotated
    path = tmp_path / "all.export"
    done = subprocess.run([str(find_wardwatch()), "export", "--database", store.pg.url, "--checkpoints", str(checkpoints), str(path)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    verifier = SOURCE / "contrib" / "verify" / "verify.py"
    for key, code in ((publics[0], WHOLE), (publics[2], WHOLE), ("11" * 32, NOT_WHOLE)):
        assert verify_export(path, "--key", key).code == code
        assert subprocess.run([sys.executable, str(verifier), "--key", key, str(path)], capture_output=True).returncode == code
        # who reads it may go, as `head` does: the verdict stands all the same, and nothing else is said
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([sys.executable, str(verifier), "--key", key, str(path)], stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        assert (done.returncode, done.stderr) == (code, b"")
