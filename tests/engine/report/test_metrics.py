"""Every figure for a monitoring system, out of a real ledger."""

import re
import subprocess
from datetime import timedelta

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from jobrunner import __version__
from jobrunner.config.section import TAKEN
from jobrunner.engine.report.metrics import Watch, openmetrics, see_metrics, text
from jobrunner.model.decision import Omit
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.model.settings import Config, Metrics
from jobrunner.model.value import Words
from jobrunner.schedule.identity import fingerprint
from tests.build import NOON, make_job
from tests.engine.report.ledger import HOUR, MINUTE, failed, queued, ran, seen, started
from tests.store.life import look

HOURLY = make_job(name="backup", cron=Words(["0 * * * *"]))
BY_HAND = make_job(name="reindex")


def config(*jobs, **labels):
    return Config(origin="", jobs={job.name: job for job in jobs}, metrics=Metrics(labels=labels))


@pytest.fixture
def told(store):
    """The value of each series, by its name and labels."""

    def told(*jobs, problem="", look_seconds=None, **labels):
        watch = Watch(host="web-1", problem=problem, look_seconds=look_seconds)
        known = config(*jobs, **labels)
        families = read_text(text(see_metrics(store, known, watch, NOON), known))
        samples = [sample for family in families for sample in family.samples]
        return {
            (one.name.removeprefix("jobrunner_"), *sorted(one.labels.values())): one.value
            for one in samples
        }

    return told


def test_ends_are_counted_by_their_result_from_zero_on(store, told):
    ran(store, "backup", State.SUCCESS)
    failed(store, "backup", 2)
    found = {key[2]: value for key, value in told(HOURLY).items() if key[0] == "runs_total"}
    nothing = dict.fromkeys(["timeout", "stopped", "lost", "skipped"], 0)
    assert found == {"success": 1, "failed": 2} | nothing


def test_attempts_and_missed_slots_are_counted(store, told):
    failed(store, "backup", 2)
    seen(store, HOURLY, NOON - HOUR)
    gone = Omit(state=State.MISSED, first=NOON - MINUTE, last=NOON, count=2, reason="down")
    later = look(gone, since=NOON - HOUR, until=NOON, schedule=fingerprint(HOURLY))
    store.claim([later], owner="me", host="", now=NOON)
    found = told(HOURLY)
    assert found["attempts_total", "backup"] == 2
    assert found["missed_slots_total", "backup"] == 2


def test_what_goes_on_and_what_was_is_told(store, told):
    failed(store, "backup", 3, at=NOON - 2 * HOUR)
    ran(store, "reindex", State.SUCCESS, at=NOON - HOUR, took=90 * MINUTE / 60)
    started(store, queued(store, "backup", NOON - MINUTE), NOON - MINUTE)
    found = told(HOURLY, BY_HAND)
    assert found["running", "backup"] == 1
    assert found["consecutive_failures", "backup"] == 3
    assert found["last_start_timestamp_seconds", "backup"] == (NOON - MINUTE).timestamp()
    assert found["last_success_timestamp_seconds", "reindex"] == (NOON - HOUR).timestamp()
    assert found["last_duration_seconds", "reindex"] == 90


def test_a_job_that_never_ran_has_no_times_but_counts(told):
    found = told(BY_HAND)
    assert (found["running", "reindex"], found["runs_total", "reindex", "success"]) == (0, 0)
    assert not [name for name, *_ in found if name.startswith("last_")]


def test_the_next_slot_is_that_which_was_last_looked_for(store, told):
    seen(store, HOURLY, NOON - 2 * HOUR)
    assert told(HOURLY)["next_run_timestamp_seconds", "backup"] == (NOON - HOUR).timestamp()


