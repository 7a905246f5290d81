"""The page in a real browser, on the real console, engine and broker; what each case does stands in tests/browser."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.broker import Broker  # noqa: E402
from harness.house import House  # noqa: E402
from harness.postgres import Postgres  # noqa: E402


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    with Broker(folder) as broker, Postgres() as postgres:
        with House(folder, broker, postgres) as made:
            yield made


# What goes away for a while comes last: a flood, a lock or a restart must not be the fault of the case before.
CASES = ["login", "first_password", "second_factor", "wallboard", "queue_keys", "queue_mouse", "flood", "several_at_once", "stale_act",
         "incident", "incident_keys", "handover", "menu", "map", "placing", "history", "moment", "evidence", "sound", "hostile",
         "first_view", "own_factor", "second_person", "posts", "glass", "figure_words", "files", "screens", "lock_by_hand", "locked",
         "console_killed", "engine_killed", "network_cut", "database_down"]


@pytest.mark.parametrize("case", CASES)
def test_page(house, case):
    house.run(case, timeout=300 if case == "screens" else 120)
