"""Outside watchers hear how each run went, and that this host ticks."""

from datetime import timedelta

import pytest

from jobrunner.engine.wake import poke
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.letter import HEARTBEAT, PINGS
from jobrunner.model.run import State
from tests.engine.theatre import CLOCK, Theatre
from tests.notify.receiver import receiving

INSIDE = "[settings]\nallow_private_urls = ['127.0.0.0/8']\n"


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


def watched(url, command, *lines):
    job = f"[jobs.check]\ncommand = '''{command}'''\nping = '{url}'"
    return "\n".join([INSIDE, job, *lines, ""])


def kinds(receiver):
    """The ends of the paths that were called, without the run."""
    return [path.partition("?")[0].removeprefix("/hook") for path in receiver.paths]


@pytest.mark.parametrize(
    ("command", "lines", "expected"),
    [
        ("true", [], ["/start", ""]),
        ("exit 3", [], ["/start", "/3"]),
        ("kill -9 $$", [], ["/start", "/137"]),
        ("echo x", ["expect = { not_output = 'x' }"], ["/start", "/fail"]),
        ("sleep 60", ["timeout = '100ms'"], ["/start", "/fail"]),
        (
            "exit 1",
            ["retry = { attempts = 1, delay = '10ms' }"],
            ["/start", "/log", "/1"],
        ),
    ],
)
def test_a_watcher_hears_how_a_run_went(theatre, command, lines, expected):
    with receiving(200) as receiver:
        theatre.write(watched(receiver.url, command, *lines))
        theatre.start()
        run = theatre.play("check")
        receiver.until(len(expected))
        theatre.until(lambda: PINGS not in theatre.store.next_letters())
    assert kinds(receiver) == expected
    assert len({path.partition("rid=")[2] for path in receiver.paths}) == 1
    assert run.state is not State.LOST


def test_a_watcher_gets_the_end_of_the_output(theatre):
    with receiving(200) as receiver:
        theatre.write(watched(receiver.url, "echo what was wrong; exit 3"))
        theatre.start()
        theatre.play("check")
        _, (_, body) = receiver.until(2)
    assert body == b"what was wrong\nexit 3"


def test_a_watcher_gets_what_a_failed_attempt_said_before_the_next(theatre):
    retry = "retry = { attempts = 1, delay = '10ms' }"
    with receiving(200) as receiver:
        theatre.write(watched(receiver.url, "echo try $JOBRUNNER_ATTEMPT; exit 3", retry))
        theatre.start()
        theatre.play("check")
        _, (_, log), (_, end) = receiver.until(3)
    assert log.startswith(b"try 1\nattempt 1 failed, exit 3; next at 2")
    assert end == b"try 2\nexit 3"


def test_of_a_long_output_a_watcher_gets_the_end(theatre):
    with receiving(200) as receiver:
        theatre.write(watched(receiver.url, "seq 100000; exit 3"))
        theatre.start()
        theatre.play("check")
        _, (_, body) = receiver.until(2)
    assert len(body) == 100_000
    assert body.endswith(b"\n99999\n100000\nexit 3")


def test_the_run_has_the_name_that_the_job_was_given(theatre):
    with receiving(200) as receiver:
        theatre.write(watched(receiver.url, "echo $JOBRUNNER_RUN_UUID"))
        theatre.start()
        run = theatre.play("check")
        receiver.until(2)
    assert receiver.paths[0].endswith(f"?rid={theatre.output(run).strip()}")
    assert run_uuid(run.created_at, "", run.id) not in receiver.paths[0]


def test_a_watcher_that_does_not_answer_changes_nothing_and_is_not_told_later(theatre):
    with receiving(500) as receiver:
        theatre.write(watched(receiver.url, "true"))
        theatre.start()
        assert theatre.play("check").state is State.SUCCESS
        receiver.until(4)
        theatre.until(lambda: theatre.store.channel_figures() == {})
    assert len(receiver.got) == 4


def test_the_host_says_that_it_ticks_as_long_as_it_does(theatre):
    with receiving(200) as receiver:
        theatre.write(f"{INSIDE}heartbeat = '{receiver.url}'\n[jobs.check]\ncommand = 'true'\n")
        theatre.start()
        theatre.until(lambda: HEARTBEAT in theatre.store.next_letters())
        assert receiver.paths == []
        theatre.store.note_tick("here", CLOCK.now(), timedelta(minutes=1))
        poke(theatre.state)
        receiver.until(1)
        theatre.until(lambda: theatre.store.wake_at() > CLOCK.now() + timedelta(seconds=30))
    assert receiver.paths == ["/hook"]


def test_a_heartbeat_that_is_taken_out_wakes_nobody(theatre):
    with receiving(200) as receiver:
        theatre.write(f"{INSIDE}heartbeat = '{receiver.url}'\n[jobs.check]\ncommand = 'true'\n")
        theatre.start()
        theatre.until(lambda: HEARTBEAT in theatre.store.next_letters())
        theatre.write("[jobs.check]\ncommand = 'true'\n")
        poke(theatre.state)
        theatre.until(lambda: theatre.store.channel_figures() == {})
    assert theatre.store.wake_at() is None
