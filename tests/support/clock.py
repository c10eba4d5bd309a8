"""The one clock of the tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _nothing_else(_: timedelta) -> None:
    """Nothing moves with a clock that stands alone."""


class Clock:
    """Stands where a test put it, and moves when somebody waits; a world moves with it.

    `ahead` is how much later this machine believes it to be than it is in that world.
    """

    def __init__(
        self, at: datetime = NOW, move: Callable[[timedelta], object] = _nothing_else
    ) -> None:
        self.at, self.awake, self.ahead = at, 0.0, timedelta(0)
        self._move = move

    def true(self) -> datetime:
        return self.at

    def now(self) -> datetime:
        return self.at + self.ahead

    def monotonic(self) -> float:
        return self.awake

    def wait(self, seconds: float) -> None:
        self.sleep(seconds)
        self.awake += seconds

    def sleep(self, seconds: float) -> None:
        """The machine sleeps: the world goes on, its own seconds do not."""
        passed = timedelta(seconds=seconds)
        self.at += passed
        self._move(passed)
