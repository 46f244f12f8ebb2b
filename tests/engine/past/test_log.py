"""What an attempt wrote, read from its file."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.past import log
from jobrunner.errors import ForbiddenError, JobrunnerError, UnknownError
from jobrunner.model.decision import Omit
from jobrunner.model.run import State
from tests.build import NOON
from tests.store.life import HOUR, MINUTE, ending, look, queue, running

LINES = b"".join(b"line %d\n" % number for number in range(1000))


def wrote(here, content, *, state=State.SUCCESS, run_output=None, **measured):
    """A run of backup that ended, and what it wrote."""
    run = queue(here.store)
    name = here.state.output(run.id, 1)
    run = running(here.store, output=name if run_output is None else run_output)
    name = here.state.output(run.id, 1)
    path = Path(here.state.output_path(name))
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    recorded = name if run_output is None else run_output
    size = {"output": recorded, "output_size": len(content or b"")} | measured
    here.store.finish([ending(run, state, **size)], owner="me")
    return run, path


def read(here, run):
    attempt = log.attempt_of(here, run)
    with log.opened(here, run, attempt) as found:
        return b"".join(found.pieces()), found


def test_bytes_are_kept_as_they_are(here, store):
    run, _ = wrote(here, b"\x00\xff\x1b[31m\r\n")
    assert read(here, run)[0] == b"\x00\xff\x1b[31m\r\n"


def test_what_was_cut_is_told_by_what_the_ledger_knows_of_it(here, store):
    run, _ = wrote(here, b"a" * 10 + b"\0" * 80 + b"z" * 10, output_cut=80)
    content, found = read(here, run)
    assert content == b"a" * 10 + b"\n... 80 bytes cut ...\n" + b"z" * 10
    assert (found.kept, found.size) == (20, 100)


def test_while_it_runs_the_limit_of_the_job_tells_what_is_cut(scene_of):
    limited = scene_of('[jobs.backup]\ncommand = "x"\noutput_limit = 100\n')
    run = running(limited.store, output="0/1-1.log")
    path = Path(limited.state.output_path("0/1-1.log"))
    path.parent.mkdir()
    path.write_bytes(b"x" * 150)
    assert b"... 50 bytes cut ..." in read(limited, run)[0]


def test_a_limit_that_was_lowered_later_hides_nothing_that_was_kept(scene_of):
    limited = scene_of('[jobs.backup]\ncommand = "x"\noutput_limit = 10\n')
    run, _ = wrote(limited, LINES)
    assert read(limited, run)[0] == LINES


def test_an_output_that_is_gone_is_told_with_how_long_they_are_kept(here, store):
    run, _ = wrote(here, None)
    with pytest.raises(JobrunnerError, match=r"gone; outputs are kept for 30d"):
        read(here, run)


def test_the_name_in_the_ledger_is_no_path_that_is_followed(here, store, tmp_path):
    (tmp_path / "secret").write_text("secret")
    run, _ = wrote(here, b"mine", run_output="../../secret")
    assert read(here, run)[0] == b"mine"


def test_neither_file_nor_folder_is_reached_by_another_name(here, store, tmp_path):
    run, path = wrote(here, b"mine")
    path.unlink()
    path.symlink_to("/etc/passwd")
    with pytest.raises(ForbiddenError, match="cannot be read"):
        read(here, run)
    path.unlink()
    path.parent.rename(tmp_path / "elsewhere")
    path.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ForbiddenError):
        read(here, run)


def test_a_fifo_in_its_place_holds_nobody_up(here, store):
    run, path = wrote(here, None)
    os.mkfifo(path)
    with pytest.raises(ForbiddenError, match="not a file of jobrunner's"):
        read(here, run)


def test_a_run_without_an_attempt_says_why(here, store):
    waiting = queue(store)
    with pytest.raises(JobrunnerError, match=f"not started yet. Wait for it: .* -f {waiting.id}"):
        log.attempt_of(here, waiting)
    skipped = Omit(
        state=State.SKIPPED, first=NOON + MINUTE, last=NOON + MINUTE, count=1, reason="x"
    )
    (row,) = store.claim([look(skipped)], owner="me", host="", now=NOON + HOUR)
    with pytest.raises(JobrunnerError, match=f"#{row.id} was skipped: x\nMore: jobrunner why"):
        log.attempt_of(here, row)


def test_an_attempt_that_was_not_made_is_unknown(here, store):
    run, _ = wrote(here, b"")
    with pytest.raises(UnknownError, match=f"backup #{run.id} has 1 attempt."):
        log.attempt_of(here, run, 2)


def test_output_that_was_not_captured_is_told_so(here, store):
    run, _ = wrote(here, b"", run_output="")
    with pytest.raises(JobrunnerError, match="was not kept"):
        read(here, run)


def test_the_last_lines_are_the_last_ones():
    assert log.last_lines([LINES], 2) == b"line 998\nline 999\n"
    assert log.last_lines([b"a\nb"], 1) == b"b"


@given(st.lists(st.binary(max_size=9)), st.integers(1, 5))
def test_the_last_lines_are_the_same_wherever_pieces_are_cut(pieces, count):
    content = b"".join(pieces)
    assert log.last_lines(pieces, count) == b"".join(io.BytesIO(content).readlines()[-count:])
