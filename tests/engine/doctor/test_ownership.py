"""Owners and modes of the state folder."""

import os
from pathlib import Path

import pytest

from tests.engine.doctor.clinic import JOBS


@pytest.fixture
def folder(clinic):
    clinic.tick()
    return Path(clinic.state.folder)


def test_as_it_is_made_it_is_well(clinic, folder):
    ((severity, message),) = clinic.found("ownership")
    assert (severity, message.startswith("owners and modes are right")) == ("ok", True)


@pytest.mark.parametrize(
    ("name", "mode", "severity"),
    [
        ("run", 0o755, "problem"),
        ("run/spool", 0o711, "problem"),
        ("db", 0o777, "problem"),
        ("db", 0o775, "warning"),
        ("db/ledger.db", 0o666, "problem"),
        ("db/ledger.db", 0o664, "warning"),
        ("output", 0o755, "warning"),
        ("output", 0o700, "ok"),
    ],
)
def test_what_more_people_may_use_than_should_is_told(clinic, folder, name, mode, severity):
    (folder / name).chmod(mode)
    found = clinic.worst("ownership")
    assert found.severity == severity
    if severity != "ok":
        assert found.fix.startswith("chmod ")
        assert found.fix.endswith(f" {folder / name}")


def test_parts_that_are_somebody_elses_are_a_problem(clinic, folder):
    if os.geteuid():
        pytest.skip("NOT TESTED: another owner of a state folder, for want of root")
    os.chown(folder / "run", 1, 1)
    found = clinic.worst("ownership")
    assert (found.severity, found.fix) == ("problem", f"sudo chown -R root {folder}")


@pytest.mark.parametrize(("mode", "is_open"), [(0o644, True), (0o640, False)])
def test_a_file_with_the_url_of_the_ledger_is_for_nobody_elses_eyes(clinic, folder, mode, is_open):
    file = clinic.file.parent / "store"
    file.write_text(f"{folder}/db/ledger.db\n")
    file.chmod(mode)
    clinic.write('[settings]\nstore_file = "store"\n' + JOBS)
    told = [words for _, words in clinic.found("ownership") if "may read the password" in words]
    assert bool(told) is is_open
