"""What is said when serving begins: where the page is, and how the first visitor gets in."""

import os
import sys
from functools import partial

from msgspec import Struct

from jobrunner import __version__
from jobrunner.config.spelling import shown
from jobrunner.engine.access.first import FirstLink, is_needed
from jobrunner.engine.diary import Diary
from jobrunner.engine.draft.site import program
from jobrunner.engine.journal import journal_of
from jobrunner.engine.record import About
from jobrunner.web.site import Site
from jobrunner.words import numbered

OUT = 1


class Manner(Struct, frozen=True):
    """How it is said: to people, or as objects among those of a log."""

    is_json: bool = False
    is_quiet: bool = False


def announce(site: Site, origin: str, diary: Diary, manner: Manner) -> None:
    """Tell where the page is, and a link to sign in with while nobody has a token.

    Where what we say is kept as a log, which more people read, no link is told.
    """
    url = origin + site.serve.base_path
    say = partial(diary.info, about=About(event="serve")) if manner.is_json else _say
    now = site.clock.now()
    with site.open() as (scene, _):
        jobs = numbered(len(scene.config.jobs), "job")
        if not manner.is_quiet:
            ledger = shown(scene.ledger)
            say(f"jobrunner {__version__} on {url}  ({jobs}, database {ledger})")
        if not is_needed(scene.store, now):
            return
    us = program(site.path, site.asker)
    if manner.is_json or journal_of(os.environ, OUT):
        say(f"No token exists yet. Make one: {us} token create --role admin --name NAME")
        return
    site.link = FirstLink(now)
    say(
        "No token exists yet. One-time sign-in link, valid 10 minutes:\n"
        f"  {url}/sign-in?code={site.link.code}\n"
        f"Then: {us} token create --role viewer --name grafana"
    )


def _say(text: str) -> None:
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:  # nobody reads it: the page is served all the same
        return
