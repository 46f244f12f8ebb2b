"""What a job leaves in $JOBRUNNER_RESULT: read as it is meant, and never believed."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from jobrunner.engine import result
from jobrunner.engine.result import Found, read, understood
from jobrunner.model.result import Result, from_text, to_text

ME = os.getuid()
OWNER = (os.getuid(), os.getgid())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "7-1.json")
    result.make(path, OWNER)
    return path


def left(path, content):
    Path(path).write_text(content)
    return read(path, ME)


def test_everything_that_a_job_may_say_is_understood(path):
    content = """{"message": "12 rows", "data": {"rows": [1, null]}, "metrics": {"rows": 12,
        "took_s": 0.5}, "next_in": "1h30m", "success": false}"""
    assert left(path, content) == Found(
        result=Result(
            message="12 rows",
            data={"rows": [1, None]},
            metrics={"rows": 12.0, "took_s": 0.5},
            next_in_seconds=5400.0,
            success=False,
        )
    )


def test_a_job_that_leaves_nothing_is_no_problem(path, tmp_path):
    assert read(path, ME) == left(path, " \n") == left(path, "{}") == Found()
    assert read(str(tmp_path / "taken away"), ME) == Found()


@pytest.mark.parametrize(
    ("asked", "length"),
    [
        ('"2h"', timedelta(hours=2)),
        ("90", timedelta(seconds=90)),
        ("1.5", timedelta(seconds=1.5)),
        ('"1s"', timedelta(seconds=1)),
    ],
)
def test_a_job_asks_for_its_next_slot_in_words_or_in_seconds(asked, length):
    found = understood(b'{"next_in": %s}' % asked.encode()).result
    assert result.next_in(to_text(found)) == length


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[1]", " holds a list, not an object"),
        ('"text"', ' holds "text", not an object'),
        ('{"mesage": "x"}', ': "mesage" is not a key; did you mean "message"?'),
        ('{"message": {}}', ": `message` is a table, not a text"),
        ('{"success": "yes"}', ': `success` is "yes", not true or false'),
        ('{"error": 3}', ": `error` is 3, not a text"),
        ('{"status": 42}', ": `status` is 42, not a status of HTTP"),
        ('{"status": true}', ": `status` is true, not a status of HTTP"),
        ('{"next_in": 0.5}', ": `next_in` is 0.5, less than a second"),
        ('{"next_in": -1}', ": `next_in`: -1 is not a duration from 0 to 100 years"),
        ('{"next_in": 1e300}', ": `next_in`: a number of many digits is not a duration"),
        ('{"next_in": true}', ": `next_in`: true is not a duration"),
        ('{"next_in": "soon"}', ': `next_in`: "soon" is not a duration; write "5m"'),
        ('{"metrics": [1]}', ": `metrics` is a list, not an object"),
        ('{"metrics": {"a": true}}', ": metric a is true, not a number"),
        ('{"metrics": {"a b": 1}}', ': "a b" is not the name of a metric'),
        ('{"data": ' + "[" * 200 + "]" * 200 + "}", ": `data` is more than 100 levels deep"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(content, problem):
    found = understood(content.encode())
    assert [each[: len(problem) + 17] for each in found.problems] == ["$JOBRUNNER_RESULT" + problem]
    assert found.result is None


@pytest.mark.parametrize(
    "content", [b"not json", b"{", b'{"message": "\xff"}', b'{"a": NaN}', b"[" * 100_000]
)
def test_what_is_not_json_is_told(content):
    (problem,) = understood(content).problems
    assert problem.startswith("$JOBRUNNER_RESULT is not JSON: ")


def test_a_job_names_what_failed_and_what_a_server_answered():
    found = understood(b'{"error": "ConnectionError", "status": 503}')
    assert found.result == Result(error="ConnectionError", status=503)


def test_one_wrong_value_spoils_no_other():
    found = understood(b'{"success": false, "next_in": "soon", "metrics": {"a": 1, "b": "x"}}')
    assert found.result == Result(success=False, metrics={"a": 1.0})
    assert len(found.problems) == 2


def test_many_problems_are_told_in_few_sentences():
    found = understood(json.encode({f"key{number}": 1 for number in range(1000)}))
    assert len(found.problems) == 6
    assert found.problems[-1] == "$JOBRUNNER_RESULT: 995 more problems"


def test_only_so_many_metrics_are_kept():
    found = understood(json.encode({"metrics": {f"m{number}": number for number in range(120)}}))
    assert len(found.result.metrics) == 100
    assert found.problems == ("$JOBRUNNER_RESULT: of 120 metrics 100 are kept",)


def test_a_long_message_is_cut():
    (message,) = [understood(json.encode({"message": "x" * 2000})).result.message]
    assert message == "x" * 999 + "…"


def test_a_file_that_is_too_large_is_not_read(path):
    os.truncate(path, result.MOST + 1)
    assert read(path, ME) == Found(problems=("$JOBRUNNER_RESULT is over 256 KiB",))


def test_a_file_of_exactly_the_bound_is_read(path):
    text = '{"message": "x"}'
    assert left(path, text + " " * (result.MOST - len(text))).result == Result(message="x")


@pytest.mark.parametrize("plant", [os.symlink, os.link])
def test_nobody_elses_file_is_read_under_this_name(path, plant, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text('{"message": "root:x"}')
    Path(path).unlink()
    plant(secret, path)
    found = read(path, ME)
    assert found.result is None
    assert len(found.problems) == 1


@pytest.mark.parametrize("plant", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_waited_for(path, plant):
    Path(path).unlink()
    plant(path)
    assert read(path, ME).problems == ("$JOBRUNNER_RESULT is not the file that was made for it",)


def test_a_file_of_another_user_is_not_believed(path):
    assert read(path, ME + 1).problems == (
        "$JOBRUNNER_RESULT is not the file that was made for it",
    )


def test_a_new_file_is_for_the_jobs_user_alone_whatever_the_umask(tmp_path):
    old = os.umask(0)
    result.make(str(tmp_path / "a"), OWNER)
    os.umask(0o777)
    result.make(str(tmp_path / "b"), OWNER)
    os.umask(old)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in "ab"] == [0o600, 0o600]


@pytest.mark.skipif(ME != 0, reason="NOT TESTED: giving a file to another user, for want of root")
def test_under_root_the_file_belongs_to_the_jobs_user(tmp_path):
    path = tmp_path / "a"
    result.make(str(path), (12345, 54321))
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)
    assert read(str(path), 12345) == Found()


def test_a_file_is_never_made_over_another(path):
    with pytest.raises(FileExistsError):
        result.make(path, OWNER)


def test_removing_takes_the_file_away_once_or_twice(path):
    result.remove(path)
    result.remove(path)
    assert not Path(path).exists()


@given(st.binary(max_size=200) | VALUES.map(json.encode))
def test_nothing_that_is_left_is_too_much(content):
    assert isinstance(understood(content), Found)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "message": VALUES,
            "data": VALUES,
            "metrics": VALUES | st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), VALUES),
            "next_in": VALUES,
            "success": VALUES,
        },
    )
)
def test_what_was_understood_comes_back_from_the_ledger(table):
    found = understood(json.encode(table)).result
    assert from_text(to_text(found)) == found


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"message": 3}', "[" * 100_000])
def test_what_the_ledger_kept_is_not_believed_either(text):
    assert from_text(text) is None
    assert result.next_in(text) is None
