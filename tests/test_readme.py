"""The README's promises: two commands, links that lead somewhere, a file that is right."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from jobrunner import config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def quick_start(kind):
    (command,) = re.findall(rf"<!-- quick start: {kind} -->\n```sh\n(.+)\n```", README)
    return command


def clean_copy(folder):
    made = shutil.ignore_patterns(*(ROOT / ".gitignore").read_text().replace("/\n", "\n").split())
    return shutil.copytree(ROOT, folder / "copy", ignore=made)


def test_the_first_command_runs_the_example_in_a_clean_copy(tmp_path):
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        quick_start("run"),
        shell=True,
        cwd=clean_copy(tmp_path),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for end in ("hello #. succeeded", "flaky #. succeeded on attempt 2", "slow #. timed out"):
        assert re.search(end, done.stdout), done.stdout
    assert re.search(r"^later\tnever\t", done.stdout, re.MULTILINE)


def test_the_second_command_runs_the_tests():
    assert quick_start("test").endswith(".venv/bin/python -m pytest")


def test_ci_runs_the_second_command():
    assert 'bash -euc "$(between test)"' in (ROOT / ".ci/run").read_text()


def test_the_example_of_the_readme_is_right():
    (example,) = re.findall(r"```toml\n(.+?)```", README, re.DOTALL)
    assert set(config.parse(example, "jobs.toml").jobs) == {"backup", "report"}


def test_the_top_level_example_declares_what_a_newcomer_meets():
    jobs = config.parse((ROOT / "jobs.toml").read_text(), str(ROOT / "jobs.toml")).jobs
    assert set(jobs) == {"hello", "flaky", "slow", "later"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    here = [link for link in links if not link.startswith("https://")]
    assert [link for link in here if not (page.parent / link).exists()] == []


def test_every_page_is_linked_from_the_readme():
    linked = set(re.findall(r"\(docs/([^)]+)\)", README))
    assert linked == {page.name for page in PAGES[1:]}


def test_every_part_of_the_engine_has_its_place_on_the_map():
    parts = {path.stem for path in (ROOT / "src/jobrunner/engine").glob("[a-z]*")}
    named = re.findall(r"`(\w+)/?`", (ROOT / "docs/contributing.md").read_text())
    assert sorted(parts - {*named}) == []


def test_every_extra_is_part_of_all():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    (everything,) = extras["all"]
    assert set(re.findall(r"\w+", everything)) - {"jobrunner"} == set(extras) - {"all", "test"}
