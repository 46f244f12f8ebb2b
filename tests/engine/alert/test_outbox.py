"""Letters leave a real supervisor: once, in order, whatever hangs, fails or is killed."""

import json
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.engine.wake import poke
from jobrunner.model.letter import Letter, Told
from jobrunner.model.run import State
from tests.engine.theatre import CLOCK, Theatre
from tests.notify.receiver import closed_port, receiving, silent

TICK = timedelta(seconds=1)


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


def hook(name, url, *lines):
    return "\n".join([f"[notify.{name}]", f"webhook = '{url}'", *lines, ""])


def jobs(*channels, command="test -e well", more=""):
    """A job that fails until a file is there, and tells these channels."""
    return "\n".join(
        [
            "[settings]",
            "allow_private_urls = ['127.0.0.0/8']",
            *channels,
            "[jobs.check]",
            f"command = '''{command}'''",
            f"notify = {[channel.split('.')[1].split(']')[0] for channel in channels]}",
            more,
        ]
    )


def events(got):
    return [json.loads(body)["data"]["event"] for _, body in got]


def figures(theatre, channel="hook"):
    return theatre.store.channel_figures().get(channel)


def test_the_first_failure_and_the_recovery_are_told_once_each(theatre):
    with receiving() as receiver:
        theatre.write(jobs(hook("hook", receiver.url)))
        theatre.start()
        theatre.play("check")
        theatre.play("check")
        (theatre.folder / "well").touch()
        theatre.play("check")
        got = receiver.until(2)
        theatre.until(lambda: figures(theatre).sent == 2)
    assert events(got) == ["failure", "recovered"]
    recovered = json.loads(got[1][1])["data"]
    assert recovered["consecutive_failures"] == 2
    assert recovered["broken_for_seconds"] > 0


def test_the_end_of_the_output_is_sent_along_without_its_secrets(theatre):
    more = "env = { API_TOKEN = 'open-sesame' }\ndocs = 'https://wiki.example.com/check'"
    with receiving() as receiver:
        command = "echo first; echo $API_TOKEN; echo last; exit 3"
        theatre.write(
            jobs(hook("hook", receiver.url, "tail_lines = 2"), command=command, more=more)
        )
        theatre.start()
        theatre.play("check")
        ((_, body),) = receiver.until(1)
    data = json.loads(body)["data"]
    assert data["output_tail"] == "***********\nlast"
    assert b"open-sesame" not in body
    assert (data["exit_code"], data["docs"]) == (3, "https://wiki.example.com/check")


def test_a_channel_that_hangs_holds_up_no_job_and_no_other_channel(theatre):
    with silent() as port, receiving() as receiver:
        hanging = hook("hanging", f"http://127.0.0.1:{port}/")
        theatre.write(jobs(hanging, hook("hook", receiver.url)))
        theatre.start()
        began = CLOCK.elapsed()
        theatre.play("check")
        assert events(receiver.until(1)) == ["failure"]
        assert theatre.play("check").state is State.FAILED
        assert CLOCK.elapsed() - began < 9  # the other one is waited for longer
        assert figures(theatre, "hanging").waiting == 1


def test_what_is_not_taken_is_tried_again_with_the_same_number(theatre):
    with receiving(503, 204) as receiver:
        theatre.write(jobs(hook("hook", receiver.url)))
        theatre.start()
        theatre.play("check")
        receiver.until(1)
        theatre.until(lambda: figures(theatre).tries == 1)
        assert figures(theatre).error == "127.0.0.1 answered 503 Service Unavailable"
        make_due(theatre)
        first, second = receiver.until(2)
        theatre.until(lambda: figures(theatre).sent == 1)
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]


def test_what_waits_behind_another_try_keeps_nobody_busy(theatre):
    theatre.write(jobs(hook("hook", f"http://127.0.0.1:{closed_port()}/")))
    theatre.start()
    theatre.play("check")
    theatre.until(lambda: figures(theatre).tries == 1)
    (theatre.folder / "well").touch()
    theatre.play("check")
    theatre.until(lambda: len(theatre.store.parcels("hook")) == 2)
    assert theatre.store.next_letters()["hook"] > CLOCK.now()


def make_due(theatre):
    """Have what waits for another try be tried now: by a supervisor that starts anew."""
    theatre.kill()
    (parcel,) = theatre.store.parcels("hook")
    now = CLOCK.now()
    theatre.store.undelivered("hook", parcel.number, "", now=now, again_at=now)
    theatre.start()


def test_a_message_whose_sender_is_killed_before_it_noted_that_is_sent_again(theatre):
    channel = "[notify.page]\ncommand = ['/bin/sh', '-c', '''{}''']".format(
        "echo $JOBRUNNER_MESSAGE_ID >> sent; test -e again && exit 0; touch again; kill -9 $PPID"
    )
    theatre.write(jobs(channel))
    theatre.start()
    theatre.play("check")
    theatre.until(lambda: figures(theatre, "page").tries == 1)
    theatre.kill()
    now = CLOCK.now()
    (parcel,) = theatre.store.parcels("page")
    theatre.store.undelivered("page", parcel.number, "", now=now, again_at=now)
    theatre.start()
    theatre.until(lambda: figures(theatre, "page").sent == 1)
    first, second = (theatre.folder / "sent").read_text().split()
    assert first == second


