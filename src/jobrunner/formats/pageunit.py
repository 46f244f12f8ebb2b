"""The unit of systemd that serves the page: a service that may do little, for strangers talk to it.

It is no part of the ticks, whose units leave everything to jobs: it starts none.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from jobrunner.formats.unitword import command, settings, specifier, words

SERVICE = """\
[Unit]
Description=jobrunner: the page and the API of {config}
After=network.target
{mounts}
[Service]
Type=notify
{user}ExecStart={command}
{environment}# The ledger may be made by the first tick only, within the minute.
Restart=on-failure
RestartSec=10
WatchdogSec=30
{shut}
[Install]
WantedBy={target}
"""
# What any service manager can keep from a service.
SHUT = """\
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictRealtime=yes
SystemCallArchitectures=native
"""
# What takes mounts and capabilities, and so the host's manager.
SHUT_TIGHT = """\
UMask=0007
ProtectSystem=strict
ReadWritePaths={writes}
ProtectHome={home}
PrivateTmp={temporary}
PrivateDevices=yes
ProtectProc=invisible
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictSUIDSGID=yes
SystemCallFilter=@system-service
CapabilityBoundingSet=
"""
HOMES = ("/home/", "/root/", "/run/user/")
TEMPORARY = ("/tmp/", "/var/tmp/")  # noqa: S108 - compared, not written to


class Paging(Struct, frozen=True, kw_only=True):
    """What it is written from; `user` is '' where the service manager is his own.

    `writes` are the folders that it writes to, `reads` what else has to be seen.  `secrets` is a
    file of variables, '' if none is needed.
    """

    name: str
    serve: Sequence[str]
    config: str
    state: str
    user: str = ""
    environ: Mapping[str, str] = {}
    secrets: str = ""
    writes: Sequence[str] = ()
    reads: Sequence[str] = ()

    @property
    def unit(self) -> str:
        return f"{self.name}-serve.service"


def page_unit(paging: Paging) -> dict[str, str]:
    """Its text, by its name."""
    is_own = not paging.user
    mounts = f"RequiresMountsFor={words([paging.config, paging.state])}\n"
    text = SERVICE.format(
        config=specifier(paging.config),
        mounts="" if is_own else mounts,
        user="" if is_own else f"User={paging.user}\n",
        command=command(paging.serve),
        environment=settings(paging.environ, paging.secrets),
        shut=SHUT if is_own else SHUT + _tight(paging),
        target="default.target" if is_own else "multi-user.target",
    )
    return {paging.unit: text}


def _tight(paging: Paging) -> str:
    seen = [paging.config, paging.state, *paging.reads]
    return SHUT_TIGHT.format(
        # One that is not there yet is no reason not to start.
        writes=words([f"-{path}" for path in paging.writes]),
        home="read-only" if _is_any_below(seen, HOMES) else "yes",
        temporary="no" if _is_any_below(seen, TEMPORARY) else "yes",
    )


def _is_any_below(paths: Sequence[str], folders: tuple[str, ...]) -> bool:
    return any(path.startswith(folders) for path in paths)
