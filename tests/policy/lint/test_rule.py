"""Each rule: what it advises on, and what it leaves alone."""

from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from jobrunner.config.moment import window
from jobrunner.model.job import Http, Retry, Timing
from jobrunner.model.value import Duration, Moment, Windows, Words
from jobrunner.policy.lint import command, course, placing, timing
from jobrunner.policy.lint.rule import advise
from jobrunner.policy.lint.subject import Subject
from tests.build import NOON, make_job

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def subject(*, has_schedule=True, next_at=NOON, gap=None, usual=None, pauses=timedelta(), **job):
    return Subject(
        job=make_job(**job),
        now=NOON,
        has_schedule=has_schedule,
        next_at=next_at,
        gap=gap,
        usual=usual,
        pauses=pauses,
    )


def said(rule, **changes):
    return [advice.message for advice in rule(subject(**changes))]


def of_cron(rule, *expressions):
    return said(rule, cron=Words(expressions))


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"next_at": NOON + timedelta(days=365)}, 0),
        ({"next_at": NOON + timedelta(days=367)}, 1),
        ({"next_at": None}, 1),
        ({"next_at": None, "has_schedule": False}, 0),
        ({"next_at": None, "enabled": False}, 0),
        ({"next_at": None, "cron": Words(("@reboot",))}, 0),
    ],
)
def test_seldom_is_a_slot_over_a_year_away_or_none(changes, number):
    assert len(said(timing.seldom, **changes)) == number


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("*/7 * * * *", "minute 56 is followed by 0, 4 later"),
        ("*/90 * * * *", "*/90 in the minute is minute 0 alone"),
        ("0 */5 * * *", "hour 20 is followed by 0, 4 later"),
        ("0 0 */2 * *", "day 31 is followed by 1, 1 later"),
        ("0 0 1 */5 *", "month 11 is followed by 1, 2 later"),
        ("0 0 * * */2", "weekday 6 is followed by 0, 1 later"),
        ("*/7 * * * * *", "second 56 is followed by 0, 4 later"),
    ],
)
def test_a_step_that_does_not_come_out_even_is_told(expression, words):
    (message,) = of_cron(timing.uneven_step, expression)
    assert words in message


@pytest.mark.parametrize(
    "expression",
    ["*/15 * * * *", "0 */6 * * *", "* * * * *", "*/1 * * * *", "0-30/7 * * * *", "H/7 * * * *"],
)
def test_steps_that_come_out_even_or_were_bounded_are_left_alone(expression):
    assert of_cron(timing.uneven_step, expression) == []


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("0 0 1 * 1", 1),
        ("0 0 1-7 * MON", 1),
        ("0 0 1 * *", 0),
        ("0 0 * * 1", 0),
        ("0 0 */2 * 1", 0),
        ("0 0 ? * 1", 0),
        ("0 0 1 * ?", 0),
        ("@monthly", 0),
        ("@reboot", 0),
    ],
)
def test_two_kinds_of_day_are_told_unless_one_is_any(expression, number):
    assert len(of_cron(timing.either_day, expression)) == number


def test_schedules_are_read_too():
    timings = (Timing(cron=Words(("*/7 * * * *",))), Timing(every=Duration(hours=7)))
    assert len(said(timing.uneven_step, schedules=timings)) == 1
    assert len(said(timing.uneven_interval, schedules=timings)) == 1


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"every": Duration(hours=7)}, 1),
        ({"every": Duration(days=2)}, 1),
        ({"every": Duration(hours=8)}, 0),
        ({"every": Duration(hours=7), "start": Moment(NOON.date())}, 0),
        ({"every": Duration(hours=7), "every_from": "end"}, 0),
        ({}, 0),
    ],
)
def test_an_interval_counts_from_first_sight_or_not(changes, number):
    assert len(said(timing.uneven_interval, **changes)) == number


@pytest.mark.parametrize(
    ("between", "number"),
    [
        (["08:00-12:00", "11:00-15:00"], 1),
        (["22:00-06:00", "05:00-07:00"], 1),
        (["22:00-06:00", "23:00-24:00"], 1),
        (["08:00-12:00", "12:00-15:00"], 0),
        (["22:00-06:00", "07:00-09:00"], 0),
        (["08:00-20:00"], 0),
        (["00:00-24:00", "08:00-09:00", "08:30-10:00"], 3),
    ],
)
def test_windows_that_overlap_are_told(between, number):
    assert len(said(timing.windows, between=Windows(map(window, between)))) == number


