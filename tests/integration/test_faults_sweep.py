"""A slice of the crash-point sweep and of the power cuts of tests/faults, by another seed each time."""

import os
import pathlib
import random
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "faults")]

from faulttest import power, sweep  # noqa: E402
from faulttest.hospital import Cluster  # noqa: E402
from harness.leash import find_driver  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver() or not sweep.available(), reason="build first: ninja")


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


@pytest.mark.parametrize("name", ["engine-disk", "engine-memory", "store-calls"])
def test_sweep(cluster, number, name):
    series = next(series for series in sweep.SERIES if series.name == name)
    verdict, _, _ = sweep.run_series(series, cluster, number, 3)
    assert verdict.good, verdict


def test_power_cut(cluster, number):
    verdict, _, _ = power.run_series(None, cluster, number, 5)
    assert verdict.good, verdict
