"""Checkpoints on a topic, from a real daemon by a real broker: what somebody else has kept finds what nobody finds at home."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.damage import flip_pages  # noqa: E402
from harness.daemon import SOURCE, Daemon, binary, wait_for  # noqa: E402
from harness.forge import rebuild  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.verify import NOT_WHOLE, WHOLE, Copy, verify  # noqa: E402

TOPIC = "wardwatch/test/proof"


class Hospital:
    def __init__(self, folder, broker, postgres):
        self.folder, self.broker, self.postgres = folder, broker, postgres
        self.checkpoints = folder / "checkpoints"
        self.key = self.keys("new", folder / "key")
        self.daemon = Daemon(folder, broker, postgres, rules=spine.write_rules(folder / "rules"), settings={
            "proof.key": folder / "key", "proof.file": self.checkpoints, "proof.every": "1s"})
        spine.migrate(postgres, self.daemon.config)

    @staticmethod
    def keys(*arguments):
        done = subprocess.run([binary(), "keys", *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def filed(self):
        return [json.loads(line.split(" ", 2)[2]) for line in self.checkpoints.read_text().splitlines()
                if line.startswith("wardwatch-checkpoint-1 ")] if self.checkpoints.exists() else []

    def retained(self):
        """What somebody gets who comes now: text, "" = nothing."""
        got = subprocess.run(["mosquitto_sub", *self.broker.client_arguments(), "-t", TOPIC, "-C", "1", "-W", "1"],
                             capture_output=True, text=True, check=False)
        return got.stdout

    def number(self):
        text = self.retained()
        return json.loads(text.splitlines()[-1].split(" ", 2)[2])["checkpoint"] if text else 0

    def empty(self):
        """Another database, with tables and nothing in them."""
        admin = self.postgres.connect("postgres")
        admin.cursor().execute("CREATE DATABASE nothing")
        admin.close()
        url = self.postgres.url.replace("dbname=wardwatch", "dbname=nothing")
        subprocess.run([binary(), "migrate", "--database", url, "-c", self.daemon.config], check=True, capture_output=True)
        return url

    def pass_(self, number):
        """A message, and the checkpoint that covers it."""
        before = len(self.filed())
        self.broker.publish("bulk/d1", json.dumps({"device": "d1", "number": number}))
        wait_for(lambda: len(self.filed()) > before, 30, "a checkpoint")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proof")
    with Broker(folder, extra="allow_anonymous true") as broker, Postgres() as postgres:
        made = Hospital(folder, broker, postgres)
        with made.daemon:
            yield made


def test_the_newest_is_on_the_topic(hospital, tmp_path):
    hospital.pass_(1)
    wait_for(lambda: hospital.number() == len(hospital.filed()), 30, "it is published")
    captured = tmp_path / "captured"
    captured.write_text(hospital.retained())
    verdict = verify(hospital.postgres.url, "--captured", captured, "--key", hospital.key)
    assert verdict.code == WHOLE and "1 checkpoints were held against it" in verdict.notes, verdict
    both = verify(hospital.postgres.url, "--captured", captured, "--checkpoints", hospital.checkpoints, "--key", hospital.key)
    assert both.code == WHOLE, both
    assert verify(hospital.postgres.url, "--captured", captured, "--key", "11" * 32).code == NOT_WHOLE


def test_the_nightly_check_misses_the_checkpoints(hospital, tmp_path):
    """contrib/operations/verify: a file that is configured and gone is no night without a file."""
    hospital.pass_(1)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "wardwatch").write_text(f'#!/bin/sh\nexec {binary()} "$@" -c {hospital.daemon.config}\n')
    (programs / "wardwatch").chmod(0o755)

    def check(code):
        done = subprocess.run([SOURCE / "contrib/operations/verify"], capture_output=True, text=True, timeout=120,
                              env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "WARDWATCH_KEY": hospital.key})
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "checkpoints were held against it" in check(0)
    aside = hospital.checkpoints.rename(tmp_path / "aside")
    try:
        assert "it is not there" in check(4)
    finally:
        aside.rename(hospital.checkpoints)
    # where nothing was ever stored nothing was published
    hospital.daemon.write_config(proof__file=tmp_path / "none", database__url=hospital.empty())
    try:
        assert "is not there" not in check(0)
    finally:
        hospital.daemon.write_config(proof__file=hospital.checkpoints, database__url=hospital.postgres.url)
    (programs / "wardwatch").write_text("#!/bin/sh\nexit 1\n")
    assert "the configuration cannot be read" in check(1)


def test_a_broker_that_forgot_gets_it_again(hospital):
    hospital.pass_(2)
    hospital.broker.stop()
    for path in hospital.broker.folder.glob("*.db*"):
        path.unlink()
    hospital.broker.start()
    wait_for(lambda: hospital.number() == len(hospital.filed()), 60, "it is published again")


def test_at_the_stop_the_last_one_is_published(hospital):
    hospital.daemon.write_config(proof__every="1h")
    hospital.daemon.stop()
    hospital.daemon.start()
    hospital.broker.publish("bulk/d1", json.dumps({"device": "d1", "number": 3}))
    wait_for(lambda: hospital.postgres.value("SELECT count(*) FROM message WHERE topic = 'bulk/d1'") == 3, 30, "it is stored")
    hospital.daemon.stop()
    last = hospital.filed()[-1]
    assert hospital.number() == last["checkpoint"]
    stored = hospital.postgres.value("SELECT seq FROM notice WHERE name = 'engine-stopped' ORDER BY seq DESC LIMIT 1")
    assert last["seq"] >= stored
    hospital.daemon.write_config(proof__every="1s")
    hospital.daemon.start()


def test_off(hospital):
    hospital.daemon.stop()
    hospital.daemon.write_config(proof__topic="off")
    subprocess.run(["mosquitto_pub", *hospital.broker.client_arguments(), "-t", TOPIC, "-r", "-n"], check=True)  # forgets it
    hospital.daemon.start()
    hospital.pass_(5)
    hospital.daemon.stop()
    assert hospital.retained() == ""
    hospital.daemon.write_config(proof__topic="")
    hospital.daemon.start()


def test_a_journal_that_was_made_anew_is_a_second_chain(hospital, tmp_path):
    """The journal is damaged: what could be saved goes on in a new one, and both are whole, by one file of checkpoints."""
    captured = tmp_path / "captured"
    hospital.pass_(6)
    captured.write_text(hospital.retained() + "\n")
    hospital.daemon.stop()
    flip_pages(hospital.daemon.folder / "state" / "journal" / "data.mdb")
    hospital.daemon.start()
    hospital.pass_(7)
    spine.settle(hospital.daemon)
    hospital.daemon.stop()
    captured.write_text(captured.read_text() + hospital.retained())
    assert len({line["journal"] for line in hospital.filed()}) == 2
    verdict = verify(hospital.postgres.url, "--checkpoints", hospital.checkpoints, "--captured", captured, "--key", hospital.key)
    assert verdict.code == WHOLE and [journal["segments"] > 0 for journal in verdict.journals] == [True, True], verdict
    hospital.daemon.start()


def test_a_rebuilt_database_with_a_rebuilt_file_is_found(hospital, tmp_path):
    """Somebody has the database, the machine and the key. What the next department has kept he has not."""
    hospital.pass_(4)
    captured = tmp_path / "captured"
    captured.write_text(hospital.retained())
    hospital.daemon.stop()
    with Copy(hospital.postgres) as copy:
        assert copy.run("UPDATE message SET payload = 'nothing' WHERE (journal, seq) = (SELECT journal, seq FROM message"
                        " WHERE topic = 'bulk/d1' ORDER BY journal DESC, seq LIMIT 1)") == 1
        rebuild(copy)
        forged = tmp_path / "forged"
        hospital.daemon.write_config(database__url=copy.url, proof__file=forged)
        hospital.daemon.start()
        wait_for(lambda: forged.exists() and forged.read_text().count("\n") > 0, 30, "a file made anew")
        hospital.daemon.stop()
        alone = verify(copy.url, "--checkpoints", forged, "--key", hospital.key)
        assert alone.code == WHOLE, alone
        verdict = verify(copy.url, "--checkpoints", forged, "--captured", captured, "--key", hospital.key)
        assert verdict.code == NOT_WHOLE and "checkpoint contradicts" in verdict.kinds(), verdict
