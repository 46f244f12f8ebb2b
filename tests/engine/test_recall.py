"""Versions of jobs, written to the ledger and read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner import config
from jobrunner.engine.definition import define
from jobrunner.engine.recall import recall
from tests.build import make_job

KEYS = """
command = ["x", "{slot}"]
timezone = "Europe/Paris"
shell = ["/bin/bash", "-e"]
cwd = "/srv"
user = "root"
umask = "077"
stdin = "abc"
env = { A = "1", API_KEY = "hush" }
env_file = "a.env"
inherit_env = ["PROXY"]
limits = { memory = "1GiB", cpu_time = "25h", nice = 3, open_files = 64 }
params = { x = { choices = ["a"], default = "a" }, y = { pattern = "[0-9]+" } }
retries = 3
"""
SAME = (
    *("command", "shell", "cwd", "user", "umask", "stdin", "env_file", "inherit_env", "limits"),
    *("params", "timezone", "name", "origin", "env"),
)


def declared(keys):
    return config.parse(f"[jobs.a]\n{keys}".encode(), "/srv/jobs.toml").jobs["a"]


@pytest.mark.parametrize("key", SAME)
def test_what_an_attempt_needs_is_as_it_was(key):
    job = declared(KEYS)
    assert getattr(recall(define(job).text, job).job, key) == getattr(job, key)


def test_how_often_it_was_tried_is_as_it_was():
    job = declared(KEYS)
    assert recall(define(job).text, None).job.retry.attempts == 3


def test_a_secret_that_is_no_more_is_told_and_is_not_stars():
    found = recall(define(declared(KEYS)).text, make_job())
    assert (found.lost, "API_KEY" in found.job.env) == (("API_KEY",), False)


def test_a_zone_that_there_is_no_more_is_no_obstacle():
    text = define(declared(KEYS)).text.replace("Europe/Paris", "Europe/Atlantis")
    assert recall(text, None).job.timezone.name == "UTC"


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    st.text(st.characters(codec="utf-8")),
)
def test_any_line_and_any_value_come_back_whole(line, value):
    job = make_job(command=line, env={"A": value})
    found = recall(define(job).text, None).job
    assert (found.command, found.env) == (line, {"A": value})
