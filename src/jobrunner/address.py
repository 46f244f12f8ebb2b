"""Which addresses may be called: who can write a URL must not reach what only this host can."""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from jobrunner.errors import JobrunnerError

NAT64 = IPv6Network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


class UnreachableError(JobrunnerError):
    """A host has no address, or none that may be called."""


def reachable(host: str, port: int, networks: Sequence[str]) -> tuple[str, int]:
    """The address and port to connect to; inside networks only those that are allowed.

    The answer is what has to be connected to: asked again, the name may mean another one.
    """
    found = _resolved(host, port)
    for address in found:
        if is_allowed(address, networks):
            return address, port
    raise UnreachableError(
        f"{host} is {found[0]}, inside a private network; "
        f'if that is meant, name it in settings.allow_private_urls = ["{_network(found[0])}"]'
    )


def is_allowed(address: str, networks: Sequence[str]) -> bool:
    """Whether an address is public, or of one of the networks, whatever form it hides in."""
    meant = _meant(ip_address(address.partition("%")[0]))
    if meant.is_global and not meant.is_multicast:
        return True
    return any(meant in ip_network(network, strict=False) for network in networks)


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(
            f"{host} is not found: {getattr(error, 'strerror', error)}"
        ) from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _network(address: str) -> str:
    """The smallest network that holds it."""
    plain = address.partition("%")[0]
    return f"{plain}/{ip_address(plain).max_prefixlen}"
