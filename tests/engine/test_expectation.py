"""What a job expects of a success: the file it should leave, the words it should say."""

import os
from datetime import timedelta

import pytest

from jobrunner.engine.expectation import unmet
from jobrunner.model.job import Expect
from jobrunner.model.value import Regex, Size
from tests.build import NOON

SECOND = timedelta(seconds=1)


@pytest.fixture
def file(tmp_path):
    """Twelve bytes, changed at noon."""
    path = tmp_path / "dump.sql"
    path.write_text("select 1;\n--")
    stamp(path, NOON)
    return path


def stamp(path, when):
    nanoseconds = round(when.timestamp() * 1000) * 1_000_000
    os.utime(path, ns=(nanoseconds, nanoseconds))


def missing(answers=(), started_at=NOON, home="", **expect):
    return unmet(Expect(**expect), dict(answers), started_at=started_at, home=home)


def test_a_job_that_expects_nothing_gets_it():
    assert missing() == ()


@pytest.mark.parametrize("found", [True, False])
def test_the_output_holds_what_it_should_and_not_what_it_should_not(found):
    answers = {"output": found, "not_output": not found}
    expected = (
        ()
        if found
        else (
            'expect.output: "done" is not in the output',
            'expect.not_output: "ERROR" is in the output',
        )
    )
    assert missing(answers, output=Regex("done"), not_output=Regex("ERROR")) == expected


def test_what_could_not_be_told_counts_as_not_met():
    assert missing(output=Regex("(a+)+$")) == (
        'expect.output: it takes too long to tell whether "(a+)+$" is there',
    )
    assert len(missing(not_output=Regex("x"))) == 1


def test_a_file_that_is_there_is_enough(file):
    assert missing(file=str(file)) == ()


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = f"{tmp_path}/none\a"
    assert missing(file=path, newer=True, min_size=Size(1)) == (
        f"expect.file: {tmp_path}/none\N{REPLACEMENT CHARACTER}: No such file or directory",
    )


def test_a_path_that_cannot_be_is_no_more_than_a_missing_file():
    assert missing(file="/a\0b") == (
        "expect.file: /a\N{REPLACEMENT CHARACTER}b: embedded null byte",
    )


def test_a_link_to_the_file_will_do(file, tmp_path):
    link = tmp_path / "latest"
    link.symlink_to(file)
    assert missing(file=str(link), min_size=Size(12), newer=True) == ()


@pytest.mark.parametrize("home_of", ["~", "~/dump.sql"])
def test_the_home_of_the_jobs_user_is_known(file, home_of):
    assert missing(file=home_of, home=str(file.parent)) == ()
    assert len(missing(file=home_of, home="/nowhere")) == 1


@pytest.mark.parametrize(("least", "met"), [(11, True), (12, True), (13, False)])
def test_a_file_has_its_least_size(file, least, met):
    assert (missing(file=str(file), min_size=Size(least)) == ()) is met


def test_a_file_that_is_too_small_says_how_small(file):
    assert missing(file=str(file), min_size=Size(2048)) == (
        f"expect.min_size: {file} has 12 bytes, fewer than 2KiB",
    )


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        (NOON - 3 * SECOND, False),
        (NOON - SECOND * 1.5, False),
        (NOON - SECOND * 0.02, False),
        # The kernel's stamp lags by up to a tick; other disks keep whole seconds.
        (NOON - SECOND * 0.005, True),
        (NOON - SECOND, True),
        (NOON, True),
        (NOON + SECOND * 0.001, True),
    ],
)
def test_a_file_counts_as_new_if_it_was_changed_after_the_start(file, changed, met):
    stamp(file, changed)
    assert (missing(file=str(file), newer=True) == ()) is met


def test_a_file_that_is_old_says_how_old(file):
    assert missing(file=str(file), newer=True, started_at=NOON + timedelta(hours=1)) == (
        f"expect.newer: {file} was last changed at 2026-11-20 12:00:00 UTC",
    )
