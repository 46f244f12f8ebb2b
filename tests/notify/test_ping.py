"""Calls of an outside watcher, as healthchecks.io has them."""

import pytest

from jobrunner.model.value import Secret
from jobrunner.notify.message import NotifyError
from jobrunner.notify.ping import MOST, Watcher, ping
from tests.notify.receiver import LOOPBACK, receiving

RID = "01935c1e-6d0a-7b4c-9f0e-3f1f0f6a2b11"


def watcher(url):
    return Watcher(url=Secret(url), networks=LOOPBACK)


@pytest.mark.parametrize(
    ("end", "kind", "rid", "path"),
    [
        ("", "", "", "/hook"),
        ("", "", RID, f"/hook?rid={RID}"),
        ("", "start", RID, f"/hook/start?rid={RID}"),
        ("/", "log", "", "/hook/log"),
        ("", "3", RID, f"/hook/3?rid={RID}"),
        ("?create=1", "fail", RID, f"/hook/fail?create=1&rid={RID}"),
    ],
)
def test_what_is_told_is_in_the_address(end, kind, rid, path):
    with receiving(200) as receiver:
        ping(watcher(receiver.url + end), kind, rid)
    assert receiver.paths == [path]


def test_of_a_long_body_the_end_is_sent():
    with receiving(200) as receiver:
        ping(watcher(receiver.url), body="x" * MOST + "end")
    ((_, body),) = receiver.got
    assert (len(body), body[-4:]) == (MOST, b"xend")


def test_it_is_tried_twice():
    with receiving(503, 200) as receiver:
        ping(watcher(receiver.url))
    assert len(receiver.got) == 2


def test_who_does_not_answer_twice_is_left():
    with receiving(503) as receiver, pytest.raises(NotifyError, match="503"):
        ping(watcher(receiver.url))
    assert len(receiver.got) == 2


def test_an_address_that_is_none_is_told_and_not_shown():
    with pytest.raises(NotifyError) as refused:
        ping(watcher("http://[hush"))
    assert "hush" not in str(refused.value)
