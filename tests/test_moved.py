"""The jobs of five other systems, moved in: examples/from-*, run as they are; and docs/moving.md.

Every row of that page's table is proved here or in the test that is named.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from jobrunner import config
from jobrunner.cli.main import run
from jobrunner.model.run import State
from jobrunner.schedule.compose import compose
from tests.build import NOON, FakeClock
from tests.cli.test_commands import called, parse, root
from tests.engine.theatre import Theatre
from tests.kinds.test_http import Site, serving

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("from-*"))
PAGE = (ROOT / "docs/moving.md").read_text(encoding="utf-8")
RECEIVER = "http://127.0.0.1:8765"
HOUR = timedelta(hours=1)
YEAR = timedelta(days=366)


@pytest.fixture
def moved(tmp_path):
    """A copy of an example, with these words of its jobs.toml changed, under a supervisor."""
    theatres = []

    def moved(name, **words):
        theatre = Theatre(copy(name, tmp_path / "jobs"))
        text = theatre.file.read_text()
        for old, new in words.get("instead", {}).items():
            assert old in text
            text = text.replace(old, new)
        theatre.write(text)
        theatres.append(theatre)
        theatre.start()
        return theatre

    yield moved
    for theatre in theatres:
        theatre.close()


@pytest.fixture
def call(capsys):
    """Call a command in this process: its code and its answer."""

    def call(theatre, *words, clock=None):
        code = run(["-c", str(theatre.file), *words], clock=clock)
        return code, capsys.readouterr().out

    return call


def copy(name, folder):
    """The folder of an example; who cloned it with a umask of 002 could not run it as root."""
    made = shutil.ignore_patterns(".jobrunner", "__pycache__")
    shutil.copytree(ROOT / f"examples/from-{name}", folder, ignore=made)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o022)
    return folder


def declared(name):
    path = ROOT / f"examples/from-{name}/jobs.toml"
    return config.parse(path.read_text(encoding="utf-8"), str(path)).jobs


def slots(job, since, within):
    return compose(job, since).between(since, since + within)


def history(call, theatre, job, *fields):
    _, told = call(theatre, "history", job, "--json", "--fields", ",".join(fields))
    return json.loads(told)


# --- all of them ---


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_is_right_for_us_and_for_editors(folder):
    assert declared(folder.name.removeprefix("from-"))
    tombi = Path(sys.executable).with_name("tombi")
    command = [tombi, "lint", "--offline", folder / "jobs.toml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_lint_has_no_advice_for_an_example_but_that_a_date_is_far(folder, tmp_path, capsys):
    jobs = copy(folder.name.removeprefix("from-"), tmp_path / "jobs")
    run(["-c", str(jobs / "jobs.toml"), "lint", "--json"])
    advice = json.loads(capsys.readouterr().out)
    assert [one for one in advice if one["code"] != "L101"] == []


# --- classes with execute() ---


def test_a_class_returns_success_message_and_data(moved, call):
    theatre = moved("framework")
    theatre.play("customers")
    (told,) = history(call, theatre, "customers", "state", "message", "data", "duration_seconds")
    assert told.pop("duration_seconds") > 0
    assert told == {
        "state": "success",
        "message": "2 customers",
        "data": {"ids": ["ann", "bob"]},
    }


def test_a_class_that_says_it_failed_has_failed(moved):
    found = moved("framework").play("stock")
    assert (found.state, found.reason, found.exit_code) == (State.FAILED, "7 left, 10 wanted", 1)


def test_what_a_function_raises_is_retried_and_kept_with_its_traceback(moved, call):
    theatre = moved("framework", instead={'delay = "1s"': 'delay = "10ms"'})
    theatre.play("rates")
    (told,) = history(call, theatre, "rates", "attempts", "reason", "data")
    assert told["reason"] == "ConnectionError: rates.example.com does not answer"
    assert told["attempts"] == 2
    assert "in rates\n    raise ConnectionError(" in told["data"]["traceback"]


def test_a_listener_hears_of_success_and_error(moved):
    theatre = moved("framework")
    theatre.play("customers")
    theatre.play("stock")
    events = theatre.folder / "events.jsonl"
    theatre.until(lambda: events.exists() and events.read_text().count("\n") == 2)
    heard = [json.loads(line) for line in events.read_text().splitlines()]
    assert [(one["event"], one["job"]) for one in heard] == [
        ("success", "customers"),
        ("failure", "stock"),
    ]


def test_the_list_of_jobs_changes_without_a_restart(moved, call):
    theatre = moved("framework")
    supervisor = theatre.supervisors[0]
    assert call(theatre, "set", "stock.args.least", "5")[0] == 0
    assert theatre.play("stock").state is State.SUCCESS
    assert call(theatre, "add", "new", "--description", "New", "--", "true")[0] == 0
    assert theatre.play("new").state is State.SUCCESS
    assert supervisor.poll() is None


def test_past_last_days_of_months_are_made_up_for_with_their_own_dates(moved, call):
    theatre = moved("framework")
    days = ("--from", "2024-01-01", "--to", "2024-03-31", "--yes")
    assert call(theatre, "backfill", "close-day", *days)[0] == 0
    closed = [told["message"] for told in history(call, theatre, "close-day", "message")]
    assert closed == [f"closed 2024-{day}" for day in ("03-31", "02-29", "01-31")]


def test_a_slot_that_a_backfill_has_done_is_not_done_again(moved, call):
    theatre = moved("framework")
    for _ in range(2):
        days = ("--from", "2024-01-01", "--to", "2024-01-31", "--yes")
        assert call(theatre, "backfill", "close-day", *days)[0] == 0
    assert len(theatre.runs("close-day")) == 1


def test_the_first_run_of_an_interval_leaves_time_to_settle():
    job = declared("framework")["customers"]
    seen = NOON - timedelta(seconds=30)
    assert compose(job, seen).next_after(seen) == NOON + timedelta(minutes=15)


# --- a stored procedure ---


@pytest.fixture
def procedures(moved, postgres_url):
    """The example on a database of its own, with the procedure put into it by its job."""
    theatre = moved("procedure-scheduler")
    url = postgres_url.replace("postgresql:", "postgresql+psycopg:")
    (theatre.folder / "database.env").write_text(f"DATABASE={url}\n")
    assert theatre.play("install").state is State.SUCCESS
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield SimpleNamespace(theatre=theatre, ask=connection.execute)


def test_the_procedure_is_called_with_yesterday_and_today(procedures, call):
    days = ("--from", "2024-03-01", "--to", "2024-03-01 03:00", "--yes")
    assert call(procedures.theatre, "backfill", "working-hours", *days)[0] == 0
    found = procedures.ask("SELECT first_day::text, last_day::text FROM working_hours").fetchall()
    assert found == [("2024-02-29", "2024-03-01")]
    first, second = procedures.theatre.runs("working-hours", 2)
    said = "NOTICE:  working hours of 2024-02-29 to 2024-03-01\n"
    assert [procedures.theatre.output(one) for one in (first, second)] == [said, said]


def test_what_the_procedure_raises_is_the_reason(procedures):
    text = procedures.theatre.file.read_text()
    turned = text.replace("CAST(:start AS date), CAST(:end", "CAST(:end AS date), CAST(:start")
    assert turned != text
    procedures.theatre.write(turned)
    found = procedures.theatre.play("working-hours")
    assert found.state is State.FAILED
    assert "the days are the wrong way round" in found.reason


def test_every_three_hours_begins_at_midnight_of_the_job():
    job = declared("procedure-scheduler")["working-hours"]
    hours = [slot.astimezone(job.timezone.info).hour for slot in slots(job, NOON, 24 * HOUR)]
    assert hours == [21, 0, 3, 6, 9, 12, 15, 18]


def test_the_same_without_a_procedure_runs_on_sqlite(moved):
    theatre = moved("procedure-scheduler")
    first, second = theatre.play("local"), theatre.play("local")
    assert [theatre.output(one) for one in (first, second)] == ["days\n1\n", "days\n1\n"]


def test_weekdays_and_weekends_have_hours_and_variables_of_their_own(moved, call):
    theatre = moved("procedure-scheduler")
    days = ("--from", "2024-03-01 21:00", "--to", "2024-03-02", "--yes")  # a Friday evening
    assert call(theatre, "backfill", "weekdays-weekends", *days)[0] == 0
    outputs = [theatre.output(one) for one in theatre.runs("weekdays-weekends", 2)]
    assert outputs == ["a look back of 1 days\n", "a look back of 3 days\n"]


@pytest.mark.parametrize(("files", "minutes"), [(150, 1), (20, 30)])
def test_the_next_run_comes_sooner_if_much_is_left(moved, call, files, minutes):
    theatre = moved("procedure-scheduler")
    (theatre.folder / "inbox").mkdir()
    for number in range(files):
        (theatre.folder / "inbox" / f"{number}").touch()
    done = theatre.play("backlog")
    at = (done.finished_at + timedelta(minutes=minutes)).astimezone(timezone(7 * HOUR))
    theatre.until(lambda: at.isoformat() in call(theatre, "list", "--json")[1])


# --- cron, interval and one-time jobs ---


def test_figures_of_a_job_and_its_log_are_kept(moved, call):
    theatre = moved("component")
    done = theatre.play("extract")
    (told,) = history(call, theatre, "extract", "metrics")
    assert told["metrics"] == {"orders": 17, "rejected": 1}
    assert theatre.output(done) == "INFO attempt 1 of 4\n"


def test_success_and_error_have_a_listener_each(moved):
    theatre = moved("component")
    theatre.play("load")
    theatre.play("broken")
    events = theatre.folder / "events.log"
    theatre.until(lambda: events.exists() and events.read_text().count("\n") == 2)
    assert sorted(events.read_text().splitlines()) == ["error broken", "success load"]


def test_without_its_prerequisite_a_job_is_skipped_with_the_reason(moved):
    theatre = moved("component", instead={'cron = "0 3 * * *"': 'every = "1s"'})
    (first, *_) = theatre.runs("load")
    assert (first.state, first.reason.partition(":")[0]) == (State.SKIPPED, "prerequisite")


def test_the_first_look_of_an_interval_comes_after_its_delay():
    job = declared("component")["alive"]
    first, second = islice(compose(job, NOON).between(NOON, NOON + YEAR), 2)
    assert (first - NOON, second - first) == (timedelta(minutes=1), timedelta(seconds=30))


def test_once_in_an_hour_is_a_job_like_any_other(tmp_path, capsys):
    file = copy("component", tmp_path / "jobs") / "jobs.toml"
    assert (
        run(["-c", str(file), "add", "remind", "--in", "1h", "--", "true"], clock=FakeClock()) == 0
    )
    job = config.parse(file.read_text(), str(file)).jobs["remind"]
    assert [*slots(job, NOON, YEAR)] == [NOON + HOUR]


def test_once_at_a_date_is_due_once():
    job = declared("component")["migrate"]
    assert [*slots(job, NOON, 5 * YEAR)] == [datetime(2030, 1, 5, 3, tzinfo=UTC)]


def test_totals_and_the_mean_of_seven_days_are_told(moved, call):
    theatre = moved("component")
    theatre.play("load")
    fields = ("runs", "success", "failed", "mean_seconds")
    _, told = call(
        theatre, "stats", "load", "--since", "7d", "--json", "--fields", ",".join(fields)
    )
    (found,) = json.loads(told)
    assert found.pop("mean_seconds") > 0
    assert found == {"runs": 1, "success": 1, "failed": 0}


def test_health_is_an_exit_code_and_told_in_detail(moved, call):
    theatre = moved("component")
    theatre.play("broken")
    code, told = call(theatre, "status", "--json")
    assert (code, json.loads(told)["healthy"]) == (1, False)


def test_all_jobs_are_stopped_and_started_at_once(moved, call):
    theatre = moved("component")
    assert call(theatre, "pause", "--all", "--reason", "moving")[0] == 0
    _, told = call(theatre, "list", "--json", "--fields", "paused")
    assert [one["paused"] for one in json.loads(told)] == [True] * 5
    assert call(theatre, "resume", "--all")[0] == 0
    _, told = call(theatre, "list", "--json", "--fields", "paused")
    assert [one["paused"] for one in json.loads(told)] == [False] * 5


# --- calls of URLs ---


@pytest.fixture
def receiver():
    """The receiver of the example, as its user starts it, on a port that is free."""
    program = ROOT / "examples/from-callback-scheduler/receiver.py"
    command = [sys.executable, program, "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as receiver:
        yield receiver.stdout
        receiver.terminate()


@pytest.fixture
def callbacks(receiver, moved):
    url = receiver.readline().split()[0]
    theatre = moved("callback-scheduler", instead={RECEIVER: url})
    return SimpleNamespace(theatre=theatre, heard=receiver.readline)


def test_a_payload_is_sent_with_the_day_of_its_slot(callbacks, call):
    days = ("--from", "2026-04-03", "--to", "2026-04-03", "--yes")
    assert call(callbacks.theatre, "backfill", "invoice", *days)[0] == 0
    status, _, told = callbacks.heard().partition(" ")
    assert (status, json.loads(told)["path"]) == ("200", "/callbacks/invoice")
    assert json.loads(told)["body"] == {"kind": "invoice", "day": "2026-04-03", "run": "1"}


def test_every_second_friday_at_three_seven_hours_ahead():
    job = declared("callback-scheduler")["invoice"]
    found = list(islice(compose(job, NOON).between(NOON, NOON + YEAR), 2))
    assert found == [datetime(2026, 11, 27, 8, tzinfo=UTC), datetime(2026, 12, 11, 8, tzinfo=UTC)]


def test_every_first_of_january_where_the_job_is():
    job = declared("callback-scheduler")["new-year"]
    assert [*slots(job, NOON, YEAR)] == [datetime(2027, 1, 1, 5, tzinfo=UTC)]


def test_failures_open_the_breaker_and_excluded_answers_do_not(callbacks):
    runs = [callbacks.theatre.play(job) for job in ("down", "down", "down", "gone")]
    assert [one.reason.split(",")[0] for one in runs[2:]] == [
        "HTTP 503 Service Unavailable",
        "HTTP 404 Not Found",
    ]
    breakers = callbacks.theatre.store.breakers()
    assert breakers["down"].state == "open"
    assert "gone" not in breakers or breakers["gone"].state == "closed"


# --- a crawl between two dates ---


def test_a_crawl_is_tried_again_and_done_once_a_day(moved):
    answers = iter([(503, {}, b""), (200, {}, b"<p>")])
    with serving(Site()) as site:
        site.answers = SimpleNamespace(get=lambda *_: next(answers))
        changes = {"https://example.com/": site.url(), 'delay = "5m"': 'delay = "10ms"'}
        theatre = moved("crawl-scheduler", instead=changes)
        first, second = (theatre.play("news", slot_of=NOON) for _ in range(2))
    assert (first.state, first.attempts) == (State.SUCCESS, 2)
    assert (first.message, second.message) == ("2026-11-20: 3 bytes", "2026-11-20 was done before")


def test_a_day_of_a_job_has_a_log(moved):
    theatre = moved("crawl-scheduler")
    theatre.play("tidy")
    theatre.until(lambda: any(theatre.folder.glob("logs/tidy-????-??-??.log")))


def test_a_job_is_due_daily_between_two_dates_and_then_no_more():
    job = declared("crawl-scheduler")["news"]
    days = [*slots(job, datetime(2026, 1, 1, tzinfo=UTC), 5 * YEAR)]
    assert [
        day.astimezone(job.timezone.info).strftime("%F %H:%M") for day in (days[0], days[-1])
    ] == [
        "2026-11-01 09:05",
        "2029-12-31 09:05",
    ]
    assert len(days) == (date(2029, 12, 31) - date(2026, 11, 1)).days + 1


def move(*schedules, folder):
    """The words of each command that the example's program writes."""
    (folder / "old.json").write_text(json.dumps(schedules))
    script = ROOT / "examples/from-crawl-scheduler/move.py"
    done = subprocess.run(
        [sys.executable, script, folder / "old.json"], capture_output=True, text=True, check=True
    )
    return [shlex.split(line) for line in done.stdout.splitlines()]


