"""Functions as channels."""

import pytest

from jobrunner.notify.listener import Listener, send
from jobrunner.notify.message import NotifyError
from tests.notify.receiver import make_message

MODULE = """
heard = []
class Pager:
    page = staticmethod(heard.append)
def broken(event):
    raise ValueError("no such room")
def leaving(event):
    raise SystemExit(3)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    name = f"listener_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    return name


def test_a_function_gets_the_event_as_a_dictionary(tmp_path, module):
    way = Listener(target=f"{module}:Pager.page", folder=str(tmp_path))
    assert send(way, make_message()) == f"{module}:Pager.page returned"
    (event,) = __import__(module).heard
    assert (event["type"], event["data"]["job"]) == ("dev.jobrunner.run.failed.v1", "backup")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("broken", "raised ValueError: no such room"),
        ("leaving", "raised SystemExit: 3"),
        ("missing", "is not there"),
    ],
)
def test_a_function_that_fails_is_told(tmp_path, module, name, told):
    with pytest.raises(NotifyError, match=told):
        send(Listener(target=f"{module}:{name}", folder=str(tmp_path)), make_message())


def test_a_module_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotifyError, match="no_such_module:x is not there"):
        send(Listener(target="no_such_module:x", folder=str(tmp_path)), make_message())