def test_a_supervisor_that_was_killed_leaves_what_it_wrote_to_the_next(theatre):
    port = closed_port()
    theatre.write(jobs(hook("hook", f"http://127.0.0.1:{port}/")))
    theatre.start()
    theatre.play("check")
    theatre.kill()
    with receiving() as receiver:
        theatre.write(jobs(hook("hook", receiver.url)))
        theatre.until(lambda: not theatre.store.parcels("hook") or figures(theatre).tries == 1)
        for parcel in theatre.store.parcels("hook"):
            now = CLOCK.now()
            theatre.store.undelivered("hook", parcel.number, "", now=now, again_at=now)
        theatre.start()
        assert events(receiver.until(1)) == ["failure"]


def test_newer_code_takes_over_who_is_sending(theatre):
    os.mkfifo(theatre.folder / "fifo")
    theatre.write(jobs("[notify.page]\ncommand = ['/bin/sh', '-c', 'cat fifo >> got']"))
    supervisor = theatre.start()
    theatre.play("check")
    theatre.until(lambda: carriers(supervisor.pid))
    (carrier,) = carriers(supervisor.pid)
    assert poke(theatre.state, "wake other-code") is not None
    theatre.until(lambda: poke(theatre.state) is not None)
    assert carriers(supervisor.pid) == [carrier]
    (theatre.folder / "fifo").write_text("once\n")
    theatre.until(lambda: figures(theatre, "page").sent == 1)
    theatre.until(lambda: not carriers(supervisor.pid))
    assert (theatre.folder / "got").read_text() == "once\n"


def carriers(supervisor):
    """The processes that send something, dead ones that nobody buried too."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [pid for pid in children if _program(pid) != "sh"]


def _program(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except FileNotFoundError:
        return "sh"


def test_a_run_that_is_slow_is_told_while_it_runs_and_only_then(theatre):
    os.mkfifo(theatre.folder / "fifo")
    more = "slow_after = '200ms'\nnotify_on = ['slow', 'success']"
    with receiving() as receiver:
        theatre.write(jobs(hook("hook", receiver.url), command="echo x; cat fifo", more=more))
        theatre.start()
        run = theatre.run("check")
        ((_, body),) = receiver.until(1)
        assert theatre.store.run(run).state is State.RUNNING
        (theatre.folder / "fifo").write_text("")
        theatre.end_of(run)
        told = receiver.until(2)
        theatre.until(lambda: figures(theatre).sent == 2)
    assert events(told) == ["slow", "success"]
    data = json.loads(body)["data"]
    assert "output_tail" not in data  # nothing in it is hidden yet
    assert data["title"].endswith("check is slow: it still runs after 0.2s (slow_after)")


def test_what_is_gone_for_good_is_given_up(theatre):
    with receiving(410) as receiver:
        theatre.write(jobs(hook("hook", receiver.url)))
        theatre.start()
        theatre.play("check")
        theatre.until(lambda: figures(theatre) and figures(theatre).failed == 1)
    assert figures(theatre).waiting == 0


def test_letters_to_a_channel_that_is_gone_are_given_up(theatre):
    old = Letter(channel="old", event="failure", text="{}", created_at=CLOCK.now())
    theatre.store.tell("check", lambda _: Told(letters=(old,)))
    theatre.write("[jobs.check]\ncommand = 'true'\n")
    theatre.start()
    theatre.until(lambda: figures(theatre, "old").failed == 1)
    assert theatre.store.next_letters() == {}


def test_a_broken_file_is_told_once_and_so_is_that_it_was_mended(theatre):
    with receiving() as receiver:
        good = jobs(hook("hook", receiver.url, "min_interval = 0"))
        theatre.write(good)
        theatre.start()
        for text in ("[jobs", "[jobs.x]\ncommand = 3\n"):
            theatre.write(text)
            poke(theatre.state)
        broken = receiver.until(1)
        theatre.write(good)
        poke(theatre.state)
        told = receiver.until(2)
    assert events(told) == ["config_invalid", "config_invalid"]
    assert [json.loads(body)["data"]["status"] for _, body in told] == ["broken", "mended"]
    assert "jobs.toml" in json.loads(broken[0][1])["data"]["reason"]


def test_a_time_without_ticks_is_told_with_what_was_missed(theatre):
    with receiving() as receiver:
        theatre.write(jobs(hook("hook", receiver.url), command="true"))
        now = CLOCK.now()
        theatre.store.note_tick("here", now - timedelta(hours=25), timedelta(minutes=1))
        theatre.store.note_tick("here", now - TICK, timedelta(minutes=1))
        theatre.start()
        ((_, body),) = receiver.until(1)
        theatre.kill(signal.SIGTERM)
        theatre.start()
        theatre.until(lambda: figures(theatre).sent == 1 and not figures(theatre).waiting)
    data = json.loads(body)["data"]
    assert data["event"] == "tick_late"
    assert "no tick for 1d 00h: 0 slots missed, 0 caught up" in data["title"]
    assert len(receiver.got) == 1


def test_a_supervisor_leaves_while_a_letter_waits_for_another_try(theatre):
    theatre.write(jobs(hook("hook", f"http://127.0.0.1:{closed_port()}/")))
    supervisor = theatre.start(linger=0.1)
    theatre.play("check")
    theatre.until(lambda: figures(theatre).tries == 1)
    theatre.until(lambda: supervisor.poll() is not None)
    assert theatre.store.wake_at() == figures(theatre).next_at


def test_without_channels_nothing_is_written(theatre):
    theatre.write("[jobs.check]\ncommand = 'false'\n")
    theatre.start()
    theatre.play("check")
    heard = []
    theatre.store.tell("check", lambda alarms: heard.append(dict(alarms)) or Told())
    assert (theatre.store.channel_figures(), heard) == ({}, [{}])
