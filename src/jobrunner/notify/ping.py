"""Calls of an outside watcher, by the protocol of healthchecks.io."""

from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from jobrunner.model.value import Secret
from jobrunner.notify.door import Answer, post
from jobrunner.notify.message import NotifyError

TIMEOUT = 5.0  # seconds
TRIES = 2
MOST = 100_000  # bytes of a body, as many as servers take unless they say less
DIGITS = 9  # of what a server says that it takes


class Watcher(Struct, frozen=True, kw_only=True):
    """The URL of a check; `networks` inside which it may be."""

    url: Secret
    networks: tuple[str, ...] = ()


def ping(watcher: Watcher, kind: str = "", rid: str = "", body: str = "") -> None:
    """Call it: `kind` is start, log, fail, a code, or nothing for success.

    Of a body that is too long the end is sent.  A server that takes less than that keeps the
    beginning; it gets the end once more, as a log.
    """
    content = body.encode("utf-8", "replace")[-MOST:]
    try:
        taken = _called(watcher, kind, rid, content)
    except NotifyError as error:
        if not (error.permanent and content):
            raise
        # That it is called matters more than what is said.
        _called(watcher, kind, rid, b"")
        return
    if 0 < taken < len(content):
        _called(watcher, "log", rid, content[-taken:])


def _called(watcher: Watcher, kind: str, rid: str, content: bytes) -> int:
    """Call it, and tell how many bytes of a body it takes."""
    url = _url(watcher.url, kind, rid)
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    for _ in range(TRIES - 1):
        try:
            return _limit(post(url, content, headers, watcher.networks, timeout=TIMEOUT))
        except NotifyError as error:
            if error.permanent:
                raise
    return _limit(post(url, content, headers, watcher.networks, timeout=TIMEOUT))


def _limit(answer: Answer) -> int:
    told = answer.headers.get("ping-body-limit", "")
    is_number = told.isascii() and told.isdigit() and len(told) <= DIGITS
    return int(told) if is_number else MOST


def _url(url: str, kind: str, rid: str) -> str:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise NotifyError("the address is none: it cannot be understood") from None
    path = f"{parts.path.rstrip('/')}/{kind}" if kind else parts.path
    query = "&".join(filter(None, (parts.query, f"rid={rid}" if rid else "")))
    return urlunsplit(parts._replace(path=path, query=query, fragment=""))
