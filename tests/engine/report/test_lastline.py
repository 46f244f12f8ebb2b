"""The last line that an attempt wrote."""

import pytest

from jobrunner.engine.report.lastline import LONGEST, last_line, readable
from jobrunner.engine.state import State
from jobrunner.engine.transcript import Transcripts
from tests.build import make_run

RUN = make_run(attempts=1)


def transcripts(folder):
    return Transcripts(State(str(folder)), None, "")


@pytest.fixture
def output(tmp_path):
    path = tmp_path / "output" / "0" / "1-1.log"
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"one\ntwo\n", "two"),
        (b"one\n \n\n", "one"),
        (b"10 %\r100 %", "100 %"),
        (b"\xff broken \x00", "\N{REPLACEMENT CHARACTER} broken \N{REPLACEMENT CHARACTER}"),
        (b"\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b]8;;http://evil.example/\x1b\\here\x1b]8;;\x1b\\", "here"),
        (b"", ""),
    ],
)
def test_it_is_the_last_that_says_anything(output, tmp_path, written, told):
    output.write_bytes(written)
    assert last_line(transcripts(tmp_path), RUN) == told


def test_a_long_line_is_cut():
    assert len(readable("x" * 9999)) == LONGEST + 1


def test_where_there_is_no_output_there_is_no_line(tmp_path):
    assert last_line(transcripts(tmp_path), RUN) == ""
    assert last_line(transcripts(tmp_path), make_run()) == ""


def test_no_link_leads_elsewhere(output, tmp_path):
    (tmp_path / "secret").write_text("hunter2")
    output.symlink_to(tmp_path / "secret")
    assert last_line(transcripts(tmp_path), RUN) == ""
