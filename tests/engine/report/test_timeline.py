"""How many marks a lane may have."""

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.report.timeline import MOST_MARKS, merged
from jobrunner.model.run import State
from jobrunner.store.value import Stretch
from tests.build import NOON
from tests.engine.report.ledger import MINUTE

STATES = (State.SUCCESS, State.FAILED, State.SKIPPED)


@given(st.lists(st.tuples(st.integers(0, 720), st.integers(0, 9), st.sampled_from(STATES))))
def test_however_many_runs_a_lane_has_few_marks_and_none_is_lost(runs):
    stretches = [
        Stretch(state, NOON + at * MINUTE, NOON + (at + took) * MINUTE, 1, number)
        for number, (at, took, state) in enumerate(sorted(runs))
    ]
    found = merged(stretches, 20)
    assert len(found) <= max(20, len(STATES))
    assert sum(one.runs for one in found) == len(runs)


def test_what_is_few_stays_as_it_is():
    stretches = [Stretch(State.SUCCESS, NOON, NOON + MINUTE, 1, 1)] * MOST_MARKS
    assert merged(stretches) is stretches
