"""Emulated time, and what is due in it."""

import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Action = Callable[[datetime], None]


def floor_ms(moment: datetime) -> datetime:
    """The moment as it is written on the wire, where milliseconds are the finest."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def real_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the emulator's clock; it may use none of the reaper's


class Timeline:
    """Time since `start`, `speed` emulated seconds a real one, with the actions that are due in it.

    Actions run when somebody asks for the time, in the order of their moments, and see their own
    moment as now.
    """

    def __init__(
        self, start: datetime | None, speed: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.start = floor_ms((start or real_now()).astimezone(UTC))
        self._speed = speed
        self._monotonic = monotonic
        self._origin = monotonic()
        self._advanced = timedelta(0)
        self._due: list[tuple[datetime, int, Action]] = []
        self._order = itertools.count()
        self._moment: datetime | None = None

    def now(self) -> datetime:
        if self._moment is not None:
            return self._moment
        limit = self._clock()
        self._run_due(limit)
        return limit

    def advance(self, by: timedelta) -> None:
        self._advanced += by
        self.now()

    def at(self, moment: datetime, action: Action) -> None:
        heapq.heappush(self._due, (floor_ms(moment), next(self._order), action))

    def _clock(self) -> datetime:
        elapsed = timedelta(seconds=(self._monotonic() - self._origin) * self._speed)
        return floor_ms(self.start + elapsed + self._advanced)

    def _run_due(self, limit: datetime) -> None:
        while self._due and self._due[0][0] <= limit:
            self._moment, _, action = heapq.heappop(self._due)
            try:
                action(self._moment)
            finally:
                self._moment = None
