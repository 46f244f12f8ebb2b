"""A program on the web: a CloudEvent as JSON, signed as Standard Webhooks says."""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from hashlib import sha256

from msgspec import Struct

from jobrunner.model.value import Secret
from jobrunner.notify.door import post
from jobrunner.notify.message import Message, NotifyError, body

PREFIX = "whsec_"


class Webhook(Struct, frozen=True, kw_only=True):
    """Where to post, and what to sign with; `networks` inside which it may be."""

    url: Secret
    secret: Secret = Secret()
    networks: tuple[str, ...] = ()


def send(way: Webhook, message: Message) -> str:
    content = body(message)
    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    headers |= {"webhook-id": message.id, "webhook-timestamp": str(message.sent_at)}
    if way.secret:
        headers["webhook-signature"] = signature(way.secret, message.id, message.sent_at, content)
    status = post(way.url, content, headers, way.networks).status
    return f"answered {status}"


def signature(secret: str, number: str, sent_at: int, content: bytes) -> str:
    """What proves that who sent it knows the secret."""
    signed = f"{number}.{sent_at}.".encode() + content
    return f"v1,{b64encode(hmac.digest(_key(secret), signed, sha256)).decode()}"


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except (Error, ValueError):
        raise NotifyError("the secret begins with whsec_, and what follows is no base64") from None
