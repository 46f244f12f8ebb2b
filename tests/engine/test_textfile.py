"""The file for node_exporter: whole, current, and never in the way of jobs."""

import os
from datetime import timedelta

import pytest

from jobrunner.engine.stopping import NEVER
from jobrunner.engine.textfile import Textfile, pause
from jobrunner.model.settings import Config, Metrics
from tests.build import NOON, FakeClock, make_job
from tests.engine.theatre import CLOCK, Theatre
from tests.engine.workplace import a_post

SECOND = timedelta(seconds=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "metrics" / "jobrunner.prom"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def post(tmp_path, path, clock):
    path.parent.mkdir()
    metrics = Metrics(textfile=str(path))
    with a_post(tmp_path, make_job(), clock=clock, metrics=metrics) as post:
        yield post


def settled(post):
    """One that was written, and has nothing new to tell."""
    textfile = Textfile(post)
    textfile.write("")
    textfile.see_to("nothing", "", None)
    textfile.write("")
    return textfile


def is_written(textfile, path, seen="nothing", problem="", due=None):
    path.unlink(missing_ok=True)
    textfile.see_to(seen, problem, due)
    return path.exists()


def test_it_is_readable_to_all_whatever_the_umask_is(post, path):
    before = os.umask(0o077)
    try:
        Textfile(post).write("")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o7777 == 0o644
    assert 'jobrunner_running{name="backup"} 0\n' in path.read_text()


def test_nothing_lies_beside_it(post, path):
    Textfile(post).write("")
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("name", ["jobrunner.prom", "jobrunner.prom.new"])
def test_a_link_that_somebody_put_there_is_not_followed(post, path, tmp_path, name):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (path.parent / name).symlink_to(victim)
    Textfile(post).write("")
    assert victim.read_text() == "mine"
    assert [path.is_file(), path.is_symlink()] == [True, False]


def test_what_changed_is_told_after_ten_seconds_at_the_soonest(post, path, clock):
    textfile = settled(post)
    textfile.touch()
    clock.advance(9 * SECOND)
    assert not is_written(textfile, path)
    clock.advance(SECOND)
    assert is_written(textfile, path)


def test_without_a_change_it_is_written_once_a_minute(post, path, clock):
    textfile = settled(post)
    clock.advance(59 * SECOND)
    assert not is_written(textfile, path)
    clock.advance(SECOND)
    assert is_written(textfile, path)


@pytest.mark.parametrize("change", [{"seen": "another run"}, {"problem": "line 3"}])
def test_what_runs_and_what_is_wrong_are_changes(post, path, clock, change):
    textfile = settled(post)
    clock.advance(10 * SECOND)
    assert is_written(textfile, path, **change)


def test_a_look_that_found_something_is_a_change(post, path, clock):
    textfile = settled(post)
    textfile.note_look(0.25, has_found=True)
    clock.advance(10 * SECOND)
    assert is_written(textfile, path)
    assert "jobrunner_tick_duration_seconds 0.25\n" in path.read_text()


def test_what_is_due_in_a_moment_comes_first(post, path, clock):
    textfile = settled(post)
    clock.advance(60 * SECOND)
    assert not is_written(textfile, path, due=clock.now() + 0.5 * SECOND)
    assert textfile.next_at() == clock.elapsed() + 1  # nobody asks all the time meanwhile
    clock.advance(SECOND)
    assert is_written(textfile, path, due=clock.now() + 2 * SECOND)


def test_jobs_of_every_second_put_it_off_for_some_seconds_only(post, path, clock):
    textfile = settled(post)
    clock.advance(64 * SECOND)
    assert not is_written(textfile, path, due=clock.now())
    clock.advance(SECOND)
    assert is_written(textfile, path, due=clock.now())


def test_what_takes_long_is_done_more_rarely():
    assert [pause(took, is_stale=True) for took in (0.01, 2)] == [10, 100]
    assert [pause(took, is_stale=False) for took in (0.01, 2)] == [60, 100]


def test_where_it_cannot_be_written_is_told_and_tried_again(post, path, clock, capsys):
    path.parent.rmdir()
    textfile = Textfile(post)
    textfile.write("")
    assert f"metrics.textfile: {path} is not written: No such file" in capsys.readouterr().err
    path.parent.mkdir()
    clock.advance(60 * SECOND)
    assert is_written(textfile, path)


def test_the_old_one_goes_when_jobs_toml_names_another(post, path):
    textfile = settled(post)
    other = path.with_name("other.prom")
    post.adopt(Config(origin="", metrics=Metrics(textfile=str(other))))
    textfile.see_to("nothing", "", None)
    textfile.write("")
    assert [*path.parent.iterdir()] == [other]


def test_without_a_name_there_is_nothing_to_do(tmp_path):
    with a_post(tmp_path, clock=FakeClock(NOON)) as post:
        textfile = Textfile(post)
        textfile.write("")
        assert textfile.next_at() == NEVER


def test_a_supervisor_keeps_it_up_and_leaves_it_as_things_are(tmp_path):
    theatre, path = Theatre(tmp_path), tmp_path / "j.prom"
    theatre.write(f'[metrics]\ntextfile = "{path}"\n[jobs.fails]\ncommand = "exit 1"\n')
    theatre.start(linger=0.1)
    theatre.play("fails")
    theatre.supervisors[-1].wait(60)
    assert 'jobrunner_consecutive_failures{name="fails"} 1\n' in path.read_text()
    assert 'jobrunner_runs_total{name="fails",result="failed"} 1\n' in path.read_text()
    theatre.close()


def test_while_ticks_come_a_supervisor_stays_awake_for_it(tmp_path):
    theatre, path = Theatre(tmp_path), tmp_path / "j.prom"
    theatre.write(f'[metrics]\ntextfile = "{path}"\n[jobs.idle]\ncommand = "true"\n')
    theatre.store.note_tick("", CLOCK.now(), timedelta(minutes=1))
    theatre.start(linger=0.0)
    theatre.until(path.exists)
    assert theatre.supervisors[-1].poll() is None
    assert theatre.store.wake_at() - CLOCK.now() < timedelta(minutes=1)
    theatre.close()
