"""No value of a parameter holds anybody up."""

from jobrunner import config
from jobrunner.engine.actions import fit

TEXT = """[jobs.a]\ncommand = "true"\nparams = { p = { pattern = "(a+)+b" }, free = {} }"""
JOB = config.parse(TEXT, "jobs.toml").jobs["a"]


def test_a_value_that_takes_for_ever_is_told_by_name():
    assert "p fits its pattern" in fit.slow(JOB, {"p": "a" * 40, "free": "x"})


def test_what_is_told_in_time_is_left_to_who_judges():
    for value in ("aab", "no", "\ud800", ""):
        assert fit.slow(JOB, {"p": value}) == ""


def test_nobody_is_asked_where_there_is_no_pattern():
    assert fit.slow(JOB, {"free": "x", "unknown": "y"}) == ""
