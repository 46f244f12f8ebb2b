"""Hosts that share one PostgreSQL, each a state folder with a supervisor."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from parts.database import processor_time
from parts.stage import ENVIRON, until

from jobrunner.engine import state
from jobrunner.engine.wake import poke
from jobrunner.store import migrate_store, open_store

HEAD = '[settings]\nhost = "{host}"\nstore = "{store}"\n'


class Fleet:
    """So many hosts of one database."""

    def __init__(self, folder: str, url: str, hosts: int) -> None:
        migrate_store(url)
        self.store = open_store(url)
        self._url = url
        self._folders = {f"host-{n}": Path(folder, f"host-{n}") for n in range(hosts)}
        self._states = {}
        self._supervisors: list[subprocess.Popen[bytes]] = []

    def write(self, jobs: str) -> None:
        """The same jobs for every host, before it is woken."""
        for host, folder in self._folders.items():
            folder.mkdir(exist_ok=True)
            file = folder / "jobs.toml"
            file.write_text(HEAD.format(host=host, store=self._url) + jobs)
            file.chmod(0o600)

    def wake(self) -> None:
        for host, folder in self._folders.items():
            where = state.State(f"{folder}/.jobrunner")
            state.prepare(where)
            options = ["--config", f"{folder}/jobs.toml", "--state", where.folder]
            program = [sys.executable, "-P", "-m", "jobrunner", "supervise", *options]
            started = subprocess.Popen(
                [*program, "--linger", "3600"],
                env=ENVIRON,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._supervisors.append(started)
            self._states[host] = where
        until(lambda: all(poke(where, "look") is not None for where in self._states.values()))

    def cpu(self, *, ended: bool = False) -> float:
        """Seconds of processor time that the supervisors have used, or these and what they ran."""
        return sum(processor_time(each.pid, ended=ended) for each in self._supervisors)

    @property
    def names(self) -> Sequence[str]:
        return [*self._folders]

    def close(self) -> None:
        """End the supervisors."""
        for where in self._states.values():
            poke(where, "leave")
        for each in self._supervisors:
            each.wait()
        self.store.close()
