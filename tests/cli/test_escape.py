"""What jobs write never acts on a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.cli.escape import RESET, Neutral, Safe
from jobrunner.model.value import Regex
from tests.build import make_job

STYLE = re.compile(r"\x1b\[[0-9;:]*m")


def shown(content, *, colour=True, cut=None):
    neutral = Neutral(colour=colour)
    pieces = [content] if cut is None else [content[:cut], content[cut:]]
    return "".join(map(neutral.feed, pieces)) + neutral.end()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"plain\ttext\r\n", "plain\ttext\n"),
        ("Grüße, 日本 👩\u200d👧\n".encode(), "Grüße, 日本 👩\u200d👧\n"),
        (b"50%\r100%", "50%^M100%"),
        (b"\x1b]0;title\x07", "^[]0;title^G"),
        (b"\x1b[2J\x1b[1;1H", "^[[2J^[[1;1H"),
        (b"\x1b]8;;http://x\x1b\\x", "^[]8;;http://x^[\\x"),
        (b"\x1bP+q\x1b\\", "^[P+q^[\\"),
        (b"\x9b31m\xff", "<9B>31m<FF>"),
        (b"\xc2\x9b31m", "<U+009B>31m"),
        ("a\u202eb\ufeff\u2028".encode(), "a<U+202E>b<U+FEFF><U+2028>"),
        (b"a\x08\x7f\0", "a^H^?^@"),
        (b"\x1b[31mred\x1b[0m", f"\x1b[31mred\x1b[0m{RESET}"),
        (b"\x1b[38;5;8mgrey", f"\x1b[38;5;8mgrey{RESET}"),
        (b"\x1b[38;2;8;8;8mgrey", f"\x1b[38;2;8;8;8mgrey{RESET}"),
        (b"\x1b[8mhidden", "^[[8mhidden"),
        (b"\x1b[1;008mhidden", "^[[1;008mhidden"),
        (b"\x1b[38;5;1;8mhidden", "^[[38;5;1;8mhidden"),
        (b"\x1b[5mblinks", "^[[5mblinks"),
        (b"\x1b[31", "^[[31"),
        (b"\x1b", "^["),
    ],
)
def test_all_but_colours_is_spelt_out(content, text):
    assert shown(content) == text


def test_where_no_colour_is_wanted_it_is_taken_out():
    assert shown(b"\x1b[31mred\x1b[0m \x1b[2J", colour=False) == "red ^[[2J"


@given(st.binary())
def test_nothing_but_colours_reaches_the_terminal(content):
    text = STYLE.sub("", shown(content))
    assert not [c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0]
    assert "\u202e" not in text


ANY = st.one_of(st.binary(), st.text().map(str.encode), st.just(b"a\x1b[1;31mb\r\n\xe2\x82\xac"))


@given(ANY, st.data())
def test_it_is_the_same_wherever_pieces_are_cut(content, data):
    cut = data.draw(st.integers(0, len(content)))
    assert shown(content, cut=cut) == shown(content)


def test_secrets_are_hidden_before_anything_else_also_in_raw_bytes():
    job = make_job(env={"API_TOKEN": "hunter2x"}, redact=(Regex("card [0-9]+"),))
    safe = Safe(job, raw=True, colour=False)
    assert b"".join(safe.of([b"a hunt", b"er2x b\ncard 12", b"34"])) == b"a *** b\n***"
    safe = Safe(job, raw=False, colour=False)
    assert "".join(safe.of([b"\x1b[1mhunter2x\x1b[0m\x07"])) == "***^G"
