"""Services through Apprise, which is an extra."""

import sys

import pytest

from jobrunner.model.value import Secret
from jobrunner.notify.message import NotifyError
from jobrunner.notify.service import Service, send
from tests.notify.receiver import closed_port, make_message, receiving

# Of its own dependencies, on older Pythons.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_a_service_gets_title_and_text():
    pytest.importorskip("apprise")
    with receiving(200) as receiver:
        said = send(Service(Secret(receiver.url.replace("http:", "json:"))), make_message())
    assert said == "the service took it"
    assert b"backup failed: exit 1" in receiver.got[0][1]


def test_a_service_that_does_not_take_it_is_told():
    pytest.importorskip("apprise")
    with pytest.raises(NotifyError):
        send(Service(Secret(f"json://127.0.0.1:{closed_port()}/")), make_message())


def test_an_address_of_no_service_is_told_and_not_shown():
    pytest.importorskip("apprise")
    with pytest.raises(NotifyError, match="does not know a service") as refused:
        send(Service(Secret("hush://hush")), make_message())
    assert "hush" not in str(refused.value)


def test_without_apprise_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NotifyError, match=r"pip install 'jobrunner\[notify\]'"):
        send(Service(Secret("json://x")), make_message())
