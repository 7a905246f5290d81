"""What a backup takes and a restore puts back when the machine is another one, or somebody is in the way."""

import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import time

import pytest

from harness.backup import OPERATIONS, Kept, run
from harness.broker import Broker
from harness.daemon import SOURCE, Daemon, binary, wait_for
from harness.store import find_driver

pytestmark = [pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver"),
              pytest.mark.skipif(not shutil.which("mdb_copy"), reason="lmdb-utils is not installed"),
              pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others, and mounts")]

ENGINE, STORE, AUTH = "daemon", "mail", "news"  # who is on every Debian


@pytest.fixture
def kept(tmp_path):
    kept = Kept(tmp_path)
    (kept.state / "auth").mkdir()
    (kept.state / "auth/people").write_text("alice")
    for user, path in ((ENGINE, kept.state), (STORE, kept.state / "auth"), (AUTH, kept.state / "auth/people"),
                       (STORE, kept.etc / "wardwatch.yaml"), (AUTH, kept.etc / "link")):
        os.chown(path, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid, follow_symlinks=False)
    return kept


def restore(kept, made, *words, before=(), code=0, **more):
    """As on this machine, in mounts of its own after `before`; what it says."""
    shell = " && ".join((*before, 'exec "$@"'))
    environment = kept.environment | {"TMPDIR": str(kept.folder)} | more
    done = subprocess.run(["unshare", "--mount", "sh", "-ec", shell, "sh", OPERATIONS / "restore", made, "--signed-by", kept.public("sign"),
                           *words], capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert not [p for p in (*kept.folder.glob("wardwatch-restore.*"), *kept.folder.glob("*.new-*"))]
    return done.stdout + done.stderr


def owners(folder):
    return {str(path.relative_to(folder)): path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def test_owners_are_people_and_no_numbers(kept):
    """Restored where the same users have other numbers."""
    made = kept.backup()
    files = {}
    for name in ("passwd", "group"):
        lines = [line.split(":") for line in pathlib.Path("/etc", name).read_text().splitlines()]
        for fields in lines:
            if fields[0] in (ENGINE, STORE, AUTH):
                fields[2] = str(int(fields[2]) + 7000)
        files[name] = kept.folder / name
        files[name].write_text("".join(":".join(fields) + "\n" for fields in lines))
    mounts = [f"mount --bind {path} /etc/{name}" for name, path in files.items()]
    before = {name: owners(folder) for name, folder in (("state", kept.state), ("etc", kept.etc))}
    modes = {name: (folder / name).lstat().st_mode for folder in (kept.state, kept.etc) for name in owners(folder)}
    restore(kept, made, "--state", "--etc", before=mounts)
    for name, folder in (("state", kept.state), ("etc", kept.etc)):
        after = owners(folder)
        for path, uid in after.items():
            assert uid == before[name][path] + (7000 if before[name][path] else 0), path
            assert (folder / path).lstat().st_mode == modes[path] or path == ".", path
    # where they are not known nothing is changed
    run("sed", "-i", f"/^{AUTH}:/d", files["passwd"])
    assert f"no user {AUTH} here" in restore(kept, made, "--state", before=mounts, code=1)
    assert len(list(kept.folder.glob("state*"))) == 2


def test_what_is_mounted_is_refused_before_anything_changes(kept):
    made = kept.backup()
    for place in (kept.state, kept.state / "journal", kept.etc):
        said = restore(kept, made, "--state", "--etc", before=[f"mount -t tmpfs none {place}"], code=1)
        assert f"{place} is mounted" in said
        assert not list(kept.folder.glob("*.before-*"))


def test_the_daemon_s_lock_is_held_to_the_end(kept):
    made = kept.backup()
    lock = kept.state / "supervisor.lock"
    lock.touch()
    said = kept.folder / "said"
    kept.program("pg_restore", f"flock -n {lock} true && echo free >>{said} || echo held >>{said}")
    holder = subprocess.Popen(["flock", lock, "sh", "-c", "echo ready; read gone"], text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == "ready\n"
        assert "Wardwatch runs" in restore(kept, made, code=1)
        assert not said.exists()
    finally:
        holder.communicate("\n", timeout=20)
    restore(kept, made)
    assert said.read_text() == "held\n"


def test_what_was_checked_is_what_is_used(kept):
    """Somebody who may write where the backup lies changes it after the look at its checksums."""
    made = kept.backup()
    kept.program("sha256sum", f'really "$@"; code=$?; echo evil >{made}/etc/wardwatch.yaml; exit $code')
    restore(kept, made, "--etc")
    assert (kept.etc / "wardwatch.yaml").read_text() == "site: test\n"
    assert (made / "etc/wardwatch.yaml").read_text() == "evil\n"


def test_a_restore_that_fails_half_way_leaves_what_was_there(kept):
    made = kept.backup()
    (kept.etc / "wardwatch.yaml").write_text("newer\n")
    # the state cannot be renamed when the configuration is in its place already
    kept.program("mv", f'[ "$2" != {kept.state} ] || exit 1; exec really "$@"')
    restore(kept, made, "--state", "--etc", code=1)
    assert (kept.etc / "wardwatch.yaml").read_text() == "newer\n"
    assert sorted(p.name for p in kept.folder.glob("*.before-*")) == []
    (kept.programs / "mv").unlink()
    restore(kept, made, "--state", "--etc")
    assert (kept.etc / "wardwatch.yaml").read_text() == "site: test\n"
    assert len(list(kept.folder.glob("*.before-*"))) == 2


def test_one_restore_undoes_nothing_of_another(kept):
    """Both in the same second."""
    made = kept.backup()
    kept.program("date", "echo 20260131T064000Z")
    restore(kept, made, "--etc")
    (kept.etc / "wardwatch.yaml").write_text("newer\n")
    assert "try again" in restore(kept, made, "--etc", code=1)
    assert (kept.etc / "wardwatch.yaml").read_text() == "newer\n"
    assert (kept.folder / "etc.before-20260131T064000Z/wardwatch.yaml").exists()


def test_a_snapshot_that_goes_meanwhile_is_not_missed(kept):
    kept.program("cp", f'[[ "$*" != *snapshots/7* ]] || rm -f {kept.state}/snapshots/7; exec really "$@"')
    made = kept.backup()
    assert [p.name for p in (made / "state/snapshots").iterdir()] == ["6"]
    assert (made / "state/snapshots").stat().st_mode == (kept.state / "snapshots").stat().st_mode


def test_settings_of_a_backup(kept):
    assert kept.backup(BACKUP_KEEP="08").exists()
    for value in ("0", "00", "-1", "x", ""):
        assert value == "" or f'BACKUP_KEEP is "{value}"' in kept.backup(BACKUP_KEEP=value)
    assert 'BACKUP_HOLD is "soon"' in kept.backup(BACKUP_HOLD="soon")
    elsewhere = kept.folder / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(["unshare", "--mount", "sh", "-ec", f'mount --bind -o ro {elsewhere} {elsewhere}; exec "$@"', "sh",
                           OPERATIONS / "backup"], capture_output=True, text=True, timeout=60,
                          env=kept.environment | {"BACKUP_TO": str(elsewhere)})
    assert done.returncode == 1 and "ReadWritePaths=" in done.stderr


def test_a_copy_that_is_not_right_is_no_backup(kept):
    kept.program("mdb_copy", 'really "$@" | head -c 40000')
    assert "the copy of the journal is not right" in kept.backup()
    kept.program("mdb_copy", 'really "$@" >/dev/null; exec sleep 60')
    assert "took longer than BACKUP_HOLD, 1 s" in kept.backup(BACKUP_HOLD="1")
    assert [p.name for p in (kept.folder / "to").iterdir()] == [".lock"]


@pytest.fixture
def open_folder():
    """Where other users may pass."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ww-copy-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_copy_is_its_reader_s_and_follows_no_link(open_folder):
    """The engine's user can put links in place of the journal's files; what root makes must not write or read through them."""
    kept, journal = Kept(open_folder), open_folder / "state/journal"
    for path in (kept.state, journal, *journal.iterdir()):
        os.chown(path, pwd.getpwnam(ENGINE).pw_uid, pwd.getpwnam(STORE).pw_gid)
    victim = open_folder / "victim"
    for name in ("lock.mdb", "data.mdb"):
        aside = (journal / name).rename(open_folder / "aside")
        (journal / name).symlink_to(victim)
        victim.write_bytes(aside.read_bytes())
        victim.chmod(0o600)
        before = victim.stat().st_mtime_ns
        assert "cannot be copied" in kept.backup(), name
        assert victim.stat().st_mtime_ns == before
        aside.rename(journal / name)
    made = kept.backup() / "state/journal/data.mdb"
    assert made.stat().st_uid == pwd.getpwnam(ENGINE).pw_uid
    assert made.stat().st_mode == (journal / "data.mdb").stat().st_mode


def test_the_engine_does_not_end_a_copy_that_takes_its_time(open_folder):
    """It kills readers that hold its pages for 5 s; the copy is bounded by BACKUP_HOLD instead."""
    with Broker(open_folder) as broker:
        kept = Kept(open_folder)
        daemon = Daemon(open_folder, broker=broker, postgres="host=/nowhere dbname=wardwatch",
                        settings={"users.engine": ENGINE, "users.store": STORE})
        try:
            run(binary(), "run", "--prepare", "root", "-c", daemon.config)
            daemon.start()
            daemon.wait_live()
            copy(kept, daemon, broker)
            assert daemon.stop() == 0
        finally:
            daemon.close()


def as_the_unit(state):
    """The backup, with the state as read-only as ProtectSystem=strict makes it."""
    unit = (SOURCE / "contrib/systemd/wardwatch-backup.service").read_text()
    may = " ".join(re.findall(r"^ReadWritePaths=(.*)$", unit, re.M)).split()
    may = [path.lstrip("-").replace("/var/lib/wardwatch/", f"{state}/") for path in may]
    shell = [f"mkdir /tmp/$$ && mount -t tmpfs none /tmp/$$ && mkdir /tmp/$$/{number} && mount --bind {path} /tmp/$$/{number}"
             for number, path in enumerate(may)]
    shell += [f"mount --bind {state} {state}", f"mount -o remount,bind,ro {state}"]
    shell += [f"mount --bind /tmp/$$/{number} {path}" for number, path in enumerate(may)]
    shell += ["umount -l /tmp/$$; rmdir /tmp/$$", 'exec "$@"']
    return ["unshare", "--mount", "sh", "-ec", "\n".join(shell), "sh", OPERATIONS / "backup"]


def copy(kept, daemon, broker):
    state, gate = pathlib.Path(daemon.settings["state.dir"]), kept.folder / "gate"
    head = daemon.status()["journal"]["head"]
    (kept.folder / "fill").mkdir()
    for number in range(40):  # more than a pipe holds: then the copy waits, and holds what it has begun to read
        broker.publish("bulk/d1", '{"text": "' + f"{number}" * 10000 + '"}')
    wait_for(lambda: daemon.status()["journal"]["head"] >= head + 40, 30, "messages in the journal")
    kept.program("mdb_copy", f"set -o pipefail; really \"$@\" | {{ until [ -e {gate} ]; do sleep 0.05; done; cat; }}")
    made = subprocess.Popen(as_the_unit(state), env=kept.environment | {"BACKUP_STATE": str(state)}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: reads(state), 30, "a reader")
    end = time.monotonic() + 16  # it looks every 5 s, and kills at the second look that is 5 s behind the first
    while time.monotonic() < end and made.poll() is None:  # commits go on: it lags
        broker.publish("bulk/d1", '{"number": 1}')
        time.sleep(0.1)
    gate.touch()
    out, told = made.communicate(timeout=60)
    assert made.returncode == 0, told
    files = pathlib.Path(out.strip()) / "state/journal"
    assert [p.name for p in files.iterdir()] == ["data.mdb"]
    assert files.joinpath("data.mdb").stat().st_uid == pwd.getpwnam(ENGINE).pw_uid


def reads(state):
    """Somebody is in a transaction: a line is process, thread, transaction."""
    said = subprocess.run(["mdb_stat", "-r", state / "journal"], capture_output=True, text=True, timeout=20).stdout
    return [line for line in map(str.split, said.splitlines()) if len(line) == 3 and line[0].isdigit() and line[2].isdigit()]
