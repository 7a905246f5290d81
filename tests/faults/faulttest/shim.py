"""The test's end of shim.c: when a process is to be struck and by what, and what was recorded."""

import errno
import mmap
import os
import pathlib
import struct

from harness.machine import find_built

LAYOUT = struct.Struct("<16sIIiIqQQ")
CALLS = ("pwrite", "sync", "write", "send", "rename", "alloc")
NONE, BEFORE, BEHIND, AMID, ERROR, ERROR_ON = range(6)
LEFT, COUNTED, STRUCK = 32, 40, 48  # where these numbers lie


def find_shim():
    return find_built("tests/faults/libfault-shim.so")


class Shim:
    """For processes that are started with `environment`. `role`: the subcommand of those that are meant; fixed before they
    start."""

    def __init__(self, folder, role="engine", record=False):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        (self.folder / "record").touch()
        control = self.folder / "control"
        control.write_bytes(bytes(LAYOUT.size))
        self.file = control.open("r+b")
        self.page = mmap.mmap(self.file.fileno(), LAYOUT.size)
        LAYOUT.pack_into(self.page, 0, role.encode(), 0, NONE, 0, record, 0, 0, 0)

    @property
    def environment(self):
        # the shim comes before the sanitizer's own part, on purpose
        options = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": str(find_shim()), "WARDWATCH_FAULTS": str(self.folder),
                "ASAN_OPTIONS": ":".join(filter(None, [options, "verify_asan_link_order=0:detect_leaks=0"]))}

    def arm(self, calls, action, after, error=errno.EIO):
        """The `after`th call from now on, counted from 1."""
        role, record = self.page[:16], struct.unpack_from("<I", self.page, 28)[0]
        mask = sum(1 << CALLS.index(call) for call in calls)
        self.page[LEFT:LEFT + 8] = bytes(8)
        LAYOUT.pack_into(self.page, 0, role, mask, action, error, record, 0, 0, 0)
        self.page[LEFT:LEFT + 8] = struct.pack("<q", after)

    def count(self, calls):
        """Counts, and strikes nobody."""
        self.arm(calls, NONE, 0)

    def disarm(self):
        """What goes on failing goes on no longer."""
        self.arm((), NONE, 0)

    @property
    def counted(self):
        return struct.unpack_from("<Q", self.page, COUNTED)[0]

    @property
    def struck(self):
        return struct.unpack_from("<Q", self.page, STRUCK)[0]

    def close(self):
        self.page.close()
        self.file.close()
