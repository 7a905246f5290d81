"""What the integration tests share: real processes in folders of their own, gone when the test is."""

import collections
import os
import pathlib
import random
import shutil
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import Daemon  # noqa: E402

# A job in the background of a shell ignores Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """The modules with the most cases first: where several run side by side, none of them is to be the last alone."""
    cases = collections.Counter(item.module.__name__ for item in items)
    items.sort(key=lambda item: (-cases[item.module.__name__], item.module.__name__))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything was built and installed for the tests (CI), one that is skipped is one that fails."""
    report = (yield).get_result()
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr[2]}: and CI skips nothing"
    item.went_well = getattr(item, "went_well", True) and not report.failed


@pytest.fixture
def tmp_path(tmp_path, request):
    """The test's folder; gone with a test that went well, without the journals' pages after one that failed: their
    blocks are reserved, and those of a whole run fill a disk."""
    yield tmp_path
    if getattr(request.node, "went_well", False):
        shutil.rmtree(tmp_path, ignore_errors=True)
    else:
        for pages in tmp_path.rglob("data.mdb*"):
            pages.unlink()


@pytest.fixture
def seed():
    """A source of random numbers; a run is repeated with WARDWATCH_SEED, which a failure shows."""
    number = int(os.environ.get("WARDWATCH_SEED", random.SystemRandom().randrange(2**31)))
    print(f"seed {number}")
    return random.Random(number)


@pytest.fixture
def make_daemon(tmp_path):
    """A factory of daemons: make_daemon(broker=…, postgres=…, settings={…}); they are not started yet."""
    made = []

    def make(**options):
        daemon = Daemon(tmp_path / f"daemon{len(made)}", **options)
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        daemon.close()
