"""Whatever comes in, the answer is a Config or a ConfigError that can be shown."""

import sys
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jobrunner.config import parse
from jobrunner.config.convert import converted
from jobrunner.config.diagnose import fields, flaws
from jobrunner.config.document import Document
from jobrunner.config.finding import Findings
from jobrunner.config.layer import Home, layered
from jobrunner.config.problem import ConfigError
from jobrunner.config.short import SHORTS
from jobrunner.config.zone import zone
from jobrunner.model.job import Job
from jobrunner.model.settings import Channel, Config, Metrics, Serve, Settings

VALID = """\
[defaults]
timeout = "1h"
env = { A = "x", B = 2 }

[jobs.a]
cron = ["30 2 * * *", "@daily"]
command = ["true"]
start = 2026-01-01
between = "08:00-20:00"
retry = { attempts = 3, on = ["failure"] }

[jobs."b.c"]
after = ["a"]
command = '''x
y'''
schedules = []
"""


def _answer(text: str | bytes) -> Config | ConfigError:
    try:
        return parse(text, "jobs.toml")
    except ConfigError as error:
        answer = error
    shown = str(answer)
    assert answer.problems
    assert all(c == "\n" or c.isprintable() for c in shown), ascii(shown)
    return answer


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_are_answered(content: bytes | str) -> None:
    _answer(content)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_mutation_of_a_valid_file_is_answered(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(VALID)))
    stop = data.draw(st.integers(start, min(len(VALID), start + 8)))
    bits = ["[", "]", "{", '"', "'", "=", ".", "\n", "\\u0000", "\x1b", "9" * 30, "true", "🙂", ""]
    middle = data.draw(st.sampled_from(bits) | st.text(max_size=3))
    _answer(VALID[:start] + middle + VALID[stop:])


SCALARS = st.one_of(
    st.text(max_size=8),
    st.integers(-(2**70), 2**70),
    st.integers(-2, 400),
    st.booleans(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from(["", "5m", "1GiB", "local", "UTC+7", "TERM", "30 2 * * *", "08:00-20:00", "("]),
)
VALUES = st.recursive(
    SCALARS,
    lambda them: (
        st.lists(them, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["attempts", "path", "env", "cron", "country", "X", "default", "days", ""]
            ),
            them,
            max_size=3,
        )
    ),
    max_leaves=4,
)


def _tables(struct: type) -> st.SearchStrategy[dict[str, Any]]:
    keys = [*fields(struct), *(SHORTS if struct is Job else ()), "name", "origin", "days", "x"]
    return st.dictionaries(st.sampled_from(keys), VALUES, max_size=5)


KEYS = [*fields(Job), *SHORTS, "name", "x"]


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(KEYS), VALUES)
def test_the_quick_and_the_thorough_judgement_agree(key: str, value: Any) -> None:
    findings = Findings()
    base = {"timezone": zone("UTC")}
    converted(
        Job,
        {key: value},
        (Document("jobs.toml", "", {}), ()),
        findings,
        lambda own: {**layered(base, own, Home("", zone("UTC"))), "name": "a"},
    )
    assert bool(findings.all) == bool([*flaws(Job, {key: value})])


FILES = st.fixed_dictionaries(
    {},
    optional={
        "version": VALUES,
        "include": VALUES,
        "crontabs": VALUES,
        "settings": VALUES | _tables(Settings),
        "defaults": VALUES | _tables(Job),
        "jobs": VALUES | st.dictionaries(st.sampled_from(["a", "b", "..", "\x1b"]), _tables(Job)),
        "notify": VALUES | st.dictionaries(st.sampled_from(["a", ""]), _tables(Channel)),
        "pools": VALUES | st.dictionaries(st.sampled_from(["db", "x y"]), SCALARS),
        "serve": VALUES | _tables(Serve),
        "metrics": VALUES | _tables(Metrics),
    },
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILES)
@example({"jobs": {"a": {"command": "x", "retry": {"attempts": 2**69}}}})
@example(
    {
        "jobs": {
            "a": {
                "command": "x",
                "env": {"A": True},
                "skip_dates": [datetime(2026, 1, 1, tzinfo=UTC)],
            }
        }
    }
)
@example({"jobs": {"a": {"command": "x", "start": date(1, 1, 1), "end": date(9999, 12, 31)}}})
def test_any_value_at_any_key_is_answered(tables: dict[str, Any]) -> None:
    answer = _answer(tomli_w.dumps(tables))
    if isinstance(answer, ConfigError):
        # The two ways of judging must agree: this one is for when they do not.
        assert not any(p.message.startswith(("Expected", "Object")) for p in answer.problems)
        assert all(p.message != "not a table with known keys" for p in answer.problems)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"a = '\xc3",
        b"\x00",
        "\ufeff\ufeff",
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 100_000,
        "[" * 100_000,
        "a = " + "9" * 100_000,
        "a = 0x" + "f" * 100_000,
        "jobs.a.env.X = 0x" + "f" * 10_000,
        "jobs.a.timeout = 0x" + "f" * 10_000,
        ".".join("a" * 100_000) + " = 1",
        ".".join(["'a'"] * 100_000) + " = 1",
        "[" + ".".join("a" * 100_000) + "]",
        "x = {" + ".".join("a" * 50_000) + " = 1}",
        "jobs.a.command = '" + "x" * 1_000_000 + "'\njobs.a.comand = 1",
        "jobs.a.env.A = 1\njobs.a." + ".".join("a" * 60) + " = 1",
        "[jobs.a]\r\ncommand = 'x'\rtimeout = 1",
        "\r",
        "token" * 100_000 + " = [",
        "password-" * 100_000,
        "jobs.'\\u001b[31m'.command = 1",
        'jobs."\\u001b[31m\\u202e".command = 1',
        "jobs = []\ndefaults = []\nnotify = 1\npools = ''\nsettings = 1.5\nversion = {}",
    ],
    ids=lambda content: ascii(content[:24]),
)
def test_bombs_are_answered_soon(content: str | bytes) -> None:
    start = time.process_time()
    _answer(content)
    assert time.process_time() - start < 5


def test_the_digit_limit_of_python_stays_as_it_was() -> None:
    before = sys.get_int_max_str_digits()
    _answer("a = " + "9" * 10_000)
    assert sys.get_int_max_str_digits() == before
