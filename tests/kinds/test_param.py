"""Parameters: what may be given to a run, and what it gets."""

import pytest

from jobrunner.errors import UnusableError
from jobrunner.kinds.param import check, values, wrong
from jobrunner.model.job import Param
from jobrunner.model.value import Regex
from tests.build import make_job

JOB = make_job(
    params={
        "index": Param(default="orders", choices=("orders", "users")),
        "day": Param(pattern=Regex(r"\d{4}-\d\d-\d\d")),
        "note": Param(),
    }
)
MATCHING = r'give what matches the pattern "\d{4}-\d\d-\d\d"'
DAY = {"day": "2026-11-20"}


@pytest.mark.parametrize(
    "given",
    [DAY, DAY | {"index": "users"}, DAY | {"note": "$(rm -rf /)\n"}, DAY | {"note": ""}],
)
def test_what_the_job_declares_may_be_given(given):
    assert check(JOB, given) == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (DAY | {"indx": "x"}, 'job backup has no parameter "indx": did you mean "index"?'),
        (DAY | {"zz": ""}, 'job backup has no parameter "zz": it has index, day and note'),
        (
            DAY | {"index": "x"},
            'parameter index cannot be "x": give "orders" or "users"',
        ),
        (
            {"day": "2026-11-20\n"},
            f'parameter day cannot be "2026-11-20\N{REPLACEMENT CHARACTER}": {MATCHING}',
        ),
        (
            {},
            f"parameter day is needed: {MATCHING}",
        ),
        (DAY | {"note": "\0"}, "parameter note holds a NUL character, which nothing can be passed"),
    ],
)
def test_anything_else_is_told(given, problem):
    assert check(JOB, given) == [problem]


def test_everything_that_is_wrong_is_told():
    assert len(check(JOB, {"index": "x", "zz": "y"})) == 3


def test_a_job_without_parameters_takes_none():
    assert check(make_job(), {"a": "b"}) == [
        'job backup has no parameter "a": it declares no params'
    ]


def test_a_run_that_nobody_started_may_lack_what_a_person_is_asked_for():
    assert list(wrong(JOB, values(JOB, ""))) == []


def test_a_run_has_what_was_given_and_defaults_for_the_rest():
    found = values(JOB, '{"day": "2026-11-20", "old": "1"}')
    assert found == {"index": "orders", "day": "2026-11-20", "note": "", "old": "1"}


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1}'])
def test_what_the_ledger_cannot_have_written_is_refused(text):
    with pytest.raises(UnusableError, match="parameters of the run cannot be read"):
        values(JOB, text)
