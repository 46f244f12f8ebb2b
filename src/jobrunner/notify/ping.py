"""Calls of an outside watcher, by the protocol of healthchecks.io."""

from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from jobrunner.model.value import Secret
from jobrunner.notify.door import post
from jobrunner.notify.message import NotifyError

TIMEOUT = 5.0  # seconds
TRIES = 2
MOST = 10_000  # bytes of a body, the least that a server takes


class Watcher(Struct, frozen=True, kw_only=True):
    """The URL of a check; `networks` inside which it may be."""

    url: Secret
    networks: tuple[str, ...] = ()


def ping(watcher: Watcher, kind: str = "", rid: str = "", body: str = "") -> None:
    """Call it: `kind` is start, log, fail, a code, or nothing for success.

    Of a body that is too long the end is sent.
    """
    url = _url(watcher.url, kind, rid)
    content = body.encode("utf-8", "replace")[-MOST:]
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    for left in reversed(range(TRIES)):
        try:
            post(url, content, headers, watcher.networks, timeout=TIMEOUT)
        except NotifyError as error:
            if error.permanent or not left:
                raise
        else:
            return


def _url(url: str, kind: str, rid: str) -> str:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise NotifyError("the address is none: it cannot be understood") from None
    path = f"{parts.path.rstrip('/')}/{kind}" if kind else parts.path
    query = "&".join(filter(None, (parts.query, f"rid={rid}" if rid else "")))
    return urlunsplit(parts._replace(path=path, query=query, fragment=""))
