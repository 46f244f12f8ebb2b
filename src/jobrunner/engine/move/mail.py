"""The channels that jobs bring along: one that is there with the same address is used."""

from collections.abc import Mapping

from msgspec.structs import replace

from jobrunner.formats.found import Found, Mailbox, Reading, Told
from jobrunner.model.settings import Channel


class AddressBook:
    """Gives the channels of readings their names; `made` are those that are not there yet."""

    def __init__(self, known: Mapping[str, Channel]) -> None:
        self.made: dict[str, Mailbox] = {}
        self._known = {n: Mailbox(tuple(c.mail), c.smtp) for n, c in known.items()}

    def delivered(self, reading: Reading) -> Reading:
        """The reading with its channels by the names that they have here."""
        used = {name for job in reading.jobs for name in job.table.get("notify", ())}
        names = {
            old: self._name(addresses) for old, addresses in reading.channels.items() if old in used
        }
        return replace(
            reading,
            jobs=tuple(_renamed(job, names) for job in reading.jobs),
            settings=tuple(_retold(told, names) for told in reading.settings),
        )

    def _name(self, mailbox: Mailbox) -> str:
        there = self._known | self.made
        if same := next((name for name, box in there.items() if box == mailbox), ""):
            return same
        name, number = "mail", 1
        while name in there:
            number += 1
            name = f"mail-{number}"
        self.made[name] = mailbox
        return name


def _renamed(job: Found, names: Mapping[str, str]) -> Found:
    if "notify" not in job.table:
        return job
    return replace(job, table={**job.table, "notify": [names[old] for old in job.table["notify"]]})


def _retold(told: Told, names: Mapping[str, str]) -> Told:
    for old, new in names.items():
        if told.becomes.startswith(f"[notify.{old}]"):
            return replace(told, becomes=told.becomes.replace(f"[notify.{old}]", f"[notify.{new}]"))
    return told
