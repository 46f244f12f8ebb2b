"""What is to be installed: which jobs.toml, which state folder, whose ticks, under which name."""

import pwd
import re
from collections.abc import Mapping
from pathlib import PurePath

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.config.spelling import shown
from jobrunner.engine.draft.first import Host
from jobrunner.engine.draft.site import main_file
from jobrunner.engine.install.program import Program
from jobrunner.engine.load import load
from jobrunner.engine.plan import current
from jobrunner.engine.scene import state_of
from jobrunner.engine.state import State
from jobrunner.errors import ForbiddenError, JobrunnerError, UnknownError
from jobrunner.jobfile.place import HOST_STATE, Asker, find_jobs, find_state
from jobrunner.jobfile.trust import user_name
from jobrunner.model.settings import Config, Settings

NAME = "jobrunner"
SECRETS = "jobrunner.env"
SYSTEM = "/etc"
SYSTEM_STATE = "/var/lib"
UNFIT = re.compile(r"[^A-Za-z0-9_]+")


class Page(Struct, frozen=True, kw_only=True):
    """Who serves the page, and in which folders that writes."""

    uid: int
    writes: tuple[str, ...] = ()

    @property
    def user(self) -> str:
        return user_name(self.uid)


class Order(Struct, frozen=True, kw_only=True):
    """The ticks of one jobs.toml: who looks, with which variables; `strangers` are jobs of others.

    `is_host` says whether it is the host's, and not one user's; `page` is None if it is not served.
    `wanted` are variables that jobs.toml reads secrets from, which we do not write anywhere.
    """

    config: str
    state: State
    program: Program
    asker: int
    uid: int
    home: str
    environ: Mapping[str, str]
    name: str
    is_host: bool
    strangers: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    page: Page | None = None

    @property
    def user(self) -> str:
        return user_name(self.uid)

    @property
    def tick(self) -> tuple[str, ...]:
        return (*self.program.words, "tick", "-c", self.config)

    @property
    def supervise(self) -> tuple[str, ...]:
        arguments = ("--config", self.config, "--state", self.state.folder)
        return (*self.program.words, "supervise", *arguments)

    @property
    def serve(self) -> tuple[str, ...]:
        return (*self.program.words, "serve", "-c", self.config)

    @property
    def secrets(self) -> str:
        """The file that has these variables, if there are any, for systemd."""
        return str(PurePath(self.config).with_name(SECRETS)) if self.wanted else ""

    @property
    def state_directory(self) -> str:
        """What systemd calls the state folder, if that is the host's; else ''."""
        place = PurePath(self.state.folder)
        is_its = self.is_host and place.is_relative_to(HOST_STATE) and not self.environ
        return str(place.relative_to(SYSTEM_STATE)) if is_its else ""


def order(
    option: str | None, asker: Asker, program: Program, *, is_host: bool, is_served: bool = False
) -> Order:
    """The ticks of what `option` or habit names, which has to be usable, and its page.

    ForbiddenError if the state folder is somebody else's, who alone may supervise.
    """
    path = main_file(option, asker)
    config = load(path, asker)
    found = _order(path, config, asker, program, is_host=is_host)
    _check_owner(found.state, found.uid)
    return replace(found, page=_page(found, config)) if is_served else found


def order_back(option: str | None, asker: Asker, program: Program, *, is_host: bool) -> Order:
    """The same, to undo it: the file may be broken by now, or gone."""
    path = main_file(option, asker)
    try:
        config = current(path, asker)
    except JobrunnerError:
        config = Config(origin=path)
    found = _order(path, config, asker, program, is_host=is_host)
    return replace(found, page=Page(uid=found.uid))


def _order(path: str, config: Config, asker: Asker, program: Program, *, is_host: bool) -> Order:
    state = state_of(config, asker)
    uid = supervisor_of(state, path) if is_host else asker.uid
    home = _home(uid)
    # What a tick knows of its surroundings: neither cron nor systemd sets more that counts here.
    bare = Asker(environ={"HOME": home}, cwd="/", uid=uid)
    found = find_state(path, bare, config.settings.state_dir).path
    environ = {} if found == state.folder else {"JOBRUNNER_STATE_DIR": state.folder}
    strangers = [job.name for job in config.jobs.values() if job.user not in {"", user_name(uid)}]
    return Order(
        config=path,
        state=state,
        program=program,
        asker=asker.uid,
        uid=uid,
        home=home,
        environ=environ,
        name=_name(path, bare),
        is_host=is_host,
        strangers=tuple(strangers) if uid else (),
        wanted=_wanted(config.settings),
    )


def _wanted(settings: Settings) -> tuple[str, ...]:
    names = (settings.store_env, settings.claims_env, settings.heartbeat_env)
    return tuple(dict.fromkeys(filter(None, names)))


def _page(order: Order, config: Config) -> Page:
    """The page is never root's: strangers talk to it."""
    uid = order.uid or _account()
    folders = [f"{order.state.folder}/db"]
    if config.serve.allow_edit and uid == order.uid:
        folders += [order.state.folder, str(PurePath(order.config).parent)]
    return Page(uid=uid, writes=tuple(folders))


def _account() -> int:
    account = Host().account
    try:
        return pwd.getpwnam(account).pw_uid
    except KeyError as error:
        raise UnknownError(
            f"the page is not served as root, and there is no user {account}.\n"
            f"Make it: sudo useradd --system --user-group --home-dir {HOST_STATE} {account}"
        ) from error


def supervisor_of(state: State, config: str) -> int:
    """Whose the state folder is, or will be: the host's ticks are that user's."""
    if state.owner is not None:
        return state.owner
    try:
        account = pwd.getpwnam(Host().account)
    except KeyError:
        return 0
    return account.pw_uid if PurePath(config).is_relative_to(SYSTEM) else 0


def _check_owner(state: State, uid: int) -> None:
    owner = state.owner
    if owner is not None and owner != uid:
        raise ForbiddenError(
            f"{shown(state.folder)} belongs to {user_name(owner)}, who alone may tick for it.\n"
            f"As that user, or for the whole host: sudo jobrunner install systemd"
        )


def _home(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_dir
    except KeyError:
        return "/"


def _name(config: str, bare: Asker) -> str:
    """What its units are called: those of a second jobs.toml differ from those of the first."""
    place = PurePath(config)
    if config in {find_jobs(None, _root(bare)).path, f"{SYSTEM}/{NAME}/jobs.toml"}:
        return NAME
    word = place.parent.name if place.name == "jobs.toml" else place.stem
    return f"{NAME}-{UNFIT.sub('-', word).strip('-') or 'jobs'}"


def _root(bare: Asker) -> Asker:
    """Who finds the user's own file first, whether it is there or not."""
    return Asker(environ=bare.environ, cwd="/", uid=0, exists=lambda _: True)
