"""What attempts wrote, in a file for each job and day: real supervisors, real folders."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.crew import Ended
from jobrunner.engine.joblog import JobLog
from jobrunner.engine.review import UNBLOTTED
from jobrunner.model.run import Outcome, State
from jobrunner.model.settings import Settings
from jobrunner.model.value import Size, Zone
from tests.build import NOON, make_job, make_run
from tests.engine.theatre import Theatre
from tests.engine.workplace import a_post

TOOK = timedelta(minutes=90)


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "logs"


@pytest.fixture
def post(tmp_path, folder):
    with a_post(tmp_path, settings=Settings(log_dir=str(folder))) as post:
        yield post


def ended(post, text="", job=None, number=1, **outcome):
    """An attempt of a run that began at half past ten, with what it wrote."""
    path = Path(post.ground.state.output_path(post.ground.state.output(number, 1)))
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    values = {"state": State.SUCCESS, "finished_at": NOON, "duration": TOOK}
    values |= {"output_size": len(text)} | outcome
    run = make_run(id=number, attempts=1, output="x")
    return Ended(run, job or make_job(), Outcome(**values))


def logged(post, *ends):
    log = JobLog(post)
    log.note(ends)
    log.finish()
    assert not log.is_behind
    return {file.name: file.read_text() for file in Path(post.config.settings.log_dir).iterdir()}


def test_an_attempt_stands_between_its_begin_and_its_end(post):
    end = ended(post, "one\ntwo\n", state=State.FAILED, reason="exit 3")
    assert logged(post, end)["backup-2026-11-20.log"] == (
        "=== 2026-11-20T10:30:00+00:00 backup #1 attempt 1\n"
        "one\ntwo\n"
        "=== 2026-11-20T12:00:00+00:00 failed after 1h 30m: exit 3\n"
    )


def test_the_day_is_that_of_the_jobs_zone(post):
    zone = Zone("Pacific/Auckland", ZoneInfo("Pacific/Auckland"))
    (name,) = logged(post, ended(post, job=make_job(timezone=zone)))
    assert name == "backup-2026-11-21.log"


def test_a_line_without_an_end_gets_one(post):
    assert "\nhalf a line\n===" in logged(post, ended(post, "half a line"))["backup-2026-11-20.log"]


def test_head_and_tail_are_what_was_kept_and_the_cut_is_marked(post):
    end = ended(post, "a" * 50 + "b" * 50, job=make_job(output_limit=Size(20)), output_cut=80)
    assert (
        "\naaaaaaaaaa\n... 80 bytes cut ...\nbbbbbbbbbb\n"
        in (logged(post, end)["backup-2026-11-20.log"])
    )


def test_an_output_that_may_hold_secrets_is_not_copied(post):
    text = logged(post, ended(post, "password", error=UNBLOTTED))["backup-2026-11-20.log"]
    assert "password" not in text
    assert "redact" in text


def test_an_output_that_is_gone_is_said_to_be(post):
    end = ended(post, "something")
    Path(post.ground.state.output_path(post.ground.state.output(1, 1))).unlink()
    assert "... the output is gone ..." in logged(post, end)["backup-2026-11-20.log"]


def test_many_attempts_are_written_one_after_the_other(post):
    ends = [ended(post, f"{number}\n" * 9, number=number) for number in range(1, 40)]
    lines = logged(post, *ends)["backup-2026-11-20.log"].splitlines()
    assert [line for line in lines if "=" not in line] == [
        f"{number}" for number in range(1, 40) for _ in range(9)
    ]


def test_a_long_output_is_written_some_at_a_time(post):
    log = JobLog(post)
    log.note([ended(post, "x" * 3_000_000)])
    turns = 0
    while log.is_behind:
        log.see_to(share=-1)
        turns += 1
    assert turns > 10


def test_what_cannot_be_written_is_told_once_and_the_rest_goes_on(post, folder, capsys):
    folder.write_text("not a folder")
    log = JobLog(post)
    log.note([ended(post), ended(post)])
    log.finish()
    assert capsys.readouterr().err.count(f"log_dir: {folder} cannot be written to: Not a dir") == 1


def test_without_a_folder_nothing_is_written(tmp_path):
    with a_post(tmp_path) as post:
        log = JobLog(post)
        log.note([ended(post)])
        assert not log.is_behind


def test_a_real_run_is_logged_with_its_retries_and_without_its_secrets(theatre, folder):
    theatre.write(
        f'[settings]\nlog_dir = "{folder}"\n[jobs.talk]\ncommand = "echo $TOKEN; exit 1"\n'
        'env = { TOKEN = "hunter22" }\nretry = { attempts = 1, delay = "1ms", jitter = false }\n'
    )
    theatre.start()
    theatre.play("talk")
    theatre.until(lambda: _text(folder).count("===") == 4)
    text = _text(folder)
    assert ("attempt 1" in text, "attempt 2" in text) == (True, True)
    assert ("hunter22" in text, text.count("\n********\n")) == (False, 2)


def test_a_folder_that_takes_nothing_keeps_no_run(theatre):
    theatre.write('[settings]\nlog_dir = "/proc/none"\n[jobs.talk]\ncommand = "echo word"\n')
    theatre.start()
    assert theatre.play("talk").state is State.SUCCESS
    theatre.until(lambda: "log_dir: /proc/none cannot be written to" in theatre.told())


def _text(folder):
    with suppress(FileNotFoundError):
        return "".join(file.read_text() for file in folder.iterdir())
    return ""
