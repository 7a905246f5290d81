"""A wall clock that a test sets, by libfaketime: whoever runs with `environment` reads it from the file at each look."""

import pathlib

from .machine import HarnessError


def environment(file):
    """For a Daemon, whose sandbox.mode must be "off" (what is loaded opens files of its own). `file` has an offset in seconds
    (`+28800`) or an instant (`@2026-03-29 00:59:57`)."""
    found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise HarnessError("libfaketime is not installed: apt-get install libfaketime")
    return {"LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0", "TZ": "UTC"}
