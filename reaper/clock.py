"""The real clock; the only place that may ask the system for the time or sleep."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Wall-clock time in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the clock

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: TID251 - this is the clock


SYSTEM_CLOCK = SystemClock()
"""What everything runs by that is not told another clock; it has no state."""
