"""Who is answered: requests under a known name, and with a token where one is set.

And with which headers.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from reaper.config.settings.urls import bare_address
from reaper.web.budget import HEALTH
from reaper.web.peers import peer_of
from reaper.web.problems import problem
from reaper.web.tokens import Refused, Tokens

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from reaper.config.settings.http import HttpSettings

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_TO_ALL = HEALTH  # a probe of the machinery around has no token; it learns yes or no
_TRUSTED = "reaper.trusted"
_ONLY_TLS = {"Strict-Transport-Security": "max-age=31536000"}


def is_trusted(request: Request) -> bool:
    """Whether who asks may read the record."""
    return bool(request.scope[_TRUSTED])


@dataclass(frozen=True)
class Access:
    """Stands before the app.

    The name in the Host header must be ours: else a page that a browser here has open could have
    its own name point to this machine, and read along. A bare address cannot be pointed anywhere.
    """

    app: ASGIApp
    settings: HttpSettings
    tokens: Tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers())
            await send(message)

        answer = self._refusal(scope) or self.app
        await answer(scope, receive, with_headers)

    def _headers(self) -> dict[str, str]:
        return _HEADERS | _ONLY_TLS if self.settings.behind_tls else _HEADERS

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")):
            why = "unknown host name; add it to http.hosts in the settings"
            return problem(HTTPStatus.MISDIRECTED_REQUEST, why)
        scope[_TRUSTED] = False
        try:
            self.tokens.reader(peer_of(scope.get("client")), headers.get("authorization", ""))
        except Refused as refused:
            if scope["path"] in _TO_ALL:
                return None
            return problem(refused.status, refused.why, refused.headers)
        scope[_TRUSTED] = True
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        name = name.lower().rstrip(".")
        if name == "localhost" or name in self.settings.hosts:
            return True
        return bare_address(name.removeprefix("[").removesuffix("]")) is not None
