"""Units of systemd, as they are written: a timer, the tick that it starts, and the supervisor.

Root's manager starts units for root alone.  For another user it watches for a file instead.

A tick must never take jobs along when it ends or is ended: KillMode=process.  No RuntimeDirectory,
which is deleted with each tick; nothing that hardens, which jobs would inherit; no wish for the
network to be up, which would hold every tick for as long as it is not.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from jobrunner.formats.unitword import command, settings, specifier, word, words

# By this a tick knows how to have the supervisor's unit started: see engine/rise.py.
SUPERVISOR = "JOBRUNNER_SUPERVISOR_UNIT"
# The service manager's own about this service, which is none of a job's business.
UNWANTED = "INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID"

TIMER = """\
[Unit]
Description=jobrunner: look every minute what is due in {config}

[Timer]
OnCalendar=*-*-* *:*:00
AccuracySec=1s
# A tick looks back by itself to the last one.
Persistent=false

[Install]
WantedBy=timers.target
"""
TICK = """\
[Unit]
Description=jobrunner: see to what is due in {config}
After=time-sync.target
{mounts}
[Service]
Type=oneshot
{user}ExecStart={command}
{environment}{folder}# Jobs outlive the tick; one that takes all memory takes no other along.
KillMode=process
OOMPolicy=continue
TimeoutStartSec=50
"""
SERVICE = """\
[Unit]
Description=jobrunner: look after the jobs of {config}
{mounts}
[Service]
Type=exec
{user}{before}ExecStart={command}
{environment}UnsetEnvironment={unwanted}
{folder}# Each job has a cgroup of its own below this one, and outlives the supervisor.
Delegate=yes
KillMode=process
OOMPolicy=continue
"""
PATH = """\
[Unit]
Description=jobrunner: start the supervisor of {config} when a tick asks for it

[Path]
PathExists={wanted}

[Install]
WantedBy=paths.target
"""


class Ticking(Struct, frozen=True, kw_only=True):
    """What units are written from; `user` is '' where the service manager is his own.

    `state_directory` is below /var/lib, '' if the state is elsewhere.  `secrets` is a file of
    variables, '' if none is needed.
    """

    name: str
    tick: Sequence[str]
    supervise: Sequence[str]
    config: str
    state: str
    user: str = ""
    environ: Mapping[str, str] = {}
    secrets: str = ""
    state_directory: str = ""

    @property
    def is_own(self) -> bool:
        return not self.user

    @property
    def supervisor(self) -> str:
        return f"{self.name}-supervisor.service"

    @property
    def asks(self) -> str:
        """What is told to `systemctl start`; or the file to make, where that is not allowed."""
        if self.is_own:
            return f"--user {self.supervisor}"
        return self.supervisor if self.user == "root" else f"{self.state}/run/wanted"


def units(ticking: Ticking) -> dict[str, str]:
    """The text of each unit, by its name."""
    environ = dict(ticking.environ)
    asks = ticking.asks
    is_watched = asks.startswith("/")
    mounts = [ticking.config, ticking.state]
    about = {
        "config": specifier(ticking.config),
        "user": "" if ticking.is_own else f"User={ticking.user}\n",
        # A user's manager has no rights to mount anything.
        "mounts": "" if ticking.is_own else f"RequiresMountsFor={words(mounts)}\n",
        "folder": _folder(ticking.state_directory),
        "unwanted": UNWANTED,
        "before": f"ExecStartPre=-{command(['/bin/rm', '-f', asks])}\n" if is_watched else "",
        "wanted": specifier(asks),
    }
    ticks = {
        "command": command(ticking.tick),
        "environment": settings(environ | {SUPERVISOR: asks}, ticking.secrets),
    }
    supervises = {
        "command": command(ticking.supervise),
        "environment": settings(environ, ticking.secrets),
    }
    path = {f"{ticking.name}-supervisor.path": PATH.format(**about)} if is_watched else {}
    return path | {
        f"{ticking.name}.service": TICK.format(**about, **ticks),
        ticking.supervisor: SERVICE.format(**about, **supervises),
        f"{ticking.name}.timer": TIMER.format(**about),
    }


def _folder(name: str) -> str:
    # The mode is the one that jobrunner gives it itself.
    return f"StateDirectory={word(name)}\nStateDirectoryMode=0755\n" if name else ""