@pytest.mark.parametrize(
    ("job", "until", "expected"),
    [
        (HOURLY, None, 1),
        (HOURLY, NOON + HOUR, 1),
        (HOURLY, NOON - MINUTE, 0),
        (make_job(enabled=False), NOON - MINUTE, 1),
    ],
)
def test_what_is_paused_or_disabled_is_held(store, told, job, until, expected):
    store.pause("backup", Pause(by="ann", since=NOON - HOUR, until=until))
    assert told(job)["paused", "backup"] == expected


def test_every_job_is_held_where_all_are(store, told):
    store.pause("*", Pause(by="ann", since=NOON - HOUR))
    found = told(HOURLY, BY_HAND)
    assert (found["paused", "backup"], found["paused", "reindex"]) == (1, 1)


def test_durations_of_successes_are_a_histogram(store, told):
    for seconds in (1, 2, 50, 30_000):
        ran(store, "backup", State.SUCCESS, took=timedelta(seconds=seconds))
    failed(store, "backup")
    found = told(HOURLY)
    bounds = ("1.0", "5.0", "60.0", "21600.0")
    counts = [found["run_duration_seconds_bucket", bound, "backup"] for bound in bounds]
    assert counts == [1, 2, 3, 3]
    assert found["run_duration_seconds_bucket", "+Inf", "backup"] == 4
    assert found["run_duration_seconds_count", "backup"] == 4
    assert found["run_duration_seconds_sum", "backup"] == 30_053


def test_what_the_last_run_told_of_itself_is_told(store, told):
    ran(store, "backup", State.SUCCESS, result='{"metrics":{"rows":12,"ratio":0.5}}')
    ran(store, "backup", State.SUCCESS, at=NOON - MINUTE)
    found = {key[2]: value for key, value in told(HOURLY).items() if key[0] == "result_metric"}
    assert found == {"rows": 12, "ratio": 0.5}


def test_the_host_is_told_with_its_last_tick(store, told):
    store.note_tick("web-1", NOON - MINUTE, 2 * MINUTE)
    found = told(look_seconds=0.25)
    assert found["build_info", *sorted((__version__, "web-1"))] == 1
    assert found["config_valid",] == 1
    assert found["last_tick_timestamp_seconds",] == (NOON - MINUTE).timestamp()
    assert found["tick_duration_seconds",] == 0.25


def test_a_broken_jobs_toml_is_told(told):
    found = told(problem="line 3")
    assert found["config_valid",] == 0
    assert ("last_tick_timestamp_seconds",) not in found


def test_labels_of_jobs_toml_are_on_each_series(store):
    known = config(HOURLY, env="prod")
    families = see_metrics(store, known, Watch(host="h"), NOON)
    lines = [line for line in text(families, known).splitlines() if not line.startswith("#")]
    assert len(lines) > 20
    assert all('env="prod"' in line for line in lines)


def test_no_label_of_ours_may_be_given_in_jobs_toml(store):
    ran(store, "backup", State.SUCCESS, result='{"metrics":{"rows":12}}')
    known = config(HOURLY)
    shown = text(see_metrics(store, known, Watch(host="h"), NOON), known)
    assert {*re.findall(r'[{,](\w+)="', shown)} <= TAKEN


def test_openmetrics_tells_the_same_series(store, told):
    failed(store, "backup", 2)
    known = config(HOURLY)
    families = see_metrics(store, known, Watch(host="web-1"), NOON)
    read = [one for each in read_openmetrics(openmetrics(families, known)) for one in each.samples]
    assert len(read) == len(told(HOURLY))


def test_promtool_finds_nothing_wrong_with_any_of_it(store, program):
    failed(store, "backup", 2)
    ran(store, "backup", State.SUCCESS, result='{"metrics":{"a:b.c-d":12}}')
    store.note_tick("web-1", NOON - MINUTE, 2 * MINUTE)
    known = config(HOURLY, BY_HAND, env='a "b"')
    shown = text(see_metrics(store, known, Watch(host="h", look_seconds=0.1), NOON), known)
    promtool = program("promtool", "prometheus")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=shown, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
