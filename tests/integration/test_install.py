"""What a hospital installs: that the packages hold all of it, the units, the users, backup and restore.

The packages themselves are built, installed, upgraded and removed by tests/packages/run; here is what needs no build.
"""

import contextlib
import json
import os
import pathlib
import queue
import re
import shutil
import socket
import subprocess
import sys
import threading

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker, Certificates, mosquitto  # noqa: E402
from harness.daemon import SOURCE, binary, wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402
from harness.postgres import Postgres, binaries  # noqa: E402

DEBIAN = SOURCE / "contrib" / "debian"
UNITS = SOURCE / "contrib" / "systemd"
WORD = "a word for all"
PACKAGES = ("wardwatch", "wardwatch-console", "wardwatch-rules", "wardwatch-schema")


def run(*words, code=0, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


# --- what is in the packages ---

@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """The tree out of which the packages are taken."""
    folder = tmp_path_factory.mktemp("stage")
    build = binary().resolve().parents[1]
    if not (build / "daemon/console/web/dist/index.html").exists():
        pytest.skip("the page is not built: meson compile page")
    # the prefix of this build is not the package's: what meson lays below it is moved to /usr
    run("meson", "install", "-C", build, "--no-rebuild", "--destdir", folder)
    local = folder / "usr/local"
    if local.exists():
        shutil.copytree(local, folder / "usr", dirs_exist_ok=True)
        shutil.rmtree(local)
    run(DEBIAN / "stage", folder, cwd=SOURCE)
    return folder


def test_every_file_is_in_one_package(stage):
    homes = {}
    for package in PACKAGES:
        for line in (DEBIAN / f"{package}.install").read_text().split():
            found = [stage / line] if (stage / line).exists() else []
            assert found, f"{package}.install: there is no {line}"
            for path in found:
                for file in [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]:
                    assert homes.setdefault(file, package) == package, f"{file} is in two packages"
    left = [str(f.relative_to(stage)) for f in stage.rglob("*") if f.is_file() and f not in homes]
    assert left == []
    of = {package: {str(f.relative_to(stage)) for f, p in homes.items() if p == package} for package in PACKAGES}
    assert {"usr/bin/wardwatch", "lib/systemd/system/wardwatch.service", "etc/wardwatch/wardwatch.yaml",
            "usr/share/man/man7/wardwatch-operations.7", "usr/share/doc/wardwatch/operations.md"} <= of["wardwatch"]
    assert {f"usr/share/wardwatch/schema/{p.name}" for p in (SOURCE / "schema").glob("*.sql")} <= of["wardwatch-schema"]
    assert {f"usr/share/wardwatch/sensors/{p.name}" for p in (SOURCE / "rules/sensors").glob("*.yaml")} <= of["wardwatch-rules"]
    # what a site changes is a configuration file of Debian's (all below /etc), and its own model is nobody's
    assert not [f for files in of.values() for f in files if f.startswith("etc/wardwatch/site")]


def test_the_shipped_configuration_is_right(stage, tmp_path):
    """As after the installation and the guide's first step, with folders of this test."""
    etc = tmp_path / "etc"
    shutil.copytree(stage / "etc/wardwatch", etc)
    shutil.copytree(stage / "usr/share/wardwatch/examples/site", etc / "site")
    secret = etc / "secrets" / "mqtt"
    secret.parent.mkdir()
    secret.write_text("word\n")
    secret.chmod(0o600)
    config = etc / "wardwatch.yaml"
    config.write_text(config.read_text().replace("/usr/share/wardwatch", str(stage / "usr/share/wardwatch")))
    told = json.loads(run(binary(), "check", "--json", "-c", config))
    assert told["errors"] == told["warnings"] == 0 and told["rules"] > 50, told["messages"]
    assert "user wardwatch\n" in run(binary(), "broker", "acl", "-c", config)


def test_completion(stage):
    script = stage / "usr/share/bash-completion/completions/wardwatch"
    ask = "COMP_WORDS=({}); COMP_CWORD={}; _wardwatch; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    for words, at, wanted in (("wardwatch ch", 1, ["check"]), ("wardwatch broker a", 2, ["acl"]),
                              ("wardwatch broker acl --si", 3, ["--simulator"])):
        assert run("bash", "-c", f". {script}; {ask.format(words, at)}").split() == wanted


