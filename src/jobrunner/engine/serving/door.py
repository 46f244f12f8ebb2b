"""The door that the page listens at: whether it may be open there, and opening it."""

import errno
import socket
import ssl
from ipaddress import ip_address
from typing import Any

from msgspec import Struct

from jobrunner.config.spelling import quoted, shown
from jobrunner.errors import BusyError, ForbiddenError, JobrunnerError, UnusableError
from jobrunner.model.settings import Serve

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it is compared, not bound
WAITING = 1024  # connections that nobody has accepted yet
STUCK = 60_000  # milliseconds: who takes nothing of what is sent for so long is cut off


class Door(Struct, frozen=True, kw_only=True):
    """An address and a port to listen at, and the certificate that is shown there, if any."""

    host: str
    port: int
    tls_cert: str = ""
    tls_key: str = ""
    is_insecure: bool = False

    @property
    def is_encrypted(self) -> bool:
        return bool(self.tls_cert)

    def origin(self, port: int) -> str:
        """What an address begins with that a browser on this host may open."""
        host = ANYWHERE.get(self.host, self.host)
        named = f"[{host}]" if ":" in host else host
        return f"{'https' if self.is_encrypted else 'http'}://{named}:{port}"

    def open(self) -> socket.socket:
        """Listen there; refused where tokens would travel in clear text."""
        address = self.check()
        if self.is_encrypted:
            encryption(self.tls_cert, self.tls_key)
        return self._listening(*address)

    def check(self) -> tuple[socket.AddressFamily, tuple[str, int]]:
        """The address that is meant; raises if it is none of this host's, or may not be open."""
        family, address = self._found()
        self._require_secrecy(address[0])
        return family, address

    def _found(self) -> tuple[socket.AddressFamily, tuple[str, int]]:
        try:
            found = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
        except (OSError, UnicodeError) as error:
            raise UnusableError(
                f"{quoted(self.host)} is not an address of this host.\n"
                "To listen on all of them, behind TLS: --host 0.0.0.0"
            ) from error
        family, _, _, _, address = found[0]
        return family, address  # type: ignore[return-value] # of these families it has both

    def _require_secrecy(self, address: str) -> None:
        if ip_address(address).is_loopback or self.is_encrypted or self.is_insecure:
            return
        raise JobrunnerError(
            f"refusing to listen on {self.host} without TLS: tokens would travel in clear text.\n"
            "Put a reverse proxy in front (docs/serve.md), or give --tls-cert and --tls-key, or"
            " say --insecure."
        )

    def _listening(self, family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Accepted connections take it over.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK)
            listener.bind(address)
            listener.listen(WAITING)
        except OSError as error:
            listener.close()
            raise self._refusal(error) from error
        return listener

    def _refusal(self, error: OSError) -> JobrunnerError:
        where = f"port {self.port} of {self.host}"
        match error.errno:
            case errno.EADDRINUSE:
                return BusyError(
                    f"{where} is in use: by another jobrunner serve, perhaps.\n"
                    f"Choose another: --port {self.port + 1}"
                    f"   Who has it: ss -ltnp 'sport = :{self.port}'"
                )
            case errno.EACCES | errno.EPERM:
                return ForbiddenError(
                    f"{where} is closed to this user: ports below 1024 are root's.\n"
                    "Choose another, as --port 8787, and put a reverse proxy in front"
                )
            case errno.EADDRNOTAVAIL:
                return UnusableError(
                    f"{self.host} is not an address of this host.\nThose that are: ip -br address"
                )
        return JobrunnerError(f"{where} cannot be listened at: {error.strerror}.")


def door_of(serve: Serve, **given: str | int | bool | None) -> Door:
    """What the command line says, and [serve] where it is silent."""
    said: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if said.keys() & {"tls_cert", "tls_key"}:
        said = {"tls_cert": "", "tls_key": ""} | said
    known = {key: getattr(serve, key) for key in ("host", "port", "tls_cert", "tls_key")}
    return Door(**(known | said))


def encryption(cert: str, key: str) -> ssl.SSLContext:
    """What encrypts, from a certificate and its key; UnusableError if they cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_certificate(context, cert, key)
    return context


def load_certificate(context: ssl.SSLContext, cert: str, key: str) -> None:
    """Show this certificate to all who come from now on."""
    for path in (cert, key):
        try:
            with open(path, "rb"):  # noqa: PTH123 - paths are strings here
                pass
        except OSError as error:
            raise UnusableError(f"{shown(path)} cannot be read: {error.strerror}.") from error
    try:
        # An empty password: one that asks for it would wait for somebody to type.
        context.load_cert_chain(cert, key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise UnusableError(
            f"{shown(cert)} and {shown(key)} are not a certificate and its key, in PEM and without"
            f" a password: {shown(str(error))}."
        ) from error
