"""A name for a job from its command, as a person would call it."""

import re
from collections.abc import Container, Iterator

from jobrunner.config.crontab_jobs import LONGEST, UNFIT, slug_of
from jobrunner.config.names import NAME
from jobrunner.formats.crontab.command import LOOKED_AT

WORD = re.compile(r"[^\s(){}\"'`$]+")
# Programs that do what their first argument says.
FRONTS = {
    *("artisan", "console", "manage", "rake", "drush", "wp", "npm", "make", "git", "bundle"),
    *("occ", "magento", "certbot", "docker", "systemctl", "run-parts", "restic", "borg"),
}
FETCHERS = {"curl", "wget", "http", "lynx", "GET"}
ADDRESS = re.compile(r"https?://(?:[^/@\s]*@)?([^/:?#\s]+)[^/?#\s]*([^?#\s]*)")
ORDINARY = re.compile(r"[a-z][\w.:-]*")
# What an export of ours puts before a command.
BEFORE = re.compile(
    r"\A(?:export \w+=(?:[^\s';]|'[^']*')*;\s*|cd (?:[^\s';]|'[^']*')+ \|\| exit;\s*)+"
)
SUFFIX = re.compile(r"\.(?:sh|py|pl|php|rb|cgi)\Z")


def title_of(command: str, taken: Container[str]) -> str:
    """The program, and what tells it from others of its kind; with a number where it is taken."""
    command = BEFORE.sub("", command[:LOOKED_AT])
    program = slug_of(command)
    stem = UNFIT.sub("-", "-".join([program, *_more(program, command)])).replace(".", "-")
    stem = stem[:LONGEST].strip("-")
    stem = stem if NAME.fullmatch(stem) else "job"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name


def _more(program: str, command: str) -> Iterator[str]:
    if program in FETCHERS and (found := ADDRESS.search(command)):
        yield found[1].removeprefix("www.")
        if last := found[2].rstrip("/").rpartition("/")[2]:
            yield SUFFIX.sub("", last)
    elif program in FRONTS:
        behind = re.search(rf"(?:^|[\s/]){re.escape(program)}(?:\.\w+)?\s+([^<>|;&]*)", command)
        words = WORD.findall(behind[1])[:2] if behind else []
        names = (SUFFIX.sub("", word.rpartition("/")[2]) for word in words)
        yield from filter(ORDINARY.fullmatch, names)
