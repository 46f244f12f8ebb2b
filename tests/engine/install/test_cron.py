"""A line in a crontab, and a crontab that is as it was when the line is gone."""

import pytest

from jobrunner.engine.install import cron
from jobrunner.errors import BusyError, JobrunnerError
from jobrunner.formats.seal import is_intact

CRONTABS = [
    b"MAILTO=ops\n30 2 * * * backup\n",
    b"",
    b"\n\n",
    b"1 * * * * a\r\n2 * * * * b\r\n",
    b"# \xff\xfe\x00 odd\n0 1 * * * x%y\n",
]


def install(desk, **how):
    return cron.install(desk.order(**how), desk.places, desk.tickers())


def uninstall(desk, **how):
    return cron.uninstall(desk.order(**how), desk.places, desk.tickers())


@pytest.mark.parametrize("before", CRONTABS)
def test_a_crontab_is_as_before_to_the_byte(desk, before):
    desk.crontab.write_bytes(before)
    install(desk)
    assert desk.crontab.read_bytes().startswith(before)
    assert uninstall(desk).is_as_before
    assert desk.crontab.read_bytes() == before


def test_a_crontab_with_a_zone_is_as_before_to_the_byte(desk):
    before = b"0 1 * * * x\n# Berlin\nTZ=Europe/Berlin\n0 2 * * * y\n"
    desk.crontab.write_bytes(before)
    line = install(desk).line.encode()
    assert desk.crontab.read_bytes() == before.replace(b"TZ", line + b"\nTZ")
    assert uninstall(desk).is_as_before
    assert desk.crontab.read_bytes() == before


def test_lines_that_jobs_took_the_place_of_are_counted(desk):
    desk.crontab.write_bytes(b"#jobrunner# 0 1 * * * x\n# y\n#jobrunner# @daily z\n")
    install(desk)
    assert uninstall(desk).retired == 2


def test_where_there_was_no_crontab_there_is_none_again(desk):
    install(desk)
    assert uninstall(desk).is_as_before
    assert not desk.crontab.exists()


def test_a_last_line_without_an_end_gets_one_and_that_is_said(desk):
    desk.crontab.write_bytes(b"0 1 * * * x")
    assert install(desk).revived == "0 1 * * * x"
    undone = uninstall(desk)
    assert (undone.is_as_before, undone.is_ended) == (False, True)
    assert desk.crontab.read_bytes() == b"0 1 * * * x\n"


def test_what_was_written_meanwhile_stays(desk):
    desk.crontab.write_bytes(b"0 1 * * * x\n")
    install(desk)
    desk.crontab.write_bytes(b"0 2 * * * y\n" + desk.crontab.read_bytes() + b"0 3 * * * z\n")
    assert not uninstall(desk).is_as_before
    assert desk.crontab.read_bytes() == b"0 2 * * * y\n0 1 * * * x\n0 3 * * * z\n"


def test_nothing_is_left_in_the_state_folder(desk):
    install(desk)
    uninstall(desk)
    assert not (desk.folder / ".jobrunner/install").exists()


def test_a_second_time_there_is_nothing_to_do(desk):
    install(desk)
    before = desk.crontab.read_bytes()
    assert not install(desk).is_new
    assert desk.crontab.read_bytes() == before


def test_without_it_there_is_nothing_to_undo(desk):
    assert uninstall(desk) is None
    desk.crontab.write_bytes(b"0 1 * * * x\n")
    assert uninstall(desk) is None


def test_a_line_that_was_changed_is_kept(desk):
    install(desk)
    changed = desk.crontab.read_bytes().replace(b"\n", b" 2>/dev/null\n")
    desk.crontab.write_bytes(changed)
    assert "2>/dev/null" in uninstall(desk).kept
    assert desk.crontab.read_bytes() == changed


def test_a_line_of_a_jobrunner_that_moved_is_ours(desk):
    line = f"* * * * * /old/bin/jobrunner tick -c {desk.jobs}\n"
    desk.crontab.write_text(line)
    assert uninstall(desk).kept == ""
    assert not desk.crontab.exists()


def test_a_state_folder_that_cron_would_not_find_is_named(desk):
    state = str(desk.folder / "else where")
    line = install(desk, JOBRUNNER_STATE_DIR=state).line
    assert line.startswith(f"* * * * * /usr/bin/env 'JOBRUNNER_STATE_DIR={state}' /opt/")
    assert uninstall(desk, JOBRUNNER_STATE_DIR=state).is_as_before


def test_another_crontab_meanwhile_is_not_overwritten(desk, monkeypatch):
    desk.crontab.write_bytes(b"0 1 * * * x\n")
    theirs = b"0 2 * * * y\n"
    monkeypatch.setattr(cron.Copy, "keep", lambda *_: desk.crontab.write_bytes(theirs))
    with pytest.raises(BusyError, match="meanwhile"):
        install(desk)
    assert desk.crontab.read_bytes() == theirs


def test_who_may_not_use_crontab_is_told_why(desk):
    (desk.folder / "crontab").write_text("#!/bin/sh\necho 'You (ann) are not allowed' >&2; exit 1")
    with pytest.raises(JobrunnerError, match=r"You \(ann\) are not allowed"):
        install(desk)


def test_a_host_without_crontab_says_so(desk):
    (desk.folder / "crontab").unlink()
    with pytest.raises(JobrunnerError, match=r"there is no .*crontab on this"):
        install(desk)


def host_file(desk):
    """What the host's own jobs.toml gets, in a folder of cron's."""
    order = desk.order(is_host=True)
    wanted = cron.planned(order, desk.places)
    return cron.Lined(line=wanted.line, path=f"{desk.places.cron_d}/jobrunner")


def test_a_file_of_cron_d_is_sealed_and_ends_with_a_newline(desk):
    text = cron.text_of(host_file(desk))
    assert is_intact(text)
    assert text.endswith("\n")


def test_where_there_is_no_crontab_program_there_is_nothing_to_undo(desk):
    (desk.folder / "crontab").unlink()
    assert uninstall(desk) is None
