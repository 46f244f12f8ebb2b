"""Which file a change goes to, and how its reader would type its path."""

import os
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from msgspec import Struct, structs

from jobrunner.config.document import decoded, read
from jobrunner.config.problem import ConfigError
from jobrunner.config.spelling import shown, unknown
from jobrunner.engine.actions.who import who
from jobrunner.engine.draft.trial import Trial
from jobrunner.engine.load import STDIN, load
from jobrunner.engine.state import State
from jobrunner.errors import ForbiddenError, UnknownError, UnusableError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import NAME, Asker, find_jobs, find_state
from jobrunner.jobfile.shelf import Shelf
from jobrunner.jobfile.trust import user_name
from jobrunner.model.settings import Config


class Site(Struct, frozen=True, kw_only=True):
    """The main file, what it says (None: it is broken), and which file declares each job.

    `program` begins a command that uses this file.
    """

    main: str
    config: Config | None
    jobs: Mapping[str, str]
    uid: int
    program: str
    shelf: Shelf

    def trial(self, file: str) -> Trial:
        return Trial(self.main, file, self.uid, self.program, self.shelf)


def survey(option: str | None, asker: Asker, by: str = "") -> Site:
    """The file that `option` or habit names, good or broken; `by` is who changes it, if not we."""
    main = main_file(option, asker)
    if not asker.exists(main):
        words = f"jobrunner init --path {shlex.quote(near(main, asker.cwd))}"
        raise UnusableError(f"{shown(main)} is not there.\nMake it: {words}")
    try:
        config: Config | None = load(main, asker)
    except ConfigError:
        config = None
    if config:
        jobs = {name: job.origin for name, job in config.jobs.items()}
    else:
        jobs = dict.fromkeys(_declared(Disk(asker.uid), main), main)
    named = program(main, asker)
    setting = config.settings.state_dir if config else ""
    shelf = Shelf(State(find_state(main, asker, setting).path).versions, by or who(asker))
    return Site(main=main, config=config, jobs=jobs, uid=asker.uid, program=named, shelf=shelf)


def surveyed(option: str | None, asker: Asker) -> Site | None:
    """What is there; None where no file is named and none is found."""
    if not (option or asker.environ.get("JOBRUNNER_CONFIG")):
        try:
            main_file(option, asker)
        except UnusableError:
            if asker.exists(f"{asker.cwd}/{NAME}"):
                raise  # root stands beside one, and may well mean it
            return None
    return survey(option, asker)


def main_file(option: str | None, asker: Asker) -> str:
    """The file that `option` or habit names; it has to be one that can be written."""
    if option == STDIN:
        raise UnusableError("standard input cannot be changed.\nName a file: jobrunner -c FILE")
    return find_jobs(option, asker).path


def habitual(asker: Asker) -> str:
    """Where a new jobs.toml goes that nobody named a place for: the user's, else the host's."""
    # Root does not look into the working folder, and finds the first place that he looks at.
    return find_jobs(None, structs.replace(asker, uid=0, exists=lambda _: True)).path


def file_of(site: Site, job: str) -> str:
    """The file that declares a job, if it can be changed by a command."""
    if job not in site.jobs:
        raise UnknownError(unknown("job", job, site.jobs))
    file = site.jobs[job]
    if file != site.main and job not in _declared(Disk(site.uid), file):
        raise UnusableError(
            f"{job} is a line of {shown(file)}, which only its own tools change.\n"
            f"Edit it there: crontab -e, or whoever wrote it."
        )
    return file


def check_writable(file: str, uid: int) -> None:
    """Refuse what could not be saved, before somebody works on it."""
    folder = os.path.dirname(os.path.realpath(file))  # noqa: PTH120 - paths are strings here
    if not os.access(folder, os.W_OK, effective_ids=True):
        raise ForbiddenError(
            f"{shown(file)} cannot be written by {user_name(uid)}: its folder is read-only.\n"
            "As its owner: sudo jobrunner ..."
        )


def text_of(file: str, uid: int) -> str:
    """The text of a file that may be trusted."""
    try:
        return Disk(uid).read(file).decode()
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is no UTF-8"
        raise UnusableError(f"{shown(file)} is not a text: {where}.") from error


def line_of(text: str, path: tuple[str, ...]) -> int:
    """The line on which a table or key stands; 1 where the text cannot tell."""
    try:
        document = read("", text)
    except ConfigError:
        return 1
    return document.place(document.span(path, key=True)[0])[0]


def near(path: str, cwd: str) -> str:
    """The path as somebody in that folder would type it."""
    inside = PurePath(path).is_relative_to(cwd) and cwd != "/"
    return shown(str(PurePath(path).relative_to(cwd)) if inside else path)


def program(file: str, asker: Asker) -> str:
    """The beginning of a command that uses this file."""
    try:
        is_found = find_jobs(None, asker).path == file
    except UnusableError:
        is_found = False
    return "jobrunner" if is_found else f"jobrunner -c {shlex.quote(near(file, asker.cwd))}"


def _declared(disk: Disk, file: str) -> Mapping[str, Any]:
    """The jobs that a file declares, as far as it is TOML."""
    try:
        jobs = tomllib.loads(decoded(file, disk.read(file))).get("jobs", {})
    except (ConfigError, ValueError, RecursionError):
        return {}
    return jobs if isinstance(jobs, dict) else {}
