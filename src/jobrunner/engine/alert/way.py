"""From a channel of jobs.toml to the way that its messages go, with its secrets at hand."""

import os
from collections.abc import Iterator, Mapping

from jobrunner.engine.given import Holder, given
from jobrunner.errors import UnusableError
from jobrunner.model.settings import Channel, Config
from jobrunner.model.value import Secret
from jobrunner.notify.command import Command
from jobrunner.notify.deliver import Way
from jobrunner.notify.listener import Listener
from jobrunner.notify.mail import Mail
from jobrunner.notify.message import NotifyError
from jobrunner.notify.service import Service
from jobrunner.notify.webhook import Webhook

HERE = "localhost"
SMTP = 25
SHORTEST = 4  # characters of what is worth hiding
MASK = "***"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ")


def way_of(channel: Channel, config: Config, environ: Mapping[str, str], host: str) -> Way:
    """The way there; NotifyError if a secret of it cannot be had."""
    folder = os.path.dirname(config.origin) or "/"  # noqa: PTH120 - paths are strings here
    if channel.command:
        env = {name: environ[name] for name in INHERITED if name in environ}
        return Command(argv=channel.command, folder=folder, env={"PATH": PATH, **env})
    if channel.python:
        return Listener(target=channel.python, folder=folder)
    if channel.mail:
        return _mail(channel, environ, host)
    if channel.webhook or channel.webhook_file or channel.webhook_env:
        return Webhook(
            url=secret(channel, "webhook", environ),
            secret=secret(channel, "secret", environ),
            networks=config.settings.allow_private_urls,
        )
    return Service(secret(channel, "url", environ))


def kind_of(channel: Channel) -> str:
    """What its way is called: "webhook", "mail"."""
    ways = ("command", "python", "mail", "webhook")
    forms = ("", "_file", "_env")
    found = (way for way in ways if any(getattr(channel, way + form, None) for form in forms))
    return next(found, "service")


def secret(holder: Holder, key: str, environ: Mapping[str, str]) -> Secret:
    """A value of a table in whichever form it is given; what is not given is ''."""
    try:
        return given(holder, key, environ)
    except UnusableError as error:
        raise NotifyError(str(error).partition("\n")[0]) from error


def veiled(text: str, way: Way | None) -> str:
    """The text without what is secret of the way."""
    for value in sorted(_secrets(way), key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def _secrets(way: Way | None) -> Iterator[str]:
    match way:
        case Webhook():
            values: list[str] = [way.url, way.secret]
        case Mail():
            values = [way.password]
        case Service():
            # An address of Apprise is made of keys: each part may be one.
            values = [way.url, *way.url.replace("/", " ").replace(":", " ").split()]
        case _:
            values = []
    yield from (value for value in values if len(value) >= SHORTEST)


def _mail(channel: Channel, environ: Mapping[str, str], host: str) -> Mail:
    server, colon, port = channel.smtp.rpartition(":")
    if not colon or port.endswith("]"):
        server, port = channel.smtp, ""
    return Mail(
        to=channel.mail,
        sender=channel.sender or f"jobrunner@{host}",
        host=server.strip("[]") or HERE,
        port=int(port) if port else SMTP,
        tls=channel.smtp_tls,
        user=channel.smtp_user,
        password=secret(channel, "smtp_password", environ),
    )
