"""A message to try a channel with: sent at once, by whoever asks for it."""

import os
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from jobrunner.config.spelling import unknown
from jobrunner.config.zone import host_zone
from jobrunner.engine.alert import phrase
from jobrunner.engine.alert.notice import encode, of_host
from jobrunner.engine.alert.send import sent
from jobrunner.engine.alert.way import veiled, way_of
from jobrunner.engine.scene import host_of
from jobrunner.errors import UnknownError
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.letter import Letter, Told
from jobrunner.model.settings import Channel, Config
from jobrunner.notify.message import Message, NotifyError
from jobrunner.store.base import Store

TEST = "test"
TESTS = "*tests*"  # what letters of this kind are about: no job can be called so
MOST = 1000


def known(config: Config, name: str) -> Channel:
    """The channel of that name; UnknownError, with the one that may be meant, if there is none."""
    if name not in config.channels:
        raise UnknownError(unknown("channel", name, config.channels))
    return config.channels[name]


def probe(channel: Channel, config: Config, environ: Mapping[str, str], now: datetime) -> str:
    """Send a test, and tell what the other side said; NotifyError if it was not taken."""
    host = host_of(config.settings)
    way = way_of(channel, config, environ, host)
    try:
        return veiled(sent(way, _message(channel, host, now)), way)
    except NotifyError as error:
        told = f"{channel.name}: the message was not taken. {veiled(str(error), way)}"
        raise NotifyError(told, permanent=error.permanent) from None


def entrust(store: Store, channel: Channel, now: datetime) -> None:
    """Have a test sent by the supervisor, as its user and with what it may read.

    It goes out at once, whatever the channel's habits, and is kept as any other letter.
    """
    notice = replace(of_host(TEST, now, host_zone().info), status=TEST)
    letter = Letter(channel=channel.name, event=TEST, text=encode(notice), created_at=now)
    store.tell(TESTS, lambda _: Told(letters=(letter,)))
    found = [each.id for each in store.unsorted(channel.name, MOST) if each.event == TEST]
    if found:  # else it is sorted already
        store.pack([found], now)


def _message(channel: Channel, host: str, now: datetime) -> Message:
    notice = replace(of_host(TEST, now, host_zone().info), status=TEST)
    title = f"[{host}] {phrase.title(notice)}"
    return Message(
        id=run_uuid(now, f"{host}-{channel.name}-{os.getpid()}", 0),
        event=TEST,
        title=title,
        text=f"jobrunner on {host} can send to the channel {channel.name}.",
        kind=phrase.kind(TEST),
        source=f"/hosts/{host}/jobrunner",
        happened_at=notice.at,
        host=host,
        sent_at=int(now.timestamp()),
        data={"channel": channel.name, "status": TEST},
    )
