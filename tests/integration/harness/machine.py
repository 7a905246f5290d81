"""What every part asks of the machine: a free port, a program that was built, and that something comes true."""

import os
import pathlib
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


def free_port():
    """A port that nobody listened on a moment ago. Whoever loses the race has to ask again."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def find_built(name):
    """Of $WARDWATCH_BUILD, of the build that $WARDWATCH_BIN is in, or of the newest build folder; None if not built."""
    if os.environ.get("WARDWATCH_BUILD"):
        found = [pathlib.Path(os.environ["WARDWATCH_BUILD"]) / name]
    elif os.environ.get("WARDWATCH_BIN"):
        found = [pathlib.Path(os.environ["WARDWATCH_BIN"]).resolve().parents[1] / name]
    else:
        found = [*SOURCE.glob("build*/" + name), *SOURCE.glob("var/build*/" + name)]
    return max((f for f in found if f.exists()), key=lambda f: f.stat().st_mtime, default=None)