def test_schedules_of_a_json_file_become_jobs(tmp_path, capsys):
    old = json.loads((ROOT / "examples/from-crawl-scheduler/schedules.json").read_text())
    file = copy("crawl-scheduler", tmp_path / "jobs") / "jobs.toml"
    for _, *words in move(*old, folder=tmp_path):
        assert run(["-c", str(file), *words], clock=FakeClock()) == 0, capsys.readouterr()
    jobs = config.parse(file.read_text(), str(file)).jobs
    front, seoul = jobs["front-page"], jobs["borse-seoul"]
    assert (front.cron, seoul.cron) == (("5 9 * * *",), ("40 15 * * *",))
    assert (seoul.description, seoul.retry.attempts) == ("Börse (Seoul)", 3)
    assert (seoul.retry.delay, seoul.retry.backoff) == (timedelta(minutes=5), "constant")


def test_names_that_were_written_freely_become_names_of_jobs(tmp_path):
    texts = ("A b", "a-B!", "日本", "x" * 80, "x" * 90)
    day = {"start_date": "2029-01-01", "end_date": "2029-02-01", "hour": 1, "minute": 2}
    found = move(*({"name": text, **day} for text in texts), folder=tmp_path)
    assert [words[2] for words in found] == ["a-b", "a-b-2", "crawl", "x" * 64, f"{'x' * 62}-2"]


