"""The table of codes: its page, and that each example is what it says."""

from pathlib import Path

import pytest

from jobrunner import config
from jobrunner.engine.figures.lint import see_lint
from jobrunner.jobfile.place import Asker
from jobrunner.policy.lint.code import CODES, page
from tests.build import NOON, UTC_ZONE

PAGE = Path(__file__).parents[3] / "docs" / "lint.md"
# About several jobs, or about a crontab.
OF_MANY = {"L103", "L109", "L116"}


def codes(example, folder):
    text = f"[jobs.x]\n{example}\n" + ("" if "command" in example else "command = 'x'\n")
    parsed = config.parse(text, str(folder / "jobs.toml"))
    asker = Asker(environ={}, cwd=str(folder), uid=0)
    return {one.code for one in see_lint(parsed, asker, NOON, UTC_ZONE)}


def test_the_page_is_made_from_the_table():
    assert PAGE.read_text() == page()


@pytest.mark.parametrize("code", sorted(CODES.keys() - OF_MANY))
def test_the_bad_example_is_advised_on_and_the_good_one_is_not(code, tmp_path):
    assert code in codes(CODES[code].bad, tmp_path)
    assert code not in codes(CODES[code].good, tmp_path)
