"""Windows: the hours of a week, as a clock on the wall of some place shows them.

A window is a set of moments: all those at which that clock shows one of its times. So an hour that
the clocks skip is
not in it, and an hour that they show twice is in it twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from reaper.core.language.selector import problem
from reaper.core.language.zone import zone_of
from reaper.core.model.suggestions import quoted

DAY = timedelta(days=1)
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORDS = {"daily": range(7), "weekdays": range(5), "weekends": range(5, 7)}
LIKE = (
    "like 'Mon-Fri 19:00-07:00 Europe/Amsterdam', 'weekends Europe/Amsterdam' or 'daily "
    "22:00-06:00 UTC'"
)

_GAPS = re.compile(r"\s*([,\N{EN DASH}-])\s*")
_WRITTEN = re.compile(
    r"(?:([A-Za-z][A-Za-z,-]*)(?:\s+|$))?(?:(\d\S*)(?:\s+|$))?([A-Za-z]\S*)?", re.ASCII
)
_TIMES = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)", re.ASCII)

Spell = tuple[datetime, datetime]
"""From a moment until another, which is no longer in it; both in UTC."""


@dataclass(frozen=True, slots=True)
class Window:
    """`days` are those on which it begins, 0 is Monday; it is open from `begin` to `end` after
    their midnights.

    An `end` of more than a day lies on the day after. Both are what the clock on the wall shows,
    not lengths.
    """

    text: str
    days: frozenset[int]
    begin: timedelta
    end: timedelta
    zone: ZoneInfo

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: object, zone: str | None = None) -> Window:
        """Read a window; one that names no zone is in the given one. Raises PydanticCustomError."""
        parts = _parts(text)
        if parts is None:
            raise problem("window", f"{quoted(text)} is not a valid window; write one {LIKE}")
        written, times, place = parts
        days = _days(written or "daily")
        begin, end = _times(times) if times else (timedelta(0), DAY)
        if place is None and zone is None:
            raise problem(
                "zone",
                f"'{text}' has no time zone; add one, like Europe/Amsterdam or UTC "
                "(the clock of this machine is never used)",
            )
        return cls(str(text).strip(), days, begin, end, zone_of(str(place or zone)))

    def is_open(self, now: datetime, begins: Callable[[date], bool]) -> bool:
        """Whether `now` is in it; `begins` tells of a day whether the window begins on it
        at all.
        """
        shown = now.astimezone(self.zone).replace(tzinfo=None)
        return any(
            self.begin <= shown - _midnight(day) < self.end and self._begins(day, begins)
            for day in (shown.date(), shown.date() - DAY)
        )

    def spells(self, day: date, begins: Callable[[date], bool]) -> Iterator[Spell]:
        """When it is open that begins on that day; more than once where the clocks are set back
        meanwhile.
        """
        if not self._begins(day, begins):
            return
        opens, closes = _midnight(day) + self.begin, _midnight(day) + self.end
        for since, until, offset in _even(self.zone, opens - DAY, closes + DAY):
            start, end = max(since, opens - offset), min(until, closes - offset)
            if start < end:
                yield start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)

    def _begins(self, day: date, begins: Callable[[date], bool]) -> bool:
        return day.weekday() in self.days and begins(day)


def named_zone(text: object) -> str | None:
    """The zone that a window names, if it is a window and names one."""
    parts = _parts(text)
    return parts[2] if parts else None


def _parts(text: object) -> tuple[str | None, str | None, str | None] | None:
    """Days, times and zone as they were written; None where this is no window."""
    if not isinstance(text, str) or not text.strip():
        return None
    match = _WRITTEN.fullmatch(_GAPS.sub(r"\1", text.strip()).replace("\N{EN DASH}", "-"))
    return (match[1], match[2], match[3]) if match else None


def _days(written: str) -> frozenset[int]:
    days: set[int] = set()
    for part in written.lower().split(","):
        if part in WORDS:
            days.update(WORDS[part])
            continue
        first, dash, last = part.partition("-")
        begin, end = _day(first), _day(last if dash else first)
        days.update((begin + n) % 7 for n in range((end - begin) % 7 + 1))
    return frozenset(days)


def _day(written: str) -> int:
    for number, name in enumerate(NAMES):
        if written in (name, name[:3]):
            return number
    names = [*WORDS, *NAMES, *(name[:3] for name in NAMES)]
    near = get_close_matches(written, names, 1, 0.6)
    meant = f"did you mean '{near[0]}'? " if near else ""
    raise problem(
        "window",
        f"'{written}' is not a valid day; {meant}days are Mon to Sun, weekdays, weekends and daily",
    )


def _times(written: str) -> tuple[timedelta, timedelta]:
    match = _TIMES.fullmatch(written)
    if match is None:
        raise problem(
            "window", f"'{written}' are not valid times; write from and until, like 19:00-07:00"
        )
    begin, end = _minutes(*match.groups()[:2]), _minutes(*match.groups()[2:])
    if begin == DAY:
        raise problem("window", f"'{written}' begins at the end of the day; write 00:00")
    if begin == end:
        raise problem("window", f"'{written}' is never open; for the whole day leave the times out")
    return begin, end if end > begin else end + DAY


def _minutes(hours: str, minutes: str) -> timedelta:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > DAY or int(minutes) > 59:  # noqa: PLR2004 - an hour has 60
        raise problem(
            "window",
            f"'{hours}:{minutes}' is not a valid time of day; a day is from 00:00 to 24:00",
        )
    return offset


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0))


def _even(
    zone: ZoneInfo, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The stretches between two moments (naive, UTC) in which the clocks are not set: from, until,
    offset.
    """
    while since < until:
        offset, end = _offset(zone, since), min(since + DAY, until)
        if _offset(zone, end) != offset:
            end = _change(zone, since, end)
        yield since, end, offset
        since = end


def _change(zone: ZoneInfo, since: datetime, until: datetime) -> datetime:
    """The second in which the clocks are set."""
    before, seconds = _offset(zone, since), int((until - since).total_seconds())
    low, high = 0, seconds
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (middle, high)
            if _offset(zone, since + timedelta(seconds=middle)) == before
            else (low, middle)
        )
    return since + timedelta(seconds=high)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta(0)
