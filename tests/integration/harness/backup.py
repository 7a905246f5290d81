"""What a backup is made of and put back to: a state with a journal, a configuration, keys; and contrib/operations run on them."""

import os
import pathlib
import shutil
import subprocess

from .machine import SOURCE, find_built
from .store import find_driver

OPERATIONS = SOURCE / "contrib" / "operations"


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, timeout=120, **more).stdout


class Kept:
    """A state, a configuration, keys of whoever makes backups and of a stranger; what asks PostgreSQL asks nobody here."""

    def __init__(self, folder):
        self.folder, self.state, self.etc = folder, folder / "state", folder / "etc"
        self.state.mkdir()
        run(find_driver(), "fill", self.state, 1, 100, "mixed", 0)
        (self.state / "snapshots").mkdir()
        for number in (6, 7):
            (self.state / f"snapshots/{number}").write_text(f"snapshot {number}")
        (self.etc / "secrets").mkdir(parents=True)
        (self.etc / "wardwatch.yaml").write_text("site: test\n")
        (self.etc / "link").symlink_to("wardwatch.yaml")
        for name in ("sign", "stranger"):
            run("openssl", "genpkey", "-algorithm", "ed25519", "-out", self.private(name))
            run("openssl", "pkey", "-in", self.private(name), "-pubout", "-out", self.public(name))
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name in ("pg_dump", "pg_dumpall", "pg_restore"):
            self.program(name, "echo x")
        self.program("psql", "true")
        (self.programs / "wardwatch").symlink_to(find_built("daemon/wardwatch"))
        self.environment = os.environ | {"BACKUP_DATABASE": "dbname=x", "BACKUP_ETC": str(self.etc), "BACKUP_STATE": str(self.state),
                                         "BACKUP_TO": str(folder / "to"), "PATH": f"{self.programs}:{os.environ['PATH']}"}

    def program(self, name, text):
        """One that is found before the machine's own; `really` in it is the machine's."""
        path = self.programs / name
        path.write_text("#!/bin/bash\n" + text.replace("really", str(shutil.which(name) or "false")) + "\n")
        path.chmod(0o755)

    def private(self, name):
        return self.etc / f"secrets/{name}.pem"

    def public(self, name):
        return self.folder / f"{name}.pub"

    def backup(self, signed_by="sign", **more):
        done = subprocess.run([OPERATIONS / "backup"], env=self.environment | {"BACKUP_SIGN": str(self.private(signed_by))} | more,
                              capture_output=True, text=True, timeout=120)
        return pathlib.Path(done.stdout.strip()) if done.returncode == 0 else done.stderr

    def restore(self, made, *words, signed_by="sign"):
        """What it says; it has put back all or nothing."""
        back = self.folder / "back"
        by = ["--signed-by", self.public(signed_by)] if signed_by else []
        done = subprocess.run([OPERATIONS / "restore", made, "--etc", "--state", *by, *words], capture_output=True, text=True, timeout=120,
                              env=self.environment | {"BACKUP_ETC": str(back / "etc"), "BACKUP_STATE": str(back / "state"), "TMPDIR": str(self.folder)})
        there = [(back / name).exists() for name in ("etc/wardwatch.yaml", "state/journal/data.mdb")]
        assert there == [done.returncode == 0] * 2 and (done.returncode == 0 or not back.exists()), done.stderr
        assert not list(self.folder.glob("wardwatch-restore.*"))  # nothing of what was opened stays
        shutil.rmtree(back, ignore_errors=True)
        return done.stdout + done.stderr
