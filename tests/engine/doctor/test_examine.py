"""The look as a whole: nothing that it meets keeps it from the rest."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from jobrunner.engine.doctor import examine
from jobrunner.errors import JobrunnerError, UnknownError
from tests.engine.doctor.clinic import JOBS, as_nobody

GROUPS = [
    *("Configuration", "Clock and zone", "Ticker", "Supervisor", "Storage", "Alerts"),
    "Outside watch",
]


def test_groups_come_in_their_order(clinic):
    clinic.tick()
    found = [each.group for each in clinic.look()]
    assert list(dict.fromkeys(found)) == GROUPS


@pytest.mark.parametrize(
    ("error", "severity"),
    [(OSError("x"), "warning"), (JobrunnerError("x"), "warning"), (KeyError(), "problem")],
)
def test_what_one_matter_runs_into_keeps_no_other_from_being_seen(
    clinic, monkeypatch, error, severity
):
    def fail(patient):
        raise error

    broken = [replace(each, look=fail) for each in examine.MATTERS if each.name == "disk"]
    others = [each for each in examine.MATTERS if each.name != "disk"]
    monkeypatch.setattr(examine, "MATTERS", (*broken, *others))
    found = clinic.look()
    assert (found[0].check, found[0].severity) == ("disk", severity)
    assert len({each.check for each in found}) > 8


def test_of_one_job_nothing_else_is_told(clinic):
    clinic.write(JOBS + JOBS.replace("backup", "other"))
    found = clinic.look(job="other")
    assert {each.group for each in found} <= {"Configuration", "Clock and zone"}
    assert all("backup" not in each.message for each in found)


def test_of_one_job_of_a_broken_file_the_file_is_told(clinic):
    clinic.write("[jobs")
    assert clinic.look(job="backup")[0].severity == "problem"


def test_an_unknown_job_is_met_with_the_one_that_was_meant(clinic):
    with pytest.raises(UnknownError, match='Did you mean "backup"'):
        clinic.look(job="bakup")


@pytest.mark.parametrize("text", ["", "\0", "[jobs", "version = 99", "[jobs.a]\n" * 3])
def test_no_file_keeps_it_from_looking(clinic, text):
    clinic.write(text)
    assert {each.check for each in clinic.look()} >= {"configuration", "zone", "disk"}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.integers(0, len(JOBS)))
def test_whatever_a_file_holds_no_matter_fails(clinic, text, at):
    clinic.write(JOBS[:at] + text.encode(errors="replace").decode() + JOBS[at:])
    assert not [each for each in clinic.look() if "is a bug" in each.message]


@pytest.mark.parametrize("name", ["", "db", "run", "db/ledger.db", "run/supervisor.log", "output"])
@pytest.mark.parametrize("kind", ["file", "folder", "link", "pipe"])
def test_whatever_lies_in_the_state_folders_place_no_matter_fails(clinic, name, kind):
    clinic.tick()
    path = Path(clinic.state.folder, name)
    path.rename(clinic.folder / "aside") if path.exists() else None
    {
        "file": path.touch,
        "folder": path.mkdir,
        "link": lambda: path.symlink_to("nowhere"),
        "pipe": lambda: os.mkfifo(path),
    }[kind]()
    found = clinic.look()
    assert not [each for each in found if "is a bug" in each.message]
    assert {each.check for each in found} >= {"configuration", "disk", "outside"}


def test_another_user_is_told_what_he_may_see(clinic):
    if os.geteuid():
        pytest.skip("NOT TESTED: a doctor that is called by another user, for want of root")
    clinic.tick()
    clinic.look()
    with as_nobody(clinic):
        found = {each.check: each for each in clinic.look() if each.severity != "ok"}
    assert not [each for each in found.values() if "could not be looked at" in each.message]
    assert found["database"].severity == "problem"
    assert found["database"].fix == "ask as its user: sudo -u root ..."
