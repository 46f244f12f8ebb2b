"""The spool: what a keeper stores is read as it is, and nothing else is believed."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.process import spool
from jobrunner.process.spool import Code, Damaged, Refused, Unfinished

SYMLINK = os.symlink


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "7.1")


def test_a_new_spool_is_unfinished(path):
    os.close(spool.make(path))
    assert spool.read(path) == Unfinished()


@pytest.mark.parametrize("code", range(256))
def test_every_code_is_read_as_it_was_stored(path, code):
    file = spool.make(path)
    os.write(file, b"%d\n" % code)
    os.close(file)
    assert spool.read(path) == Code(code)


def test_a_refusal_stays_when_a_code_follows(path):
    file = spool.make(path)
    os.write(file, b"unstarted cwd\n126\n")
    os.close(file)
    assert spool.read(path) == Refused("cwd")


def test_a_spool_is_for_its_owner_alone_whatever_the_umask(path):
    old = os.umask(0)
    os.close(spool.make(path))
    os.umask(0o777)
    os.close(spool.make(f"{path}x"))
    os.umask(old)
    assert [Path(each).stat().st_mode & 0o777 for each in (path, f"{path}x")] == [0o600, 0o600]


@pytest.mark.parametrize("plant", [SYMLINK, os.link])
def test_a_spool_is_never_made_over_something(path, plant, tmp_path):
    target = tmp_path / "target"
    target.write_text("keep")
    plant(target, path)
    with pytest.raises(FileExistsError):
        spool.make(path)
    assert target.read_text() == "keep"


@pytest.mark.parametrize("plant", [SYMLINK, os.link])
def test_a_spool_is_not_read_through_another_name(path, plant, tmp_path):
    (tmp_path / "target").write_text("0\n")
    plant(tmp_path / "target", path)
    assert isinstance(spool.read(path), Damaged)


@pytest.mark.parametrize("plant", [os.mkfifo, os.mkdir, len])
def test_what_is_no_file_is_no_spool(path, plant):
    plant(path)
    assert isinstance(spool.read(path), Damaged)


@given(st.binary(max_size=300) | st.from_regex(rb"\d+\s*|unstarted.{0,9}\n?"))
def test_any_content_is_a_code_or_damage(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    told = spool.read(str(path))
    assert isinstance(told, Code | Damaged | Refused)
    assert (
        not isinstance(told, Code)
        or content.startswith(b"%d\n" % told.code)
        or (content[:1] == b"0")
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "exit 0"),
        (1, "exit 1"),
        (128, "exit 128"),
        (137, "SIGKILL or exit 137"),
        (143, "SIGTERM or exit 143"),
        (255, "exit 255"),
    ],
)
def test_a_code_is_told_in_words(code, words):
    assert str(Code(code)) == words
