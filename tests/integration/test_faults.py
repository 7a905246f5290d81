"""A slice of each fault of tests/faults: smaller than `tests/faults/run` makes it, by another seed each time.

A failure shows the seed: tests/faults/run 'SCENARIO[VARIANT]' --slice --seed N does the same again.
"""

import os
import pathlib
import random
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "faults")]

from faulttest import registry  # noqa: E402
from faulttest.hospital import Cluster  # noqa: E402
from harness.leash import find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja")
SLICE = [scenario for scenario in registry.scenarios() if scenario.in_slice]


@pytest.fixture(scope="module")
def cluster():
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def number():
    seed = int(os.environ.get("WARDWATCH_SEED", random.SystemRandom().randrange(2**31)))
    print(f"seed {seed}")
    return seed


@pytest.mark.parametrize("scenario", SLICE, ids=[scenario.title for scenario in SLICE])
def test_fault(cluster, number, scenario):
    result = registry.Result(scenario)
    good = registry.run_once(scenario, cluster, number, False, result)
    print(registry.table([result]), *result.notes, sep="\n")
    if result.skipped:
        pytest.skip(result.skipped)
    assert good, result.verdict
