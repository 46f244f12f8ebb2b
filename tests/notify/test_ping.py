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


def test_a_server_that_takes_less_gets_the_end_too():
    with receiving(200) as receiver:
        receiver.headers["Ping-Body-Limit"] = "10"
        ping(watcher(receiver.url), "3", RID, "what was printed: all went wrong")
    assert receiver.paths == [f"/hook/3?rid={RID}", f"/hook/log?rid={RID}"]
    assert [body for _, body in receiver.got][1] == b"went wrong"


@pytest.mark.parametrize("told", ["", "0", "many", "100", "9" * 9, "1" * 5000])
def test_a_body_that_is_taken_is_not_sent_again(told):
    with receiving(200) as receiver:
        receiver.headers["Ping-Body-Limit"] = told
        ping(watcher(receiver.url), body="x" * 100)
    assert len(receiver.got) == 1


def test_a_server_that_refuses_the_body_is_called_without():
    with receiving(413, 200) as receiver:
        ping(watcher(receiver.url), "3", RID, "too much")
    assert receiver.paths == [f"/hook/3?rid={RID}"] * 2
    assert [body for _, body in receiver.got] == [b"too much", b""]


def test_who_refuses_a_call_without_a_body_is_left():
    with receiving(410) as receiver, pytest.raises(NotifyError, match="410"):
        ping(watcher(receiver.url))
    assert len(receiver.got) == 1


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
