"""From where a request comes, through the proxies that are trusted."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from starlette.requests import HTTPConnection

UNKNOWN = "unknown"
MAPPED = "::ffff:"


def address_of(request: HTTPConnection, trusted: Sequence[str]) -> str:
    """The nearest address that is no trusted proxy's.

    Each proxy adds the one it was called from at the end of X-Forwarded-For; what stands before
    the first stranger was written by him.
    """
    peer = _plain(request.client.host) if request.client else UNKNOWN
    if not is_among(peer, trusted):
        return peer
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",")]
    for hop in reversed([hop for hop in hops if hop]):
        if not is_among(hop, trusted):
            return _plain(hop) if _is_address(hop) else UNKNOWN
    return peer


def is_proxied(request: HTTPConnection, trusted: Sequence[str]) -> bool:
    """Whether a trusted proxy hands the request on."""
    return request.client is not None and is_among(request.client.host, trusted)


def is_secure(request: HTTPConnection, trusted: Sequence[str]) -> bool:
    """Whether the browser's end of the line is encrypted."""
    if is_proxied(request, trusted):
        return request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
    return request.url.scheme == "https"


def is_among(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ip_address(_plain(address))
    except ValueError:
        return False
    return any(found in ip_network(network, strict=False) for network in networks)


def _plain(address: str) -> str:
    """An address of IPv4 as such: where all addresses are listened on it comes as one of IPv6."""
    return address.removeprefix(MAPPED) if "." in address else address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
