"""What a connection may cost: how many there are, and how long one may take.

A new connection is always taken, for it may be a probe of `/healthz`: where there are too many, the
one goes that has been idle longest, of the same peer where that one alone has too many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.h11_impl import H11Protocol

from reaper.web.peers import peer_of

MOST = 128
"""Connections at a time. Twice the backlog, so that none goes in the crowd that it came with."""

MOST_OF_ONE_PEER = 64
BACKLOG = 64
HEADER_BYTES = 16_384
REQUEST_WITHIN = 10.0
"""Seconds from the connection, or the answer before, until a request is there as a whole."""

ANSWER_WITHIN = 60.0
"""Seconds until its answer has been taken as a whole."""


class BoundedConnection(H11Protocol):
    """At any moment there is a time by which the next thing must have happened."""

    is_idle = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.peer = peer_of(self.client)
        self._expect_within(REQUEST_WITHIN)
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self.is_idle = False
            self._expect_within(ANSWER_WITHIN)

    def on_response_complete(self) -> None:
        self.is_idle = True
        self._expect_within(REQUEST_WITHIN)
        super().on_response_complete()  # a request that is there already begins in here

    def _expect_within(self, seconds: float) -> None:
        self._forget_deadline()
        self.since = self.loop.time()
        if not self.transport.is_closing():
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _make_room(self) -> None:
        others = self._others(lambda _: True)
        of_peer = self._others(lambda other: other.peer == self.peer)
        crowd = of_peer if len(of_peer) >= MOST_OF_ONE_PEER else others
        if crowd is of_peer or len(others) >= MOST:
            oldest = min(crowd, key=lambda other: (not other.is_idle, other.since))
            oldest.transport.abort()

    def _others(self, which: Callable[[BoundedConnection], bool]) -> list[BoundedConnection]:
        return [
            other
            for other in self.connections
            if isinstance(other, BoundedConnection)
            and other is not self
            and not other.transport.is_closing()
            and which(other)
        ]
