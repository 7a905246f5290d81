"""What every part asks of the machine: a free port, a program that was built, and that something comes true."""

import itertools
import os
import pathlib
import random
import socket
import time

SOURCE = pathlib.Path(__file__).resolve().parents[3]


class HarnessError(Exception):
    """Of the parts that the tests put together, not of what they test."""


class NotInTime(HarnessError):
    pass


def wait_for(condition, timeout=30.0, what="the condition"):
    """The first true value of condition(), or NotInTime after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise NotInTime(f"{what}: not within {timeout} s")
        time.sleep(0.02)


# Below those that the kernel gives to outgoing connections; each of pytest's processes has a thousand of its own.
PORTS_FIRST, PORTS_EACH = 12000, 1000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.cycle(random.SystemRandom().sample(range(PORTS_EACH), PORTS_EACH))


def free_port():
    """A port that nobody listened on a moment ago. Whoever loses the race has to ask again."""
    for offset in itertools.islice(_ports, PORTS_EACH):
        port = PORTS_FIRST + _worker % 16 * PORTS_EACH + offset
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise HarnessError(f"none of {PORTS_EACH} ports from {PORTS_FIRST} on is free")


def find_built(name):
    """Of $WARDWATCH_BUILD, of the build that $WARDWATCH_BIN is in, or of the newest build folder; None if not built."""
    if os.environ.get("WARDWATCH_BUILD"):
        found = [pathlib.Path(os.environ["WARDWATCH_BUILD"]) / name]
    elif os.environ.get("WARDWATCH_BIN"):
        found = [pathlib.Path(os.environ["WARDWATCH_BIN"]).resolve().parents[1] / name]
    else:
        found = [*SOURCE.glob("build*/" + name), *SOURCE.glob("var/build*/" + name)]
    return max((f for f in found if f.exists()), key=lambda f: f.stat().st_mtime, default=None)
