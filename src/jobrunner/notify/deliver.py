"""The one door out: a message goes the way that its channel goes."""

from typing import assert_never

from jobrunner.notify import command, listener, mail, service, webhook
from jobrunner.notify.command import Command
from jobrunner.notify.listener import Listener
from jobrunner.notify.mail import Mail
from jobrunner.notify.message import Message
from jobrunner.notify.service import Service
from jobrunner.notify.webhook import Webhook

Way = Webhook | Command | Listener | Mail | Service


def deliver(way: Way, message: Message) -> str:
    """Send it, and tell what the other side said; NotifyError if it was not taken."""
    match way:
        case Webhook():
            return webhook.send(way, message)
        case Command():
            return command.send(way, message)
        case Listener():
            return listener.send(way, message)
        case Mail():
            return mail.send(way, message)
        case Service():
            return service.send(way, message)
        case _:
            assert_never(way)
