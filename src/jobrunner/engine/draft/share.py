"""The jobs.toml that hosts have in common: pushed from one of them, pulled to each.

What is in the ledger is a text and no more: it counts on a host only as the file that somebody who
may write that has pulled, checked as any edit is.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import pairwise

from msgspec import DecodeError, Struct, json
from msgspec.structs import asdict

from jobrunner.config.problem import ConfigError
from jobrunner.config.spelling import shown
from jobrunner.engine.accord import fingerprint
from jobrunner.engine.draft.site import Site, text_of
from jobrunner.engine.draft.trial import Draft, preview, rewrite
from jobrunner.engine.draft.version import changed_between, lines_between
from jobrunner.engine.scene import host_of
from jobrunner.engine.state import State, prepare
from jobrunner.errors import BusyError, ForbiddenError, UnknownError, UnusableError
from jobrunner.model.secret import is_secret
from jobrunner.model.settings import Config, Settings
from jobrunner.model.value import Secret
from jobrunner.store.fleet import Configs, Version
from jobrunner.words import listed

MOST = 10_000  # versions
MODE = 0o600
NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
STORES = ("store", "store_file", "store_env")
SHARE_PART = (
    "Leave `host` out, or share a file that each host's own jobs.toml includes:"
    " jobrunner config push FILE"
)


class PushedRow(Struct, frozen=True, kw_only=True):
    """One version as it is listed, with the tables whose keys it changed.

    `is_here` says that this host pushed or pulled it last.
    """

    version: int
    pushed_at: datetime
    pushed_by: str
    pushed_from: str
    fingerprint: str
    changed: tuple[str, ...]
    is_here: bool


class Noted(Struct, frozen=True):
    """The version that this host pushed or pulled last, and of which of its files."""

    version: int
    file: str


class Pushed(Struct, frozen=True, kw_only=True):
    """A version that was pushed, or was the newest already; `draft` tells what it changes."""

    version: Version
    is_new: bool
    draft: Draft


def push(
    store: Configs,
    site: Site,
    state: State,
    file: str,
    *,
    by: str,
    host: str,
    force: bool = False,
    with_secrets: bool = False,
) -> Pushed:
    """Make a file of this host the newest version, if it was made of the one before.

    1. It has to be free of errors, without a name that is one host's alone, and without secrets
       unless those are wanted there.
    2. Who has not seen the newest version is refused, unless he wants to take its place.
    """
    text = text_of(file, site.uid)
    config = site.trial(file).parse(text)
    _refuse_name(config, file)
    if not with_secrets:
        _refuse_secrets(config, file, text)
    newest = store.newest_config()
    draft = _draft(site, file, newest.text if newest else "", text, config)
    meant = fingerprint(config)
    # What the same text means is told otherwise by another version of jobrunner.
    is_new = newest is None or (newest.text, newest.fingerprint) != (text, meant)
    made = newest
    _get_ready(state)
    if is_new:
        parent = newest.version if force and newest else _version(state)
        made = store.push_config(text, meant, by=by, host=host, parent=parent)
        if made is None:
            raise _late(store, parent)
    assert made is not None
    _note(state, Noted(made.version, file))
    return Pushed(version=made, is_new=is_new, draft=draft)


def pull(
    version: Version,
    site: Site,
    state: State,
    file: str,
    in_force: Config,
    *,
    dry_run: bool = False,
) -> Draft:
    """Give a file of this host the text of a version, as an edit that may not break it."""

    def refuse(after: Config) -> None:
        _refuse_part(version, site, file, in_force.settings, after.settings)
        _refuse_another(version, in_force.settings, after.settings)

    trial = site.trial(file)
    if dry_run:
        return preview(trial, text_of(file, site.uid), lambda _: version.text, refuse)
    _get_ready(state)
    done = rewrite(trial, lambda _: version.text, refuse)
    _note(state, Noted(version.version, file))
    return done


def file_of(site: Site, state: State, named: str | None, cwd: str) -> str:
    """Which file is pushed or pulled: the named one, else that of the last time, else jobs.toml."""
    files = {site.main, *(site.config.sources if site.config else ())}
    if named is None:
        before = noted(state)
        return before.file if before and before.file in files else site.main
    # As it is seen from here, or as jobs.toml names it.
    folders = (cwd, os.path.dirname(site.main))  # noqa: PTH120 - paths are strings here
    paths = [os.path.normpath(os.path.join(each, named)) for each in folders]  # noqa: PTH118
    found = next((path for path in paths if path in files), None)
    if found is None:
        raise UnusableError(f"{shown(paths[0])} is neither jobs.toml nor a file that it includes.")
    return found


def version_of(store: Configs, number: int | None) -> Version:
    """The version of that number, or the newest."""
    if number is None:
        newest = store.newest_config()
        if newest is None:
            raise UnknownError("no jobs.toml was pushed yet.\nPush one: jobrunner config push")
        return newest
    found = [each for each in store.config_versions(MOST) if each.version == number]
    if not found:
        advice = "Those there are: jobrunner config history --pushed"
        raise UnknownError(f"no version {number} was pushed.\n{advice}")
    return found[0]


def rows(store: Configs, state: State, most: int) -> list[PushedRow]:
    """The last versions, newest first."""
    found = store.config_versions(most + 1)
    before = {new.version: old.text for new, old in pairwise(found)}
    here = _version(state)
    return [
        PushedRow(
            version=each.version,
            pushed_at=each.pushed_at,
            pushed_by=each.pushed_by,
            pushed_from=each.pushed_from,
            fingerprint=each.fingerprint,
            changed=tuple(changed_between(before[each.version], each.text))
            if each.version in before
            else (),
            is_here=each.version == here,
        )
        for each in found[:most]
    ]


def difference(version: Version, site: Site, file: str) -> list[str]:
    """The lines that differ from a version to a file of this host, secrets starred out."""
    now = text_of(file, site.uid)
    return lines_between(version.text, now, f"version {version.version}", shown(file))


def noted(state: State) -> Noted | None:
    """What this host pushed or pulled last, if it has done either."""
    try:
        with open(_path(state), "rb") as file:  # noqa: PTH123 - paths are strings here
            return json.decode(file.read(), type=Noted)
    except (OSError, DecodeError):
        return None


def _version(state: State) -> int | None:
    found = noted(state)
    return found.version if found else None


def _get_ready(state: State) -> None:
    """Have a state folder, where versions are kept: with a ledger elsewhere there may be none."""
    with suppress(ForbiddenError):
        prepare(state)


def _note(state: State, version: Noted) -> None:
    """Keep it; where that cannot be done, the next push has to be forced."""
    with suppress(OSError):
        owner = os.stat(state.folder)  # noqa: PTH116 - see above
        with open(os.open(_path(state), NEW, MODE), "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(json.encode(version))
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)


def _path(state: State) -> str:
    return f"{state.folder}/pushed"


def _draft(site: Site, file: str, old: str, new: str, after: Config) -> Draft:
    try:
        before: Config | None = site.trial(file).parse(old)
    except ConfigError:
        before = None
    return Draft(file=file, old=old, new=new, before=before, after=after)


def _late(store: Configs, parent: int | None) -> BusyError:
    newest = store.newest_config()
    if newest is None:  # what this host pulled was of another ledger
        return BusyError("this ledger has no version yet.\nPush all the same: --force")
    had = f"version {parent}" if parent else "none"
    return BusyError(
        f"version {newest.version} was pushed by {shown(newest.pushed_by)}"
        f" from {shown(newest.pushed_from)}, and this host had {had} last.\n"
        f"What differs: jobrunner config history --pushed {newest.version}   "
        "Take it: jobrunner config pull   Take its place: jobrunner config push --force"
    )


def _refuse_part(
    version: Version, site: Site, file: str, before: Settings, after: Settings
) -> None:
    """Refuse in the place of jobs.toml what may be meant for a file that it includes."""
    parts = [source for source in (site.config.sources if site.config else ()) if source != file]
    if file == site.main and parts and _has_store(before) and not _has_store(after):
        name = os.path.relpath(parts[0], os.path.dirname(site.main))  # noqa: PTH120 - see above
        raise UnusableError(
            f"version {version.version} names no ledger: as jobs.toml it would take this host out"
            " of the one that hosts share.\n"
            f"If it is a file that jobs.toml includes: {site.program} config pull {shown(name)}"
        )


def _has_store(settings: Settings) -> bool:
    return any(getattr(settings, key) for key in STORES)


def _refuse_another(version: Version, before: Settings, after: Settings) -> None:
    """Refuse a version with which the host would be another one, or in another ledger."""
    told = f"version {version.version}"
    if any(getattr(before, key) != getattr(after, key) for key in STORES):
        raise UnusableError(
            f"{told} names another ledger than this host uses: it would leave the others.\n"
            "If that is meant, change it by hand: jobrunner edit"
        )
    if host_of(before) != host_of(after):
        raise UnusableError(
            f"{told} calls its host {shown(host_of(after))}, and this one is"
            f" {shown(host_of(before))}: two hosts of one name take each other's work.\n"
            f"{SHARE_PART}"
        )


def _refuse_name(config: Config, file: str) -> None:
    if config.settings.host and file == config.origin:
        raise UnusableError(
            "settings.host is one host's alone: whoever pulls this would be called"
            f" {shown(config.settings.host)}, too.\n{SHARE_PART}"
        )


def _refuse_secrets(config: Config, file: str, text: str) -> None:
    found = [name for name, value in _secrets(config, file) if value and value in text]
    if found:
        raise UnusableError(
            f"{listed(found)}: whoever may read the ledger would read it.\n"
            "Keep it in a file or a variable of each host, as url_file, store_env and env_file do;"
            " or push it all the same: --with-secrets"
        )


def _secrets(config: Config, file: str) -> Iterator[tuple[str, str]]:
    """What the file itself holds that is a secret, by its key."""
    sections = {"settings": config.settings} | {
        f"notify.{name}": channel for name, channel in config.channels.items()
    }
    for section, values in sections.items():
        for key, value in asdict(values).items():
            if isinstance(value, Secret):
                yield f"{section}.{key}", value
    for job in config.jobs.values():
        if job.origin != file:
            continue
        yield f"jobs.{job.name}.ping", job.ping
        for env in (job.env, *(timing.env for timing in job.schedules)):
            for name, value in env.items():
                if is_secret(name):
                    yield f"jobs.{job.name}.env.{name}", value
