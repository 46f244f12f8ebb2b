"""What is secret in an output is starred out while it is written, byte for byte."""

from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.discretion import Discretion
from tests.build import make_job

JOB = make_job(env={"PGPASSWORD": "hunter2", "PLAIN": "nothing"})


def in_pieces(job, pieces):
    discretion = Discretion(job)
    return b"".join([*map(discretion.feed, pieces), discretion.rest()])


def test_a_job_without_secrets_is_shown_as_it_is():
    assert not Discretion(make_job()).is_needed
    assert in_pieces(None, [b"a", b"hunter2"]) == b"ahunter2"


def test_a_secret_is_found_across_pieces():
    assert in_pieces(JOB, [b"pass hun", b"ter2 \xff nothing"]) == b"pass ******* \xff nothing"


def test_what_may_become_a_secret_is_held_back():
    discretion = Discretion(JOB)
    assert (discretion.feed(b"a hun"), discretion.held) == (b"a ", 3)
    assert (discretion.feed(b"dred"), discretion.held) == (b"hundred", 0)


def test_a_pattern_finds_its_own_line_by_line():
    job = make_job(redact=(r"Bearer \S+",))
    discretion = Discretion(job)
    assert discretion.feed("ü Bearer x".encode()) == b""
    assert discretion.feed(b"yz done\nBearer") == "ü ********** done\n".encode()
    assert discretion.rest() == b"Bearer"


def test_a_pattern_without_end_hides_all_and_holds_nobody_up():
    job = make_job(redact=(r"(a+)+$",))
    assert Discretion(job).whole(b"a" * 64 + b"!\n") == b"*" * 66


@given(st.lists(st.binary(max_size=20)), st.booleans())
def test_as_many_bytes_come_out_as_went_in(pieces, wants_words):
    job = make_job(env={"TOKEN": "\x00\x01abc"}) if wants_words else JOB
    assert len(in_pieces(job, pieces)) == sum(map(len, pieces))
