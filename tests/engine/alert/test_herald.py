"""Which letters are written of what happens to a job."""

from datetime import timedelta

import pytest

from jobrunner.engine.alert.herald import Herald, Usual
from jobrunner.engine.alert.notice import decode
from jobrunner.model.breaker import Breaker
from jobrunner.model.decision import Look, Omit
from jobrunner.model.letter import PINGS, TRACES, Alarm
from jobrunner.model.run import Outcome, State
from jobrunner.model.settings import Channel, Config
from jobrunner.model.value import Duration
from jobrunner.policy.claim import passed, taken
from jobrunner.store.value import Gap
from tests.build import NOON, UTC_ZONE, make_job, make_run

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
EVERYTHING = (
    *("failure", "timeout", "lost", "recovered", "success", "slow", "too_fast", "output"),
    *("missed", "skipped", "retrying", "ended", "breaker_open", "breaker_closed"),
)
OFTEN = Usual(runs=20, p50=MINUTE, p95=2 * MINUTE)


def herald(*channels, jobs=()):
    channels = channels or (Channel(name="ops"),)
    config = Config(
        origin="/jobs.toml",
        channels={each.name: each for each in channels},
        jobs={job.name: job for job in jobs},
    )
    return Herald(config, UTC_ZONE.info)


def heard_job(**changes):
    return make_job(**({"notify": ("ops",), "notify_on": EVERYTHING} | changes))


def end(job, state=State.SUCCESS, *, usual=None, run_state=None, alarms=None, **measured):
    """What is told of an attempt that ended so."""
    outcome = Outcome(
        state=state, finished_at=NOON, **({"duration": MINUTE, "reason": ""} | measured)
    )
    run = make_run(state=run_state or state, attempts=1, started_at=NOON - MINUTE)
    return herald().of_end(run, job, outcome, usual)(alarms or {})


def events(told):
    return [(letter.channel, letter.event) for letter in told.letters]


@pytest.mark.parametrize(
    ("state", "more", "expected"),
    [
        (State.SUCCESS, {}, ["success"]),
        (State.SUCCESS, {"output_size": 7}, ["success", "output"]),
        (State.FAILED, {}, ["failure"]),
        (State.TIMEOUT, {}, ["timeout"]),
        (State.LOST, {}, ["lost"]),
        (State.STOPPED, {}, []),
        (State.FAILED, {"run_state": State.RETRYING}, ["retrying"]),
        (State.SUCCESS, {"usual": OFTEN, "duration": 5 * MINUTE}, ["success", "slow"]),
        (State.SUCCESS, {"usual": OFTEN, "duration": 4 * MINUTE}, ["success"]),
        (State.SUCCESS, {"usual": OFTEN, "duration": 5 * SECOND}, ["success", "too_fast"]),
        (State.SUCCESS, {"usual": OFTEN, "duration": 6 * SECOND}, ["success"]),
        (State.FAILED, {"usual": OFTEN, "duration": SECOND}, ["failure"]),
        (State.SUCCESS, {"usual": Usual(19, MINUTE, MINUTE), "duration": SECOND}, ["success"]),
        (
            State.SUCCESS,
            {"usual": Usual(99, SECOND / 2, SECOND), "duration": SECOND / 99},
            ["success"],
        ),
    ],
)
def test_an_end_is_told_as_what_it_is(state, more, expected):
    told = end(heard_job(), state, **more)
    assert events(told) == [("ops", event) for event in expected]


def test_a_run_over_its_limit_is_slow_whatever_is_usual():
    job = heard_job(slow_after=Duration(seconds=30))
    (_, letter) = end(job).letters
    assert (letter.event, decode(letter.text).limit_seconds) == ("slow", 30.0)


def test_a_recovery_stands_for_the_success_and_says_how_long_it_was_broken():
    since = NOON - timedelta(hours=2)
    known = Alarm(failures=3, since=since, raised_at=since, told_at=since)
    told = end(heard_job(), alarms={"ops": known})
    (letter,) = told.letters
    notice = decode(letter.text)
    assert (letter.event, notice.consecutive_failures) == ("recovered", 3)
    assert notice.broken_for_seconds == 7200.0
    assert told.alarms == {"ops": Alarm()}


def test_a_channel_hears_only_what_the_job_tells_and_it_takes():
    heralds = herald(Channel(name="ops", on=("recovered",)), Channel(name="all"))
    job = heard_job(notify=("ops", "all", "ops"), notify_on=("failure", "recovered"))
    run = make_run(state=State.FAILED, attempts=1)
    outcome = Outcome(state=State.FAILED, finished_at=NOON)
    assert events(heralds.of_end(run, job, outcome, None)({})) == [("all", "failure")]


def test_a_job_without_channels_is_not_thought_about():
    job = make_job(notify_on=EVERYTHING)
    run = make_run(state=State.FAILED, attempts=1)
    outcome = Outcome(state=State.FAILED, finished_at=NOON)
    assert herald().of_end(run, job, outcome, None) is None
    assert herald().of_left(run, job, NOON) is None


def test_a_watcher_hears_the_end_of_a_run_that_waited_for_another_attempt():
    job = make_job(ping="https://hc.example.com/1")
    tried = make_run(state=State.STOPPED, attempts=1)
    (letter,) = herald().of_left(tried, job, NOON)({}).letters
    assert (letter.channel, decode(letter.text).status) == (PINGS, "stopped")
    assert herald().of_left(make_run(state=State.SKIPPED), job, NOON) is None


