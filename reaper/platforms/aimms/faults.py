"""Every failure of a request, as a typed error with one line for a person."""

from __future__ import annotations

import json
import math
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from reaper.errors import (
    AccountError,
    Conflict,
    MissingScope,
    NotAsked,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorized,
    Unintelligible,
    Unreachable,
)
from reaper.logs.redaction import conceal, one_line
from reaper.net.faults import NetError, NoAnswer, NotSent
from reaper.platforms.aimms.address import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydantic import SecretStr

_GATEWAYS = frozenset({502, 503, 504})
_UNKNOWN_END = "; whether the request was carried out is unknown"


class BadRequest(Refused):
    """400 or 422: the server does not take a parameter."""


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


def _is_web_page(body: bytes) -> bool:
    """Does the body look like HTML or XML rather than JSON?"""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


_NOTHING_THERE = frozenset({404, 410})


def _is_own_error(body: bytes) -> bool:
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


class Faults:
    """Words for what goes wrong with one account.

    They name the account and the address, never the key.
    """

    def __init__(self, account: str, url: str, api_key: SecretStr) -> None:
        self._where = f"{account} ({url})"
        conceal(api_key)

    def line(self, what: str) -> str:
        return f"{self._where}: {what}"

    def unintelligible(self, what: str, body: bytes = b"") -> Unintelligible:
        if _is_web_page(body):
            what += "; it is a web page: the address is wrong, or a proxy or sign-in page stands in between"
        return Unintelligible(self.line(what))

    def failed(self, error: NetError, *, changes: bool) -> AccountError:
        """The error of a request to which there is no answer that could be read."""
        match error:
            case NotSent():
                kind = Refused if changes else NotAsked
                return kind(self.line(f"{error}; nothing was sent"))
            case NoAnswer():
                return Unreachable(self.line(f"{error}{_UNKNOWN_END if changes else ''}"))
            case _:
                return self.unintelligible(str(error))

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
        if status in _NOTHING_THERE and not _is_own_error(body):
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
                end = _UNKNOWN_END if changes else ""
                what = self.line(f"the server failed ({status}{words}){_waiting(wait)}{end}")
                return ServerFault(what, wait, nobody_there=status in _GATEWAYS)
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
        target = one_line(location.partition("?")[0])
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
        return ": " + one_line(text)


def _waiting(wait: float | None) -> str:
    return "" if wait is None else f", it asks to wait {wait:g} s"