@pytest.mark.parametrize(
    ("catch_up", "gap", "told"),
    [
        ("all", MINUTE, ["after a night of 8h 00m without ticks, 100 runs follow one another"]),
        ("all", 30 * MINUTE, ["after a night of 8h 00m without ticks, 16 runs follow one another"]),
        ("all", HOUR, []),
        ("all", None, []),
        ("latest", MINUTE, []),
    ],
)
def test_making_up_for_every_slot_is_told_where_slots_are_close(catch_up, gap, told):
    assert said(timing.every_slot, catch_up=catch_up, gap=gap) == told


def test_a_job_without_a_timeout_is_told():
    assert len(said(course.timeout)) == 1
    assert said(course.timeout, timeout=Duration(hours=1)) == []


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"pauses": 6 * MINUTE, "gap": 5 * MINUTE}, 1),
        ({"pauses": 5 * MINUTE, "gap": 5 * MINUTE}, 0),
        ({"pauses": 2 * MINUTE, "usual": MINUTE, "gap": 5 * MINUTE}, 1),
        ({"pauses": 6 * MINUTE, "gap": None}, 0),
    ],
)
def test_retries_beyond_the_next_slot_are_told(changes, number):
    assert len(said(course.retries, retry=Retry(attempts=3), **changes)) == number


def test_a_deadline_keeps_retries_within_the_gap():
    rule = Retry(attempts=3, deadline=Duration(minutes=4))
    assert said(course.retries, retry=rule, pauses=HOUR, gap=5 * MINUTE) == []
    assert said(course.retries, retry=Retry(), pauses=HOUR, gap=5 * MINUTE) == []


def locked(name="sync", lock="db", **changes):
    return subject(name=name, lock=lock, **changes)


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"gap": MINUTE}, {"usual": HOUR}, ["usually takes 1h 00m"]),
        ({"gap": MINUTE}, {"timeout": Duration(hours=1)}, ["may take 1h 00m"]),
        ({"gap": MINUTE}, {"timeout": Duration(hours=1), "usual": MINUTE}, []),
        ({"gap": HOUR}, {"usual": HOUR}, []),
        ({"gap": MINUTE}, {"usual": HOUR, "lock": "other"}, []),
        ({"gap": MINUTE}, {"usual": HOUR, "enabled": False}, []),
        ({"gap": MINUTE, "overlap": "queue"}, {"usual": HOUR}, []),
        ({"gap": MINUTE}, {}, []),
    ],
)
def test_a_lock_that_a_long_job_has_is_told_to_the_short_one(one, other, words):
    found = list(course.long_lock([locked(**one), locked(**({"name": "backup"} | other))]))
    assert [advice.job for advice in found] == ["sync"] * len(words)
    assert all(word in advice.message for word, advice in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (r"pg_dump > a-$(date +\%F).sql", 1),
        (("date", r"+\%F"), 1),
        ("mail -s hi me%Hello", 1),
        ("mail -s hi me@example.com%Hello%Bye", 1),
        ("pg_dump > a-$(date +%F).sql", 0),
        ("date +%H%M%S", 0),
        ("date '+%A%Body'", 0),
        ("curl https://x/a%20b%C3%A4", 0),
        ("mv a ${x%Name}", 0),
        ("printf '%s\\n' x", 0),
    ],
)
def test_a_percent_sign_as_in_a_crontab_is_told(text, number):
    assert len(said(command.percent, command=text)) == number


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("x > /dev/null 2>&1", ["L114"]),
        ("x >/dev/null 2>&1 &", ["L114"]),
        ("x >> /dev/null 2>>/dev/null", ["L114"]),
        ("x &> /dev/null", ["L114"]),
        ("x >& /dev/null", ["L114"]),
        ("x 2>/dev/null >/dev/null", ["L114"]),
        ("x 1>/dev/null", ["L113"]),
        ("x > /dev/null\n", ["L113"]),
        ("x 2>/dev/null", []),
        ("command -v x >/dev/null && x", []),
        ("x >/dev/null 2>&1 || echo failed", []),
        ("x > /dev/nullify", []),
        (("x", "> /dev/null"), []),
    ],
)
def test_output_that_is_thrown_away_at_the_end_is_told(text, codes):
    found = command.thrown_away(subject(command=text))
    assert [advice.code for advice in found] == codes


