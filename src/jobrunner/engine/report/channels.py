"""The channels, and how it stands with what they are sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from jobrunner.engine.alert.way import kind_of
from jobrunner.model.settings import Channel, Config
from jobrunner.store.value import ChannelFigures

Status = Literal["ok", "failing", "unused"]


class ChannelEntry(Struct, frozen=True, kw_only=True):
    """One channel.

    `status` is failing while its latest message is not taken, unused before its first.  Of the
    messages that are kept so many were `sent`, or given up (`failed`); `last_error` is the last.
    """

    name: str
    way: str
    status: Status
    jobs: tuple[str, ...]
    on: tuple[str, ...]
    last_sent_at: datetime | None
    sent: int
    waiting: int
    next_at: datetime | None
    tries: int
    failed: int
    last_error: str


def see_channels(config: Config, figures: Mapping[str, ChannelFigures]) -> list[ChannelEntry]:
    """Every channel of jobs.toml, in its order."""
    return [
        _entry(channel, config, figures.get(channel.name, ChannelFigures()))
        for channel in config.channels.values()
    ]


def _entry(channel: Channel, config: Config, found: ChannelFigures) -> ChannelEntry:
    return ChannelEntry(
        name=channel.name,
        way=kind_of(channel),
        status=_status(found),
        jobs=tuple(job.name for job in config.jobs.values() if channel.name in job.notify),
        on=channel.on,
        last_sent_at=found.last_sent_at,
        sent=found.sent,
        waiting=found.waiting,
        next_at=found.next_at,
        tries=found.tries,
        failed=found.failed,
        last_error=found.error,
    )


def _status(found: ChannelFigures) -> Status:
    if found.error:
        return "failing"
    return "ok" if found.sent or found.waiting else "unused"
