"""HEAD: whatever GET answers, without its body."""

from anyio import CancelScope
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    """Asks for the whole, and lets go when the headers are there: a stream would never end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        is_told = False
        with CancelScope() as rest:

            async def headers_alone(message: Message) -> None:
                nonlocal is_told
                if message["type"] != "http.response.body":
                    await send(message)
                    return
                if not is_told:
                    is_told = True
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                if message.get("more_body"):
                    rest.cancel()

            # The server goes by its own scope, in which the method stays what it was.
            await self._app({**scope, "method": "GET"}, receive, headers_alone)
