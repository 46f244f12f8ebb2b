"""The first jobs.toml and the state folder that belongs to it: a user's, or the whole host's."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from msgspec import Struct

from jobrunner.config.problem import ConfigError
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.create import Access, create, make_folder
from jobrunner.engine.load import load
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State
from jobrunner.errors import ForbiddenError, JobrunnerError
from jobrunner.jobfile.place import HOST_FOLDER, HOST_STATE, NAME, Asker, find_state
from jobrunner.words import numbered

EXAMPLES = 'two example jobs, both commented out except "hello"'
LEDGER = "database and captured output"
PROGRAMS = "/usr/sbin:/sbin:/usr/bin:/bin"

BARE = """\
# jobs.toml: what runs when.  jobrunner validate checks it, jobrunner edit changes it safely.
version = 1
"""

TEXT = """\
# jobs.toml: what runs when.  jobrunner validate checks it, jobrunner edit changes it safely.
#
# A job is a table [jobs.NAME] with a command.  A job that does not say when it is due runs only
# by hand: jobrunner run NAME
version = 1

# What holds for every job below, unless it says otherwise.
[defaults]
# timezone = "Europe/Berlin"     # otherwise the host's
# timeout = "1h"                 # otherwise a job may take for ever

[jobs.hello]
description = "Says hello every morning"
cron = "0 9 * * *"               # minute hour day month weekday; or: every = "15m"
command = "echo Hello from jobrunner"

# [jobs.backup]
# description = "Nightly database dump"
# cron = "30 2 * * *"
# command = "pg_dump app | gzip > /backup/app.sql.gz"    # a text is for the shell,
# # command = ["pg_dump", "app", "-f", "/backup/app.sql"]  # a list is run as it is
# timeout = "2h"                 # for each attempt
# retry = { attempts = 3, delay = "1m" }
# catch_up = "latest"            # the host was off at night: run it once, later
"""


class Step(Struct, frozen=True):
    """One thing that is made, and a remark on it; or that is there already and is kept."""

    what: str
    remark: str
    is_there: bool = False


class Host(Struct, frozen=True, kw_only=True):
    """Where a whole host has its things, and the system user that its jobs run as."""

    jobs: str = f"{HOST_FOLDER}/{NAME}"
    state: str = HOST_STATE
    account: str = "jobrunner"
    useradd: str = "useradd"


def steps(path: str, asker: Asker) -> list[Step]:
    """What `begin` makes."""
    return [Step(path, EXAMPLES), _state_step(_state(path, asker))]


def begin(path: str, asker: Asker) -> None:
    """Make the state folder and its ledger, then the jobs.toml."""
    make_folder(path, asker.uid)
    ledger(_state(path, asker)).close()
    create(path, TEXT, asker.uid)


def host_steps(host: Host) -> list[Step]:
    """What `begin_host` makes."""
    has_account = _user(host.account) is not None
    return [
        Step(f"the system user {host.account}", "jobs run as this user", has_account),
        Step(host.jobs, f"0640 root:{host.account}, {EXAMPLES}"),
        Step(f"{host.state}/", LEDGER, os.path.lexists(host.state)),
    ]


def begin_host(host: Host, uid: int) -> None:
    """Make the system user, the state folder that is his, and the jobs.toml that he may read."""
    if uid != 0:
        raise ForbiddenError(
            "init --system sets up the whole host, which only root may.\n"
            "As root: sudo jobrunner init --system\n"
            "To see what it would do: jobrunner init --system --dry-run"
        )
    user = _user(host.account) or _new_user(host)
    _make_state(host, user)
    create(host.jobs, TEXT, uid, Access(0o640, user.pw_gid))


def check_new(path: str, asker: Asker, named: str) -> None:
    """Refuse a file that is there already, and tell what is in it; `named` as its reader would."""
    if not os.path.lexists(path):
        return
    try:
        holds = numbered(len(load(path, asker).jobs), "job")
    except ConfigError:
        holds = "it has errors: jobrunner validate"
    except JobrunnerError as error:
        holds = str(error).partition("\n")[0].rstrip(".")
    raise JobrunnerError(
        f"{named} already exists ({holds}). Nothing was changed.\n"
        "To start another: jobrunner init --path other/jobs.toml"
    )


def _state(path: str, asker: Asker) -> State:
    return State(find_state(path, asker).path)


def _state_step(state: State) -> Step:
    own = " (its own .gitignore keeps it out of git)" if "/.jobrunner" in state.folder else ""
    return Step(f"{state.folder}/", f"{LEDGER}{own}", os.path.lexists(state.ledger))


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _new_user(host: Host) -> pwd.struct_passwd:
    program = shutil.which(host.useradd, path=f"{os.environ.get('PATH', '')}:{PROGRAMS}")
    if program is None:
        raise JobrunnerError(
            f"there is no {host.useradd} on this host to make the system user {host.account}.\n"
            f"Make that user in another way, then again: jobrunner init --system"
        )
    home = ["--home-dir", host.state, "--no-create-home", "--shell", "/usr/sbin/nologin"]
    done = subprocess.run(  # noqa: S603 - found on root's own path
        [program, "--system", "--user-group", *home, host.account],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    user = _user(host.account)
    if user is None:
        reason = shown(done.stderr.strip() or f"exit code {done.returncode}")
        raise JobrunnerError(f"the system user {host.account} cannot be made: {reason}.")
    return user


def _make_state(host: Host, user: pwd.struct_passwd) -> None:
    """The state folder and its ledger, the user's once it is whole; one that is there stays.

    It is made as root, because the user may not be able to read where jobrunner is installed.
    """
    if os.path.lexists(host.state):
        return
    try:
        Path(host.state).mkdir(0o755, parents=True)
        Path(host.state).chmod(0o755)
        try:
            ledger(State(host.state)).close()
            _give(host.state, user.pw_uid, user.pw_gid)
        except BaseException:
            shutil.rmtree(host.state)
            raise
    except OSError as error:
        raise ForbiddenError(f"{host.state} cannot be made: {error.strerror}.") from error


def _give(folder: str, uid: int, gid: int) -> None:
    """Make somebody the owner of a folder and of all that is in it."""
    for _, folders, files, here in os.fwalk(folder):
        for name in (*folders, *files):
            os.chown(name, uid, gid, dir_fd=here, follow_symlinks=False)
    os.chown(folder, uid, gid)
