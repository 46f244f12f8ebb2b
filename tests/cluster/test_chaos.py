"""Hundreds of slots in all kinds of trouble; `python -m tests.cluster.chaos` has thousands."""

import pytest

from benchmarks.parts.database import serving
from tests.cluster.chaos import go_through, staged
from tests.cluster.conftest import UNSAFE

pytestmark = pytest.mark.long

# Kinds of trouble that no test may be without.
ALIKE = {
    "supervisors": ("supervisor killed", "supervisor frozen"),
    "ways": ("host silent", "host refused"),
    "connections": ("connections ended",),
    "hosts": ("host dead",),
    "database": ("database crashed", "database stopped"),
}


@pytest.fixture(scope="module")
def fragile():
    """A server that may be stopped."""
    with serving(settings=UNSAFE[1:]) as server:
        yield server


@pytest.mark.parametrize("kinds", ALIKE)
def test_whatever_fails_the_ledger_tells_the_truth_of_every_slot(fragile, kinds):
    with staged(fragile, 3) as stage:
        given = {"slots": 400, "jobs": 40, "seed": 7, "kinds": ALIKE[kinds]}
        verdict, chaos = go_through(stage, fragile, **given)
        assert verdict.is_well, (verdict, stage.told())
        assert verdict.slots > 300
        assert chaos.done.total()
