"""What can go wrong between this machine and another; each says so in words for a person.

NetError
├── NotSent     nothing left this machine: its variables, the address, or no time left
├── NoAnswer    unknown host, refused, timed out, dropped: whether it was carried out is unknown
└── BadAnswer   an answer that is too long, or packed in a way that was not asked for
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpcore

from reaper.logs.redaction import one_line


class NetError(Exception):
    """The root; the words hold no secret and are one line."""


class NotSent(NetError):
    """Nothing left this machine."""


class NoAnswer(NetError):
    """No answer came; whether the request was carried out is unknown."""


class BadAnswer(NetError):
    """An answer that is not what was asked for."""


SLOW = "no answer in time: the server is slow or the network swallows the request"
DROPPED = "the connection was dropped before the answer was complete"

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (
        httpcore.ProxyError,
        "the proxy did not let the request through ({detail}): check the proxy settings",
    ),
    (
        socket.gaierror,
        "unknown host: check the address and the name service",
    ),
    (
        ConnectionRefusedError,
        "the connection was refused: nothing listens at this address and port",
    ),
    (ssl.SSLError, "no trusted TLS connection ({detail}): check the address and the certificates"),
    (httpcore.ConnectError, "no connection ({detail}): check the network"),
)


def no_answer(error: BaseException) -> NoAnswer:
    """The first known reason among the error and its causes, innermost causes included."""
    causes = tuple(_causes(error))
    for kind, words in _REASONS:
        if any(isinstance(cause, kind) for cause in causes):
            return NoAnswer(words.format(detail=one_line(str(error)) or type(error).__name__))
    return NoAnswer(DROPPED)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
