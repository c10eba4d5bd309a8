"""Reasons not to act on a look, besides those that the look itself names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from reaper.core.language.limits import Limits
from reaper.core.model.duration import spoken
from reaper.core.model.session import AHEAD, Activity
from reaper.core.planning.memory import Memory
from reaper.ports import Clock, SessionSource

TOLERANCE = 30.0
"""Seconds by which clocks may differ before a look is doubtful."""

_SMALL = 10  # sessions; a smaller fleet comes and goes by more than half on any day


class Stopwatch:
    """Tells whether this machine was suspended, or its clock changed, since it was started."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.started_at: datetime = clock.now()
        self._awake = clock.monotonic()

    def doubt(self) -> str | None:
        passed = (self._clock.now() - self.started_at).total_seconds()
        missing = passed - (self._clock.monotonic() - self._awake)
        if abs(missing) <= TOLERANCE:
            return None
        return (
            f"this machine was suspended, or its clock was changed, during the look: {spoken(missing)} are "
            "missing"
        )


def doubts(
    source: SessionSource, stopwatch: Stopwatch, memory: Memory, limits: Limits, sessions: int
) -> Iterator[str]:
    """Each reason, in words for a person."""
    if doubt := stopwatch.doubt():
        yield doubt
    if wrong := doubt_of_clocks(source.skew_seconds):
        yield wrong
    if change := _change(memory.fleet, sessions, limits.fleet_change):
        yield change


def doubt_of_clocks(skew: float | None) -> str | None:
    """Why the times of a look cannot be compared, in words.

    A server that does not tell its time leaves that open.
    """
    if skew is None:
        return (
            "an answer had no readable Date header, so whether this machine's "
            "clock is right is not known"
        )
    if abs(skew) <= TOLERANCE:
        return None
    way = "ahead of" if skew > 0 else "behind"
    return f"the server's clock is {spoken(skew)} {way} this machine's; set one of them right"


def of_the_future(learnt: Iterable[Activity]) -> Iterator[str]:
    """The first log that was written ahead of every clock, in words."""
    ahead = (
        activity for activity in learnt if activity.at is None and activity.source.startswith(AHEAD)
    )
    for activity in ahead:
        yield f"session {activity.session_id}: {activity.source}; one of the clocks is wrong"
        return


def _change(before: int | None, now: int, allowed: float | None) -> str | None:
    if before is None or allowed is None or max(before, now) < _SMALL:
        return None
    if abs(now - before) * 100 <= allowed * before:
        return None
    return (
        f"the fleet went from {before} to {now} sessions since the last look; looking again "
        "before acting"
    )
