"""Hosts that share a ledger, each with a jobs.toml of its own, and commands called on them."""

from contextlib import closing

from jobrunner.cli.main import run
from jobrunner.store import open_server
from jobrunner.store.fleet import Beat
from tests.build import FakeClock

STORE = """
[settings]
store_env = "JOBRUNNER_STORE"
"""
JOBS = """
[jobs.backup]
cron = "30 2 * * *"
command = "backup"

[jobs.report]
command = "report"
"""


class Hosts:
    """Some hosts and their ledger."""

    def __init__(self, folder, url, monkeypatch, capsys):
        self.url, self._folder, self._capsys = url, folder, capsys
        monkeypatch.setenv("JOBRUNNER_STORE", url)
        monkeypatch.setenv("TZ", "Europe/Berlin")
        monkeypatch.setenv("COLUMNS", "100")
        for variable in ("NO_COLOR", "FORCE_COLOR", "FORCE_TTY", "JOBRUNNER_CONFIG"):
            monkeypatch.delenv(variable, raising=False)
        self._patch = monkeypatch

    def file(self, host, name="jobs.toml"):
        """A file of a host."""
        return self._folder / host / name

    def write(self, host, text=STORE + JOBS, name="jobs.toml"):
        """Give a host a file."""
        self.file(host).parent.mkdir(exist_ok=True)
        self.file(host, name).write_text(text)

    def call(self, host, *words, clock=None, **environ):
        """What a command says on a host: exit code, answer, complaints."""
        with self._patch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            code = run(["-c", str(self.file(host)), *words], clock=clock or FakeClock())
        told = self._capsys.readouterr()
        return code, *(text.replace(str(self._folder), "/srv") for text in told)

    def store(self):
        """The ledger, for the length of a block."""
        return closing(open_server(self.url))

    def beat(self, host, **changes):
        """Have a host say that it lives."""
        told = {"owner": f"{host}/a/1", "boot": "a", "capacity": 8, "version": "1.0"} | changes
        with self.store() as store:
            return store.beat(Beat(host=host, **told))
