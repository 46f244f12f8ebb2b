"""Advice on a whole jobs.toml: places, what the ledger adds, many jobs at once."""

from contextlib import closing
from pathlib import Path

import pytest

from jobrunner import config
from jobrunner.engine.figures.lint import by_message, see_lint
from jobrunner.engine.scene import state_of
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker
from jobrunner.model.run import State
from jobrunner.policy.lint.code import CODES
from jobrunner.store import migrate_store, open_store
from tests.build import NOON, UTC_ZONE
from tests.engine.report.ledger import HOUR, ran

ROOT = Path(__file__).parents[3]
EXAMPLES = [ROOT / "jobs.toml", *sorted((ROOT / "examples").glob("*.toml"))]
TIMED = '[defaults]\ntimezone = "UTC"\ntimeout = "1m"\n'
LOCKED = """\
[jobs.backup]
every = "1d"
command = "backup"
lock = "db"

[jobs.sync]
every = "5m"
command = "sync"
lock = "db"
"""


@pytest.fixture
def advise(tmp_path):
    """The advice on the text of a jobs.toml."""
    path = tmp_path / "jobs.toml"

    def advise(text, before=lambda _: None):
        path.write_text(text)
        disk = Disk(path.stat().st_uid)
        parsed = config.parse(path.read_bytes(), str(path), disk)
        asker = Asker(environ={}, cwd=str(tmp_path), uid=path.stat().st_uid)
        before(state_of(parsed, asker))
        return see_lint(parsed, asker, NOON, UTC_ZONE)

    return advise


def measured(state):
    migrate_store(state.ledger)
    with closing(open_store(state.ledger)) as store:
        ran(store, "backup", State.SUCCESS, took=HOUR)


def test_advice_has_the_line_of_its_key(advise, tmp_path):
    found = advise(f'{TIMED}[jobs.a]\ncommand = "x"\n\ncron = "0 0 1 * 1"\n')
    assert [(one.code, one.job, one.line) for one in found] == [("L105", "a", 7)]
    assert found[0].file == str(tmp_path / "jobs.toml")


def test_what_stands_in_the_defaults_has_their_line(advise):
    (found,) = advise(f'{TIMED}env = {{ API_TOKEN = "x" }}\n[jobs.a]\ncommand = "x"\n')
    assert (found.code, found.line) == ("L115", 4)


def test_a_missing_key_has_the_line_of_the_job(advise):
    (found,) = advise('\n[jobs.a]\ncommand = "x"\n')
    assert (found.code, found.line) == ("L106", 2)


def test_without_a_ledger_none_is_made(advise, tmp_path):
    assert advise(TIMED + LOCKED) == []
    assert [path.name for path in tmp_path.iterdir()] == ["jobs.toml"]


def test_what_a_job_usually_takes_is_read_off_the_ledger(advise):
    (found,) = advise(TIMED + LOCKED, measured)
    assert (found.code, found.job) == ("L109", "sync")
    assert found.message.startswith("backup usually takes ")


def test_a_ledger_that_cannot_be_read_is_done_without(advise):
    def broken(state):
        measured(state)
        Path(state.ledger).write_bytes(b"no database at all")

    assert advise(TIMED + LOCKED, broken) == []


def test_many_jobs_in_one_minute_are_one_piece_of_advice(advise):
    jobs = "".join(f'[jobs.n{n}]\ncron = "0 0 * * *"\ncommand = "x"\n' for n in range(5))
    (found,) = advise(TIMED + jobs)
    assert (found.code, found.job, found.line) == ("L103", "", 0)
    assert found.message == "00:00 starts 5 jobs: n0, n1, n2 and 2 others"
    assert "00:17 is free" in found.fix


def test_disabled_jobs_are_no_crowd(advise):
    jobs = "".join(
        f'[jobs.n{n}]\ncron = "0 0 * * *"\ncommand = "x"\nenabled = false\n' for n in range(5)
    )
    assert advise(TIMED + jobs) == []


def test_a_change_of_clocks_within_the_year_is_told(advise):
    job = '[jobs.a]\ncron = "30 2 * * *"\ntimezone = "Europe/Berlin"\ncommand = "x"\n'
    (found,) = advise(TIMED + job)
    assert (found.code, found.line) == ("L102", 5)
    assert found.message.startswith("Sun 2027-03-28: 02:30 does not exist that day")


def test_notes_on_a_crontab_are_advice_too(advise, tmp_path):
    (tmp_path / "crontab").write_text("MAILTO=me\n0 1 * * * x\n")
    (tmp_path / "crontab").chmod(0o644)
    found = advise(f'crontabs = ["crontab"]\n{TIMED}')
    assert [one.code for one in found if one.job == ""] == ["L116"]


def test_retries_are_measured_by_their_own_rule(advise):
    job = '[jobs.a]\nevery = "5m"\ncommand = "x"\nretry = { attempts = 5, backoff = "constant" }\n'
    assert advise(TIMED + job) == []
    (found,) = advise(TIMED + job.replace("constant", "exponential"))
    assert (found.code, found.line) == ("L110", 7)


def test_what_is_said_of_several_jobs_is_put_together(advise):
    jobs = "".join(f'[jobs.{name}]\ncommand = "x"\n' for name in "abc")
    (same,) = by_message(advise(jobs)).values()
    assert [one.job for one in same] == ["a", "b", "c"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_can_be_looked_at(path):
    parsed = config.parse(path.read_bytes(), str(path), Disk(path.stat().st_uid))
    asker = Asker(environ={}, cwd="/", uid=path.stat().st_uid)
    assert {one.code for one in see_lint(parsed, asker, NOON, UTC_ZONE)} <= CODES.keys()
