"""What is found in somebody else's file: jobs to be, lines left out, settings, and what differs."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Mailbox(Struct, frozen=True):
    """Where mail goes, and through which server; empty for this host's."""

    to: tuple[str, ...]
    smtp: str = ""


class Found(Struct, frozen=True, kw_only=True):
    """One job to be: the keys of its table, what it was there, and how it will differ.

    `becomes` tells of a change of form alone.
    """

    name: str
    table: Mapping[str, Any]
    line: int
    when: str
    what: str
    becomes: str = ""
    notes: tuple[str, ...] = ()


class LeftOut(Struct, frozen=True, kw_only=True):
    """Something that becomes no job, and why."""

    line: int
    what: str
    reason: str


class Told(Struct, frozen=True, kw_only=True):
    """A setting for several jobs: the keys that it became, and how that differs.

    `becomes` tells where it went, if that is neither [defaults] nor the jobs.
    """

    line: int
    what: str
    keys: tuple[str, ...] = ()
    becomes: str = ""
    notes: tuple[str, ...] = ()


class Reading(Struct, frozen=True, kw_only=True):
    """All that one source says.

    `path` is empty where it is no file that could be edited.  `old` are the lines, counted from
    1, that the jobs take the place of; `channels` where they send mail to, by name.
    """

    title: str
    path: str
    lines: int
    jobs: tuple[Found, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    settings: tuple[Told, ...] = ()
    notes: tuple[str, ...] = ()
    channels: Mapping[str, Mailbox] = {}

    @property
    def old(self) -> frozenset[int]:
        return frozenset(job.line for job in self.jobs)
