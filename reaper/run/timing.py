"""How long the parts of a pass take."""

from __future__ import annotations

from reaper.ports import Clock


class Timings:
    """`seconds` is how long each part took so far, by its name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.monotonic()
        self.seconds: dict[str, float] = {}

    def lap(self, part: str) -> None:
        """The part that began with the lap before is over."""
        now = self._clock.monotonic()
        self.seconds[part], self._since = now - self._since, now
