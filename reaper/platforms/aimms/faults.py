"""Every failure of a request, as a typed error with one line for a person."""

from __future__ import annotations

import json
import math
import socket
import ssl
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from reaper.errors import (
    AccountError,
    Conflict,
    MissingScope,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorized,
    Unintelligible,
    Unreachable,
)
from reaper.platforms.aimms.address import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from pydantic import SecretStr

LONGEST_LINE = 200
GATEWAYS = frozenset({502, 503, 504})
UNKNOWN_END = "; whether the request was carried out is unknown"


class BadRequest(Refused):
    """400 or 422: the server does not take a parameter."""


def one_line(text: str) -> str:
    """At most 200 printable characters on one line, so that no server can write on a terminal."""
    line = "".join(
        character if character.isprintable() else " " for character in text[: 4 * LONGEST_LINE]
    )
    line = " ".join(line.split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def retry_after(value: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, given as seconds or as a date.

    None when it says nothing.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: datetime) -> float:
    try:
        return (parsedate_to_datetime(date) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return math.nan


def is_web_page(body: bytes) -> bool:
    """Does the body look like HTML or XML rather than JSON?"""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


NOTHING_THERE = frozenset({404, 410})


def is_own_error(body: bytes) -> bool:
    """Is it an error in the service's own form? Anything on the way can answer with a
    bare status.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    number, *texts = (document.get(field) for field in ("errorCode", "errorId", "message"))
    return type(number) is int and all(isinstance(text, str) for text in texts)


CLIENT_ERRORS: dict[int, tuple[type[AccountError], str]] = {
    400: (BadRequest, "the server rejected the request ({said})"),
    401: (
        Unauthorized,
        "the key is unknown or expired ({said}): make a new one in the portal and set it",
    ),
    403: (
        MissingScope,
        "the key may not do this ({said}): make one with the scope {scope} in the portal",
    ),
    404: (NotFound, "nothing is found at {path} ({said})"),
    405: (Conflict, "not possible in the present state ({said})"),
    408: (Unreachable, "the server gave up waiting ({said})"),
    409: (Conflict, "not possible in the present state ({said})"),
    410: (NotFound, "nothing is left at {path} ({said})"),
    422: (BadRequest, "the server rejected a parameter ({said})"),
}
REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (
        httpx.TimeoutException,
        "no answer in time: the server is slow or the network swallows the request",
    ),
    (
        httpx.ProxyError,
        "the proxy did not let the request through ({detail}): check the proxy settings",
    ),
    (
        socket.gaierror,
        "unknown host: check the account's name and the address, and the name service",
    ),
    (
        ConnectionRefusedError,
        "the connection was refused: nothing listens at this address and port",
    ),
    (ssl.SSLError, "no trusted TLS connection ({detail}): check the address and the certificates"),
    (httpx.ConnectError, "no connection ({detail}): check the network"),
)


class Faults:
    """Words for what goes wrong with one account.

    They name the account and the address, never the key.
    """

    def __init__(self, account: str, url: str, api_key: SecretStr) -> None:
        self._where = f"{account} ({url})"
        self._key = api_key

    def line(self, what: str) -> str:
        return f"{self._where}: {what}"

    def unintelligible(self, what: str, body: bytes = b"") -> Unintelligible:
        if is_web_page(body):
            what += "; it is a web page: the address is wrong, or a proxy or sign-in page stands in between"
        return Unintelligible(self.line(what))

    def unreachable(self, error: httpx.TransportError, *, changes: bool) -> Unreachable:
        return Unreachable(self.line(_why_unreachable(error) + (UNKNOWN_END if changes else "")))

    def refused(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        path: str,
        now: datetime,
        *,
        changes: bool,
    ) -> AccountError:
        """The error of an answer that is no success."""
        if status in NOTHING_THERE and not is_own_error(body):
            what = (
                f"nothing is found at {one_line(path)} ({status}), but not in the "
                "session-manager's own words"
            )
            return self.unintelligible(what, body)
        words = self._words(body)
        wait = retry_after(headers.get("retry-after"), now)
        match status:
            case 429:
                return RateLimited(self.line(f"too many requests{words}{_waiting(wait)}"), wait)
            case _ if status >= 500:  # noqa: PLR2004 - the class of server faults
                end = UNKNOWN_END if changes else ""
                what = self.line(f"the server failed ({status}{words}){_waiting(wait)}{end}")
                return ServerFault(what, wait, nobody_there=status in GATEWAYS)
            case _ if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
                return self._redirected(status, headers.get("location", ""))
        return self._client_error(status, words, path)

    def _client_error(self, status: int, words: str, path: str) -> AccountError:
        kind, what = CLIENT_ERRORS.get(
            status, (AccountError, "the server refuses the request ({said})")
        )
        scope = "Tasks" if path.startswith(TASKS) else "Session"
        return kind(
            self.line(what.format(said=f"{status}{words}", scope=scope, path=one_line(path)))
        )

    def _redirected(self, status: int, location: str) -> Unintelligible:
        target = one_line(location.partition("?")[0]).replace(self._key.get_secret_value(), "***")
        what = f"answers with a redirect ({status} to {target or 'nowhere'})"
        return self.unintelligible(
            f"{what}, which is not followed because the key would go along: set that address"
        )

    def _words(self, body: bytes) -> str:
        """The server's own message with a colon before it, or nothing."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        message = (
            (document.get("message") or document.get("detail"))
            if isinstance(document, dict)
            else None
        )
        if not message:
            return ""
        text = message if isinstance(message, str) else json.dumps(message)
        return ": " + one_line(text.replace(self._key.get_secret_value(), "***"))


def _waiting(wait: float | None) -> str:
    return "" if wait is None else f", it asks to wait {wait:g} s"


def _why_unreachable(error: httpx.TransportError) -> str:
    """The first known reason among the error and its causes, innermost causes included."""
    causes = tuple(_causes(error))
    for kind, words in REASONS:
        if any(isinstance(cause, kind) for cause in causes):
            return words.format(detail=one_line(str(error)) or type(error).__name__)
    return "the connection was dropped before the answer was complete"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
