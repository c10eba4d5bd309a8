"""Times as people read them: on the clock of one zone, UTC where nobody says another.

What programs read, what is recorded and the reasons that are recorded are in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from zoneinfo import ZoneInfo

UTC_ZONE = ZoneInfo("UTC")
_ZONE: ContextVar[ZoneInfo] = ContextVar("display_zone", default=UTC_ZONE)


@contextmanager
def shown_in(zone: ZoneInfo) -> Iterator[None]:
    """Within it times are shown on that clock."""
    token = _ZONE.set(zone)
    try:
        yield
    finally:
        _ZONE.reset(token)


def moment(at: datetime | None) -> str:
    """A time to the second, for where the zone is said beside it."""
    return at.astimezone(_ZONE.get()).strftime("%Y-%m-%d %H:%M:%S") if at else "-"


def headed(column: str) -> str:
    """The heading of a column of times: `AT (UTC)`."""
    return f"{column} ({_ZONE.get().key})"


def stamp(at: datetime, *, utc: str = " UTC", seconds: bool = True) -> str:
    """A time with its zone: `2026-11-23 10:00:00 UTC`, or `... CET` on a clock of Amsterdam."""
    zone = _ZONE.get()
    name = utc if zone is UTC_ZONE else f" {at.astimezone(zone):%Z}"
    return f"{moment(at) if seconds else moment(at)[:16]}{name}"
