"""Whether files are still those that were read."""

import os

import pytest

from jobrunner.engine.watch import code_version, same, settled, take

LONG_AGO = 1_000_000_000


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "jobs.toml"
    path.write_text("a = 1\n")
    return path


def prints(file, *patterns):
    return take((str(file),), patterns)


def test_what_nobody_touched_is_the_same(file):
    assert same(prints(file))


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_text("a = 12\n"),
        lambda file: os.utime(file, (LONG_AGO, LONG_AGO)),
        lambda file: file.chmod(0o600),
        lambda file: file.unlink(),
        lambda file: file.replace(file.with_name("other")),
    ],
)
def test_a_change_is_seen(file, change):
    before = prints(file)
    change(file)
    assert not same(before)


def test_another_file_of_the_same_name_size_and_time_is_another_one(file):
    before = prints(file)
    times = file.stat()
    new = file.with_name("new")
    new.write_text("a = 2\n")
    os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
    new.replace(file)
    assert not same(before)


def test_a_young_file_is_known_by_its_content(file):
    (whole,) = (each for each in prints(file) if each.endswith(str(file)))
    numbers, content, path = whole.split(" ", 2)
    assert same((f"{numbers} {content} {path}",))
    assert not same((f"{numbers} 0000000000000000 {path}",))


def test_an_old_file_is_not_read_any_more(file):
    whole = prints(file)
    numbers = [each.split(" ", 2)[0] for each in whole]
    assert [each.split(" ", 2)[0] for each in settled(whole)] == numbers
    old = next(each for each in whole if each.endswith("/etc/localtime"))
    assert old.split(" ", 2)[1] == "-"


def test_prints_of_a_file_that_changed_do_not_settle(file):
    before = prints(file)
    file.write_text("a = 12\n")
    assert settled(before) == before


def test_a_file_that_comes_is_a_change(tmp_path):
    before = prints(tmp_path / "later.toml")
    assert same(before)
    (tmp_path / "later.toml").write_text("")
    assert not same(before)


@pytest.mark.parametrize(
    ("pattern", "new"),
    [
        ("jobs.d/*.toml", "jobs.d/b.toml"),
        ("*/c.toml", "jobs.d/c.toml"),
        ("*/deep/*.toml", "jobs.d/deep/x.toml"),
        ("*/deep/*.toml", "jobs.d/deep"),
        ("*.toml", "e.toml"),
    ],
)
def test_a_new_match_of_a_pattern_is_a_change(tmp_path, file, pattern, new):
    target = tmp_path / new
    (target.parent if target.suffix else tmp_path / "jobs.d").mkdir(parents=True, exist_ok=True)
    before = prints(file, f"{tmp_path}/{pattern}")
    assert same(before)
    target.touch() if target.suffix else target.mkdir()
    assert not same(before)


def test_a_pattern_in_a_folder_that_is_not_there_waits_for_it(tmp_path, file):
    before = prints(file, f"{tmp_path}/jobs.d/*.toml")
    (tmp_path / "jobs.d").mkdir()
    assert not same(before)


def test_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    assert same(prints(tmp_path / "fifo"))


def test_names_with_blanks_and_bytes_that_are_no_text_are_kept(tmp_path):
    path = f"{tmp_path}/a b\udcff c"
    with open(path, "w") as file:  # noqa: PTH123 - bytes that Path does not show
        file.write("x")
    before = take((path,), ())
    assert same(before)
    os.unlink(path)  # noqa: PTH108 - as above
    assert not same(before)


def test_the_code_has_a_version_that_its_files_are_part_of():
    version, _, files = code_version().partition("+")
    assert version
    assert files
