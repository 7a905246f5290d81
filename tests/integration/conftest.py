"""What the integration tests share: real processes in folders of their own, gone when the test is."""

import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import Daemon  # noqa: E402

# A job in the background of a shell ignores Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


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
