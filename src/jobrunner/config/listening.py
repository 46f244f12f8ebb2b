"""What types cannot say of [serve]: addresses that are none, keys that need each other."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from jobrunner.config.fault import Fault, fault
from jobrunner.config.spelling import quoted
from jobrunner.model.settings import Serve

# What stands in front of every address unescaped, so nothing that a URL or a page could misread.
BASE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]")
HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
# Headers that tell something else, or that anybody's browser sends.
TAKEN = ("authorization", "cookie", "host", "origin", "forwarded")


def faults(serve: Serve) -> Iterator[Fault]:
    """Everything wrong with [serve] though its values are each of the right type."""
    for check in (_base_path, _hosts, _proxies, _certificate, _session, _user_header):
        yield from check(serve)


def _base_path(serve: Serve) -> Iterator[Fault]:
    if not BASE_PATH.fullmatch(serve.base_path):
        message = f"{quoted(serve.base_path)} is not a path to be served under"
        hint = 'write it as "/jobs": a / before each name, none at the end'
        yield fault(("base_path",), "E113", message, hint)


def _hosts(serve: Serve) -> Iterator[Fault]:
    if not serve.host or re.search(r"[\s/@%]", serve.host):
        message = f"{quoted(serve.host)} is not an address to listen on"
        yield fault(("host",), "E113", message, 'write an address of this host, as "127.0.0.1"')
    for name in serve.allowed_hosts:
        if not HOST.fullmatch(name):
            message = f"{quoted(name)} is not the name of a host"
            hint = 'write it without scheme and port, as "jobs.example.com"'
            yield fault(("allowed_hosts",), "E113", message, hint)


def _proxies(serve: Serve) -> Iterator[Fault]:
    for network in serve.trusted_proxies:
        if not is_network(network):
            message = f"{quoted(network)} is not an address or a network"
            hint = 'write "127.0.0.1", or an address and a length as in "10.0.0.0/8"'
            yield fault(("trusted_proxies",), "E113", message, hint)


def _certificate(serve: Serve) -> Iterator[Fault]:
    for given, missing in (("tls_cert", "tls_key"), ("tls_key", "tls_cert")):
        if getattr(serve, given) and not getattr(serve, missing):
            yield fault((given,), "E133", f"`{given}` says nothing without `{missing}`")


def _session(serve: Serve) -> Iterator[Fault]:
    if not serve.session:
        hint = 'write how long a sign-in holds, as "12h"'
        yield fault(("session",), "E103", "a session of nothing would let nobody in", hint)


def _user_header(serve: Serve) -> Iterator[Fault]:
    header = serve.user_header
    if not header:
        return
    if not HEADER.fullmatch(header) or header.lower() in TAKEN:
        message = f"{quoted(header)} is not a header that tells who signed in"
        yield fault(("user_header",), "E113", message, 'write its name, as "X-Remote-User"')
    if not serve.trusted_proxies:
        message = "`user_header` says nothing without `trusted_proxies`"
        hint = "only a proxy that is named is believed: anybody can send a header"
        yield fault(("user_header",), "E133", message, hint)


def is_network(text: str) -> bool:
    """Whether it is an address, or a network of them."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
