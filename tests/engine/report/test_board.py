"""The first page of a host."""

from datetime import timedelta

import pytest

from jobrunner.engine.report.board import see_board
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State as Folder
from jobrunner.model.breaker import Breaker
from jobrunner.model.job import BreakerRule, Retry
from jobrunner.model.letter import Letter, Told
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.model.settings import Config
from jobrunner.model.value import Words
from tests.build import NOON, make_job
from tests.engine.report.ledger import HOUR, MINUTE, failed, queued, ran, seen, started

DAILY = make_job(cron=Words(["0 7 * * *"]), tags=("db",), retry=Retry(attempts=2))
HOURLY = make_job(name="report", cron=Words(["0 * * * *"]), description="Sends figures")
OFF = make_job(name="off", enabled=False)
EVERY_MINUTE = make_job(name="ping", cron=Words(["* * * * *"]))


@pytest.fixture
def look(store, tmp_path):
    def look(*jobs, supervisor="asleep", **wanted):
        config = Config(origin="jobs.toml", jobs={job.name: job for job in jobs})
        scene = Scene(config=config, state=Folder(str(tmp_path)), store=store)
        return see_board(scene, NOON, supervisor=supervisor, **wanted)

    return look


def names(board):
    return [line.name for line in board.lines.jobs]


def write(tmp_path, run, text):
    path = tmp_path / "output" / "0" / f"{run.id}-1.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(text)


def test_a_failing_job_says_since_when_and_what_it_wrote_last(store, look, tmp_path):
    ran(store, "backup", State.SUCCESS, NOON - 5 * HOUR, took=10 * MINUTE)
    run = ran(store, "backup", State.FAILED, exit_code=1)
    write(tmp_path, run, b"one\n\x1b[31mno <such> host\x1b[0m\n\n")
    (card,) = look(DAILY).attention.failing
    assert (card.consecutive_failures, card.failing_since) == (1, NOON - HOUR)
    assert (card.last.run.id, card.last.result, card.last.last_line) == (
        run.id,
        "failed, exit 1",
        "no <such> host",
    )
    assert (card.last.attempts, card.max_attempts) == (1, 3)
    assert card.last_success_at == NOON - 5 * HOUR
    assert card.usual_seconds == pytest.approx(600, rel=0.05)


def test_what_runs_again_is_told_by_its_failure(store, look):
    failed(store, "backup")
    started(store, queued(store, "backup"), NOON)
    assert look(DAILY).attention.failing[0].last.run.state is State.FAILED


def test_of_many_that_fail_some_are_told_and_the_others_counted(store, look):
    jobs = [make_job(name=f"job{number}") for number in range(13)]
    for job in jobs:
        failed(store, job.name)
    found = look(*jobs).attention
    assert (len(found.failing), found.more_failing) == (10, 3)


def test_what_else_needs_somebody_is_told(store, look):
    seen(store, HOURLY)
    opened = Breaker(name="db", state="open", failures=5, opened_at=NOON)
    store.move_breaker(Breaker(name="db"), opened)
    letter = Letter(channel="ops", event="failure", text="{}", created_at=NOON)
    store.tell("x", lambda _: Told(letters=(letter,)))
    waits = make_job(breaker=BreakerRule(name="db"))
    found = look(HOURLY, waits, supervisor="silent", problem="2 errors").attention
    assert [breaker.name for breaker in found.breakers] == ["db"]
    assert (found.is_silent, found.supervisor_silent, found.config_problem) == (
        True,
        True,
        "2 errors",
    )


def test_a_host_that_is_well_needs_nobody(store, look):
    seen(store, HOURLY)
    store.note_tick("web-1", NOON, 2 * MINUTE)
    board = look(HOURLY)
    assert not board.attention.is_needed
    assert board.last_tick_at == NOON


def test_the_host_is_told_in_numbers(store, look):
    ran(store, "report", State.SUCCESS)
    failed(store, "backup")
    started(store, queued(store, "report"), NOON)
    store.pause("backup", Pause(by="me", since=NOON))
    sums = look(DAILY, HOURLY, OFF).sums
    assert (sums.jobs, sums.paused, sums.disabled, sums.running) == (3, 1, 1, 1)
    assert (sums.runs_24h, sums.failed_24h, sums.success_percent_7d) == (2, 1, 50)
    assert (sums.next_job, sums.next_run_at) == ("report", NOON + HOUR)


def test_jobs_that_need_somebody_come_first_and_those_that_rest_last(store, look):
    failed(store, "backup")
    started(store, queued(store, "report"), NOON)
    store.pause("held", Pause(by="me", since=NOON))
    found = look(OFF, make_job(name="held"), make_job(name="calm"), HOURLY, DAILY)
    assert names(found) == ["backup", "report", "calm", "held", "off"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("BACK", ["backup"]),
        ("db", ["backup"]),
        ("figures", ["report"]),
        ("failed", ["report"]),
        ("disabled", ["off"]),
        ("report nothing", []),
        ("", ["report", "backup", "off"]),
    ],
)
def test_words_are_looked_for_in_all_that_is_told_of_a_job(store, look, q, expected):
    failed(store, "report")
    assert names(look(DAILY, HOURLY, OFF, q=q)) == expected


def test_jobs_come_in_pages(look):
    found = look(DAILY, HOURLY, OFF, page=2, at_once=2).lines
    assert (found.total, [line.name for line in found.jobs]) == (3, ["off"])


def test_who_sees_some_jobs_is_told_of_no_other(store, look):
    failed(store, "report")
    started(store, queued(store, "report"), NOON)
    ran(store, "backup", State.SUCCESS)
    board = look(DAILY, HOURLY, sees="backup".__eq__)
    assert (names(board), board.timeline.lanes) == (["backup"], ())
    assert (board.sums.jobs, board.sums.running, board.sums.failed_24h) == (1, 0, 0)
    assert not board.attention.failing


def test_a_line_has_a_strip_of_its_last_runs(store, look):
    for state in (State.SUCCESS, State.FAILED):
        ran(store, "backup", state, took=2 * MINUTE)
    (line,) = look(DAILY).lines.jobs
    assert [(bar.state, bar.seconds) for bar in line.strip] == [("success", 120), ("failed", 120)]
    assert line.recent == ("success", "failed")
    assert line.schedule_text == "At 07:00 every day"


def test_a_lane_has_what_ran_and_what_is_to_come(store, look):
    seen(store, HOURLY, NOON - HOUR)
    run = ran(store, "report", State.SUCCESS, NOON - HOUR)
    (lane,) = look(HOURLY).timeline.lanes
    assert [(one.since, one.until, one.run) for one in lane.past] == [
        (NOON - HOUR - MINUTE, NOON - HOUR, run.id)
    ]
    assert [one.since - NOON for one in lane.ahead] == [n * HOUR for n in range(1, 13)]


def test_slots_of_a_dense_job_are_told_as_one(store, look):
    seen(store, EVERY_MINUTE, NOON - MINUTE)
    (planned,) = look(EVERY_MINUTE).timeline.lanes[0].ahead
    assert (planned.since, planned.until) == (NOON + MINUTE, NOON + 12 * HOUR)
    assert planned.slots == timedelta(hours=12) // MINUTE
