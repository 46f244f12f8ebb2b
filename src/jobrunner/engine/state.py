"""The state folder: the ledger, the output of jobs, and what the supervisor keeps for itself."""

import os

from msgspec import Struct

from jobrunner.errors import ForbiddenError

# `db` and `output` may be shared with a group, the web page's; `run` is the supervisor's alone.
# What a job writes in `result` is its user's, who knows only the name that it was given.
MODES = {
    "db": 0o2770,
    "output": 0o2750,
    "result": 0o711,
    "run": 0o700,
    "run/spool": 0o700,
    "run/spare": 0o700,
}
PER_FOLDER = 1000  # outputs


class State(Struct, frozen=True):
    """Where things are in the state folder."""

    folder: str

    @property
    def owner(self) -> int | None:
        """Whose it is, who alone supervises beside root; None if it cannot be seen."""
        try:
            return os.stat(self.folder).st_uid  # noqa: PTH116 - paths are strings here
        except OSError:
            return None

    @property
    def ledger(self) -> str:
        return f"{self.folder}/db/ledger.db"

    @property
    def lock(self) -> str:
        """Held by the supervisor while it lives."""
        return f"{self.folder}/run/supervisor.lock"

    @property
    def socket(self) -> str:
        return f"{self.folder}/run/socket"

    @property
    def plan(self) -> str:
        """The last good configuration, compiled."""
        return f"{self.folder}/run/plan"

    @property
    def glance(self) -> str:
        """What a tick compares before it wakes anybody."""
        return f"{self.folder}/run/glance"

    @property
    def versions(self) -> str:
        """The last versions of the files that declare jobs."""
        return f"{self.folder}/versions"

    def spool(self, run: int, attempt: int) -> str:
        return f"{self.folder}/run/spool/{run}-{attempt}"

    @property
    def spare(self) -> str:
        """Holds files of ended attempts that may be used again."""
        return f"{self.folder}/run/spare"

    def stop_note(self, run: int, attempt: int) -> str:
        """Says by whom an attempt is being stopped, for the case that its supervisor is killed."""
        return f"{self.folder}/run/spool/{run}-{attempt}.stop"

    def result(self, run: int, attempt: int) -> str:
        """Where an attempt may leave JSON for its supervisor."""
        return f"{self.folder}/result/{run}-{attempt}.json"

    def output(self, run: int, attempt: int) -> str:
        """The name of an attempt's output below `output/`, as the ledger tells it."""
        return f"{run // PER_FOLDER}/{run}-{attempt}.log"

    def sightings(self, output: str) -> str:
        """When the output was seen to grow, beside it."""
        return f"{output.removesuffix('.log')}.seen"

    def output_path(self, name: str) -> str:
        return f"{self.folder}/output/{name}"


def prepare(state: State) -> None:
    """Make the folders that are not there, with their modes whatever the umask is."""
    try:
        os.makedirs(state.folder, 0o755, exist_ok=True)  # noqa: PTH103 - paths are strings here
        for name, mode in MODES.items():
            _make(f"{state.folder}/{name}", mode)
        if "/.jobrunner" in state.folder:
            _keep_from_git(f"{state.folder}/.gitignore")
    except OSError as error:
        raise ForbiddenError(
            f"{error.filename or state.folder}: the state folder cannot be made"
            f" ({error.strerror}); name another one with JOBRUNNER_STATE_DIR"
        ) from error


def _make(path: str, mode: int) -> None:
    try:
        os.mkdir(path, 0o700)  # noqa: PTH102 - see above
    except FileExistsError:
        return
    os.chmod(path, mode)  # noqa: PTH101 - see above


def _keep_from_git(path: str) -> None:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    except FileExistsError:
        return
    os.write(file, b"*\n")
    os.close(file)