@pytest.mark.parametrize("piece", ["a.", "a", " ", "> ", ">/dev/null ", "%", "a%B", "=://a:"])
def test_no_text_takes_long_to_look_through(piece):
    assert said(command.percent, command=piece * 20_000) == []
    assert len(said(command.thrown_away, command=piece * 20_000)) == (piece == ">/dev/null ")
    assert said(command.secret, env={"A": piece * 20_000}) == []


def test_who_says_that_nothing_is_kept_is_believed():
    assert said(command.thrown_away, command="x >/dev/null 2>&1", capture="none") == []


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("API_TOKEN", "dd8c1b", 1),
        ("PGPASSWORD", "x", 1),
        ("URL", "https://me:secret@host/", 1),
        ("ACCESS", "AKIA" + "Q" * 16, 1),
        ("API_TOKEN", "", 0),
        ("API_TOKEN", "$TOKEN", 0),
        ("API_TOKEN", "{param.TOKEN}", 0),
        ("API_TOKEN_FILE", "/etc/token", 0),
        ("URL", "https://host/", 0),
        ("LANG", "C", 0),
    ],
)
def test_a_secret_in_the_file_is_told_and_never_shown(name, value, number):
    found = said(command.secret, env={name: value})
    assert len(found) == number
    assert not any(value in message for message in found if value)


def test_headers_and_schedules_are_looked_at_too():
    call = Http(url="https://x", headers={"Authorization": "Bearer x"})
    timings = (Timing(every=Duration(hours=1), env={"API_KEY": "x"}),)
    assert len(said(command.secret, command=None, http=call, schedules=timings)) == 2


def test_advice_comes_by_code_then_by_job():
    jobs = [subject(name=name, every=Duration(hours=7)) for name in "ba"]
    found = [(advice.code, advice.job) for advice in advise(jobs)]
    assert found == [("L106", "b"), ("L106", "a"), ("L107", "b"), ("L107", "a")]


def test_a_far_slot_is_told_in_the_zone_of_the_job():
    far = datetime(2028, 2, 28, 23, 30, tzinfo=timezone(timedelta()))
    assert said(timing.seldom, next_at=far) == ["the next slot is on 2028-02-28"]


@pytest.mark.parametrize(
    ("hosts", "prefer", "is_advised"),
    [
        (("web-*",), ("db-1",), True),
        (("web-*",), ("web-1",), False),
        (("web-*",), ("web-1", "db-1"), True),
        (("web-*", "db-*"), ("db-1",), False),
        (("web-1", "web-2"), ("web-*",), False),
        (("web-1",), ("db-*",), True),
        (("web-*",), ("db-*",), True),
        (("web-*",), ("web-1*",), False),
        (("*",), ("db-*",), False),
        ((), ("db-1",), False),
        (("web-*",), (), False),
    ],
)
def test_a_preference_that_no_host_allows_is_advised_on(hosts, prefer, is_advised):
    found = [*placing.unmet(subject(hosts=hosts, prefer=prefer))]
    assert bool(found) is is_advised
    assert not [*placing.unmet(subject(hosts=hosts, prefer=prefer, on="every"))]


def test_a_label_that_the_file_speaks_of_may_be_preferred():
    preferring = subject(hosts=("web-*",), prefer=("ssd",))
    assert [*placing.unmet(preferring)]
    assert not [*placing.unmet(replace(preferring, labels=frozenset({"ssd"})))]


def test_a_preference_of_every_host_is_advised_on():
    (found,) = placing.idle(subject(on="every", prefer=("web-1",)))
    assert (found.code, found.key) == ("L118", "prefer")
    assert not [*placing.idle(subject(on="one", prefer=("web-1",)))]
    assert not [*placing.idle(subject(on="every"))]
