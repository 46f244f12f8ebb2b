"""What types cannot say of a channel: keys that need each other, templates."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from string import Template

from jobrunner.config.fault import Fault, fault
from jobrunner.config.spelling import meant, quoted
from jobrunner.model.settings import Channel

WAYS = ("url", "webhook", "command", "python", "mail")
ONLY = {
    "webhook": ("secret", "secret_file", "secret_env"),
    "mail": (
        "sender",
        "smtp",
        "smtp_tls",
        "smtp_user",
        "smtp_password",
        "smtp_password_file",
        "smtp_password_env",
    ),
}
# What `title` and `body` can hold, without the $.
WORDS = frozenset(
    {
        *("event", "title", "text", "job", "run", "host", "status", "reason", "message"),
        *("description", "docs", "scheduled_for", "duration", "failures", "broken_for", "output"),
    }
)
SERVER = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
ADDRESS = re.compile(r"[^\s@<>,]+@[^\s@<>,]+")
WEB = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
MOST = 65535


def faults(channel: Channel, own: AbstractSet[str]) -> Iterator[Fault]:
    """Everything wrong with a channel whose values are each right; `own` are its table's keys."""
    for check in (_partners, _command, _webhook, _mail, _templates):
        yield from check(channel, own)


def _partners(channel: Channel, own: AbstractSet[str]) -> Iterator[Fault]:
    for way, keys in ONLY.items():
        if own.isdisjoint({way, f"{way}_file", f"{way}_env"}):
            for key in sorted(own & {*keys}):
                yield fault((key,), "E133", f"`{key}` says nothing without `{way}`")
    if channel.mail and not channel.smtp_user and any(key.startswith("smtp_pass") for key in own):
        yield fault(("smtp_user",), "E133", "a password says nothing without `smtp_user`")


def _command(channel: Channel, own: AbstractSet[str]) -> Iterator[Fault]:
    if "command" in own and not (channel.command and channel.command[0]):
        yield fault(("command",), "E116", "`command` is empty", "write what to run")


def _webhook(channel: Channel, _own: AbstractSet[str]) -> Iterator[Fault]:
    if channel.webhook and not WEB.fullmatch(channel.webhook):
        message = "`webhook` is not an address that begins with http:// or https://"
        yield fault(("webhook",), "E113", message)


def _mail(channel: Channel, _own: AbstractSet[str]) -> Iterator[Fault]:
    for address in channel.mail:
        if not ADDRESS.fullmatch(address):
            yield fault(("mail",), "E113", f"{quoted(address)} is not an address of mail")
    server = SERVER.fullmatch(channel.smtp)
    port = int(server["port"] or 1) if server else 0
    if channel.smtp and not 1 <= port <= MOST:
        message = f"{quoted(channel.smtp)} is not a server"
        yield fault(
            ("smtp",), "E113", message, 'write "mail.example.com" or "mail.example.com:587"'
        )


def _templates(channel: Channel, _own: AbstractSet[str]) -> Iterator[Fault]:
    for key in ("title", "body"):
        template = Template(getattr(channel, key))
        if not template.is_valid():
            hint = "write $$ for a dollar sign"
            yield fault((key,), "E119", "a `$` in it begins no name", hint)
            continue
        for name in template.get_identifiers():
            if name not in WORDS:
                message = f"`${name}` is nothing that a message has"
                yield fault((key,), "E119", message, meant(name, WORDS))
