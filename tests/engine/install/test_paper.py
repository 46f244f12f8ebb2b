"""Files of cron and systemd are renewed without a moment in which there is none."""

import os

import pytest

from jobrunner.engine.install import paper
from jobrunner.errors import ForbiddenError, UnusableError
from jobrunner.formats.seal import sealed
from tests.build import no_room

OLD, NEW = sealed("* * * * * root old\n"), sealed("* * * * * root new\n")


@pytest.fixture
def older(tmp_path):
    path = tmp_path / "jobrunner"
    path.write_text(OLD)
    path.chmod(0o644)
    return path


def test_an_older_file_is_renewed_and_nothing_is_left_beside_it(older, tmp_path):
    assert paper.write({str(older): NEW}, os.geteuid()) == [str(older)]
    assert older.read_text() == NEW
    assert [*tmp_path.iterdir()] == [older]


def test_what_cannot_be_written_leaves_the_older_file_as_it_was(older):
    with no_room(), pytest.raises(UnusableError, match="cannot be renewed: File too large"):
        paper.write({str(older): NEW}, os.geteuid())
    assert older.read_text() == OLD


def test_where_one_of_two_cannot_be_made_the_other_is_as_it_was(older, tmp_path):
    folder = tmp_path / "anybodys"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ForbiddenError, match="writable by everybody"):
        paper.write({str(older): NEW, str(folder / "second"): NEW}, os.geteuid())
    assert older.read_text() == OLD
