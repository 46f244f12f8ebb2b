"""A file of a day: what is appended is whole, and only old files of ours are removed."""

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.engine.daylog import append, path_of, remove_old
from tests.build import NOON

DAY = timedelta(days=1)
OURS = "=== 2026-11-20T12:00:00+00:00 backup #1 attempt 1\n"


@pytest.fixture
def path(tmp_path):
    return path_of(str(tmp_path / "logs"), "backup", NOON)


def write(path, *pieces):
    for _ in append(path, pieces):
        pass


def old(folder, name, text, age=40 * DAY):
    file = folder / name
    file.write_text(text)
    os.utime(file, ((NOON - age).timestamp(),) * 2)
    return file


def refusal(path):
    with pytest.raises(OSError) as caught:
        write(path, b"x")
    return caught.value


def test_a_file_is_named_after_its_job_and_day(path, tmp_path):
    assert path == f"{tmp_path}/logs/backup-2026-11-20.log"


def test_what_is_appended_comes_after_what_was_there(path):
    write(path, b"one\n", b"two\n")
    write(path, b"three\n")
    assert Path(path).read_text() == "one\ntwo\nthree\n"


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_folder_and_file_have_their_modes_whatever_the_umask_is(path, mask):
    before = os.umask(mask)
    try:
        write(path, b"x")
    finally:
        os.umask(before)
    modes = [Path(each).stat().st_mode & 0o7777 for each in (Path(path).parent, path)]
    assert modes == [0o750, 0o640]


def test_half_of_what_was_to_be_written_is_taken_back(path):
    def pieces():
        yield b"half"
        raise OSError(errno.ENOSPC, "No space left on device")

    write(path, b"before\n")
    with pytest.raises(OSError, match="No space"):
        list(append(path, pieces()))
    assert Path(path).read_text() == "before\n"


def test_a_link_in_its_place_is_not_followed(path, tmp_path):
    Path(path).parent.mkdir()
    (tmp_path / "other").write_text("secret")
    Path(path).symlink_to(tmp_path / "other")
    assert refusal(path).errno == errno.ELOOP
    assert (tmp_path / "other").read_text() == "secret"


def test_a_file_with_a_second_name_is_not_written_to(path, tmp_path):
    Path(path).parent.mkdir()
    (tmp_path / "other").write_text("secret")
    Path(path).hardlink_to(tmp_path / "other")
    assert "is not a file of jobrunner's" in refusal(path).strerror


def test_a_pipe_in_its_place_keeps_nobody_waiting(path):
    Path(path).parent.mkdir()
    os.mkfifo(path)
    assert refusal(path).errno == errno.ENXIO


def test_old_files_of_ours_are_removed(tmp_path):
    gone = old(tmp_path, "backup-2026-10-11.log", OURS)
    young = old(tmp_path, "backup-2026-11-01.log", OURS, age=19 * DAY)
    assert remove_old(str(tmp_path), NOON, 30 * DAY) == 1
    assert (gone.exists(), young.exists()) == (False, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("backup-2026-10-11.log", "Oct 11 something else\n"),
        ("report-2026-10-11.log", OURS),
        ("backup-2026-10-11.log", ""),
        ("backup-2026-10-11.log.gz", OURS),
        ("backup.log", OURS),
    ],
)
def test_files_of_others_stay_however_old(tmp_path, name, text):
    file = old(tmp_path, name, text)
    assert remove_old(str(tmp_path), NOON, 30 * DAY) == 0
    assert file.exists()


def test_folders_pipes_and_what_is_not_there_are_passed_over(tmp_path):
    (tmp_path / "a-2026-10-11.log").mkdir()
    os.mkfifo(tmp_path / "b-2026-10-11.log")
    (tmp_path / "c-2026-10-11.log").symlink_to("nowhere")
    assert remove_old(str(tmp_path), NOON + 400 * DAY, DAY) == 0
    assert remove_old(f"{tmp_path}/none", NOON, DAY) == 0
