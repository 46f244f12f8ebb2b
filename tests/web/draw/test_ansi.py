"""What jobs print, on a page: colours as classes, and nothing else that acts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.web.draw.ansi import Paint, html_of

SPAN = re.compile(r'<span class="[a-z0-9 -]+">|</span>')
ENTITY = re.compile("&(?:amp|lt|gt|#34|#39);")


def painted(*chunks):
    paint = Paint()
    pieces = [piece for chunk in chunks for piece in paint.feed(chunk)]
    return pieces + paint.end()


def text_of(*chunks):
    return "".join(text for _, text in painted(*chunks))


@pytest.mark.parametrize(
    ("printed", "pieces"),
    [
        (b"plain", [("", "plain")]),
        (b"\x1b[31mred\x1b[0m", [("a-f1", "red")]),
        (b"\x1b[1;92mloud\x1b[m calm", [("a-b a-f2", "loud"), ("", " calm")]),
        (b"\x1b[44mground\x1b[49m none", [("a-g4", "ground"), ("", " none")]),
        (b"\x1b[38;5;196mone of 256", [("a-f1", "one of 256")]),
        (b"\x1b[38;5;9mof the first", [("a-f1", "of the first")]),
        (b"\x1b[38;2;0;90;255mof millions", [("a-f4", "of millions")]),
        (b"\x1b[38:2::0:200:10mwith colons", [("a-f2", "with colons")]),
        (b"\x1b[4mline\x1b[24m none", [("a-u", "line"), ("", " none")]),
        (b"\x1b[8mhidden", [("", "hidden")]),
        (b"\x1b[38;5;245mgrey", [("a-f7", "grey")]),
    ],
)
def test_styles_become_classes(printed, pieces):
    assert painted(printed) == pieces


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (b"a\x1b[2Kb\x1b[10;20Hc", "abc"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        (b"\x1bP1$r0m\x1b\\x\x1b(By", "xy"),
        (b"10%\r20%\r\ndone", "10%\n20%\ndone"),
        (b"bell\x07 null\x00", "bell^G null^@"),
        ("turned \u202e round".encode(), "turned <U+202E> round"),
        (b"latin \xe9", "latin <E9>"),
        (b"left open \x1b[31", "left open ^[[31"),
        ("good \u00e9\u4e2d\U0001f469\u200d\U0001f52c".encode(), "good é中👩\u200d🔬"),
    ],
)
def test_every_other_sequence_is_gone_and_controls_are_spelt_out(printed, text):
    assert text_of(printed) == text


def test_a_title_that_never_ends_hides_no_line():
    assert "second" in text_of(b"\x1b]0;first\nsecond\n")


def test_a_title_that_never_ends_is_not_held_back_for_ever():
    shown = Paint().feed(b"\x1b]0;" + b"x" * 10_000)
    assert sum(len(text) for _, text in shown) > 9_000


@given(st.text(alphabet=st.sampled_from("ab<>&\"' \n\t;é中")))
def test_what_is_only_text_is_shown_as_it_is(text):
    assert text_of(text.encode()) == text


@given(st.binary(max_size=200))
def test_there_is_no_markup_but_our_own_spans(printed):
    left = SPAN.sub("", html_of(painted(printed)))
    assert not {*'<>"'} & {*left}
    assert "&" not in ENTITY.sub("", left)


PARTS = st.sampled_from(
    [
        b"\x1b[",
        b"\x1b]8;;",
        b"\x1b\\",
        b"31",
        b";",
        b"m",
        b"\r",
        b"\n",
        b"\x07",
        b"x",
        b"\xc3",
        b"\xa9",
    ]
)


@given(st.lists(PARTS, max_size=30), st.integers(1, 7))
def test_it_does_not_matter_where_chunks_are_cut(parts, size):
    whole = b"".join(parts)
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    told = [[text, kind] for kind, piece in painted(*chunks) for text in piece]
    assert told == [[text, kind] for kind, piece in painted(whole) for text in piece]


@given(st.lists(PARTS, max_size=30))
def test_no_control_is_left_in_the_text(parts):
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text_of(b"".join(parts)))
