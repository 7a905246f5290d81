"""The supervisor with the real workers: there is no broker and no PostgreSQL here, and it must not need them."""

import fcntl
import os
import pathlib
import signal

import pytest

from harness.daemon import process_state, wait_for

NOWHERE = "host=127.0.0.1 port=1 user=nobody dbname=none connect_timeout=2"


@pytest.fixture
def daemon(make_daemon):
    return make_daemon(postgres=NOWHERE, settings={"supervisor.hung_after": "4s"}).start()


def workers_told(daemon):
    """{name: row} of the workers as `wardwatch status` shows them."""
    return {row["name"]: row for row in daemon.status().get("workers", [])}


def test_status_shows_the_workers(daemon):
    rows = wait_for(lambda: len(workers_told(daemon)) == 2 and workers_told(daemon), what="both workers in the status")
    assert rows["engine"]["pid"] == daemon.pid("engine")
    assert rows["store"]["pid"] == daemon.pid("store")
    assert rows["engine"]["restarts"] == 0
    wait_for(lambda: workers_told(daemon)["engine"]["state"] == "running", what="a running engine")


def test_killed_engine_is_restarted(daemon):
    store = daemon.pid("store")
    old = daemon.kill("engine")
    new = daemon.wait_restarted("engine", old)
    daemon.wait_ready()
    assert process_state(new)
    assert daemon.pid("store") == store
    row = wait_for(lambda: workers_told(daemon).get("engine"), what="the engine's row")
    assert row["restarts"] == 1
    assert row["last"] == "killed by signal 9 (Killed)"


def test_killed_store_does_not_touch_the_engine(daemon):
    engine = daemon.pid("engine")
    old = daemon.kill("store")
    daemon.wait_restarted("store", old)
    assert daemon.pid("engine") == engine
    wait_for(lambda: workers_told(daemon)["store"]["restarts"] == 1, what="the restart in the status")


def test_workers_die_with_the_supervisor(daemon):
    workers = [daemon.pid("engine"), daemon.pid("store")]
    daemon.process.kill()
    daemon.process.wait()
    daemon.wait_gone(*workers, timeout=5)
    daemon.start()
    assert daemon.pid("engine") not in workers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_orderly_stop(daemon, number):
    workers = [daemon.pid("engine"), daemon.pid("store")]
    daemon.wait_log("worker-ready worker=store")
    daemon.process.send_signal(number)
    assert daemon.process.wait(40) == 0
    assert not any(process_state(pid) for pid in workers)
    log = daemon.log
    assert log.index("worker-stopped worker=engine") < log.index("worker-stopped worker=store")
    assert "exit code 0" in log[log.index("worker-stopped worker=engine"):]
    assert "worker-killed" not in log
    # and it starts again from what it left
    daemon.start()


def test_an_engine_that_waits_for_its_journal_is_not_taken_for_hung(make_daemon):
    """It opens the journal for as long as that takes, and says meanwhile that it lives."""
    daemon = make_daemon(settings={"supervisor.hung_after": "2s"}).start()  # less than it waits for the lock
    daemon.stop()
    with (daemon.folder / "state/journal/writer.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        daemon.start(wait=False)
        daemon.wait_log("journal-busy")
    daemon.wait_ready()
    assert "worker-hung" not in daemon.log


@pytest.fixture
def read(make_daemon, tmp_path):
    """With both who read the journal beside the engine, and have it open."""
    channels = tmp_path / "channels.yaml"
    channels.write_text("channels:\n  - {channel: duty, kind: command, argv: [/bin/true]}\n")
    channels.chmod(0o600)
    daemon = make_daemon(postgres=NOWHERE, settings={"supervisor.hung_after": "3s", "supervisor.backoff_max": "1s",
                                                   "notify.channels": channels}).start()
    wait_for(lambda: "lock.mdb" in pathlib.Path(f"/proc/{daemon.pid('notify')}/maps").read_text(), what="a reader of the journal")
    return daemon


def readers(daemon):
    return {name: daemon.pid(name) for name in ("store", "notify")}


def test_readers_of_the_journal_end_with_an_engine_that_dies_twice(read):
    """What one of them holds may be what the engine waits for, and would be what the next one waits for."""
    before = readers(read)
    engine = read.signal("engine", signal.SIGSTOP)
    engine = read.wait_restarted("engine", engine)
    read.wait_ready()
    assert readers(read) == before and "worker-renewed" not in read.log
    read.signal("engine", signal.SIGSTOP)
    for name, pid in before.items():
        read.wait_restarted(name, pid)
    read.wait_restarted("engine", engine)
    read.wait_ready()
    assert read.log.count("worker-hung worker=engine") == read.log.count("worker-renewed") == 2


def test_a_spoilt_table_of_readers_is_made_anew(read):
    """Each reader may write into it: the engine that looks there dies by that, and so does the next one."""
    before, table = readers(read), read.folder / "state/journal/lock.mdb"
    os.truncate(table, 0)
    for name, pid in before.items():
        read.wait_restarted(name, pid)
    wait_for(lambda: table.stat().st_size, what="another table")
    read.wait_ready()
    assert read.call("ack", alarm=999)["error"]["name"] == "unknown-alarm"
    wait_for(lambda: "lock.mdb" in pathlib.Path(f"/proc/{read.pid('notify')}/maps").read_text(), what="a reader of the journal")


def test_broken_files_are_refused(daemon):
    before = daemon.status().get("ruleset")
    broken = daemon.rules / "hospital" / "broken.yaml"
    broken.write_text("rules:\n  - nonsense: [\n")
    daemon.reload()
    daemon.wait_log("reload-refused")
    assert "broken.yaml:" in daemon.log[daemon.since:]
    assert daemon.status().get("ruleset") == before
    broken.unlink()
    daemon.reload()
    daemon.wait_log("the files are right")
    assert daemon.answers()


def test_key_that_needs_a_restart_is_told(daemon):
    daemon.write_config(mqtt__port=2)
    daemon.reload()
    daemon.wait_log("restart-needed mqtt.port")


def test_no_start_with_a_broken_configuration(make_daemon):
    daemon = make_daemon(settings={"mqtt.prot": 1883})
    daemon.start(wait=False)
    assert daemon.process.wait(10) == 1
    assert "did you mean `port`" in daemon.log or "did you mean `mqtt.port`" in daemon.log
