"""How a problem is shown, on any line of any file."""

import pickle
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.config import parse
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.config.secret import veiled, veiled_text
from jobrunner.config.spelling import nearest, told
from jobrunner.errors import JobrunnerError, UnusableError


def shown(text: str | bytes, origin: str = "jobs.toml") -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, origin)
    return str(caught.value)


def test_a_problem_of_syntax_has_the_same_shape() -> None:
    assert shown("[jobs.a]\ncommand = echo\n") == (
        "error[E100]: invalid value\n --> jobs.toml:2:11\n  |\n2 | command = echo\n  |           ^"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x = '", "1:6"),
        ("\n[a]\n[a]\n", "3:3"),
        ("\n\nx = [1,\n", "3:8"),
        (b"a = 1\nb = '\xff'", "2:6"),
        (b"\xef\xbb\xbfa b", "1:3"),
        ("a = 1\r\nb c", "2:3"),
        ("a = '\ud800'", "1:6"),
        ("x = " + "9" * 5000, "1:5"),
    ],
)
def test_syntax_is_told_at_its_line_and_column(text: str | bytes, place: str) -> None:
    assert f"--> jobs.toml:{place}\n" in shown(text)


def test_a_wide_character_moves_the_caret() -> None:
    lines = shown("[jobs.a]\ndescription = '備份'\ncommand = 'x'\n'備份' = 1").split("\n")
    assert lines[3:5] == ["4 | '備份' = 1", "  | ^^^^^^"]


def test_a_mark_above_a_letter_does_not_move_the_caret() -> None:
    lines = shown("[jobs.a]\ncommand = 'x'\n'e\u0301' = 1").split("\n")
    assert lines[4] == "  | ^^^"


def test_a_number_of_many_digits_is_not_spelt_out() -> None:
    assert "a number of many digits" in shown(f"[jobs.a]\ncommand = {10**30}")


def test_a_tab_is_one_column() -> None:
    lines = shown("[jobs.a]\ncommand = 'x'\n\tx\t=\t1").split("\n")
    assert lines[3:5] == ["3 |  x = 1", "  |  ^"]


def test_what_a_terminal_would_act_on_is_not_shown() -> None:
    said = shown('[jobs."\\u001b[2J"]\n"\u202ex" = 1', "a\x1b]0;")
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "a\N{REPLACEMENT CHARACTER}]0;" in said


def test_a_long_line_is_cut_around_the_place() -> None:
    text = (
        f"jobs = {{ a = {{ command = '{'x' * 5000}', timeout = '5 m', docs = '{'y' * 5000}' }} }}"
    )
    said = shown(text)
    assert "timeout = '5 m'" in said
    assert max(map(len, said.split("\n"))) < 200


def test_a_value_of_several_lines_is_told_at_its_first() -> None:
    lines = shown("[jobs.a]\ncommand = 'x'\ntags = '''\nx\n'''").split("\n")
    assert lines[3:5] == ["3 | tags = '''", "  |        ^^^"]


def test_problems_are_the_ones_that_the_error_carries() -> None:
    with pytest.raises(UnusableError) as caught:
        parse("[jobs.a]\nx=1\ny=2", "f")
    assert isinstance(caught.value, ConfigError)
    assert isinstance(caught.value, JobrunnerError)
    assert [problem.line for problem in caught.value.problems] == [2, 3]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert "\n\n".join(p.render() for p in caught.value.problems) == str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "[settings]\nstore = 'mysql://u:hush@x/y'",
        "[settings]\nstore = 'hush://hush'",
        "[settings]\nclaims = 'hush://hush'",
        "[settings]\nstore = 'postgresql://x'\nclaims = 'redis://:hush@x'",
        "[settings]\nheartbeat = 'https://hush'\nheartbeat_env = 'X'\nheartbeat = 'hush'",
        "[notify]\nx = { url = \"a\\\"hush\", tail_lines = -1, 'webhook' = 'hush' }",
        "[jobs.a]\nping = 'https://hc/hush",
        "[jobs.a]\ncommand='x'\nenv = { PGPASSWORD = 'hush', 'A-B' = 'x', api_key = 'hush' }",
        "[jobs.a]\nenv.MY_TOKEN = hush",
        "[notify.x]\nsecret = 5\nsecret_env = 'hu sh'",
        "crontabs = [1]\n[notify.x]\nSECRET-X='hush'",
        "[jobs.a]\nhttp = {headers={Authorization='Bearer hush', Cookie = \"hush\"}",
        "[jobs.a]\nenv = { SENTRY_DSN = 'hush', JWT='hush', SSH_PASSPHRASE=\"hush\"",
    ],
)
def test_a_secret_is_not_shown_with_its_line(text: str) -> None:
    assert "hush" not in shown(text)


def test_where_a_secret_lies_is_shown() -> None:
    lines = shown("[settings]\nstore = 'mysql://u:p@x'  # why").split("\n")
    assert lines[3] == "2 | store = ***************  # why"
    assert lines[4].startswith("  |         ^^^^^^^^^^^^^^^ write ")


@pytest.mark.parametrize("part", ["token=", "token='", "a_key=", "a", "token"])
def test_a_line_of_a_megabyte_is_starred_out_at_once(part: str) -> None:
    line = part * (1_000_000 // len(part))
    assert len(veiled(line)) == len(line)


def test_a_problem_of_the_whole_file_has_no_line() -> None:
    problem = Problem(code="E100", message="it is all wrong", file="f", suggestion="begin anew")
    assert problem.render() == "error[E100]: it is all wrong\n --> f\n  = begin anew"


@pytest.mark.parametrize(
    ("word", "name"),
    [("comand", "command"), ("COMMAND", "command"), ("cwdd", "cwd"), ("zzz", None), ("", None)],
)
def test_the_nearest_word_is_found(word: str, name: str | None) -> None:
    assert nearest(word, ["command", "cwd", "comments"]) == name
    assert nearest(word, ["comments", "cwd", "command"]) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (5, "5"),
        (10**18, "a number of many digits"),
        ("a\nb", '"a\N{REPLACEMENT CHARACTER}b"'),
        ("x" * 100, f'"{"x" * 57}..."'),
        ([1], "a list"),
        ({}, "a table"),
    ],
)
def test_a_value_is_told_shortly(value: object, text: str) -> None:
    assert told(value) == text


def test_where_an_upgrade_of_python_took_the_search_away_no_word_is_suggested(monkeypatch):
    assert nearest("comand", ["command"]) == "command"
    monkeypatch.setitem(sys.modules, "difflib", None)
    assert nearest("comand", ["command"]) is None


@pytest.mark.parametrize("quote", ['"""', "'''"])
def test_a_secret_of_several_lines_is_starred_out_to_its_end(quote):
    text = f"secret = {quote}\nhunter2\nhunter3{quote}\ncron = 1\npassword = {quote}\nhunter4"
    safe = veiled_text(text)
    assert "hunter" not in safe
    assert [*map(len, safe.splitlines())] == [*map(len, text.splitlines())]
    assert "cron = 1" in safe.splitlines()


@given(st.text(alphabet="ab='\"\n\r\u2028 token", max_size=60))
def test_every_line_stays_where_it_is_whatever_is_starred_out(text):
    safe = veiled_text(text)
    assert [*map(len, safe.splitlines(keepends=True))] == [
        *map(len, text.splitlines(keepends=True))
    ]
