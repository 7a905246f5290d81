"""A console whose people are one for each role, with a session of each, and what its tests ask of it."""

import contextlib
import subprocess

from .console import Visitor
from .daemon import Daemon, binary, wait_for
from .machine import free_port

PASSWORD, OTHER, GIVEN = "lamp river seven copper", "nine quiet elephants sing", "of the first day only"
ROLES = ["operator", "supervisor", "maintenance", "auditor", "integrator", "administrator"]
PEOPLE = {f"the-{role}": [role] for role in ROLES} | {"nobody-yet": []}


def user(daemon, *words, password=None):
    done = subprocess.run([binary(), "user", "-c", daemon.config, *words], input=f"{password}\n" if password else "",
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def up(daemon, port):
    """Health, and somebody who checks passwords."""
    wait_for(lambda: health(port) and (daemon.run_dir / "auth" / "auth.sock").exists(), 30, "the console")


def health(port):
    try:
        return Visitor(port, 5).get("/health").status == 200
    except OSError:
        return False


def make(folder, **settings):
    port = free_port()
    return Daemon(folder, settings={"auth.enabled": True, "console.listen": f"127.0.0.1:{port}"} | settings), port


@contextlib.contextmanager
def people_house(folder):
    """A daemon with a person for each role, each with a password; and one session of each, made once."""
    daemon, port = make(folder)
    with daemon:
        daemon.port = port
        up(daemon, port)
        daemon.visitors = {}
        for name, roles in PEOPLE.items():
            answer = daemon.call("operator-add", name=name, may=roles, break_glass=True, reason="the first ones")
            assert answer["ok"], answer
            user(daemon, "add", name, password=GIVEN)
        for name in PEOPLE:
            daemon.visitors[name] = Visitor(port).enroll(name, GIVEN, PASSWORD)
        yield daemon


def in_as(house, name):
    """A visitor of his own with the session of that person."""
    known, visitor = house.visitors[name], Visitor(house.port)
    visitor.cookie, visitor.csrf = known.cookie, known.csrf
    return visitor
