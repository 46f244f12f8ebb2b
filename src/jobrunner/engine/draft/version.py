"""The versions of jobs.toml that are kept: what each changed, and the way back to one."""

from collections.abc import Sequence
from datetime import datetime
from difflib import unified_diff

from msgspec import Struct

from jobrunner.config.problem import ConfigError
from jobrunner.config.secret import veiled_text
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.change import differences
from jobrunner.engine.draft.site import Site, text_of
from jobrunner.engine.draft.trial import Draft, preview, rewrite
from jobrunner.jobfile.shelf import pairs
from jobrunner.words import listed


class VersionRow(Struct, frozen=True, kw_only=True):
    """One version as it is listed, with the tables whose keys it changed."""

    version: int
    file: str
    saved_at: datetime
    by: str
    changed: Sequence[str]


def entries(site: Site) -> list[VersionRow]:
    """What is kept, newest first."""
    return [
        VersionRow(
            version=version.number,
            file=version.file,
            saved_at=version.saved_at,
            by=version.by,
            changed=changed_between(before.text, version.text) if before else (),
        )
        for before, version in pairs(site.shelf.all())
    ][::-1]


def difference(site: Site, number: int) -> list[str]:
    """The lines that differ from a version to its file as it is now, secrets starred out."""
    version = site.shelf.version(number)
    now = text_of(version.file, site.uid)
    return lines_between(version.text, now, f"version {number}", shown(version.file))


def lines_between(old: str, new: str, old_name: str, new_name: str) -> list[str]:
    """The lines that differ, as diff -u tells them, secrets starred out."""
    lines = unified_diff(_twice(old), _twice(new), old_name, new_name, lineterm="")
    return [line[:1] + line.partition("\n")[2] if "\n" in line else line for line in lines]


def _twice(text: str) -> list[str]:
    """Each line as it is, to be compared, and after it as it may be shown."""
    pairs = zip(text.splitlines(), veiled_text(text).splitlines(), strict=True)
    return [f"{line}\n{safe}" for line, safe in pairs]


def restore(site: Site, number: int, *, dry_run: bool) -> Draft:
    """Give the file of a version its text back, if that is still free of errors."""
    version = site.shelf.version(number)
    trial = site.trial(version.file)
    if dry_run:
        return preview(trial, text_of(version.file, site.uid), lambda _: version.text)
    return rewrite(trial, lambda _: version.text)


def changed_between(old: str, new: str) -> list[str]:
    """The tables whose keys differ between two texts, and the keys that stand in none."""
    try:
        found = differences(old, new)
    except (ConfigError, ValueError, RecursionError):  # a version of before may be broken
        return ["it cannot be read"]
    return [".".join(holder) or listed([one.key for one in keys]) for holder, keys in found.items()]
