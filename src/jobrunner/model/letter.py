"""What channels are told: letters on their way, and alarms, which say what they know already."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

# What alarms are about beside jobs, none of which can be called so.
CONFIG = "*config*"
TICKS = "*ticks*"
# Channels that are in no file: outside watchers of jobs, and of this host.
PINGS = "*pings*"
HEARTBEAT = "*heartbeat*"
# And who collects traces.
TRACES = "*traces*"


class Letter(Struct, frozen=True, kw_only=True):
    """One event, for one channel.

    `text` is the event as JSON.  Letters with the same `parcel` are sent as one message; those
    without one are still to be sorted, from `send_at` on.
    """

    id: int = 0
    channel: str
    event: str
    job: str = ""
    run: int | None = None
    text: str
    created_at: datetime
    parcel: int | None = None
    send_at: datetime | None = None
    tries: int = 0


class Alarm(Struct, frozen=True, kw_only=True):
    """What a channel was told of something that is wrong.

    `failures` in a row began at `since`; `raised_at` and `told_at` are the first and the latest
    time that they were told.  `recent` has a letter for each of the last runs: x failed, o did not.
    """

    failures: int = 0
    since: datetime | None = None
    raised_at: datetime | None = None
    told_at: datetime | None = None
    recent: str = ""


NOTHING_TOLD = Alarm()


class Told(Struct, frozen=True, kw_only=True):
    """What is to be written of an event: letters, and each channel's alarm that is another now."""

    letters: tuple[Letter, ...] = ()
    alarms: Mapping[str, Alarm] = {}


# Decides what is told, from the alarm of each channel as it stands in the ledger.
Heed = Callable[[Mapping[str, Alarm]], Told]
