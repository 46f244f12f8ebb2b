"""The files that declare jobs and can be edited: the main one, and those that it includes."""

from collections.abc import Sequence

from jobrunner.config.document import read
from jobrunner.config.finding import Findings
from jobrunner.config.outside import Outside
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.engine.draft.site import Site, text_of
from jobrunner.jobfile.disk import Disk


def declaring(site: Site) -> list[str]:
    """Their paths, the main one first; good or broken."""
    try:
        main = read(site.main, Disk(site.uid).read(site.main))
    except ConfigError:
        return [site.main]
    outside = Outside(main, Disk(site.uid), Findings())
    for _ in outside.included():
        pass
    return list(outside.sources)


def problems(site: Site) -> Sequence[Problem]:
    """What is wrong with the files as they are; nothing if they can be used."""
    if site.config:
        return ()
    try:
        site.trial(site.main).parse(text_of(site.main, site.uid))
    except ConfigError as error:
        return error.problems
    return ()
