"""What the tests of the daemon share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class HandClock:
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.awake = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.awake

    def wait(self, seconds: float) -> None:
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.awake += seconds