def test_a_watcher_is_called_five_times_a_minute_and_told_of_every_change():
    heralds, job = herald(), make_job(ping="https://hc.example.com/1")
    told = []
    for number, state in enumerate([*[State.SUCCESS] * 9, State.FAILED, State.FAILED], 1):
        run = make_run(id=number, state=state, attempts=1)
        outcome = Outcome(state=state, finished_at=NOON)
        heed = heralds.of_end(run, job, outcome, None)
        told += heed({}).letters if heed else ()
    assert [letter.run for letter in told] == [1, 2, 3, 4, 5, 10]


def test_that_there_are_new_letters_is_told_once():
    heralds, job = herald(), heard_job()
    run, outcome = make_run(attempts=1), Outcome(state=State.SUCCESS, finished_at=NOON)
    decide = heralds.of_end(run, job, outcome, None)
    assert not heralds.has_written()
    decide({})
    assert (heralds.has_written(), heralds.has_written()) == (True, False)


def look(job, runs, **changes):
    decisions = (Omit(state=State.MISSED, first=NOON, last=NOON, count=1, reason="r"),)
    values = {"since": NOON - MINUTE, "until": NOON, "next_at": NOON + MINUTE, "schedule": "s"}
    seen = Look(job=job.name, **({"decisions": decisions} | values | changes))
    return [letter.event for letter in herald(jobs=[job]).of_look(seen, runs, NOON)]


def test_slots_that_do_not_run_are_told_and_those_that_do_are_not():
    states = (State.MISSED, State.QUEUED, State.SKIPPED)
    runs = [make_run(state=state) for state in states]
    assert look(heard_job(cron=("* * * * *",)), runs) == ["missed", "skipped"]


def test_slots_that_other_hosts_saw_to_are_told_to_nobody():
    runs = [
        make_run(state=State.SKIPPED, reason=taken("web-2")),
        make_run(state=State.MISSED, reason=passed("20m late or more", "web-2")),
    ]
    assert look(heard_job(cron=("* * * * *",)), runs) == []


def test_the_last_slot_of_a_job_is_told():
    assert look(heard_job(cron=("* * * * *",)), [], next_at=None) == ["ended"]
    assert look(heard_job(), [], next_at=None) == []
    assert look(heard_job(cron=("* * * * *",), enabled=False), [], next_at=None) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("closed", "open", ["breaker_open"]),
        ("closed", "closed", []),
        ("half_open", "open", []),
        ("open", "half_open", []),
        ("half_open", "closed", ["breaker_closed"]),
        ("open", "closed", ["breaker_closed"]),
    ],
)
def test_a_breaker_is_told_when_it_opens_and_when_it_closes(before, after, expected):
    moved = [Breaker(name="db", state=state) for state in (before, after)]
    letters = herald().of_breaker(heard_job(), make_run(), *moved, NOON)
    assert [letter.event for letter in letters] == expected


def test_the_host_is_told_of_to_every_channel_that_does_not_name_other_events():
    heralds = herald(
        Channel(name="all"),
        Channel(name="some", on=("config_invalid",)),
        Channel(name="other", on=("failure",)),
    )
    told = heralds.of_config("line 3: nonsense", NOON, "h")({})
    assert events(told) == [("all", "config_invalid"), ("some", "config_invalid")]
    assert heralds.of_config("line 4: nonsense", NOON, "h")(told.alarms).letters == ()
    mended = heralds.of_config("", NOON, "h")(told.alarms)
    assert [decode(letter.text).status for letter in mended.letters] == ["mended", "mended"]
    assert heralds.of_config("", NOON, "h")({}).letters == ()


def test_a_gap_is_told_once():
    gap = Gap(NOON - timedelta(hours=25), NOON)
    told = herald().of_gap(gap, 31, 4)({})
    notice = decode(told.letters[0].text)
    assert (notice.missed, notice.caught_up, notice.broken_for_seconds) == (31, 4, 90000.0)
    assert herald().of_gap(gap, 31, 4)(told.alarms).letters == ()
    later = Gap(NOON + MINUTE, NOON + timedelta(hours=1))
    assert len(herald().of_gap(later, 0, 0)(told.alarms).letters) == 1


def traced(**keys):
    return Herald(Config(origin="/jobs.toml"), UTC_ZONE.info, is_traced=True, **keys)


def test_who_collects_traces_hears_of_a_run_when_it_is_over():
    outcome = Outcome(state=State.FAILED, finished_at=NOON)
    again = make_run(state=State.RETRYING, attempts=1)
    over = make_run(state=State.FAILED, attempts=2)
    heralds = traced()
    assert heralds.of_end(again, make_job(), outcome, None) is None
    (letter,) = heralds.of_end(over, make_job(), outcome, None)({}).letters
    assert (letter.channel, letter.run, heralds.has_written()) == (TRACES, over.id, True)


@pytest.mark.parametrize(("attempts", "expected"), [(0, []), (1, [(TRACES, "end")])])
def test_who_collects_traces_hears_nothing_of_what_never_began(attempts, expected):
    run = make_run(state=State.STOPPED, attempts=attempts)
    for job in (make_job(), None):  # which is in the file no more
        heed = traced().of_left(run, job, NOON)
        assert (events(heed({})) if heed else []) == expected
