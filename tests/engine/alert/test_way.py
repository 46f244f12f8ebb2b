"""From a channel of jobs.toml to the way of its messages: secrets are had, and never shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.config import parse
from jobrunner.engine.alert.way import kind_of, veiled, way_of
from jobrunner.errors import ForbiddenError
from jobrunner.model.value import Secret
from jobrunner.notify.command import Command
from jobrunner.notify.listener import Listener
from jobrunner.notify.mail import Mail
from jobrunner.notify.message import NotifyError
from jobrunner.notify.service import Service
from jobrunner.notify.webhook import Webhook

ENVIRON = {"HOOK": "https://example.com/T0/KEY", "HOME": "/root", "OTHER_SECRET": "hush"}


def way(keys, folder="/etc/jobrunner", environ=ENVIRON):
    config = parse(f"[notify.ops]\n{keys}\n", f"{folder}/jobs.toml")
    return way_of(config.channels["ops"], config, environ, "web-1")


@pytest.mark.parametrize(
    ("keys", "kind", "made"),
    [
        ("webhook = 'https://example.com'", "webhook", Webhook),
        ("webhook_env = 'HOOK'", "webhook", Webhook),
        ("command = ['true']", "command", Command),
        ("python = 'pager:page'", "python", Listener),
        ("mail = 'ops@example.com'", "mail", Mail),
        ("url = 'ntfy://topic'", "service", Service),
    ],
)
def test_each_channel_has_its_way(keys, kind, made):
    channel = parse(f"[notify.ops]\n{keys}\n", "/jobs.toml").channels["ops"]
    assert kind_of(channel) == kind
    assert isinstance(way(keys), made)


@pytest.mark.parametrize(
    ("smtp", "expected"),
    [
        ("", ("localhost", 25)),
        ("smtp = 'mail.example.com'", ("mail.example.com", 25)),
        ("smtp = 'mail.example.com:587'", ("mail.example.com", 587)),
        ("smtp = '[2001:db8::1]'", ("2001:db8::1", 25)),
        ("smtp = '[2001:db8::1]:465'", ("2001:db8::1", 465)),
    ],
)
def test_a_server_of_mail_is_a_name_with_or_without_a_port(smtp, expected):
    made = way(f"mail = 'ops@example.com'\n{smtp}")
    assert (made.host, made.port, made.sender) == (*expected, "jobrunner@web-1")


def test_a_secret_comes_from_a_variable(tmp_path):
    assert way("webhook_env = 'HOOK'").url == "https://example.com/T0/KEY"
    with pytest.raises(NotifyError, match=r"the variable NONE is not set \(webhook_env\)"):
        way("webhook_env = 'NONE'")


def test_a_secret_comes_from_a_file_beside_jobs_toml(tmp_path):
    (tmp_path / "key").write_text("open sesame\n")
    (tmp_path / "key").chmod(0o600)
    keys = "webhook_env = 'HOOK'\nsecret_file = 'key'"
    assert way(keys, tmp_path).secret == "open sesame"
    (tmp_path / "key").write_text("\n")
    with pytest.raises(NotifyError, match=r"key is empty \(secret_file\)"):
        way(keys, tmp_path)


def test_a_secret_that_others_may_write_is_not_taken(tmp_path):
    (tmp_path / "key").write_text("open sesame\n")
    (tmp_path / "key").chmod(0o666)
    with pytest.raises(ForbiddenError):
        way("webhook_env = 'HOOK'\nsecret_file = 'key'", tmp_path)


def test_a_command_gets_no_variable_that_may_be_secret():
    made = way("command = ['true']")
    assert made.env["HOME"] == "/root"
    assert set(made.env) == {"HOME", "PATH"}


@given(st.text("abc.+?()[]\\$^|/", min_size=4, max_size=30), st.text("xyz ", max_size=20))
def test_no_text_shows_a_secret_of_its_way(secret, around):
    made = Webhook(url=Secret(secret), secret=Secret(secret[::-1]))
    told = veiled(f"{around}{secret}{around}{secret[::-1]}", made)
    assert secret not in told
    assert secret not in repr(made)


def test_each_part_of_an_address_of_a_service_may_be_its_key():
    made = Service(Secret("slack://TOKEN1/TOKEN2/TOKEN3/#ops"))
    assert veiled("no TOKEN2 at TOKEN3", made) == "no *** at ***"
