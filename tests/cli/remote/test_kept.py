"""An output that was fetched: as it lies on its host, hole and all."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.cli.remote.kept import copied
from jobrunner.model.run import Attempt, State
from jobrunner.process.output import parted, remark
from tests.build import NOON


def attempt(size, cut):
    measured = {"output_size": size, "output_cut": cut, "duration": timedelta(seconds=2)}
    return Attempt(run=1, number=1, state=State.FAILED, owner="", started_at=NOON, **measured)


def sent(written, limit):
    """What a server sends of it."""
    parts = parted(len(written), limit)
    told = remark(parts.cut) if parts.cut else b""
    return written[: parts.head] + told + written[len(written) - parts.tail :], parts.cut


@given(st.binary(min_size=1, max_size=300), st.integers(1, 300))
def test_every_byte_is_told_with_its_place(written, limit):
    content, cut = sent(written, limit)
    with copied(content, attempt(len(written), cut)) as kept:
        placed = [*kept.placed()]
    assert b"".join(piece for _, piece in placed) == content
    for place, piece in placed:
        assert place is None or written[place : place + len(piece)] == piece


@pytest.mark.parametrize("size", [None, 3])
def test_what_is_still_written_is_taken_as_it_came(size):
    with copied(b"one\ntwo\n", attempt(size, None)) as kept:
        assert b"".join(kept.pieces()) == b"one\ntwo\n"
        assert (kept.size, kept.kept) == (8, 8)
