"""Hundreds of slots in all kinds of trouble; `python -m tests.cluster.chaos` has thousands."""

import pytest

from benchmarks.parts.database import serving
from tests.cluster.chaos import clocks_of, go_through, staged
from tests.cluster.conftest import UNSAFE

pytestmark = pytest.mark.long

TROUBLES = {
    "hosts": (
        *("supervisor killed", "supervisor frozen", "host dead"),
        *("host silent", "host refused", "clock set"),
    ),
    "database": ("connections ended", "database crashed", "database stopped"),
}


@pytest.fixture(scope="module")
def fragile():
    """A server that may be stopped."""
    with serving(settings=UNSAFE[1:]) as server:
        yield server


@pytest.mark.parametrize("what", TROUBLES)
def test_whatever_fails_the_ledger_tells_the_truth_of_every_slot(fragile, program, what):
    clocks = clocks_of(program("faketime", "faketime"))
    with staged(fragile, 3, clocks) as stage:
        given = {"slots": 400, "jobs": 40, "seed": 7, "kinds": TROUBLES[what]}
        verdict, chaos = go_through(stage, fragile, **given)
        assert verdict.is_well, (verdict, stage.told())
        assert verdict.slots > 300
        assert chaos.done.total() > 2
