"""The last versions of a file, in a folder of their own."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobrunner.errors import UnknownError
from jobrunner.jobfile.shelf import MOST, Shelf, pairs

FILE = "/etc/jobrunner/jobs.toml"


@pytest.fixture
def shelf(tmp_path):
    return Shelf(f"{tmp_path}/versions", "ann")


def test_a_text_is_kept_once_while_it_stays_the_same(shelf):
    assert [shelf.keep(FILE, text, 1.0) for text in ("a", "a", "b", "a")] == [1, 1, 2, 3]
    assert [version.text for version in shelf.of(FILE)] == ["a", "b", "a"]


def test_files_do_not_push_out_one_another(shelf):
    shelf.keep("/other.toml", "x", 1.0)
    for number in range(MOST + 5):
        shelf.keep(FILE, f"{number}", float(number))
    assert len(shelf.of(FILE)) == MOST
    assert shelf.of(FILE)[-1].text == f"{MOST + 4}"
    assert len(shelf.of("/other.toml")) == 1


def test_who_and_when_are_kept(shelf):
    shelf.keep(FILE, "x", 1_700_000_000.5)
    shelf.keep(FILE, "y", 1_700_000_001.5, by="")
    told = [(version.by, version.saved_at.timestamp()) for version in shelf.all()]
    assert told == [("ann", 1_700_000_000.5), ("", 1_700_000_001.5)]
    assert shelf.has(1_700_000_000.5)
    assert not shelf.has(1.0)


def test_nobody_else_can_read_what_may_hold_secrets(shelf, tmp_path):
    before = os.umask(0)
    try:
        shelf.keep(FILE, "x", 1.0)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "versions").iterdir()]
    assert modes == [0o600]
    assert stat.S_IMODE((tmp_path / "versions").stat().st_mode) == 0o700


def test_of_many_at_once_each_gets_a_number_of_its_own(tmp_path):
    def keep(number):
        return Shelf(f"{tmp_path}/versions").keep(f"/{number}.toml", "x", 1.0)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(keep, range(8))) == [*range(1, 9)]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"number": "x"}'])
def test_what_is_no_version_is_passed_over(shelf, tmp_path, content):
    shelf.keep(FILE, "x", 1.0)
    (tmp_path / "versions" / "7").write_bytes(content)
    assert [version.number for version in shelf.all()] == [1]
    with pytest.raises(UnknownError, match="no version 7"):
        shelf.version(7)


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path):
    assert Shelf(f"{tmp_path}/missing/versions").keep(FILE, "x", 1.0) is None


def test_each_version_is_beside_the_one_before_it_of_its_file(shelf):
    for file, text in (("/a", "1"), ("/b", "2"), ("/a", "3")):
        shelf.keep(file, text, 1.0)
    told = [(before and before.text, after.text) for before, after in pairs(shelf.all())]
    assert told == [(None, "1"), (None, "2"), ("1", "3")]
