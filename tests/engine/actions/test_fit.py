"""No value of a parameter holds anybody up."""

from jobrunner.engine.actions import fit
from jobrunner.model.job import Param
from tests.build import make_job

JOB = make_job(params={"p": Param(pattern="(a+)+b"), "free": Param()})


def test_a_value_that_takes_for_ever_is_told_by_name():
    assert "p fits its pattern" in fit.slow(JOB, {"p": "a" * 40, "free": "x"})


def test_what_is_told_in_time_is_left_to_who_judges():
    assert fit.slow(JOB, {"p": "aab"}) == fit.slow(JOB, {"p": "no"}) == ""


def test_nobody_is_asked_where_there_is_no_pattern():
    assert fit.slow(JOB, {"free": "x", "unknown": "y"}) == ""
