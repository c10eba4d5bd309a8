"""What stands before the endpoints.

The emulated Date, the latency, the faults and the record of requests.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import faults, present
from .account import Recorded
from .problems import problem

if TYPE_CHECKING:
    from .world import World

ADMIN = "/_emulator"
_KEPT_RECORDS = 200_000
_NO_ANSWER = 0
_GATEWAY_PAGE = (
    "<!doctype html><title>Gateway</title><p>The service is being updated. Please try again "
    "later.</p>"
)
_WORDS = {
    "429": "Too many requests.",
    "500": "Something went wrong.",
    "502": "The gateway got no answer.",
    "503": "The service is not available.",
}


class Front:
    """A plain ASGI middleware: a list page of thousands must not pay for wrapped streams."""

    def __init__(self, app: ASGIApp, world: "World") -> None:
        self._app = app
        self._world = world
        self.requests = world.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        present.enter(self._world)
        if scope["type"] != "http" or scope["path"].startswith(ADMIN):
            await self._app(scope, receive, send)
            return
        await self._answer(scope, receive, _Answer(self._world, send, partial(self._record, scope)))

    def _record(self, scope: Scope, status: int) -> None:
        query = scope["query_string"].decode("latin-1")
        self.requests.append(Recorded(scope["method"], scope["path"], query, status))
        if len(self.requests) > _KEPT_RECORDS:
            del self.requests[: _KEPT_RECORDS // 2]

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        fault = self._world.faults.roll(faults.ON_ANY_REQUEST, self._world.fault_rng)
        if self._world.latency:
            await asyncio.sleep(self._world.latency)
        if fault == faults.DROP:
            await self._app(scope, receive, _to_nowhere)
            self._record(scope, _NO_ANSWER)
            await _cut(receive, answer.plain_send)
            return
        if fault == faults.SLOW:
            await asyncio.sleep(self._world.faults.seconds(fault))
        answer.halved = fault == faults.TRUNCATE
        refusal = self._refusal(fault)
        await (refusal or self._app)(scope, receive, answer)

    def _refusal(self, fault: str | None) -> Response | None:
        if fault == faults.HTML:
            return HTMLResponse(_GATEWAY_PAGE)
        if fault not in faults.STATUSES:
            return None
        wait = (
            {"Retry-After": f"{self._world.faults.seconds(fault):.0f}"}
            if fault in ("429", "503")
            else None
        )
        return problem(int(fault), _WORDS[fault], wait)


class _Answer:
    """A `send` that dates the answer, records its status before anybody sees it, and may halve its
    body.
    """

    def __init__(self, world: "World", send: Send, record: Callable[[int], None]) -> None:
        self._world = world
        self._record = record
        self.plain_send = send
        self.halved = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._record(message["status"])
            self._date(message)
        elif self.halved:
            body = message.get("body", b"")
            message = {**message, "body": body[: len(body) // 2]}
        await self.plain_send(message)

    def _date(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        moment = self._world.now() + self._world.faults.skew
        headers["date"] = format_datetime(moment.astimezone(UTC), usegmt=True)
        if self.halved and "content-length" in headers:
            headers["content-length"] = str(int(headers["content-length"]) // 2)


async def _to_nowhere(_: Message) -> None:
    """The request is carried out, and nobody hears of it."""


async def _cut(receive: Receive, send: Send) -> None:
    """Cut the connection under uvicorn.

    Without one (Starlette's TestClient), raise what a cut would.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("The connection was dropped.")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