# --- the page ---

# What proves each row of the table: a test of this file, or of the one that is named.
PROOFS = {
    "a class or function": ["test_a_class_returns_success_message_and_data"],
    "one list of jobs": ["test_the_list_of_jobs_changes_without_a_restart"],
    "cron, with `L`": ["test_past_last_days_of_months_are_made_up_for_with_their_own_dates"],
    "an interval in seconds": [
        "test_the_first_run_of_an_interval_leaves_time_to_settle",
        "test_the_first_look_of_an_interval_comes_after_its_delay",
    ],
    "once at a date": [
        "test_once_in_an_hour_is_a_job_like_any_other",
        "test_once_at_a_date_is_due_once",
    ],
    "daily at a time": ["test_a_job_is_due_daily_between_two_dates_and_then_no_more"],
    "every second Friday": [
        "test_every_second_friday_at_three_seven_hours_ahead",
        "test_every_first_of_january_where_the_job_is",
    ],
    "other schedules at weekends": [
        "test_weekdays_and_weekends_have_hours_and_variables_of_their_own"
    ],
    "an interval that depends": ["test_the_next_run_comes_sooner_if_much_is_left"],
    "a zone for each job": [
        "test_every_second_friday_at_three_seven_hours_ahead",
        "config/test_zone.py::test_an_offset_is_ahead_of_utc",
    ],
    "of many instances one": [
        "store/promise/claim.py::test_of_any_number_of_callers_exactly_one_writes_each_slot",
        "engine/test_supervisor.py::test_a_second_supervisor_finds_the_door_locked",
        "cluster/test_together.py::test_each_slot_runs_once_on_one_of_the_hosts",
    ],
    "no overlap": [
        "engine/test_supervisor.py::test_jobs_with_one_lock_never_run_together",
        "policy/test_due.py::test_catching_up_the_latest_runs_one_slot_however_late",
    ],
    "what is late": ["policy/test_due.py::test_a_slot_within_its_grace_still_starts"],
    "retries after a delay": [
        "test_what_a_function_raises_is_retried_and_kept_with_its_traceback",
        "test_a_crawl_is_tried_again_and_done_once_a_day",
    ],
    "a timeout; ending": [
        "kinds/test_sql.py::test_a_statement_that_is_stopped_goes_on_nowhere",
        "engine/test_supervisor.py::test_a_timeout_ends_all_that_was_started",
    ],
    "a circuit breaker": [
        "test_failures_open_the_breaker_and_excluded_answers_do_not",
        "engine/test_supervisor.py::test_a_breaker_keeps_slots_out_once_enough_have_failed",
    ],
    "calling a URL": ["test_a_payload_is_sent_with_the_day_of_its_slot"],
    "calling a stored procedure": ["test_the_procedure_is_called_with_yesterday_and_today"],
    "only if the job before": ["test_without_its_prerequisite_a_job_is_skipped_with_the_reason"],
    "every execution on record": ["test_a_class_returns_success_message_and_data"],
    "totals and mean duration": ["test_totals_and_the_mean_of_seven_days_are_told"],
    "old executions go": [
        "engine/test_upkeep.py::test_the_rules_of_the_file_are_those_of_the_ledger"
    ],
    "a page: state": [
        "cli/test_watch.py::test_on_a_terminal_keys_show_a_log_and_q_leaves_the_last_frame"
    ],
    "a form to add": ["test_schedules_of_a_json_file_become_jobs"],
    "an API to read": ["web/compat/test_table.py::test_every_route_of_the_table_answers"],
    "an API to change": [
        "web/compat/test_job.py::test_what_is_said_of_a_job_is_changed_and_the_rest_stays",
        "web/compat/test_scheduler.py::test_retries_of_every_job_are_set_as_they_were_there",
    ],
    "start and stop of all": [
        "test_all_jobs_are_stopped_and_started_at_once",
        "web/compat/test_scheduler.py::test_stop_holds_every_job_and_start_lets_it_go_on",
    ],
    "tokens that may": ["web/compat/test_execution.py::test_who_may_read_does_not_execute"],
    "health, in detail": [
        "test_health_is_an_exit_code_and_told_in_detail",
        "web/compat/test_echo.py::test_what_is_sent_is_answered_without_what_is_secret",
    ],
    "listeners for success": [
        "test_a_listener_hears_of_success_and_error",
        "test_success_and_error_have_a_listener_each",
    ],
    "figures of one's own": ["test_figures_of_a_job_and_its_log_are_kept"],
    "the next run counted": ["test_the_next_run_comes_sooner_if_much_is_left"],
    "pause, resume, remove": ["test_all_jobs_are_stopped_and_started_at_once"],
    "logs as JSON": [
        "test_a_day_of_a_job_has_a_log",
        "engine/test_record.py::test_an_object_is_one_line_and_is_read_back",
    ],
    "mail, Slack, Teams": [
        "notify/test_mail.py::test_the_message_arrives_as_mail",
        "notify/test_service.py::test_a_service_gets_title_and_text",
    ],
    "Prometheus and Grafana": [
        "engine/test_textfile.py::test_a_supervisor_keeps_it_up_and_leaves_it_as_things_are",
        "cli/test_export.py::test_grafana_and_rules_need_no_jobs_toml",
    ],
    "what was planned and done": [
        "engine/test_recovery.py::test_what_ended_while_nobody_looked_has_its_true_code_and_end",
        "store/test_move.py::test_all_of_it_arrives_and_is_used_there",
    ],
    "containers": ["engine/test_supervisor.py::test_a_loop_stays_without_work_and_notes_its_ticks"],
    "limits of memory": ["process/test_start.py::test_umask_and_limits_are_kept"],
    "has today's work": ["test_a_slot_that_a_backfill_has_done_is_not_done_again"],
}


