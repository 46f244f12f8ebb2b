"""examples/container and examples/proxy, as far as they can be tried without an engine."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from jobrunner import config
from tests.cli.pages import root
from tests.cli.test_commands import parse
from tests.web.house import House, served

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples/container"
LINES = (FOLDER / "Containerfile").read_text().replace("\\\n", " ").splitlines()
INSTRUCTION = re.compile(r"(FROM|ARG|COPY|RUN|USER|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD) +\S")
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())


def words(instruction):
    """The words of an instruction that is written as a list."""
    (line,) = [line for line in LINES if line.startswith(instruction)]
    return json.loads(line[line.index("[") :])


def test_it_consists_of_instructions():
    wrong = [x for x in LINES if x and not x.startswith("#") and not INSTRUCTION.match(x)]
    assert wrong == []


def test_what_it_starts_can_be_started():
    parse(root(), [*words("ENTRYPOINT"), *words("CMD")][1:])


def test_what_it_runs_is_there_and_right():
    assert config.parse((FOLDER / "jobs.toml").read_text(), "jobs.toml").jobs


def test_the_two_files_agree():
    service = COMPOSE["services"]["jobrunner"]
    assert service["ports"] == ["127.0.0.1:8787:8787"]
    assert service["volumes"][0] == f"./jobs.toml:{words('ENTRYPOINT')[-1]}:ro"
    assert f"VOLUME {service['volumes'][1].partition(':')[2]}" in LINES
    assert (FOLDER / service["build"]["context"] / service["build"]["dockerfile"]).exists()


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.mark.parametrize("is_there", [True, False])
def test_it_is_healthy_while_the_page_answers(house, is_there):
    _, option, program = words("HEALTHCHECK")
    with served(house.app) as origin:
        here = origin if is_there else "http://127.0.0.1:1"
        check = program.replace("http://127.0.0.1:8787", here)
        done = subprocess.run([sys.executable, option, check], capture_output=True, check=False)
    assert (done.returncode == 0) is is_there
