"""Where the host has what is installed into, and the programs that do it."""

from msgspec import Struct


class Places(Struct, frozen=True, kw_only=True):
    """The folders and programs of this host, as Debian and its like have them."""

    cron_d: str = "/etc/cron.d"
    crontab: str = "crontab"
    units: str = "/etc/systemd/system"
    own_units: str = ".config/systemd/user"  # below the user's home
    systemctl: str = "systemctl"
    manager: str = "/run/systemd/system"  # is there while systemd is
    linger: str = "/var/lib/systemd/linger"
