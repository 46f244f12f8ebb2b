"""A host that is served, and commands that are asked of it from near and from far."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jobrunner.cli.main import run
from tests.build import FakeClock
from tests.cli.scenery import JOBS, scenery
from tests.web.house import House, served

VARIABLES = ("JOBRUNNER_URL", "JOBRUNNER_TOKEN_FILE", "JOBRUNNER_CA_FILE", "JOBRUNNER_CONFIG")


class Pair:
    """A served house, which is asked as a file and as an address."""

    def __init__(self, house, url, monkeypatch, capsys, clock):
        self.house, self.url, self.clock = house, url, clock
        self._patch, self._capsys = monkeypatch, capsys

    def near(self, *words, **environ):
        """What a command says of the file: exit code, answer, complaints."""
        return self._call(("-c", str(self.house.file), *words), environ)

    def far(self, *words, role="operator", **environ):
        """What it says of the address, with the token of a role."""
        file = self.house.folder / f"{role}.token"
        file.write_text(f"{self.house.secrets[role]}\n")
        file.chmod(0o600)
        told = {"JOBRUNNER_URL": self.url, "JOBRUNNER_TOKEN_FILE": str(file)}
        return self._call(words, told | environ)

    def both(self, *words, **environ):
        """The same from near and from far, whatever each calls the host."""
        near, far = self.near(*words, **environ), self.far(*words, **environ)
        return self._same(near), self._same(far)

    def _same(self, told):
        code, out, err = told
        return code, out.replace(str(self.house.file), "HOST").replace(self.url, "HOST"), err

    def _call(self, words, environ):
        with self._patch.context() as patch:
            for name in VARIABLES:
                patch.delenv(name, raising=False)
            for name, value in environ.items():
                patch.setenv(name, value)
            code = run(words, clock=self.clock())
        return code, *self._capsys.readouterr()


@pytest.fixture(scope="module")
def scene():
    """A host with a month behind it, seen at noon, and its address."""
    with TemporaryDirectory(prefix="jr-", dir="/tmp") as folder:
        scenery(folder)
        house = House(Path(folder), JOBS, FakeClock())
        with served(house.app) as url:
            yield house, url
            house.app.state.pulse.end()


@pytest.fixture
def pair(scene, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "FORCE_TTY", "LC_ALL", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.setenv("JOBRUNNER_COLUMNS", "100")
    return Pair(*scene, monkeypatch, capsys, FakeClock)
