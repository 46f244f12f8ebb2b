"""The margin of an output: the time of each line."""

from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.cli.margin import EMPTY, Margin
from tests.build import NOON, make_job


def margin(*, job=None, colour=False):
    """A line that stands at place n was seen n seconds after noon."""
    return Margin(job, lambda place: NOON + timedelta(seconds=place), UTC, NOON, colour=colour)


def told(*pieces, **options):
    it = margin(**options)
    place, text = 0, ""
    for piece in pieces:
        text += it.feed(piece, place)
        place += len(piece)
    return text + it.end()


def test_each_line_has_its_time():
    assert told(b"a\nbc\n\nd") == ("12:00:00.0 | a\n12:00:02.0 | bc\n12:00:05.0 | \n12:00:06.0 | d")


@given(st.lists(st.binary(max_size=8), max_size=8))
def test_it_is_the_same_however_the_pieces_are_cut(pieces):
    assert told(*pieces) == told(b"".join(pieces))


@given(st.binary(max_size=60))
def test_the_text_is_that_without_a_margin(data):
    lines = told(data.replace(b"\x1b", b"")).split("\n")
    assert all(line == "" or line[10:13] == " | " for line in lines[:1])
    assert len(lines) == data.replace(b"\x1b", b"").count(b"\n") + 1


def test_a_secret_over_several_lines_moves_no_time():
    job = make_job(env={"KEY_TOKEN": "first\nsecond"})
    assert told(b"a\nfirst\nsecond\nz\n", job=job) == (
        "12:00:00.0 | a\n12:00:02.0 | ***\n12:00:08.0 | ***\n12:00:15.0 | z\n"
    )


def test_what_a_terminal_would_act_on_is_spelt_out():
    assert told(b"\x1b]0;x\x07\r\n\xff") == "12:00:00.0 | ^[]0;x^G\n12:00:08.0 | <FF>"


def test_colours_stay_and_end_with_the_output():
    assert told(b"\x1b[31mred", colour=True) == "12:00:00.0 | \x1b[31mred\x1b[0m"


def test_what_nobody_saw_has_an_empty_margin():
    it = Margin(None, lambda _: None, UTC, NOON, colour=False)
    assert it.feed(b"a\n", 0) == f"{EMPTY} | a\n"


def test_a_remark_stands_between_lines_and_what_follows_keeps_its_place():
    it = margin()
    text = it.feed(b"a", 0) + it.remark("... 98 bytes cut ...") + it.feed(b"b\n", 99)
    assert text == f"12:00:00.0 | a\n{EMPTY} | ... 98 bytes cut ...\n12:01:39.0 | b\n"


def test_what_has_no_place_has_no_time():
    it = margin()
    assert it.feed(b"a\nb\n", None) == f"{EMPTY} | a\n{EMPTY} | b\n"


@pytest.mark.parametrize(("hours", "shown"), [(11, "23:00:00.0"), (12, "Sat 00:00:00.0")])
def test_another_day_is_named(hours, shown):
    it = Margin(None, lambda _: NOON + timedelta(hours=hours), UTC, NOON, colour=False)
    assert it.feed(b"a\n", 0) == f"{shown} | a\n"
