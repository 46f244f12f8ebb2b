"""What is sent, and how sending can fail: ways know messages and nothing of jobs."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, json

from jobrunner.errors import JobrunnerError


class NotifyError(JobrunnerError):
    """A message was not taken.  Never with what is secret of the way there."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        """`permanent`: the same message would be refused again, however often."""
        super().__init__(message)
        self.permanent = permanent


class Message(Struct, frozen=True, kw_only=True):
    """One message.

    `id` is the same whenever it is sent, so that a receiver can tell that it has it already.
    `title` and `text` are for people, `data` is for programs; `kind`, `source`, `subject` and
    `happened_at` are what CloudEvents makes of them.  `sent_at` is the second of this try.
    """

    id: str
    event: str
    title: str
    text: str
    kind: str
    source: str
    subject: str = ""
    happened_at: str
    host: str
    sent_at: int
    data: Mapping[str, Any] = {}


def cloud_event(message: Message) -> dict[str, Any]:
    """The message as a CloudEvent (version 1.0, structured)."""
    event = {
        "specversion": "1.0",
        "id": message.id,
        "source": message.source,
        "type": message.kind,
        "time": message.happened_at,
        "datacontenttype": "application/json",
        "data": {
            "event": message.event,
            "title": message.title,
            "text": message.text,
            "host": message.host,
            **message.data,
        },
    }
    if message.subject:
        event["subject"] = message.subject
    return event


def body(message: Message) -> bytes:
    """The CloudEvent as JSON."""
    return json.encode(cloud_event(message))
