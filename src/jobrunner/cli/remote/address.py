"""Where the other host is, and what opens it: checked before anything is sent there."""

import os
import shlex
import stat
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import click
from msgspec import Struct

from jobrunner.cli.caller import URL
from jobrunner.config.spelling import quoted, shown
from jobrunner.errors import ForbiddenError, UnusableError

TOKEN_FILE = "JOBRUNNER_TOKEN_FILE"  # noqa: S105 - the name of a variable
TOKEN = "JOBRUNNER_TOKEN"  # noqa: S105
CA_FILE = "JOBRUNNER_CA_FILE"
HTTP, HTTPS = 80, 443
MOST = 4096  # bytes


class Address(Struct, frozen=True, kw_only=True):
    """A server, what lies before each of its paths, and the certificates that vouch for it."""

    url: str
    host: str
    port: int
    is_secure: bool
    base: str
    authorities: str | None


def address_of(url: str, environ: Mapping[str, str]) -> Address:
    """The address in a URL; in clear only what does not leave this host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong(url, "cannot be understood") from None
    if parts.scheme not in {"http", "https"} or not host or not url.isprintable() or " " in url:
        raise _wrong(url, "does not begin with https:// and a host")
    if "@" in parts.netloc:
        raise click.UsageError(f"{URL} holds a user: a token opens it, whose file is {TOKEN_FILE}")
    if parts.query or parts.fragment:
        raise _wrong(url, "goes on behind ? or #")
    if parts.scheme == "http" and not _is_this_host(host):
        raise click.UsageError(
            f"{URL} is http://, which would carry the token to {host} for all to read.\n"
            f"Use https://, or a tunnel: ssh -L 8787:127.0.0.1:8787 {shlex.quote(host)}"
        )
    return Address(
        url=url.rstrip("/"),
        host=host,
        port=port or (HTTPS if parts.scheme == "https" else HTTP),
        is_secure=parts.scheme == "https",
        base=parts.path.rstrip("/"),
        authorities=environ.get(CA_FILE) or None,
    )


def token_of(environ: Mapping[str, str]) -> str:
    """The token in the file that the variable names, which nobody else may read."""
    path = environ.get(TOKEN_FILE, "")
    if not path:
        raise click.UsageError(_without_file(environ))
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise UnusableError(f"{_named(path)} cannot be read: {error.strerror}.") from None
    try:
        _check(path, os.fstat(file))
        content = os.read(file, MOST)
    finally:
        os.close(file)
    token = content.decode(errors="replace").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UnusableError(f"{_named(path)} holds no token.\nMake one: jobrunner token create")
    return token


def _check(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnusableError(f"{_named(path)} is no file.")
    if status.st_uid not in {0, os.geteuid()}:
        raise ForbiddenError(f"{_named(path)} belongs to another user, who knows what is in it.")
    # Who hands out secrets as root, a service or a container, lets them be read by a group.
    others = stat.S_IRWXO | (stat.S_IRWXG if status.st_uid else 0)
    if status.st_mode & others:
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        told = f"{_named(path)} holds a token, and others may use it: its mode is {mode}."
        raise ForbiddenError(f"{told}\nFix: chmod 600 {shlex.quote(shown(path))}")


def _without_file(environ: Mapping[str, str]) -> str:
    if environ.get(TOKEN):
        return (
            f"{TOKEN} is not read: every process that is started from here would have it.\n"
            f"Put the token into a file of mode 600, and name that: {TOKEN_FILE}=FILE"
        )
    return (
        f"{URL} is set, but {TOKEN_FILE} is not: a file that holds a token for that host.\n"
        "Made there: jobrunner token create --role operator --name NAME"
    )


def _is_this_host(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _named(path: str) -> str:
    return f"{shown(str(Path(path)))} ({TOKEN_FILE})"


def _wrong(url: str, what: str) -> click.UsageError:
    return click.UsageError(f"{URL}: {quoted(url)} {what}; write https://jobs.example.com")
