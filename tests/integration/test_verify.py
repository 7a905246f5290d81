"""The proof against somebody who owns the database: whatever is done to it, `wardwatch verify` finds and names it."""

import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.postgres import Postgres  # noqa: E402
from harness.store import SOURCE, Store, find_driver  # noqa: E402
from harness.verify import NOT_WHOLE, WHOLE, Copy, find_wardwatch, verify  # noqa: E402

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
    with Postgres() as postgres, Store(tmp_path_factory.mktemp("verify"), postgres, batch_rows=70) as store:
        store.migrate()
        store.fill(200)
        store.trim(50)
        store.fill(1000, "mixed", BROKEN)
        store.fill(20, "hostile")
        store.start()
        store.wait_cursor(timeout=180)
        assert store.stop() == 0
        yield postgres


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
        made = subprocess.run([str(find_wardwatch()), "keys", "new", str(key)], capture_output=True, text=True)
        assert made.returncode == 0 and key.stat().st_mode & 0o777 == 0o600
        assert subprocess.run([str(find_wardwatch()), "keys", "new", str(key)], capture_output=True).returncode == 1
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
        yield postgres, checkpoints, made.stdout.strip()


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
    copy.run("INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, journal, rows, first_seq, last_seq)"
             " SELECT 'raw', 'message', %s, d AT TIME ZONE 'UTC', (d + interval '1 day') AT TIME ZONE 'UTC', '90 days', journal, %s, %s, %s"
             " FROM journal, (SELECT %s::date::timestamp AS d) x", part, rows, first, last, day)
    copy.run(f"DROP TABLE {part}")
    verdict = copy.verify()
    assert verdict.code == WHOLE and verdict.journals[0]["dropped"] == rows > 0, verdict
    copy.run("DELETE FROM retention_record")
    assert copy.verify().kinds() == {"row deleted"}