# --- units and users ---

def exposure(unit):
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
    return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said).group(1))


def test_units_are_closed():
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    assert exposure(UNITS / "wardwatch.service") <= 2.0
    for unit in ("wardwatch-report@.service", "wardwatch-verify.service"):
        assert exposure(UNITS / unit) <= 2.0
    assert exposure(UNITS / "wardwatch-backup.service") <= 3.0  # it reads everybody's files


def test_units_verify(stage):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                           *map(str, (stage / "lib/systemd/system").glob("wardwatch*"))],
                          capture_output=True, text=True, timeout=120)
    wrong = [line for line in done.stderr.splitlines() if "wardwatch" in line and "not executable" not in line
             and "wardwatch-failed@.service" not in line]
    assert wrong == []


def test_users_of_the_daemon_are_made(stage, tmp_path):
    if not shutil.which("systemd-sysusers"):
        pytest.skip("systemd is not installed")
    (tmp_path / "etc").mkdir()
    (tmp_path / "usr/lib/sysusers.d").mkdir(parents=True)
    shutil.copy(stage / "usr/lib/sysusers.d/wardwatch.conf", tmp_path / "usr/lib/sysusers.d")
    run("systemd-sysusers", f"--root={tmp_path}")
    users = {line.split(":")[0] for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    groups = {line.split(":")[0]: line.split(":")[3].split(",") for line in (tmp_path / "etc/group").read_text().splitlines()}
    printed = run(binary(), "check", "--print", "-c", SOURCE / "rules/examples/wardwatch.yaml")
    wanted = set(re.findall(r"^  \w+: \"?(wardwatch[\w-]*)\"?$", printed[printed.index("users:"):], re.M))
    assert len(wanted) == 5 and wanted | {"wardwatch-run"} <= users
    assert "wardwatch-notify" in groups["wardwatch-store"] and "wardwatch-operator" in groups


# --- the guide ---

def test_the_guide_has_every_notice():
    guide = (SOURCE / "contrib/operations.md").read_text()
    begin = guide.index("\n### ", guide.index("## What the system says of itself")) + 1
    made = run(binary(), "explain", "--notices")
    assert guide[begin:guide.index("## When something else is wrong")] == made, \
        "write `wardwatch explain --notices` into contrib/operations.md"
    for name in re.findall(r"^### (\S+)$", made, re.M):
        assert run(binary(), "explain", name).startswith(f"{name}: ")


def test_commands_of_the_guide_exist():
    """Each command that the guide names is one, and so are its options."""
    guide = (SOURCE / "contrib/operations.md").read_text()
    known = run(binary(), "--help")
    for words in set(re.findall(r"`(?:sudo -u \w+ )?wardwatch ([a-z]+)", guide)):
        assert re.search(rf"^  {words}\b", known, re.M), words
    questions = run(binary(), "query")
    for name in set(re.findall(r"`(?:sudo -u \w+ )?wardwatch query ([a-z][a-z-]*)", guide)):
        assert re.search(rf"^ *{name}\b", questions, re.M), name


# --- backup and restore ---

def test_a_backup_is_restored(tmp_path, make_daemon):
    """Messages, a backup while it runs, all is lost; restored, and the daemon goes on where it was."""
    if not shutil.which("mdb_copy"):
        pytest.skip("lmdb-utils is not installed")
    with Postgres("fsync = off") as pg, Broker(tmp_path) as broker:
        run(binary(), "migrate", "--database", pg.url, "-c", SOURCE / "rules/examples/wardwatch.yaml")
        daemon = make_daemon(broker=broker, postgres=pg)
        daemon.start()
        daemon.wait_live()
        broker.publish("zigbee2mqtt/w0_panic", '{"action":"emergency"}')
        count = lambda: pg.query("SELECT count(*) FROM alarm WHERE class = 'panic'")[0][0]  # noqa: E731
        wait_for(lambda: count() == 1, 60, "the alarm in the database")

        etc = tmp_path / "etc"
        etc.mkdir()
        shutil.copy(daemon.config, etc)
        state = pathlib.Path(daemon.settings["state.dir"])
        environment = os.environ | {"BACKUP_TO": str(tmp_path / "backups"), "BACKUP_DATABASE": pg.url, "BACKUP_ETC": str(etc),
                                    "BACKUP_STATE": str(state), "PATH": f"{binary().resolve().parent}:{binaries()}:{os.environ['PATH']}"}
        made = pathlib.Path(run(SOURCE / "contrib/operations/backup", env=environment).strip())
        assert (made / "SHA256SUMS").exists() and (made / "etc/wardwatch.yaml").exists()

        restore = [SOURCE / "contrib/operations/restore", made]
        elsewhere = environment | {"BACKUP_DATABASE": pg.url.replace("dbname=wardwatch", "dbname=postgres")}
        assert "Wardwatch runs" in refused(restore, elsewhere)
        assert daemon.stop() == 0

        # one that is damaged changes nothing
        kept = (made / "etc/wardwatch.yaml").read_bytes()
        (made / "etc/wardwatch.yaml").write_bytes(kept + b"#")
        assert "nothing was changed" in refused(restore, elsewhere)
        (made / "etc/wardwatch.yaml").write_bytes(kept)

        # nor does one whose dump breaks off: the database that was there is there again
        dump = made / "database/wardwatch.dump"
        kept = dump.read_bytes()
        dump.write_bytes(kept[:len(kept) // 2])
        sums = (made / "SHA256SUMS").read_text()
        (made / "SHA256SUMS").write_text("".join(f"{line}\n" for line in sums.splitlines() if "wardwatch.dump" not in line))
        assert "all is as it was before" in refused([*restore, "--database", "--state"], elsewhere)
        assert count() == 1 and state.exists() and not list(tmp_path.rglob("*.before-*"))
        assert pg.query("SELECT datname FROM pg_database WHERE datname LIKE 'wardwatch%'") == [("wardwatch",)]
        dump.write_bytes(kept)
        (made / "SHA256SUMS").write_text(sums)

        shutil.rmtree(state)
        run(*restore, "--database", "--state", env=elsewhere)
        assert len(pg.query("SELECT 1 FROM pg_database WHERE datname LIKE 'wardwatch_before_%'")) == 1
        assert count() == 1
        daemon.start()
        daemon.wait_live()
        broker.publish("zigbee2mqtt/w0_panic", '{"action":"emergency"}')
        messages = lambda: pg.query("SELECT count(*) FROM message WHERE topic = 'zigbee2mqtt/w0_panic'")[0][0]  # noqa: E731
        wait_for(lambda: messages() == 2, 60, "the second message behind the first")
        assert pg.query("SELECT count(*) FROM store_gap")[0][0] == 0
        assert daemon.stop() == 0


def refused(words, environment):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


def test_a_backup_trusts_no_folder_that_others_write(tmp_path):
    """Nothing is touched where somebody else could put links, and no password is among the arguments of a process."""
    state, to, victim = tmp_path / "state", tmp_path / "to", tmp_path / "victim"
    (state / "journal").mkdir(parents=True)
    to.mkdir()
    victim.write_text("mine")
    (to / ".lock").symlink_to(victim)
    environment = os.environ | {"BACKUP_TO": str(to), "BACKUP_STATE": str(state), "BACKUP_ETC": str(tmp_path),
                                "PATH": f"{binary().resolve().parent}:{binaries()}:{os.environ['PATH']}"}

    def refused(**more):
        done = subprocess.run([SOURCE / "contrib/operations/backup"], env=environment | more, text=True, capture_output=True)
        return done.returncode == 1 and done.stderr

    for mode in (0o770, 0o702, 0o1777):
        to.chmod(mode)
        assert "writable for nobody else" in refused(BACKUP_DATABASE="host=/nowhere dbname=x"), oct(mode)
    to.chmod(0o700)
    for words in ("host=db password=secret", "postgresql://me:secret@db/wardwatch"):
        assert "has a password" in refused(BACKUP_DATABASE=words)
    assert victim.read_text() == "mine"


def test_root_reads_a_journal_with_its_owner_s_rights(tmp_path, make_daemon):
    if os.geteuid() != 0:
        pytest.skip("wants root")
    daemon, victim = make_daemon(), tmp_path / "victim"
    daemon.start()
    daemon.stop()
    journal, state = daemon.folder / "state/journal", daemon.folder / "state"
    for path in (journal, *journal.iterdir()):
        os.chown(path, 65534, 65534)
    for path in (journal, *journal.parents):
        if path.stat().st_mode & 0o011 != 0o011:  # the owner and his group pass through
            path.chmod(path.stat().st_mode | 0o011)
    assert daemon.run("journal", "status").returncode == 0
    (journal / "lock.mdb").unlink()
    (journal / "lock.mdb").symlink_to(victim)
    victim.write_text("mine")
    victim.chmod(0o600)
    assert daemon.run("journal", "status").returncode != 0 and victim.read_text() == "mine"
    journal.rename(state / "aside")
    journal.symlink_to(tmp_path / "victims")
    shutil.copytree(state / "aside", tmp_path / "victims", symlinks=True)
    (tmp_path / "victims/lock.mdb").unlink()
    os.chown(journal, 65534, 65534, follow_symlinks=False)
    (tmp_path / "victims").chmod(0o700)
    assert daemon.run("journal", "status").returncode != 0
    assert not (tmp_path / "victims/lock.mdb").exists()


def test_settings_of_the_server_are_taken():
    """PostgreSQL starts with the settings as they are shipped, but for the memory, and the roles are made once."""
    settings = re.sub(r"^(shared_buffers|effective_cache_size|maintenance_work_mem) .*$", "",
                      (SOURCE / "contrib/postgresql/wardwatch.conf").read_text(), flags=re.M)
    with Postgres(settings) as pg:
        admin = pg.connect("postgres")
        admin.cursor().execute("DROP DATABASE wardwatch WITH (FORCE)")
        admin.close()
        run(shutil.which("psql"), "-X", "-v", "ON_ERROR_STOP=1", "-d", pg.url.replace("dbname=wardwatch", "dbname=postgres"),
            "-f", SOURCE / "contrib/postgresql/roles.sql")
        run(binary(), "migrate", "--database", pg.url + " options=-crole=wardwatch_owner", "-c",
            SOURCE / "rules/examples/wardwatch.yaml")
        owner = pg.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'wardwatch'")
        assert owner == [("wardwatch_owner",)]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


# The listeners of the shipped file: for Wardwatch, for what runs on its machine, for devices.
SELF, LOCAL, DEVICES = 1883, 1884, 8883


@contextlib.contextmanager
def shipped_broker(tmp_path):
    """Each line of the shipped file, taken in by a file like Debian's own, with certificates and paths of this test."""
    made, ports = Certificates(tmp_path / "certs"), {port: free_port() for port in (SELF, LOCAL, DEVICES)}
    for name, user in (("self", "wardwatch"), ("passwords", "gateway")):
        (tmp_path / name).touch(mode=0o600)
        run("mosquitto_passwd", "-b", tmp_path / name, user, WORD)
    (tmp_path / "acl").write_text("user wardwatch\ntopic read ward/#\nuser gateway\ntopic write ward/panic\n")
    (tmp_path / "acl").chmod(0o600)
    text = (SOURCE / "contrib/mosquitto/wardwatch.conf").read_text()
    for old, new in (("/etc/mosquitto/certs/ca.pem", made.ca), ("/etc/mosquitto/certs/broker.pem", made.cert),
                     ("/etc/mosquitto/certs/broker.key", made.key), ("/etc/mosquitto/wardwatch.", f"{tmp_path}/"),
                     (f"\nlistener {DEVICES}\n", f"\nlistener {ports[DEVICES]} 127.0.0.1\n"),
                     (f"\nlistener {SELF} ", f"\nlistener {ports[SELF]} "), (f"\nlistener {LOCAL} ", f"\nlistener {ports[LOCAL]} ")):
        assert old in text, old
        text = text.replace(old, str(new))
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/wardwatch.conf").write_text(text)
    (tmp_path / "conf").write_text(("user root\n" if os.geteuid() == 0 else "") + f"pid_file {tmp_path}/pid\npersistence true\n"
                                   f"persistence_location {tmp_path}/\nlog_dest file {tmp_path}/log\ninclude_dir {tmp_path}/conf.d\n")
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen([mosquitto(), "-c", tmp_path / "conf"], stdout=said, stderr=said)
    try:
        wait_for(lambda: process.poll() is not None or all(listens(port) for port in ports.values()), 20, "a broker that listens")
        assert process.poll() is None, (tmp_path / "said").read_text()
        yield ports, made
    finally:
        process.terminate()
        process.wait(20)


def visit(port, user, identity, clean, ca=None):
    """A connection of a client that keeps its session, and subscribes: (reason, session of before, what it was sent)."""
    here, subscribed, heard = queue.SimpleQueue(), threading.Event(), []
    client = mqtt.Client(client_id=identity, protocol=mqtt.MQTTv5)
    client.username_pw_set(user, WORD)
    if ca:
        client.tls_set(str(ca))
    client.on_connect = lambda c, u, flags, reason, properties: here.put((str(reason), flags["session present"]))
    client.on_message = lambda c, u, message: heard.append(message.payload.decode())
    client.on_subscribe = lambda *a: subscribed.set()
    keep = Properties(PacketTypes.CONNECT)
    keep.SessionExpiryInterval = 3600
    client.connect("localhost", port, clean_start=clean, properties=keep)
    client.loop_start()
    reason, before = here.get(timeout=20)
    if reason == "Success":
        client.subscribe("ward/#", qos=1)
        assert subscribed.wait(20)  # what waited in the session comes before
    client.disconnect()
    client.loop_stop()
    return reason, before, heard


def test_nobody_else_has_wardwatch_s_session(tmp_path):
    """At the shipped broker: a message waits for Wardwatch; a gateway calls itself as Wardwatch does; the message is still there."""
    with shipped_broker(tmp_path) as (ports, made):
        assert visit(ports[SELF], "wardwatch", "wardwatch-urgent", clean=True) == ("Success", False, [])
        run("mosquitto_pub", "-p", ports[LOCAL], "-u", "gateway", "-P", WORD, "-V", "5", "-q", "1", "-t", "ward/panic", "-m", "pressed")
        assert visit(ports[SELF], "gateway", "wardwatch-urgent", clean=True)[0] == "Not authorized"
        assert visit(ports[LOCAL], "gateway", "wardwatch-urgent", clean=True)[0] == "Success"
        assert visit(ports[DEVICES], "gateway", "wardwatch-urgent", clean=True, ca=made.ca)[0] == "Success"
        assert visit(ports[LOCAL], "wardwatch", "wardwatch-urgent", clean=True)[0] == "Not authorized"
        assert visit(ports[SELF], "wardwatch", "wardwatch-urgent", clean=False) == ("Success", True, ["pressed"])
