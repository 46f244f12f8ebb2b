"""How the place of a ledger is told to people: without what is secret of it."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from jobrunner.store.location import is_shared

HOST = re.compile(r"(?:\[[0-9a-fA-F:.%]*\]|[^:@/?#\[\]]*)(?::\d*)?")
# Of what a URL may say beside the place, these tell where it is.
PLACING = frozenset({"host", "hostaddr", "port", "dbname", "user"})


def told(location: str) -> str:
    """A path as it is; a URL without its password, and without all that might be a part of one."""
    if "://" not in location:
        return str(location)  # a path is no secret, whatever it came as
    scheme = location.partition(":")[0]
    if not is_shared(location):
        return str(location) if scheme.lower() == "sqlite" else f"{scheme}://***"
    return _told(location) or f"{scheme}://***"


def _told(location: str) -> str:
    """'' if it is not a plain URL: a password that is not quoted may end up anywhere in it."""
    try:
        parts = urlsplit(location)
        query = parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        return ""
    account, at, hosts = parts.netloc.rpartition("@")
    is_plain = all(HOST.fullmatch(host) for host in hosts.split(","))
    if not is_plain or "@" in parts.path + parts.query + parts.fragment or parts.fragment:
        return ""
    user = account.partition(":")[0]
    places = urlencode([(key, value) for key, value in query if key in PLACING], safe="/")
    netloc = f"{user}@{hosts}" if at else hosts
    return f"{parts.scheme}://{netloc}{parts.path}{'?' if places else ''}{places}"
