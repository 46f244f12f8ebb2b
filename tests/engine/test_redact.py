"""Secrets: hidden in text, in pieces of bytes, and in the file itself."""

import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.blot import Redactor, blot
from jobrunner.engine.redact import redactor
from jobrunner.model.job import Timing
from jobrunner.model.value import Regex
from jobrunner.process.hole import punch
from tests.build import make_job

SECRET = "hunter22"
BLOCK = 64 * 1024


def shown(hides, *pieces):
    return b"".join(hides.pieces(pieces))


def cut_up(content, cuts):
    ends = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    return [content[start:end] for start, end in pairwise(ends)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "7-1.log"


def blotted(path, hides):
    file = os.open(path, os.O_RDWR)
    try:
        return blot(file, hides)
    finally:
        os.close(file)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DB_PASSWORD", "login with *** failed"),
        ("API_TOKEN", "login with *** failed"),
        ("PGHOST", f"login with {SECRET} failed"),
    ],
)
def test_values_of_variables_with_telling_names_are_hidden(name, text):
    hides = redactor(make_job(env={name: SECRET}))
    assert hides.text(f"login with {SECRET} failed") == text


def test_the_environment_of_the_attempt_outranks_what_the_job_declares():
    hides = redactor(make_job(env={"TOKEN": "declared"}), {"TOKEN": "from a file"})
    assert hides.text("declared, from a file") == "declared, ***"


def test_variables_of_single_schedules_are_hidden_too():
    hides = redactor(make_job(schedules=(Timing(env={"TOKEN": SECRET}),)))
    assert hides.text(SECRET) == "***"


def test_a_short_value_is_not_hidden():
    assert not redactor(make_job(env={"TOKEN": "abc"}))
    assert redactor(make_job(env={"TOKEN": "abcd"})).text("abcd") == "***"


def test_each_line_of_a_long_value_is_hidden():
    hides = redactor(make_job(env={"SSH_KEY": "-----BEGIN-----\nAAAAB3Nz\n  9f8e7d6c\n--\n"}))
    assert hides.text("got AAAAB3Nz\r\nand 9f8e7d6c --") == "got ***\r\nand *** --"


def test_what_a_pattern_finds_is_hidden_and_nothing_more():
    hides = redactor(make_job(redact=(Regex(r"(?<=card )\d{4}-\d+"), Regex(r"(?i)bearer \S+"))))
    assert hides.text("card 1234-99, Bearer x.y z") == "card ***, *** z"


def test_a_pattern_that_finds_nothing_hides_nothing():
    assert Redactor(patterns=["x*"]).text("axxb") == "a***b"


def test_a_pattern_sees_one_line():
    hides = Redactor(patterns=[r"^pin.*$", r"a\s+b"])
    assert hides.text("pin 1234\npin 99\ra\nb") == "***\n***\ra\nb"


def test_a_secret_of_other_letters_is_hidden_in_text_and_bytes():
    hides = Redactor(["pässwörd"], ["größe .$"])
    assert hides.text("pässwörd größe ü") == "*** ***"
    assert shown(hides, "x pässwörd".encode()) == b"x ***"


def test_of_two_secrets_that_begin_alike_the_longer_one_is_hidden():
    assert Redactor(["abcd", "abcdef"]).text("abcdef abcdx") == "*** ***x"


def test_secrets_that_overlap_what_a_pattern_finds_are_hidden_once():
    assert Redactor(["abcdef"], ["defghi"]).text("-abcdefghi-") == "-***-"


def test_bytes_that_are_no_text_stay_as_they_are():
    content = bytes(range(256)) * 2
    assert shown(Redactor([SECRET], ["nothing"]), content) == content


def test_without_patterns_only_what_may_be_a_secret_is_held_back():
    stream = Redactor([SECRET]).stream()
    assert [stream.feed(b"working...hun"), stream.feed(b"gry"), stream.end()] == [
        b"working...",
        b"hungry",
        b"",
    ]


def test_with_patterns_a_line_is_held_back_until_it_is_whole():
    stream = Redactor(patterns=["pin \\d+"]).stream()
    assert [stream.feed(b"a\npin 12"), stream.feed(b"34\rb"), stream.end()] == [
        b"a\n",
        b"***\r",
        b"b",
    ]


