"""The JSON Schema and the pages: current, and right about the files that people write."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from jobrunner.config import codes, manual, parse
from jobrunner.config.described import KEYS
from jobrunner.config.diagnose import fields
from jobrunner.config.problem import ConfigError
from jobrunner.config.short import SHORTS
from jobrunner.errors import UnknownError
from jobrunner.model.job import Job
from tests.config.disk import Disk
from tests.config.test_keys import GOOD

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "src/jobrunner/config/jobs.schema.json"
TOMBI = Path(sys.executable).with_name("tombi")

GENERATED = {
    "src/jobrunner/config/jobs.schema.json": manual.schema_text,
    "docs/jobs-toml.md": manual.page,
    "docs/errors.md": codes.page,
}


def lint(*paths: Path) -> tuple[int, str]:
    done = subprocess.run(
        [TOMBI, "lint", "--offline", *paths], capture_output=True, text=True, check=False, cwd=ROOT
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("path", GENERATED)
def test_what_is_generated_is_current(path: str) -> None:
    assert (ROOT / path).read_text() == GENERATED[path]()


@pytest.mark.parametrize("struct", KEYS, ids=lambda struct: struct.__name__)
def test_every_key_is_described(struct: type) -> None:
    shorts = {"retries"} if struct is Job else set()
    assert set(KEYS[struct]) == {*fields(struct)} | shorts
    assert shorts <= set(SHORTS)


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    schema = json.loads(SCHEMA.read_text())
    references = {value for node in _nodes(schema) for key, value in node.items() if key == "$ref"}
    assert references
    assert references == {f"#/definitions/{name}" for name in schema["definitions"]}


def _nodes(value: Any) -> list[dict[str, Any]]:
    children = value.values() if isinstance(value, dict) else value
    below = [n for one in children if isinstance(one, dict | list) for n in _nodes(one)]
    return [value, *below] if isinstance(value, dict) else below


def test_the_schema_accepts_every_example() -> None:
    examples = sorted((ROOT / "examples").glob("*.toml"))
    code, said = lint(*examples, ROOT / "tests/config/full.toml")
    assert (code, f"{len(examples) + 1} files linted successfully" in said) == (0, True), said


def test_the_schema_accepts_what_the_parser_accepts(tmp_path: Path) -> None:
    for number, (keys, *_) in enumerate(GOOD):
        (tmp_path / f"{number:02}.toml").write_text(f"#:schema {SCHEMA}\n[jobs.a]\n{keys}\n")
    code, said = lint(*sorted(tmp_path.glob("*.toml")))
    assert code == 0, said


PLANTED = [
    ("[jobs.a]\ncomand = 'x'", "comand"),
    ("[jobs.a]\ntimeout = '5 minutes'", "5 minutes"),
    ("[jobs.a]\ntimeout = true", "Boolean"),
    ("[jobs.a]\noverlap = 'wait'", "wait"),
    ("[jobs.a]\nretries = -1", "-1"),
    ("[jobs.a]\nstart = '2026-01-01'", "LocalDate"),
    ("[jobs.a]\nstop_signal = 'TREM'", "TREM"),
    ("[jobs.a]\nenv = { A = true }", "Boolean"),
    ("[jobs.'a b']\ncommand = 'x'", "a b"),
    ("[jobs.a.retry]\natempts = 3", "atempts"),
    ("[[jobs.a.schedules]]\ncorn = 'x'", "corn"),
    ("[defaults]\ncommand = 'x'", "command"),
    ("[settings]\nmax_paralel = 3", "max_paralel"),
    ("[pools]\ndb = 0", "0"),
    ("version = 2", "2"),
    ("crontab = []", "crontab"),
    ("[cluster]\nleese = '180s'", "leese"),
    ("[jobs.a]\nhosts = ['web 1']", "web 1"),
    ("[jobs.a]\non = 'each'", "each"),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a folder of files with one error each."""
    folder = tmp_path_factory.mktemp("planted")
    for number, (text, _) in enumerate(PLANTED):
        (folder / f"{number:02}.toml").write_text(f"#:schema {SCHEMA}\n{text}\n")
    return lint(*sorted(folder.glob("*.toml")))[1]


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=[text for text, _ in PLANTED])
def test_the_schema_refuses_what_the_parser_refuses(planted: str, number: int) -> None:
    blocks = planted.split("Error")
    about = [block for block in blocks if f"/{number:02}.toml:" in block]
    assert any(PLANTED[number][1] in block for block in about), planted


@pytest.mark.parametrize("code", codes.CODES)
def test_every_code_explains_itself_with_examples(code: str) -> None:
    said = codes.explain(code.lower())
    assert said.startswith(f"{code}: {codes.CODES[code].title}\n")
    assert "Wrong:\n    " in said
    assert "Right:\n    " in said


# Where an example is a file that another one names: that other one.
MAINS = {
    "E140": "include = ['/named']\n[jobs.backup]\ncommand = 'x'",
    "E142": "include = ['/named']",
    "E150": "crontabs = ['/named']",
}


def codes_of(example: str, main: str = "") -> set[str]:
    """What is wrong with an example: a whole file, or keys of a job."""
    if not main and not re.match(r"\[|version|include|#", example):
        command = "" if "command" in example else 'command = "true"\n'
        example = f"[jobs.a]\n{command}{example}"
    try:
        disk = Disk({"/named": example})
        parse(main or example, "/jobs.toml", disk)
    except ConfigError as error:
        return {problem.code for problem in error.problems}
    return set()


@pytest.mark.parametrize("code", codes.CODES)
def test_the_bad_example_of_a_code_is_bad_and_the_good_one_good(code: str) -> None:
    entry = codes.CODES[code]
    assert code in codes_of(entry.bad, MAINS.get(code, ""))
    assert codes_of(entry.good, MAINS[code] if code == "E150" else "") == set()


def test_an_unknown_code_is_told() -> None:
    with pytest.raises(UnknownError, match='no code "E999"'):
        codes.explain("E999")


def test_the_directive_of_each_example_leads_to_the_schema() -> None:
    for path in [*(ROOT / "examples").glob("*.toml"), ROOT / "tests/config/full.toml"]:
        first = path.read_text().split("\n")[0]
        assert (path.parent / first.removeprefix("#:schema ")).resolve() == SCHEMA
        tomllib.loads(path.read_text())