def table():
    """The rows of the page's table: the feature, and what is said of it here."""
    text = PAGE.partition("| feature | had by | here |")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {feature: here for feature, _, here in rows}


def proofs(feature):
    (found,) = [PROOFS[key] for key in PROOFS if feature.startswith(key)]
    return found


@pytest.mark.parametrize("feature", table())
def test_each_feature_of_the_page_is_proved_or_said_to_be_missing(feature):
    assert proofs(feature) or "not yet" in table()[feature]


@pytest.mark.parametrize("proof", sorted({proof for found in PROOFS.values() for proof in found}))
def test_each_proof_is_there(proof):
    file, _, name = proof.rpartition("::")
    assert f"def {name}(" in (ROOT / "tests" / (file or Path(__file__).name)).read_text()


def test_no_feature_of_the_five_is_left_out():
    assert len(table()) == len(PROOFS) == 40


CALLS = [" ".join(call.split()) for call in re.findall(r"`((?:sudo )?jobrunner [^`]+)`", PAGE)]


@pytest.mark.parametrize("call", sorted({*CALLS}))
def test_every_call_of_the_page_can_be_made(call):
    parse(root(), called(call))


def test_the_examples_of_the_page_are_right():
    for example in re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL):
        assert config.parse(example, "jobs.toml").jobs
