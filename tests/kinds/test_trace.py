"""Where a run and its attempts stand in a trace."""

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.kinds.trace import RUN, span_id, trace_id, traceparent
from jobrunner.kinds.uuid import run_uuid
from tests.build import NOON

UUID_OF_RUN = "019a9f2e-6d0a-7b4c-9f0e-3f1f0f6a2b11"
FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01")


def test_it_is_the_same_for_ever():
    told = "00-019a9f2e6d0a7b4c9f0e3f1f0f6a2b11-b2e6b1d488b410fd-01"
    assert traceparent(UUID_OF_RUN, 2) == told


@given(st.integers(0, 2**63), st.integers(0, 2**31))
def test_it_has_the_form_of_the_w3c(run, attempt):
    assert FORM.fullmatch(traceparent(run_uuid(NOON, "a", run), attempt))


def test_the_trace_is_the_run_and_each_attempt_a_span():
    attempts = range(1, 500)
    told = [traceparent(UUID_OF_RUN, attempt).split("-") for attempt in attempts]
    assert {trace for _, trace, _, _ in told} == {UUID(UUID_OF_RUN).hex}
    spans = {int(span, 16) for _, _, span, _ in told}
    assert spans == {span_id(UUID_OF_RUN, attempt) for attempt in attempts}
    assert len(spans | {span_id(UUID_OF_RUN, RUN)}) == len(attempts) + 1
    assert trace_id(UUID_OF_RUN) == UUID(UUID_OF_RUN).int
