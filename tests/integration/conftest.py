"""What the integration tests share: real processes in folders of their own, gone when the test is."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import Daemon  # noqa: E402


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
