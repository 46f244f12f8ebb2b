"""Limits, pauses, and a shell that differs."""

from datetime import timedelta

import pytest

from jobrunner.engine.doctor import limit
from jobrunner.model.pause import Pause
from tests.build import NOON
from tests.engine.doctor.clinic import JOBS

DAY = timedelta(days=1)


def pause(clinic, name="backup", **changes):
    store = clinic.store()
    store.pause(name, Pause(**({"by": "ann", "reason": "move", "since": NOON - DAY} | changes)))
    store.close()


def test_descriptors_that_suffice_are_well(clinic):
    assert clinic.found("limit")[0][1].startswith("max_parallel = 100: 224 descriptors of ")


def test_more_runs_than_descriptors_are_told(clinic, monkeypatch):
    monkeypatch.setattr(limit.resource, "getrlimit", lambda _: (1024, 1024))
    clinic.write("[settings]\nmax_parallel = 600\n" + JOBS)
    found = clinic.worst("limit")
    told = "max_parallel = 600 needs 1,224 descriptors, and 1,024 are allowed: 500 run at once"
    assert (found.severity, found.message.startswith(told)) == ("warning", True)


def test_without_a_limit_of_runs_there_is_nothing_to_count(clinic):
    clinic.write("[settings]\nmax_parallel = 0\n" + JOBS)
    assert len(clinic.found("limit")) == 1


def test_a_pause_of_a_day_with_a_reason_is_well(clinic):
    pause(clinic)
    assert clinic.found("pause") == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"since": NOON - 40 * DAY}, "backup is paused for 40d 00h by ann: move"),
        ({"reason": ""}, "backup is paused by ann without end, for no reason that is told"),
    ],
)
def test_a_pause_that_was_forgotten_is_told(clinic, changes, told):
    pause(clinic, **changes)
    found = clinic.worst("pause")
    assert (found.message, found.fix) == (told, "jobrunner resume backup")


def test_a_pause_of_every_job_is_told(clinic):
    pause(clinic, "*", reason="")
    assert clinic.worst("pause").fix == "jobrunner resume --all"


def test_a_pause_that_ends_by_itself_or_is_over_is_well(clinic):
    pause(clinic, reason="", until=NOON + DAY)
    assert clinic.found("pause") == []
    pause(clinic, since=NOON - 40 * DAY, until=NOON - DAY)
    assert clinic.found("pause") == []


def test_how_far_the_shell_is_from_a_job_is_told_of_one_job(clinic):
    clinic.environ |= {"EDITOR": "vi", "GIT_DIR": "/x"}
    told = "2 variables of your shell the job has not: jobrunner env backup --diff"
    assert clinic.found("environment", job="backup") == [("ok", told)]
    assert clinic.found("environment") == []
