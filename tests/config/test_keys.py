"""Each key of a job: what it may hold and what it becomes; what it may not, and what is said."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from jobrunner.config import parse
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.model.job import Calendar, Expect, Job, Param, Retry, Threshold, Timing
from jobrunner.model.value import Duration, Moment, Window, Zone
from jobrunner.schedule.compose import compose
from tests.build import NOON

BERLIN = "Europe/Berlin"


def job_of(keys: str, *, before: str = "", **more: Any) -> Job:
    """The job of a file with these keys, and a command if there is none."""
    kinds = ("command", "http", "python", "sql")
    command = "" if any(keys.startswith(kind) for kind in kinds) else 'command = "true"\n'
    text = f"{before}\n[jobs.a]\n{command}{keys}"
    return parse(text, "/etc/j/jobs.toml", **more).jobs["a"]


def problems_of(text: str, **more: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text, "/etc/j/jobs.toml", **more)
    return caught.value.problems


def told(keys: str, *, before: str = "") -> list[tuple[str, str]]:
    """The codes of what is wrong with a job of these keys, each with the text at its caret."""
    command = "" if keys.startswith("command") else 'command = "true"\n'
    problems = problems_of(f"{before}\n[jobs.a]\n{command}{keys}")
    return [(p.code, p.source[p.column - 1 : p.column - 1 + p.length]) for p in problems]


GOOD = [
    ("command = ['a', 'b c']", "command", ("a", "b c")),
    ("shell = ['/bin/bash', '-eu']", "shell", ("/bin/bash", "-eu")),
    ("shell = '/bin/bash'", "shell", ("/bin/bash",)),
    ("cwd = 'data'", "cwd", "/etc/j/data"),
    ("cwd = '../x'", "cwd", "/etc/x"),
    ("cwd = '~/x'", "cwd", "~/x"),
    ("env = { A = 'x', B = 2 }", "env", {"A": "x", "B": "2"}),
    ("expect = { file = 'out' }", "expect", Expect(file="/etc/j/out")),
    ("env_file = '?opt.env'", "env_file", ("?/etc/j/opt.env",)),
    ("env_file = ['a', '/b']", "env_file", ("/etc/j/a", "/b")),
    ("inherit_env = false", "inherit_env", False),
    ("inherit_env = ['PATH']", "inherit_env", ("PATH",)),
    ("umask = '077'", "umask", "077"),
    ("umask = '0027'", "umask", "0027"),
    ("user = 'postgres'", "user", "postgres"),
    ("user = '1000'", "user", "1000"),
    ("cron = '@daily'", "cron", ("@daily",)),
    ("cron = ['@reboot', '0 3 * * *']", "cron", ("@reboot", "0 3 * * *")),
    ("every = '90s'", "every", timedelta(seconds=90)),
    ("every = '1.5h'", "every", timedelta(minutes=90)),
    ("every = 3600", "every", timedelta(hours=1)),
    ("timeout = '1w2d3h4m5s6ms'", "timeout", timedelta(9, 11045, 6000)),
    ("kill_after = '0s'", "kill_after", timedelta()),
    ("redact = ['[[a]']", "redact", ("[[a]",)),
    ("timeout = false", "timeout", None),
    ("slow_after = false", "slow_after", None),
    ("start = 2026-12-01", "start", Moment(date(2026, 12, 1))),
    ("end = 9999-12-31", "end", Moment(date(9999, 12, 31))),
    ("end = 2026-12-01T09:00:00Z", "end", Moment(datetime(2026, 12, 1, 9, tzinfo=UTC))),
    (
        "at = 2026-12-01T09:00:00",
        "at",
        (Moment(datetime(2026, 12, 1, 9)),),  # noqa: DTZ001 - wall-clock time
    ),
    ("skip_dates = [2026-12-06]", "skip_dates", (date(2026, 12, 6),)),
    ("between = '08:00-20:00'", "between", (Window(time(8), time(20)),)),
    ("between = ['22:00-06:00']", "between", (Window(time(22), time(6)),)),
    ("between = '22:00-24:00'", "between", (Window(time(22), None),)),
    ("timezone = 'UTC+7'", "timezone", Zone("UTC+7", timezone(timedelta(hours=7)))),
    ("timezone = 'GMT+7'", "timezone", Zone("GMT+7", timezone(timedelta(hours=7)))),
    (
        "timezone = 'UTC-03:30'",
        "timezone",
        Zone("UTC-03:30", timezone(timedelta(hours=-3, minutes=-30))),
    ),
    ("calendar = 'DE-BY'", "calendar", Calendar(country="DE", region="BY")),
    ("calendar = { ics = 'off.ics' }", "calendar", Calendar(ics="/etc/j/off.ics")),
    ("retries = 3", "retry", Retry(attempts=3)),
    ("retry = { delay = '1m' }", "retry", Retry(delay=Duration(minutes=1))),
    ("stop_signal = 'SIGINT'", "stop_signal", "INT"),
    ("output_limit = '512KiB'", "output_limit", 512 * 1024),
    ("output_limit = '1.5MB'", "output_limit", 1_500_000),
    ("output_limit = 10", "output_limit", 10),
    ("redact = ['token=(\\S+)']", "redact", ("token=(\\S+)",)),
    ("params = { A = { default = 'x' } }", "params", {"A": Param(default="x")}),
    ("notify_after = 3", "notify_after", Threshold(failures=3)),
    ("notify_after = { failures = 3, of = 10 }", "notify_after", Threshold(failures=3, of=10)),
    ("schedules = [{ every = '5m', env = { A = 1 } }]", "schedules",
     (Timing(every=Duration(minutes=5), env={"A": "1"}),)),
    ("python = 'pkg.mod:run'", "python", "pkg.mod:run"),
    ("sql = 'CALL x()'\ndatabase_env = 'DB'", "sql", "CALL x()"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "field", "value"), GOOD, ids=[case[0] for case in GOOD])
def test_a_key_becomes_its_value(keys: str, field: str, value: object) -> None:
    assert getattr(job_of(keys), field) == value


@pytest.mark.parametrize("keys", [case[0] for case in GOOD])
def test_a_good_key_is_not_blamed_for_a_bad_one(keys: str) -> None:
    assert {problem.code for problem in problems_of(f"[jobs.a]\n{keys}\nx_y_z = 1")} == {"E101"}


BAD = [
    ("comand = 'x'", "E101", "comand"),
    ("name = 'x'", "E101", "name"),
    ("origin = 'x'", "E101", "origin"),
    ("calendar = { days = {} }", "E101", "days"),
    ("retry = { atempts = 1 }", "E101", "atempts"),
    ("enabled = 'no'", "E102", "'no'"),
    ("tags = 'x'", "E102", "'x'"),
    ("tags = [1]", "E102", "1"),
    ("retry = 3", "E102", "3"),
    ("retry = false", "E102", "false"),
    ("env = { A = true }", "E102", "true"),
    ("env = { A = 1.5 }", "E102", "1.5"),
    ("timeout = true", "E102", "true"),
    ("retries = '3'", "E102", "'3'"),
    ("retries = -1", "E103", "-1"),
    ("retry = { attempts = -1 }", "E103", "-1"),
    ("success_codes = [256]", "E103", "256"),
    ("max_instances = 0", "E103", "0"),
    ("limits = { nice = 20 }", "E103", "20"),
    ("every = '10ms'", "E103", "'10ms'"),
    ("notify_after = 0", "E103", "0"),
    ("notify_after = { failures = 3, of = 2 }", "E103", "{ failures = 3, of = 2 }"),
    ("timeout = '0s'", "E103", "'0s'"),
    ("overlap = 'wait'", "E104", "'wait'"),
    ("retry = { on = ['eror'] }", "E104", "'eror'"),
    ("params = { A = { default = 'x', choices = ['y'] } }", "E104", "'x'"),
    ("calendar = 'ZZ'", "E104", "'ZZ'"),
    ("calendar = 'DE-XX'", "E104", "'DE-XX'"),
    ("timeout = '5 minutes'", "E105", "'5 minutes'"),
    ("timeout = '5mm'", "E105", "'5mm'"),
    ("timeout = '-5m'", "E105", "'-5m'"),
    ("timeout = '1m1h'", "E105", "'1m1h'"),
    ("timeout = ''", "E105", "''"),
    ("timeout = 1.5", "E105", "1.5"),
    ("timeout = -1", "E105", "-1"),
    ("timeout = '999999999999w'", "E105", "'999999999999w'"),
    ("timeout = '٣s'", "E105", "'٣s'"),
    ("output_limit = '1 meg'", "E106", "'1 meg'"),
    ("output_limit = -1", "E106", "-1"),
    ("output_limit = '999999999999999999TiB'", "E106", "'999999999999999999TiB'"),
    ("start = '2026-12-01'", "E107", "'2026-12-01'"),
    ("start = 12:00:00", "E107", "12:00:00"),
    ("start = 0001-01-01", "E107", "0001-01-01"),
    ("start = 3000-01-01", "E107", "3000-01-01"),
    ("end = 1899-12-31", "E107", "1899-12-31"),
    ("at = [2026-12-01]", "E107", "2026-12-01"),
    ("skip_dates = [2026-12-01T00:00:00]", "E107", "2026-12-01T00:00:00"),
    ("skip_dates = ['2026-12-01']", "E107", "'2026-12-01'"),
    ("between = '8-20'", "E108", "'8-20'"),
    ("between = '08:00-25:00'", "E108", "'08:00-25:00'"),
    ("between = ['08:00-09:00', '24:00-08:00']", "E108", "'24:00-08:00'"),
    ("timezone = 'Berlin'", "E109", "'Berlin'"),
    ("timezone = '../../etc/passwd'", "E109", "'../../etc/passwd'"),
    ("timezone = 'UTC+15'", "E109", "'UTC+15'"),
    ("timezone = 'right/UTC'", "E109", "'right/UTC'"),
    ("cron = '61 * * * *'", "E110", "61"),
    ("cron = ['0 0 * * *', '0 25 * * *']", "E110", "25"),
    ("cron = '0 0 31 2 *'", "E110", None),
    ("cron = '* * * *'", "E110", None),
    ('cron = "0\\t25 * * *"', "E110", '"0\\t25 * * *"'),
    ("cron = '''0 25 * * *'''", "E110", "25"),
    ("schedules = [{ cron = '0 25 * * *' }]", "E110", "25"),
    ("start = 2026-12-24\nend = 2026-12-01", "E111", "2026-12-01"),
    ("cron = '0 3 * * *'\nbetween = '08:00-20:00'", "E111", "'08:00-20:00'"),
    ("every = '1d'\nbetween = '08:00-20:00'", "E111", "'08:00-20:00'"),
    ("at = 2026-12-06T09:00:00\nskip_dates = [2026-12-06]", "E111", "[2026-12-06]"),
    ("cron = '0 0 24 12 *'\nstart = 2026-01-01\nend = 2026-06-30", "E111", "2026-06-30"),
    ("redact = ['x', '(']", "E112", "("),
    ("expect = { output = '[' }", "E112", "["),
    ("umask = '22'", "E113", "'22'"),
    ("umask = '888'", "E113", "'888'"),
    ("user = 'a b'", "E113", "'a b'"),
    ('user = "root\\n"', "E113", '"root\\n"'),
    ("lock = 'a/b'", "E113", "'a/b'"),
    ("env = { 'A-B' = 'x' }", "E113", "'A-B'"),
    ("params = { '1' = {} }", "E113", "'1'"),
    ("params = { A = { default = 'x', pattern = 'y' } }", "E113", "'x'"),
    ("calendar = 'germany'", "E113", "'germany'"),
    ("calendar = ''", "E113", "''"),
    ("calendar = 'DE-'", "E113", "'DE-'"),
    ('description = "a\\u0000b"', "E114", '"a\\u0000b"'),
    ("stop_signal = 'TREM'", "E115", "'TREM'"),
    ("stop_signal = '15'", "E115", "'15'"),
    ("command = ''", "E116", "''"),
    ("command = ' '", "E116", "' '"),
    ("command = []", "E116", "[]"),
    ("command = ['']", "E116", "['']"),
    ("shell = ['/bin/sh', '']", "E116", "''"),
    ("success_codes = []", "E116", "[]"),
    ("notify = ['ops']", "E120", "'ops'"),
    ("pool = 'db'", "E121", "'db'"),
    ("after = ['b']", "E122", "'b'"),
    ("after = ['a']", "E123", "['a']"),
    ("python = 'a:b'", "E130", "'a:b'"),
    ("schedules = [{}]", "E130", "{}"),
    ("schedules = [{ cron = '@daily', every = '1h' }]", "E130", None),
    ("calendar = { country = 'DE', ics = 'x' }", "E130", None),
    ("calendar = { ics = 'x', region = 'BY' }", "E133", "'BY'"),
    ("retries = 1\nretry = { attempts = 2 }", "E131", "retries"),
    ("every = '1h'\ncron = '@daily'", "E131", "'1h'"),
    ("every_from = 'end'", "E133", "'end'"),
    ("max_instances = 3", "E133", "3"),
    ("max_catch_up = 3", "E133", "3"),
    ("on_holiday = 'next'", "E133", "'next'"),
    ("expect = { newer = true }", "E133", None),
    ("cron = ['0 9 * * *', '0 25 * * *']\nbetween = '10:00-11:00'", "E110", "25"),
    ("env = { A = 99999999999999999999 }", "E102", "99999999999999999999"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "code", "caret"), BAD, ids=[case[0] for case in BAD])
def test_a_bad_value_is_told_at_its_place(keys: str, code: str, caret: str | None) -> None:
    ((found, text),) = told(keys)
    assert (found, text if caret else None) == (code, caret)


@pytest.mark.parametrize(
    ("keys", "hint"),
    [
        ("comand = 'x'", 'did you mean "command"?'),
        ("timeout = '5 min'", 'write "5m" (units ms s m h d w, e.g. "1h30m")'),
        ("timezone = 'europe/berlin'", 'did you mean "Europe/Berlin"?'),
        ("timezone = 'Berlin'", 'did you mean "Europe/Berlin"?'),
        ("overlap = 'que'", 'did you mean "queue"?'),
        ("overlap = 'zzz'", "write one of: allow, queue, replace, skip"),
        ("stop_signal = 'sigterm'", 'did you mean "TERM"?'),
        ("after = ['aa']", 'did you mean "a"?'),
        ("cron = '0 0 25 * * *'", ""),
    ],
)
def test_a_problem_says_what_to_do(keys: str, hint: str) -> None:
    (problem,) = problems_of(f"[jobs.a]\ncommand = 'x'\n{keys}")
    assert problem.suggestion == hint


@pytest.mark.parametrize(
    "keys",
    [
        "cron = '0 3 * * *'\nbetween = '08:00-03:00'",
        "cron = '*/10 * * * *'\nbetween = '03:10-03:10'",
        "every = '14d'\nbetween = '08:00-20:00'",
        "every = '7m'\nbetween = '08:00-08:05'",
        "every = '10m'\nevery_from = 'end'\nbetween = '08:00-20:00'",
        "cron = '@reboot'\nbetween = '08:00-20:00'",
        "cron = '0 0 24 12 *'\nend = 2026-06-30",
        "between = '08:00-20:00'",
        "cron = '@daily'\nstart = 2026-01-01\nend = 2026-06-30\ninitial_delay = '52w'",
        "cron = '0 9 * * *'\nbetween = '08:00-20:00'\ncalendar = { file = 'off.txt' }",
        "schedules = [{ every = '1h' }]\nevery_from = 'end'\nbetween = '08:00-20:00'",
        "params = { p = { choices = ['a'] } }\nbetween = '08:00-20:00'",
        "at = 2026-12-06T09:00:00\nbetween = '08:00-20:00'",
        "at = 2026-12-06T09:00:00\nstart = 1970-01-01\nend = 2026-12-31",
        "at = [2015-12-06T07:00:00, 2055-12-06T09:00:00]\nbetween = '08:00-20:00'",
        "schedules = [{ at = 2026-12-06T09:00:00 }]\nend = 2026-12-31\nbetween = '08:00-20:00'",
        "at = 2099-01-01T09:00:00\ncron = '@daily'\nstart = 2026-01-01\nend = 2026-12-31",
    ],
)
def test_what_may_come_due_is_let_pass(keys: str) -> None:
    assert job_of(keys).between or job_of(keys).end


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Bangkok", "UTC-12", "UTC+14"])
@pytest.mark.parametrize("when", ["cron = '0 3 * * *'", "every = '2h'", "every = '1d'"])
@pytest.mark.parametrize("end", ["9999-12-31", "9999-12-31T23:59:59", "9999-12-31T23:59:59-12:00"])
def test_an_end_at_the_end_of_the_calendar_is_no_end(zone: str, when: str, end: str) -> None:
    job = job_of(f"{when}\nstart = 2026-01-01\nend = {end}\ntimezone = '{zone}'")
    endless = job_of(f"{when}\nstart = 2026-01-01\ntimezone = '{zone}'")
    schedules = [compose(one, NOON) for one in (job, endless)]
    assert len({schedule.next_after(NOON) for schedule in schedules}) == 1


@pytest.mark.parametrize("name", ["", "a b", "é", ".", "..", "a" * 65, "a\n", "-\u202e"])
def test_a_job_needs_a_plain_name(name: str) -> None:
    quoted = name.replace("\n", "\\n")
    (problem,) = problems_of(f"[jobs.\"{quoted}\"]\ncommand = 'x'")
    assert (problem.code, problem.line) == ("E113", 1)


def test_a_circle_is_told_once_as_its_path() -> None:
    jobs = {"a": "b", "b": "c", "c": "a", "d": "a"}
    text = "".join(f"[jobs.{n}]\ncommand='x'\nafter=['{a}']\n" for n, a in jobs.items())
    (problem,) = problems_of(text)
    assert problem.message == "jobs wait for each other: a -> b -> c -> a"


def test_a_chain_may_be_as_long_as_the_file() -> None:
    text = "".join(f"[jobs.j{n}]\ncommand='x'\nafter=['j{n + 1}']\n" for n in range(2000))
    assert len(parse(text + "[jobs.j2000]\ncommand='x'", "jobs.toml").jobs) == 2001


@pytest.mark.parametrize("secret", ["ping = 'https://x/hush'"])
def test_a_secret_is_in_no_repr(secret: str) -> None:
    job = job_of(secret)
    assert "hush" in job.ping
    assert "hush" not in repr(job)
