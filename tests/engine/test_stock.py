"""Files of ended attempts are used again, as good as new; what is not fit for that is removed."""

import os
from pathlib import Path

import pytest

from jobrunner.engine import result
from jobrunner.engine.stock import Stock
from jobrunner.process import spool
from jobrunner.process.spool import Code, Unfinished

US = os.getuid(), os.getgid()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "spare").mkdir()
    return tmp_path


@pytest.fixture
def stock(folder):
    return Stock(str(folder / "spare"), room=3)


def spent(folder, name="1-1", content=b"0 1-1\n"):
    """A spool in which this is stored, in the end."""
    path = folder / name
    file = spool.make(str(path))
    os.write(file, content)
    os.close(file)
    return path


def left(folder, name="1-1.json"):
    """A result that nothing was written to."""
    path = folder / name
    result.make(str(path), US)
    return path


def number(path):
    return Path(path).stat().st_ino


def spares(folder):
    return list((folder / "spare").iterdir())


def test_a_spent_spool_is_the_next_new_one(folder, stock):
    old = spent(folder)
    inode = number(old)
    stock.keep_spool(str(old))
    new = folder / "2-1"
    file = stock.spool(str(new))
    assert (number(new), spool.read(str(new)), old.exists()) == (inode, Unfinished(), False)
    os.write(file, b"3 2-1\n")
    os.close(file)
    assert spool.read(str(new)) == Code(3)


def test_a_code_that_was_stored_for_another_attempt_is_none(folder):
    # As after a power cut, which leaves the file's new name with its old content.
    path = spent(folder, "2-1", b"0 1-1\n")
    assert spool.read(str(path)) == Unfinished()


@pytest.mark.parametrize("content", [b"", b"unstarted cwd 1-1\n126 1-1\n", b"0\n", b"x"])
def test_a_spool_is_not_used_again_before_its_keeper_has_spoken(folder, stock, content):
    old = spent(folder, content=content)
    inode = number(old)
    held = old.open()  # so that nobody else gets its number
    stock.keep_spool(str(old))
    new = folder / "2-1"
    os.close(stock.spool(str(new)))
    assert (number(new) == inode, spool.read(str(new)), spares(folder)) == (
        False,
        Unfinished(),
        [],
    )
    held.close()


def test_an_untouched_result_is_the_next_new_one(folder, stock):
    old = left(folder)
    inode = number(old)
    stock.keep_result(str(old))
    stock.result(str(folder / "2-1.json"), US)
    assert (number(folder / "2-1.json"), old.exists()) == (inode, False)


def test_a_result_that_was_written_to_is_removed(folder, stock):
    old = left(folder)
    old.write_text("{}")
    stock.keep_result(str(old))
    assert (old.exists(), spares(folder)) == (False, [])


@pytest.mark.parametrize("mode", ["r", "a"])
def test_a_result_that_somebody_has_open_is_not_used_again(folder, stock, mode):
    old = left(folder)
    with old.open(mode) as leftover:
        stock.keep_result(str(old))
        stock.result(str(folder / "2-1.json"), US)
        assert number(folder / "2-1.json") != os.fstat(leftover.fileno()).st_ino


@pytest.mark.parametrize("spoil", [lambda path: path.chmod(0o644), lambda path: path.unlink()])
def test_a_spare_that_is_not_as_it_was_made_is_not_used_again(folder, stock, spoil):
    stock.keep_result(str(left(folder)))
    spoil(spares(folder)[0])
    stock.result(str(folder / "2-1.json"), US)
    new = (folder / "2-1.json").stat()
    assert (new.st_mode & 0o777, new.st_size, spares(folder)) == (0o600, 0, [])


def test_a_result_is_used_again_for_its_owner_alone(folder, stock):
    old = left(folder)
    inode = number(old)
    stock.keep_result(str(old))
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: files of another user, without root")
    stock.result(str(folder / "2-1.json"), (65534, 65534))
    found = (folder / "2-1.json").stat()
    assert (found.st_uid, found.st_ino == inode) == (65534, False)


def test_only_so_many_are_kept(folder, stock):
    for run in range(5):
        stock.keep_spool(str(spent(folder, f"{run}-1")))
    assert len(spares(folder)) == 3


def test_without_room_nothing_is_kept(folder):
    old = spent(folder)
    Stock().keep_spool(str(old))
    assert (old.exists(), spares(folder)) == (False, [])


def test_what_an_earlier_supervisor_has_left_is_removed(folder, stock):
    (folder / "spare" / "9").write_text("0 9-1\n")
    stock.clear()
    assert spares(folder) == []