@pytest.mark.parametrize("patterns", [[], ["x{9}"]])
@pytest.mark.parametrize("before", range(BLOCK - 5000, BLOCK + 5000, 997))
def test_a_secret_anywhere_in_a_line_without_end_is_hidden(before, patterns):
    content = b"." * before + SECRET.encode() + b"." * BLOCK
    pieces = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    told = shown(Redactor([SECRET], patterns), *pieces)
    assert told == b"." * before + b"***" + b"." * BLOCK


@pytest.mark.parametrize("before", [0, 1000, BLOCK - 4096, BLOCK - 10, 3 * BLOCK])
def test_what_a_pattern_finds_in_a_line_without_end_is_hidden(before):
    told = shown(Redactor(patterns=["a?x{900}"]), b"." * before + b"x" * 900 + b"." * BLOCK)
    assert told == b"." * before + b"***" + b"." * BLOCK


LETTERS = st.text("ab\n\r é", max_size=60)
WORDS = st.lists(st.text("abé", min_size=2, max_size=5), max_size=3)
PATTERNS = st.lists(st.sampled_from(["a+b", "^ .", "b$", "(?<=a)é", "[^b]+", "b*"]), max_size=2)


@given(LETTERS, WORDS, PATTERNS, st.lists(st.integers(0, 100), max_size=5))
def test_it_is_all_the_same_how_the_bytes_are_cut_into_pieces(text, words, patterns, cuts):
    hides, content = Redactor(words, patterns), text.encode()
    assert shown(hides, *cut_up(content, cuts)) == shown(hides, content)
    assert shown(hides, *cut_up(content, cuts)) == hides.text(text).encode()


@given(LETTERS, WORDS, st.lists(st.integers(0, 100), max_size=5), LETTERS)
def test_no_secret_is_ever_shown(before, words, cuts, after):
    content = (before + "".join(words) + after).encode()
    told = shown(Redactor(words), *cut_up(content, cuts))
    assert not any(word.encode() in told for word in words)


@given(st.binary(max_size=400), WORDS, PATTERNS)
def test_what_is_blotted_out_of_a_file_is_as_long_as_it_was(
    tmp_path_factory, content, words, patterns
):
    path = tmp_path_factory.getbasetemp() / "any.log"
    path.write_bytes(content)
    blotted(path, Redactor(words, patterns))
    told = path.read_bytes()
    assert len(told) == len(content)
    assert all(now in {was, ord("*")} for now, was in zip(told, content, strict=True))
    assert not any(word.encode() in told for word in words)


def test_secrets_in_a_file_become_stars_of_their_length(path):
    path.write_text(f"a {SECRET} b\npin 1234\n")
    assert blotted(path, Redactor([SECRET], ["1234"])) == 2
    assert path.read_text() == "a ******** b\npin ****\n"


def test_whoever_still_writes_to_the_file_goes_on(path):
    with path.open("ab", buffering=0) as writer:
        writer.write(SECRET.encode())
        blotted(path, Redactor([SECRET]))
        writer.write(b" more")
    assert path.read_text() == "******** more"


@pytest.mark.parametrize("cut", range(1, 8))
def test_the_part_of_a_secret_that_a_hole_has_left_is_blotted_out(path, cut):
    secret = SECRET.encode()
    content = b"." * (BLOCK - cut) + secret[:cut] + b"\0" * BLOCK + secret[cut:] + b"." * BLOCK
    path.write_bytes(content)
    with path.open("rb+") as file:
        if not punch(file.fileno(), BLOCK, 2 * BLOCK):
            pytest.skip("NOT TESTED: holes, since the disk has none")
        blot(file.fileno(), Redactor([SECRET]))
    told = path.read_bytes()
    kept = told[BLOCK - cut : BLOCK], told[2 * BLOCK : 2 * BLOCK + 8 - cut]
    assert kept == (
        b"*" * cut if cut >= 4 else secret[:cut],
        b"*" * (8 - cut) if 8 - cut >= 4 else secret[cut:],
    )
    assert len(told) == len(content)
