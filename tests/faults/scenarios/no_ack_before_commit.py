"""The acknowledgement leaves behind the commit: seen on the wire, with the commit held back by a tracer."""

import json
import pathlib
import shutil
import signal
import subprocess

from faulttest.hospital import Skipped
from harness.daemon import process_state
from harness.proxy import PUBACK, PUBLISH, Proxy

TARGET = "no acknowledgement sent"
VARIANTS = ("let-go", "killed")
HELD = 60_000_000  # µs: far longer than it is held


def hold_commits(h, pid):
    if not shutil.which("strace"):
        raise Skipped("strace is not installed")
    process = subprocess.Popen(["strace", "-q", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                                f"inject=fdatasync:delay_enter={HELD}", "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    h.closing.callback(lambda: process.poll() is None and process.kill())

    def attached():
        if process.poll() is not None:
            raise Skipped(f"this machine does not let us trace: {process.stderr.read().strip()}")
        return f"TracerPid:\t{process.pid}" in pathlib.Path(f"/proc/{pid}/status").read_text()
    h.wait(attached, "the tracer")
    return process


def let_go(tracer):
    tracer.send_signal(signal.SIGKILL)  # the tracee goes on with its call
    tracer.wait(10)


def run(h, random):
    h.prepare(mqtt__urgent=[], supervisor__hung_after="60s")
    proxy = h.closes(Proxy("127.0.0.1", h.broker.port))
    h.daemon.write_config(mqtt__port=proxy.port)
    h.start()
    # the fence, too, is acknowledged: from here on the wire is quiet
    h.wait(lambda: proxy.count("up", PUBACK) == proxy.count("down", PUBLISH), "the fence's ack")
    proxy.forget()
    pid = h.daemon.pid("engine")
    tracer = hold_commits(h, pid)
    h.broker.publish("bulk/d1", json.dumps({"device": "d1", "number": 1}))
    h.wait(lambda: proxy.count("down", PUBLISH) == 1, "the message on the wire")
    h.wait(lambda: process_state(pid) == "t", "the held commit")
    h.expect(proxy.count("up", PUBACK) == 0, "it was acknowledged before the commit")
    if h.variant == "killed":
        h.daemon.kill("engine")
        let_go(tracer)
        h.expect(proxy.count("up", PUBACK) == 0, "it was acknowledged without the commit")
        h.daemon.wait_restarted("engine", pid)
    else:
        let_go(tracer)
    h.wait(lambda: proxy.count("up", PUBACK) >= 1, "the ack behind the commit")
    h.check(more=[(1, 1)])
