"""Chats, pushes and some hundred services more, through Apprise."""

from msgspec import Struct

from jobrunner.model.value import Secret
from jobrunner.notify.message import Message, NotifyError

NEEDED = "addresses of services need Apprise: pip install 'jobrunner[notify]'"


class Service(Struct, frozen=True):
    """The address of a service, as Apprise spells it."""

    url: Secret


def send(way: Service, message: Message) -> str:
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise NotifyError(NEEDED) from None
    services = apprise.Apprise()
    if not services.add(way.url):
        raise NotifyError("Apprise does not know a service of this address")
    with apprise.LogCapture(level=apprise.logging.WARNING) as said:
        if not services.notify(body=message.text, title=message.title):
            last = said.getvalue().strip().rpartition("\n")[2]
            raise NotifyError(last.rpartition(" - ")[2] or "the service did not take it")
    return "the service took it"
