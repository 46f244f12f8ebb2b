"""Webhooks: what is posted, what proves who sent it, and what is an answer."""

import base64
import hashlib
import hmac
import json

import pytest

from jobrunner.model.value import Secret
from jobrunner.notify import door
from jobrunner.notify.message import NotifyError
from jobrunner.notify.webhook import Webhook, send, signature
from tests.notify.receiver import LOOPBACK, closed_port, make_message, receiving, silent

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def hook(url, **changes):
    return Webhook(url=Secret(url), **({"networks": LOOPBACK} | changes))


def refusal(url, **changes):
    with pytest.raises(NotifyError) as refused:
        send(hook(url, **changes), make_message())
    return refused.value


def test_the_event_is_posted_as_a_cloud_event():
    with receiving() as receiver:
        assert send(hook(receiver.url), make_message()) == "answered 204"
    ((headers, body),) = receiver.got
    event = json.loads(body)
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert {name: event[name] for name in ("specversion", "id", "type", "source", "subject")} == {
        "specversion": "1.0",
        "id": "01935c1e-6d0a-7b4c-9f0e-3f1f0f6a2b11",
        "type": "dev.jobrunner.run.failed.v1",
        "source": "/hosts/web-1/jobrunner",
        "subject": "jobs/backup/runs/1284",
    }
    assert (event["data"]["job"], event["data"]["exit_code"]) == ("backup", 1)


def test_whoever_knows_the_secret_can_check_the_signature():
    with receiving() as receiver:
        send(hook(receiver.url, secret=Secret(KEY)), make_message())
    ((headers, body),) = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(KEY.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_the_signature_is_that_of_the_example_of_standard_webhooks():
    number, sent_at = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
    content = b'{"test": 2432232314}'
    assert signature(KEY, number, sent_at, content) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_without_a_secret_nothing_is_signed():
    with receiving() as receiver:
        send(hook(receiver.url), make_message())
    assert "webhook-signature" not in receiver.got[0][0]


def test_a_password_in_the_address_becomes_a_header():
    with receiving() as receiver:
        send(hook(receiver.url.replace("://", "://ann:p%40ss@")), make_message())
    expected = base64.b64encode(b"ann:p@ss").decode()
    assert receiver.got[0][0]["Authorization"] == f"Basic {expected}"


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(500, False), (503, False), (401, False), (404, False), (429, False), (410, True)],
)
def test_what_is_refused_for_now_is_tried_again_and_what_is_gone_is_not(status, permanent):
    with receiving(status) as receiver:
        refused = refusal(receiver.url)
    assert (refused.permanent, f"127.0.0.1 answered {status}" in str(refused)) == (permanent, True)


def test_a_redirection_is_not_followed():
    with receiving(302) as receiver:
        told = str(refusal(receiver.url))
    assert told == "127.0.0.1 answered 302: it has moved to 10.0.0.1; write that address"
    assert len(receiver.got) == 1


def test_an_address_inside_is_not_called():
    with receiving() as receiver:
        assert "inside a private network" in str(refusal(receiver.url, networks=()))
    assert receiver.got == []


def test_a_server_that_says_nothing_is_left(monkeypatch):
    monkeypatch.setattr(door, "TIMEOUT", 0.05)
    with silent() as port:
        told = str(refusal(f"http://127.0.0.1:{port}/"))
    assert told == "127.0.0.1: no answer in time"


def test_a_server_that_hangs_up_is_told():
    with receiving(None) as receiver:
        assert "no answer that can be understood" in str(refusal(receiver.url))


def test_a_port_that_nobody_listens_on_is_told():
    told = str(refusal(f"http://127.0.0.1:{closed_port()}/hook"))
    assert told == "127.0.0.1: Connection refused"


def test_tls_is_spoken_and_checked():
    with receiving() as receiver:
        told = str(refusal(receiver.url.replace("http:", "https:")))
    assert told.startswith("127.0.0.1: ")
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://x/",
        "http://",
        "http:///path",
        "http://[::1",
        "http://x:99999/",
        "http://x/a b",
        "http://x/\r\nHost: evil",
        "",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url):
    assert "the address" in str(refusal(url))


def test_no_error_tells_the_path_which_is_a_secret_of_many_services():
    for url in ("http://127.0.0.1:1/T00/SECRETPATH", "http://no.invalid/SECRETPATH?k=SECRETPATH"):
        assert "SECRETPATH" not in str(refusal(url))


def test_a_secret_that_is_no_base64_is_told_and_not_shown():
    told = str(refusal("http://127.0.0.1:1/", secret=Secret("whsec_&&&hush")))
    assert "no base64" in told
    assert "hush" not in told
