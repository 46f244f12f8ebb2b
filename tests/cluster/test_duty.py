"""What one host does for all: letters leave once, whoever wrote them and whoever dies."""

import json

import pytest

from jobrunner.engine.wake import poke

pytestmark = pytest.mark.long

HOSTS = ("web-1", "web-2")
JOBS = """
[defaults]
notify = ["post"]
[notify.post]
command = ["/bin/sh", "-c", "tee -a {post} <&0 >/dev/null; echo >>{post}"]
min_interval = "1s"
[jobs.one]
command = "exit 1"
hosts = ["web-1"]
[jobs.two]
command = "exit 1"
hosts = ["web-2"]
[jobs.three]
command = "exit 1"
hosts = ["web-2"]
"""


@pytest.fixture
def post(tmp_path):
    return tmp_path / "post"


@pytest.fixture
def two(stage, post):
    stage = stage(*HOSTS)
    stage.write(JOBS.format(post=post))
    stage.start()
    stage.tick()
    return stage


def messages(post):
    """What every message that has left tells programs."""
    lines = post.read_text().splitlines() if post.exists() else []
    return [json.loads(line)["data"] for line in lines if line]


def told(post):
    """Each message that has left: which job failed, and where."""
    return sorted((each.get("job", ""), each["host"]) for each in messages(post))


def play(stage, *jobs):
    for job in jobs:
        stage.end_of(stage.run(job))


def test_a_letter_leaves_once_and_names_the_host_where_it_was(two, post):
    play(two, "one", "two", "three")
    two.until(lambda: two.store.channel_figures()["post"].sent == 3)
    assert told(post) == [("one", "web-1"), ("three", "web-2"), ("two", "web-2")]


def test_letters_of_all_leave_though_one_host_dies(two, post):
    play(two, "one")
    two.until(lambda: two.store.channel_figures()["post"].sent == 1)
    two["web-1"].die()
    play(two, "two", "three")
    two.until(lambda: two.store.channel_figures()["post"].sent == 3)
    assert told(post) == [("one", "web-1"), ("three", "web-2"), ("two", "web-2")]


def test_a_broken_file_is_told_of_its_host_and_not_mended_by_another(two, post):
    two["web-1"].file.write_text("nonsense")
    poke(two["web-1"].state)
    two.until(lambda: told(post) == [("", "web-1")])
    two["web-2"].kill()
    two.until(two["web-2"].is_awake)
    play(two, "two")
    two.until(lambda: ("two", "web-2") in told(post))
    assert told(post) == [("", "web-1"), ("two", "web-2")]
    assert messages(post)[0]["status"] == "broken"
