"""The daemon as contrib/systemd/wardwatch.service starts it: folders by root, a supervisor of a user of its own with what the unit
lends, and of /proc only processes, of those only its own user's."""

import os
import pathlib
import pwd
import re
import subprocess

from .daemon import Daemon, binary
from .machine import SOURCE

UNIT = SOURCE / "contrib/systemd/wardwatch.service"
SUPERVISOR, ENGINE, STORE, AUTH, CONSOLE = "games", "daemon", "mail", "news", "uucp"  # who is on every Debian
USERS = {"users.engine": ENGINE, "users.store": STORE, "users.auth": AUTH, "users.console": CONSOLE}


def value(key):
    """Of the unit's only line with this key."""
    return re.search(rf"^{key}=(.*)$", UNIT.read_text(), re.M).group(1)


def own_view(*words):
    """`words` with the unit's ProtectProc= and ProcSubset=."""
    options = f"subset={value('ProcSubset')},hidepid={value('ProtectProc')}"
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
            f'mount -t proc -o {options} proc /proc && exec "$@"', "sh", *map(str, words)]


def can_have_own_view():
    return os.geteuid() == 0 and subprocess.run(own_view("true"), capture_output=True, check=False).returncode == 0


class UnitDaemon(Daemon):
    def __init__(self, folder, settings=None, **options):
        super().__init__(folder, settings=USERS | (settings or {}), **options)
        self.folder.chmod(0o755)
        for part in pathlib.Path(folder).parents:
            if part.stat().st_uid == os.getuid() and part != pathlib.Path("/"):
                part.chmod(part.stat().st_mode | 0o011)

    def start(self, wait=True, timeout=30.0):
        lent = ",".join("+" + name.removeprefix("CAP_").lower() for name in value("AmbientCapabilities").split())
        done = subprocess.run([binary(), "run", "--prepare", SUPERVISOR, "-c", self.config], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.since = len(self.log)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                own_view("setpriv", f"--reuid={SUPERVISOR}", f"--regid={SUPERVISOR}", f"--groups={pwd.getpwnam(STORE).pw_gid}",
                         f"--bounding-set=-all,{lent}", f"--inh-caps=-all,{lent}", f"--ambient-caps=-all,{lent}",
                         "--no-new-privs", binary(), "run", "-c", self.config),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        if wait:
            self.wait_ready(timeout)
        return self
