"""Who asks."""

import os

import pytest

from jobrunner.engine.actions.who import who
from jobrunner.jobfile.place import Asker
from jobrunner.jobfile.trust import user_name


@pytest.mark.parametrize(
    ("uid", "environ", "name"),
    [
        (0, {}, "root"),
        (0, {"SUDO_USER": "deploy"}, "deploy"),
        (0, {"SUDO_USER": "\x1b[31m"}, "root"),
        (os.getuid() or 1, {"SUDO_USER": "somebody"}, user_name(os.getuid() or 1)),
    ],
)
def test_behind_sudo_it_is_who_typed_it(uid, environ, name):
    assert who(Asker(environ=environ, cwd="/", uid=uid)) == name
