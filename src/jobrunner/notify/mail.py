"""Mail over SMTP, with nothing but the standard library."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from ipaddress import ip_address
from typing import Literal

from msgspec import Struct

from jobrunner.model.value import Secret
from jobrunner.notify.message import Message, NotifyError

TIMEOUT = 20.0  # seconds, for each thing that is waited for
TLS_PORT = 465
FOR_GOOD = 500


class Mail(Struct, frozen=True, kw_only=True):
    """To whom, over which server, and as whom.

    "auto" is TLS at port 465, and elsewhere STARTTLS if the server offers it.
    """

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    tls: Literal["auto", "starttls", "tls", "none"] = "auto"
    user: str = ""
    password: Secret = Secret()


def send(way: Mail, message: Message) -> str:
    letter = written(way, message)
    try:
        with _opened(way, message.host) as server:
            _secure(way, server)
            if way.user:
                server.login(way.user, way.password)
            refused = server.send_message(letter, way.sender, way.to)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise NotifyError(
            f"{way.host} takes mail for none of {', '.join(way.to)}",
            permanent=min(codes) >= FOR_GOOD,
        ) from None
    except smtplib.SMTPAuthenticationError as error:
        raise NotifyError(f"{way.host} refuses the password ({error.smtp_code})") from None
    except smtplib.SMTPResponseException as error:
        raise NotifyError(
            f"{way.host} answered {error.smtp_code} {_text(error.smtp_error)}",
            permanent=error.smtp_code >= FOR_GOOD,
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotifyError(f"{way.host}: {_told(error)}") from None
    return f"{way.host} took it" + (f", not for {', '.join(refused)}" if refused else "")


def written(way: Mail, message: Message) -> EmailMessage:
    """The mail; its Message-ID is the same whenever it is sent."""
    letter = EmailMessage()
    letter["From"] = way.sender
    letter["To"] = ", ".join(way.to)
    letter["Subject"] = " ".join(message.title.split())
    letter["Date"] = formatdate(message.sent_at)
    letter["Message-ID"] = f"<{message.id}@jobrunner.invalid>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Jobrunner-Event"] = message.event
    text = message.text.encode("utf-8", "replace").decode().replace("\0", "")
    letter.set_content(text + "\n", charset="utf-8")
    return letter


def _opened(way: Mail, host: str) -> smtplib.SMTP:
    if way.tls == "tls" or (way.tls == "auto" and way.port == TLS_PORT):
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(way.host, way.port, host, timeout=TIMEOUT, context=context)
    return smtplib.SMTP(way.host, way.port, host, timeout=TIMEOUT)


def _secure(way: Mail, server: smtplib.SMTP) -> None:
    """STARTTLS where it is wanted; a password is sent in the clear to this host alone."""
    is_secure = isinstance(server, smtplib.SMTP_SSL)
    server.ehlo()
    if not is_secure and way.tls != "none":
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            is_secure = True
        elif way.tls == "starttls":
            raise NotifyError(f"{way.host} does not offer STARTTLS (smtp_tls)")
    if way.user and not is_secure and not _is_here(way.host):
        raise NotifyError(f"{way.host} offers no encryption: the password is not sent to it")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _text(said: object) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())


def _told(error: Exception) -> str:
    if isinstance(error, TimeoutError) or str(error).endswith("timed out"):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {error.verify_message}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
