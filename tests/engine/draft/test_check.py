"""A text that somebody sends is judged alone."""

import os

import pytest

from jobrunner.engine.draft import check as judge
from jobrunner.engine.draft.check import check, check_apart


def test_a_good_text_is_counted():
    found = check(b'[jobs.a]\ncommand = "x"\n[jobs.b]\ncommand = "y"\n')
    assert (found.jobs, found.problems) == (2, ())


def test_every_problem_is_told_with_its_place():
    found = check(b'[jobs.a]\ncommand = "x"\ncron = "61 * * * *"\nschedle = 1\n')
    assert [(each.code, each.line) for each in found.problems] == [("E110", 3), ("E101", 4)]


@pytest.mark.parametrize(
    "line",
    [
        'include = ["{}"]',
        'include = ["{}*"]',
        'crontabs = ["{}"]',
        'jobs.a = {{ command = "x", cron = "@daily", calendar = {{ file = "{}" }} }}',
        'jobs.a = {{ command = "x", cron = "@daily", calendar = {{ ics = "{}" }} }}',
    ],
)
def test_no_other_file_is_read_for_it(tmp_path, line):
    other = tmp_path / "secret.toml"
    other.write_text("hidden = treasure\n2026-12-24\n")
    found = check(line.format(other).encode())
    told = " ".join(f"{each.message} {each.source}" for each in found.problems)
    assert "is not read here" in told
    assert "treasure" not in told


@pytest.mark.parametrize("text", [b"\xff", b"= 1", b"a" * 70_000, b"[" * 50_000])
def test_what_is_no_toml_is_a_problem(text):
    assert check(text).problems


def test_apart_it_is_judged_alike():
    for text in (b'[jobs.a]\ncommand = "x"\n', b"[jobs.a]\nschedle = 1\n", b"\xff"):
        assert check_apart(text, os.environ) == check(text)


def test_a_pattern_that_is_slow_for_ever_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(judge, "SECONDS", 1)
    slow = f"params.p = {{ pattern = '(a+)+b', default = '{'a' * 40}' }}"
    found = check_apart(f'[jobs.a]\ncommand = "x"\n{slow}\n'.encode(), os.environ)
    assert (found.is_late, len(found.problems)) == (True, 1)
