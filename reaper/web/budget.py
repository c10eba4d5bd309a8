"""How many requests are answered at a time."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from reaper.web.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

MOST = 32
HEALTH = frozenset({"/healthz", "/readyz"})


class Budget:
    """More are told to come back, so that no crowd keeps the daemon from its work.

    The probes of health do not count: they are answered whoever else is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._under_way = app, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in HEALTH:
            await self._app(scope, receive, send)
            return
        if self._under_way >= MOST:
            why = f"{MOST} requests are being answered already; try again"
            headers = {"Retry-After": "1", "Connection": "close"}
            await problem(HTTPStatus.SERVICE_UNAVAILABLE, why, headers)(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1
