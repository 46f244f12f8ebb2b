"""Output: bounded while it grows, exact about what was cut, and byte for byte what it was."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.process.hole import punch
from jobrunner.process.output import (
    Output,
    look,
    make,
    open_to_read,
    parted,
    shown,
)
from jobrunner.process.spool import Code
from tests.process.stage import has_ended

MIB = 1024 * 1024
LOOK = 50  # ms
FLOOD, MOST_ON_DISK = 300 * MIB, 100 * MIB
# Goes on only when there is room: how much comes between two looks is the machine's affair.
FLOODS = f"""
import os, time
for _ in range({FLOOD // MIB}):
    os.write(1, bytes({MIB}))
    while os.fstat(1).st_blocks * 512 > {MOST_ON_DISK}:
        time.sleep(0.01)
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "7.1.out")


@pytest.fixture
def file(path):
    file = make(path)
    yield file
    os.close(file)


def blocks(file):
    return os.fstat(file).st_blocks * 512


def read(file, limit):
    return b"".join(shown(file, limit))


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 30))
def test_every_byte_is_shown_or_counted(size, limit):
    parts = parted(size, limit)
    assert parts.head + parts.cut + parts.tail == size
    assert parts.head + parts.tail == min(size, limit)


@given(st.binary(max_size=400), st.integers(0, 300))
def test_what_is_shown_is_what_was_written(tmp_path_factory, content, limit):
    path = tmp_path_factory.getbasetemp() / "any.out"
    path.write_bytes(content)
    file = open_to_read(str(path))
    told = read(file, limit)
    os.close(file)
    if len(content) <= limit:
        assert told == content
    else:
        line = b"\n... %d bytes cut ...\n" % (len(content) - limit)
        head = content[: limit // 2]
        assert told == head + line + content[len(content) - (limit - limit // 2) :]


@pytest.mark.parametrize("limit", [MIB, 100_001, 8192, 1])
def test_head_and_tail_survive_the_cut(file, limit):
    content = os.urandom(5 * MIB)
    found = Output()
    for start in range(0, len(content), 300_000):
        os.write(file, content[start : start + 300_000])
        found = look(file, limit, found)
    tail = limit - limit // 2
    assert found == Output(size=len(content), cut=len(content) - limit)
    told = read(file, limit)
    assert (told[: limit // 2], told[-tail:]) == (content[: limit // 2], content[-tail:])


def test_the_middle_is_given_back_to_the_disk(file):
    os.write(file, b"x" * 20 * MIB)
    look(file, MIB, Output())
    os.fsync(file)
    assert blocks(file) <= MIB + 128 * 1024


def test_the_disk_is_bounded_while_a_command_writes(stage):
    limit, before, found = MIB, 3 << 30, Output()
    output = os.open(stage.folder / "big", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    os.truncate(output, before)  # more than 32 bits count, none of it on the disk
    child = stage.start(sys.executable, "-I", "-S", "-c", FLOODS, output=output)
    while not has_ended(child, LOOK):
        found = look(output, limit, found)
    found = look(output, limit, found)
    left = blocks(output)
    os.close(output)
    assert found == Output(size=before + FLOOD, cut=before + FLOOD - limit)
    assert left <= 2 * limit


def test_what_is_within_the_limit_is_left_alone(file):
    os.write(file, b"x" * 100_000)
    assert look(file, 100_000, Output()) == Output(size=100_000)


def test_a_command_that_truncates_its_output_is_noticed(stage):
    output = stage.open_output()
    assert stage.run("echo long enough; echo x >/proc/self/fd/1", output=output) == Code(0)
    found = look(output, MIB, Output(size=12))
    os.close(output)
    assert found == Output(size=2, was_truncated=True)


def test_once_truncated_is_told_for_good(file):
    found = look(file, MIB, Output(size=1))
    os.write(file, b"more than before")
    assert look(file, MIB, found).was_truncated


def test_a_new_file_is_not_for_others_whatever_the_umask(path):
    old = os.umask(0)
    file = make(path)
    os.umask(old)
    assert os.fstat(file).st_mode & 0o777 == 0o640
    os.close(file)


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: a file given away, without root")
def test_the_file_belongs_to_who_writes_it(path):
    file = make(path, (65534, 65534))
    found = os.fstat(file)
    os.close(file)
    assert (found.st_uid, found.st_gid) == (65534, 65534)


@pytest.mark.parametrize("name", ["symlink", "link"])
def test_no_other_file_is_written_or_read_through_a_name(path, name, tmp_path):
    target = tmp_path / "secret"
    target.write_text("secret")
    getattr(os, name)(target, path)
    with pytest.raises(OSError):
        os.close(make(path))
    with pytest.raises(OSError):
        os.close(open_to_read(path))


def test_a_fifo_in_its_place_is_refused_and_keeps_nobody_waiting(path):
    os.mkfifo(path)
    with pytest.raises(PermissionError):
        os.close(open_to_read(path))


def test_what_has_no_middle_is_an_error():
    read_end, write_end = os.pipe()
    with pytest.raises(OSError):
        punch(write_end, 0, 4096)
    os.close(read_end)
    os.close(write_end)


def test_no_bytes_are_nothing_to_free():
    assert punch(-1, 4096, 4096)
