"""A new file: whole, and never in the place of another."""

import os

import pytest

from jobrunner.engine.draft.create import Access, create
from jobrunner.errors import BusyError, ForbiddenError, UnusableError
from tests.engine.draft.desk import ME, names

TEXT = "version = 1\n"


def mode(path):
    return path.stat().st_mode & 0o7777


def test_the_folder_is_made_with_it_and_nothing_else_is_left(tmp_path):
    create(f"{tmp_path}/ops/jobs.toml", TEXT, ME)
    assert (tmp_path / "ops/jobs.toml").read_text() == TEXT
    assert names(tmp_path / "ops") == ["jobs.toml"]


@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0, 0o644)])
def test_nobody_else_may_write_it_whatever_the_umask(tmp_path, umask, expected):
    before = os.umask(umask)
    try:
        create(f"{tmp_path}/jobs.toml", TEXT, ME)
    finally:
        os.umask(before)
    assert mode(tmp_path / "jobs.toml") == expected


def test_a_mode_that_is_asked_for_holds(tmp_path):
    create(f"{tmp_path}/jobs.toml", TEXT, ME, Access(0o640, os.getegid()))
    assert mode(tmp_path / "jobs.toml") == 0o640


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_what_is_there_stays_even_a_link_that_leads_nowhere(tmp_path, target):
    (tmp_path / "there").write_text("mine")
    (tmp_path / "jobs.toml").symlink_to(target)
    with pytest.raises(BusyError, match="exists already"):
        create(f"{tmp_path}/jobs.toml", TEXT, ME)
    assert (tmp_path / "there").read_text() == "mine"
    assert names(tmp_path) == ["jobs.toml", "there"]


def test_a_folder_that_everybody_writes_is_no_place_for_it(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(ForbiddenError, match="chmod"):
        create(f"{tmp_path}/jobs.toml", TEXT, ME)
    assert names(tmp_path) == []


def test_a_name_that_no_disk_takes_is_told(tmp_path):
    with pytest.raises(UnusableError, match="cannot be made"):
        create(f"{tmp_path}/{'x' * 300}", TEXT, ME)
    assert names(tmp_path) == []


def test_a_file_on_the_way_is_told(tmp_path):
    (tmp_path / "ops").write_text("")
    with pytest.raises(ForbiddenError, match="cannot be made"):
        create(f"{tmp_path}/ops/jobs.toml", TEXT, ME)
