"""The server's clock, for an emulator on this machine whose time runs faster than ours."""

from __future__ import annotations

import contextlib
import time
from datetime import datetime, timedelta

from reaper.errors import AccountError
from reaper.platforms.aimms.address import SESSIONS
from reaper.platforms.aimms.connection import Connection
from reaper.ports import Clock

# seconds for which a reading serves: a quarter of a minute where an hour passes in a minute
_FRESH = 0.25


class ServerClock:
    """The time of the server's `Date` header, to the second and never ahead of the server.

    A server that does not answer leaves the last reading in force. Not for a real account: a server
    whose clock is wrong would make every session look old.
    """

    def __init__(self, connection: Connection, local: Clock) -> None:
        self._connection = connection
        self._local = local
        self._read_at = float("-inf")

    def now(self) -> datetime:
        if time.monotonic() - self._read_at > _FRESH:
            self._read_at = time.monotonic()
            with contextlib.suppress(AccountError):
                self._connection.get(f"{SESSIONS}/sessions/webui", {"limit": 1})
        return self._local.now() + timedelta(seconds=self._connection.last_skew or 0.0)

    def monotonic(self) -> float:
        return self.now().timestamp()  # the emulator's time never sleeps

    def wait(self, seconds: float) -> None:
        self._local.wait(seconds)
