"""Commands on a machine where a login is of the user whose name it bears: PostgreSQL asks the kernel who connects (`peer`).

Two logins as contrib/postgresql/roles.sql makes them, under names that every Debian has: the store's and the console's.
"""

import json
import os
import pathlib
import pwd
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import binary, wait_for  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import Store, find_driver  # noqa: E402

pytestmark = [pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver"),
              pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")]

STORE, CONSOLE, OTHER = "mail", "uucp", "games"
LOGINS = f"""
CREATE ROLE wardwatch_owner NOLOGIN;
CREATE ROLE wardwatch_writer NOLOGIN;
CREATE ROLE wardwatch_reader NOLOGIN;
CREATE ROLE wardwatch_console NOLOGIN;
CREATE ROLE wardwatch_auditor NOLOGIN;
GRANT wardwatch_reader TO wardwatch_console, wardwatch_auditor;
CREATE ROLE {STORE} LOGIN INHERIT IN ROLE wardwatch_writer;
CREATE ROLE {CONSOLE} LOGIN INHERIT IN ROLE wardwatch_console;
"""
HBA = f"local wardwatch {STORE},{CONSOLE} peer\nlocal all postgres trust\nhost all postgres 127.0.0.1/32 trust\nlocal all all reject\n"
PEER = "Peer authentication failed"


class Machine:
    def __init__(self, pg):
        self.pg = pg
        self.config = pg.folder / "peer.yaml"  # where everybody may read
        self.write()

    def write(self, store=STORE, console=CONSOLE, reading=None):
        pg, reading = self.pg, self.url(CONSOLE) if reading is None else reading
        self.config.write_text(
            f"site: {{name: test}}\nstate: {{dir: {pg.folder}/none, run_dir: {pg.folder}/none}}\n"
            "mqtt: {host: localhost, urgent: [urgent/#], bulk: [bulk/#]}\npaths: {sensors: [], rules: [], site: []}\n"
            f'users: {{engine: "", store: {store}, console: {console}}}\n'
            f'database: {{url: "{self.url(STORE)}"}}\nconsole: {{database: "{reading}"}}\n')
        self.config.chmod(0o644)

    def url(self, user):
        return f"host={self.pg.folder} port={self.pg.port} user={user} dbname=wardwatch"

    def start(self, *words, user=None, **more):
        if user:
            entry = pwd.getpwnam(user)
            more |= {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        return subprocess.Popen([binary(), *map(str, words), "-c", self.config], text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **more)

    def run(self, *words, code=0, **more):
        process = self.start(*words, **more)
        out, told = process.communicate(timeout=120)
        assert process.returncode == code, f"{words}\n{out}{told}"
        return out + told

    def reads(self):
        """(login, person) of what was read of raw messages and commands so far."""
        return set(self.pg.query("SELECT role::text, person FROM access_record WHERE application = 'wardwatch'"))


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("peer")
    with Postgres("fsync = off") as pg:
        admin = pg.connect()
        admin.cursor().execute(LOGINS)
        admin.close()
        with Store(folder, pg) as store:
            store.migrate()
            store.fill(500)
            store.start()
            store.wait_cursor()
            store.stop()
        (pg.folder / "data" / "pg_hba.conf").write_text(HBA)
        pg.restart()
        yield Machine(pg)


def test_root_asks_with_the_reading_login(machine, tmp_path):
    before = machine.pg.value("SELECT count(*) FROM access_record")
    assert len(json.loads(machine.run("query", "late-acknowledgements", "--from", "20000d", "--format", "json"))) > 0
    assert "Daily" in machine.run("report", "daily")
    assert machine.pg.value("SELECT count(*) FROM access_record") == before
    # what is kept from most is read by name: of who called, and with the console's login
    machine.run("query", "undecoded", "--from", "20000d")
    assert machine.reads() == {(CONSOLE, "root")}
    machine.run("replay", "--json", "--warm-up", "1h")
    machine.run("sensors", "unknown", "--json")
    assert machine.reads() == {(CONSOLE, "root")}
    alarm = machine.pg.value("SELECT min(alarm) FROM alarm")
    assert f"alarm {alarm}" in machine.run("explain", alarm)


def test_files_are_those_of_who_called(machine, tmp_path):
    """In a folder where nobody but root may write."""
    tmp_path.chmod(0o700)
    machine.run("report", "daily", "--format", "html", "--output", "report.html", cwd=tmp_path)
    machine.run("export", "record.export", cwd=tmp_path)
    assert "WHOLE" in machine.run("verify", "--export", "record.export", cwd=tmp_path).upper()
    assert machine.reads() <= {(CONSOLE, "root")}
    assert [(tmp_path / name).stat().st_uid for name in ("report.html", "record.export")] == [0, 0]
    assert "there is no incident 7" in machine.run("case", "7", cwd=tmp_path, code=1)
    rules = tmp_path / "rules.yaml"
    rules.write_text("[]\n")
    rules.chmod(0o600)
    machine.run("replay", "--rules", "rules.yaml", "--compare", "rules.yaml", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["record.export", "report.html", "rules.yaml"]


def test_root_verifies_and_keeps_as_the_store(machine):
    machine.run("verify", "--jobs", "2")
    assert "nothing is past its time" in machine.run("retention", "--dry-run")
    assert "would be applied" not in machine.run("migrate", "--dry-run")
    last = "schema_migration WHERE version = (SELECT max(version) FROM schema_migration)"
    machine.pg.query(f"CREATE TABLE public.kept AS SELECT * FROM {last}; DELETE FROM {last}")
    try:
        told = machine.run("migrate", code=1)
        assert "sudo -u postgres wardwatch migrate --database" in told and PEER not in told
    finally:
        machine.pg.query("INSERT INTO schema_migration SELECT * FROM public.kept")


def test_there_is_no_way_back(machine):
    """While it waits for an answer it is the console's user, and nothing of root is left."""
    admin = machine.pg.connect(autocommit=False)
    admin.cursor().execute("LOCK TABLE alarm IN ACCESS EXCLUSIVE MODE")
    process = machine.start("query", "late-acknowledgements", "--from", "20000d")
    try:
        console = str(pwd.getpwnam(CONSOLE).pw_uid)

        def status():
            return dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines())

        wait_for(lambda: status()["Uid"].split() == [console] * 4, 20, "another user")
        assert int(status()["CapPrm"], 16) == int(status()["CapEff"], 16) == 0
        group = str(pwd.getpwnam(CONSOLE).pw_gid)
        assert status()["Gid"].split() == [group] * 4 and set(status()["Groups"].split()) <= {group}
    finally:
        admin.rollback()
        admin.close()
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_the_units_users_ask_with_their_own_logins(machine):
    """wardwatch-report@.service is the console's user, wardwatch-verify.service the store's."""
    assert "Daily" in machine.run("report", "daily", user=CONSOLE)
    machine.run("verify", user=STORE)
    # nobody else becomes anybody
    assert PEER in machine.run("query", "alarms-now", user=OTHER, code=1)
    assert PEER in machine.run("verify", user=OTHER, code=1)


def test_a_connection_that_is_named_is_taken_as_it_is(machine):
    assert PEER in machine.run("query", "alarms-now", "--database", machine.url(CONSOLE), code=1)
    words = ("--from", "20000d", "--format", "json", "--database", machine.url("postgres"))
    assert json.loads(machine.run("query", "late-acknowledgements", *words))


def test_without_a_reading_login_root_asks_with_the_store_s(machine):
    try:
        for other in ({"reading": ""}, {"console": "wardwatch-nobody"}):
            machine.write(**other)
            machine.run("query", "alarms-now")
        # where there is no such user nobody becomes one
        machine.write(store="wardwatch-nobody", console="wardwatch-nobody")
        assert PEER in machine.run("query", "alarms-now", code=1)
    finally:
        machine.write()
