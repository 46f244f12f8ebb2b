"""A message to try a channel with: sent at once, by whoever asks for it."""

import os
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from jobrunner.config.zone import host_zone
from jobrunner.engine.alert import phrase
from jobrunner.engine.alert.notice import of_host
from jobrunner.engine.alert.send import sent
from jobrunner.engine.alert.way import veiled, way_of
from jobrunner.engine.scene import host_of
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.settings import Channel, Config
from jobrunner.notify.message import Message, NotifyError


def probe(channel: Channel, config: Config, environ: Mapping[str, str], now: datetime) -> str:
    """Send a test, and tell what the other side said; NotifyError if it was not taken."""
    host = host_of(config.settings)
    way = way_of(channel, config, environ, host)
    try:
        return veiled(sent(way, _message(channel, host, now)), way)
    except NotifyError as error:
        told = f"{channel.name}: the message was not taken. {veiled(str(error), way)}"
        raise NotifyError(told, permanent=error.permanent) from None


def _message(channel: Channel, host: str, now: datetime) -> Message:
    notice = replace(of_host("test", now, host_zone().info), status="test")
    title = f"[{host}] {phrase.title(notice)}"
    return Message(
        id=run_uuid(now, f"{host}-{channel.name}-{os.getpid()}", 0),
        event="test",
        title=title,
        text=f"jobrunner on {host} can send to the channel {channel.name}.",
        kind=phrase.kind("test"),
        source=f"/hosts/{host}/jobrunner",
        happened_at=notice.at,
        host=host,
        sent_at=int(now.timestamp()),
        data={"channel": channel.name, "status": "test"},
    )
