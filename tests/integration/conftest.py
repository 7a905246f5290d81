"""What the integration tests share: real processes in folders of their own, gone when the test is."""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import Daemon  # noqa: E402

# A job in the background of a shell ignores Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """Where everything was built and installed for the tests (CI), one that is skipped is one that fails."""
    report = (yield).get_result()
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr[2]}: and CI skips nothing"


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
