"""Reading an output while it is written, and while its middle is given back to the disk."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.actions.tail import Cut, Tail, Unseen, Wrote
from jobrunner.engine.transcript import OnDisk
from jobrunner.process import output
from jobrunner.process.output import Output


@pytest.fixture
def path(tmp_path):
    return tmp_path / "output"


def tail_of(path):
    return Tail(lambda: OnDisk.at(str(path)))


def text(pieces):
    return b"".join(piece.data for piece in pieces)


def test_a_file_that_is_not_there_yet_has_nothing_new(path):
    tail = tail_of(path)
    assert list(tail.read()) == []
    path.write_bytes(b"here")
    assert text(tail.read()) == b"here"


def test_each_byte_is_told_once(path):
    tail = tail_of(path)
    with path.open("ab", buffering=0) as file:
        seen = []
        for number in range(5):
            file.write(b"line %d\n" % number)
            seen.append(text(tail.read()))
    assert seen == [b"line %d\n" % number for number in range(5)]


def test_what_was_given_back_before_it_was_read_is_told_and_passed_over(path):
    file = output.make(str(path))
    os.write(file, b"a" * 100_000 + b"b" * 900_000)
    output.look(file, 65536, Output())
    pieces = list(tail_of(path).read())
    (cut,) = [piece for piece in pieces if isinstance(piece, Cut)]
    written = text(piece for piece in pieces if isinstance(piece, Wrote))
    assert len(written) + cut.size == 1_000_000
    assert b"\0" not in written
    assert str(cut) == f"... {cut.size:,} bytes cut ..."


def test_who_keeps_up_misses_nothing_of_an_output_that_is_bounded(path):
    file = output.make(str(path))
    tail, seen = tail_of(path), b""
    for number in range(50):
        os.write(file, bytes([number]) * 10_000)
        seen += text(tail.read())
        output.look(file, 8192, Output())
    assert seen == b"".join(bytes([number]) * 10_000 for number in range(50))


def test_an_output_that_is_cut_short_begins_anew(path):
    tail = tail_of(path)
    path.write_bytes(b"a long beginning")
    assert text(tail.read()) == b"a long beginning"
    path.write_bytes(b"anew")
    assert text(tail.read()) == b"anew"


def test_what_may_not_be_read_is_told_once(path, tmp_path):
    (tmp_path / "elsewhere").write_text("secret")
    path.symlink_to(tmp_path / "elsewhere")
    tail = tail_of(path)
    assert [type(piece) for piece in tail.read()] == [Unseen]
    assert list(tail.read()) == []


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_however_it_is_written_it_is_read_as_it_was_written(tmp_path_factory, pieces):
    path = tmp_path_factory.mktemp("tail") / "output"
    tail, seen = tail_of(path), b""
    with path.open("ab", buffering=0) as file:
        for piece in pieces:
            file.write(piece)
            seen += text(tail.read())
    tail.close()
    assert seen == b"".join(pieces)
