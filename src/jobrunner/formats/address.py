"""Addresses of mail as others write them: a list with commas, users of this host by their names."""

from typing import NamedTuple

from jobrunner.config.channel import ADDRESS
from jobrunner.config.spelling import quoted
from jobrunner.words import listed

LOCAL = "@localhost"


class Addressed(NamedTuple):
    """Whole addresses, and what is to be said of how they were written."""

    to: tuple[str, ...]
    notes: tuple[str, ...]


def addressed(text: str) -> Addressed:
    """The addresses of a list; a name without a host is a user here."""
    named = [part.strip() for part in text.split(",") if part.strip()]
    whole = {name: name if "@" in name else f"{name}{LOCAL}" for name in named}
    good = {name: address for name, address in whole.items() if ADDRESS.fullmatch(address)}
    notes = [f"{name} becomes {address}" for name, address in good.items() if name != address]
    if bad := [quoted(name) for name in whole if name not in good]:
        notes.append(f"left out: {listed(bad)} cannot be sent mail to")
    return Addressed(tuple(good.values()), tuple(notes))
