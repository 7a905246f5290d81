"""An I/O error when the journal commits: the turn is given up, no acknowledgement leaves, the engine starts anew and verifies.

strace makes the Nth fdatasync fail. What was on the wire by then is counted by a proxy: no more acknowledgements than
messages that are in the journal. The recovery is from the error until messages are taken again."""

import pathlib
import shutil
import subprocess

from faulttest.hospital import Skipped
from harness.proxy import PUBACK, Proxy

TARGET = "no acknowledgement sent"
VARIANTS = ("fdatasync", "pwrite64", "no-space")
SLICE = ("fdatasync",)


def attach(h, pid, call, error, when):
    if not shutil.which("strace"):
        raise Skipped("strace is not installed")
    process = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                f"inject={call}:error={error}:when={when}", "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    h.closing.callback(lambda: process.poll() is None and process.kill())

    def attached():
        if process.poll() is not None:
            why = process.stderr.read().strip()
            if why:
                raise Skipped(f"this machine does not let us trace: {why}")
            return True  # it has struck already, and what it traced is gone
        return f"TracerPid:\t{process.pid}" in pathlib.Path(f"/proc/{pid}/status").read_text()
    h.wait(attached, "the tracer")
    return process


def run(h, random):
    call, error = {"fdatasync": ("fdatasync", "EIO"), "pwrite64": ("pwrite64,pwritev", "EIO"),
                   "no-space": ("pwrite64,pwritev", "ENOSPC")}[h.variant]
    h.prepare()
    proxy = h.closes(Proxy("127.0.0.1", h.broker.port))
    h.daemon.write_config(mqtt__port=proxy.port)
    h.start()
    blows = 4 if h.long else 1
    load = h.load(count=2500 * blows, rate=1200, devices=7)
    for _ in range(blows):
        h.pause(0.1, 0.6, random)
        old = h.daemon.pid("engine")
        attach(h, old, call, error, random.randrange(1, 20))
        if h.variant == "no-space":
            h.pause(0.5, 1.0, random)  # as when the disk is full: it may live on
            h.live()
            continue
        with h.recovery():
            h.daemon.wait_restarted("engine", old, 60)
            h.taking()
    h.check(load)
    acknowledged = len({(p.mid, p.time) for p in proxy.find("up", PUBACK)})
    h.expect(acknowledged >= len(load.list()), "some were not acknowledged")
