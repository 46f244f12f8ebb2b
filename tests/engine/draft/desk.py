"""A folder with a jobs.toml, and who works on it."""

import os

import pytest

from jobrunner.jobfile.place import Asker

ME = os.geteuid()
ROOT_ONLY = pytest.mark.skipif(ME != 0, reason="only root can be somebody else")


def make_asker(folder, **changes):
    home = {"HOME": str(folder / "home")}
    return Asker(**({"environ": home, "cwd": str(folder), "uid": ME} | changes))


def names(folder):
    return sorted(path.name for path in folder.iterdir())
