"""`jobrunner notify` as its reader meets it."""

import json
from datetime import timedelta

import pytest

from jobrunner.model.letter import Letter, Told
from jobrunner.store import open_store
from tests.build import NOON
from tests.notify.receiver import closed_port, receiving

CHANNELS = """
[settings]
allow_private_urls = ["127.0.0.0/8"]
[notify.ops]
command = ["/bin/sh", "-c", "cat > got"]
[notify.hook]
webhook = "{}"
on = ["failure"]
[jobs.backup]
command = "true"
notify = ["ops", "hook"]
"""


@pytest.fixture
def told(tmp_path, call):
    """Channels of which one has sent a message, and the other could not."""

    def told(url="http://127.0.0.1:1/SECRETPATH"):
        (tmp_path / "jobs.toml").write_text(CHANNELS.format(url))
        assert call("notify", "list")[0] == 0
        store = open_store(tmp_path / ".jobrunner/db/ledger.db")
        letters = [
            Letter(channel=name, event="failure", job="backup", text="{}", created_at=NOON)
            for name in ("ops", "hook")
        ]
        store.tell("backup", lambda _: Told(letters=tuple(letters)))
        store.pack([[1]], NOON)
        store.delivered("ops", 1, NOON - timedelta(hours=2))
        store.pack([[2]], NOON)
        store.undelivered(
            "hook", 2, "example.com: no answer", now=NOON, again_at=NOON + timedelta(minutes=2)
        )
        store.close()

    return told


def test_channels_are_listed_with_what_they_got_and_what_waits(call, told):
    told()
    _, out, _ = call("notify", "list", FORCE_TTY="1", NO_COLOR="1")
    assert out.splitlines() == [
        "   CHANNEL  WAY      JOBS  LAST SENT  WAITING  GIVEN UP",
        " ✓ ops      command  1     2h ago     0        0",
        " ✗ hook     webhook  1     never      1        0",
        "     example.com: no answer; tried 1 time, again at 13:02",
    ]


def test_a_pipe_gets_names_ways_and_states(call, told):
    told()
    assert call("notify", "list")[1].splitlines() == [
        "ops\tcommand\tok\t2026-11-20T10:00:00+00:00\t0\t0",
        "hook\twebhook\tfailing\t\t1\t0",
    ]


def test_programs_get_all_of_it(call, told):
    told()
    _, hook = json.loads(call("notify", "list", "--json")[1])
    assert (hook["status"], hook["jobs"], hook["on"]) == ("failing", ["backup"], ["failure"])
    assert (hook["tries"], hook["last_error"]) == (1, "example.com: no answer")


def test_a_channel_that_was_never_used_is_to_be_tried(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("[notify.ops]\ncommand = ['true']\n")
    _, out, err = call("notify", "list", FORCE_TTY="1", NO_COLOR="1")
    assert " ! ops " in out
    assert "jobrunner notify test ops" in out + err


def test_without_channels_it_is_told_how_to_have_one(call):
    _, out, err = call("notify", "list", FORCE_TTY="1", NO_COLOR="1")
    assert "No channel is declared" in out + err


def test_a_test_is_sent_at_once_and_says_what_was_answered(call, told):
    with receiving() as receiver:
        told(receiver.url)
        code, out, _ = call("notify", "test", "hook")
        assert (code, out.split(" ", 1)[1]) == (0, "hook: sent, answered 204\n")
        ((_, body),) = receiver.got
    event = json.loads(body)
    assert (event["type"], event["data"]["channel"]) == ("dev.jobrunner.test.v1", "hook")


def test_a_test_that_is_not_taken_is_told_without_what_is_secret(call, told):
    told(f"http://127.0.0.1:{closed_port()}/SECRETPATH")
    code, out, err = call("notify", "test", "hook")
    assert (code, out) == (1, "")
    told = "hook: the message was not taken. 127.0.0.1: Connection refused"
    assert err == f"Error: {told}\n"


def test_a_channel_that_is_not_there_is_told_with_the_one_that_was_meant(call, told):
    told()
    code, _, err = call("notify", "test", "opps")
    assert (code, err) == (5, 'Error: no channel named "opps". Did you mean "ops"?\n')
