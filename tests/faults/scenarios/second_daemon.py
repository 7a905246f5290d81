"""A second daemon on the same state directory refuses, says who holds it, and hinders nobody."""

import subprocess

from harness.daemon import binary

TARGET = "refused ≤ 1 s"
LIMIT = 1


def run(h, random):
    h.start()
    load = h.load(count=1500, rate=1500)
    for _ in range(3):
        with h.recovery():
            second = subprocess.run([binary(), "run", "-c", h.daemon.config], capture_output=True, text=True, timeout=30,
                                    check=False)
        h.expect(second.returncode == 1, f"it ended with {second.returncode}")
        h.expect(f"pid {h.daemon.process.pid}, since " in second.stderr, f"it did not say who: {second.stderr}")
    h.check(load)
