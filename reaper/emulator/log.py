"""A session's log: the few real entries are stored, the many heartbeat lines are computed."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

HEARTBEAT = "heartbeat: session alive"


class Line(NamedTuple):
    """`number` counts from 1 over the whole log, whatever part of it is asked for."""

    number: int
    at: datetime
    message: str


@dataclass
class Log:
    """Real entries in order of time, and a heartbeat every `heartbeat` after `since` until `until`
    (None: still).
    """

    since: datetime
    heartbeat: timedelta | None = None
    until: datetime | None = None
    entries: list[tuple[datetime, str]] = field(default_factory=list)

    def add(self, at: datetime, message: str) -> None:
        self.entries.append((at, message))

    def last_real(self) -> datetime | None:
        return self.entries[-1][0] if self.entries else None

    def window(self, now: datetime, begin: datetime | None, end: datetime | None) -> "Window":
        """The lines from `begin` (inclusive) to `end` (exclusive) that are written by `now`."""
        first = self._before(begin, now) if begin else 0
        last = self._before(end, now) if end else self._beats(now) + len(self.entries)
        return Window(self, first, max(first, last))

    def _before(self, moment: datetime, now: datetime) -> int:
        """How many lines lie before a moment."""
        beats = self._beats(min(now, moment - timedelta(microseconds=1)))
        return beats + bisect_left(self.entries, moment, key=_time)

    def _beats(self, until: datetime) -> int:
        """How many heartbeats there are up to a moment (inclusive)."""
        if not self.heartbeat:
            return 0
        last = min(until, self.until) if self.until else until
        return max(0, (last - self.since) // self.heartbeat)

    def _place(self, number: int) -> int:
        """Where the real entry stands in the whole log.

        A heartbeat of the same moment comes first.
        """
        return number + self._beats(self.entries[number][0])

    def line(self, place: int) -> Line:
        """The line at a place, counted from 0."""
        number = bisect_left(range(len(self.entries)), place, key=self._place)
        if number < len(self.entries) and self._place(number) == place:
            return Line(place + 1, *self.entries[number])
        beat = place - number + 1
        return Line(place + 1, self.since + beat * (self.heartbeat or timedelta(0)), HEARTBEAT)

    def real_places(self, first: int, last: int) -> Iterator[int]:
        """The places of the real entries within [first, last)."""
        start = bisect_left(range(len(self.entries)), first, key=self._place)
        for number in range(start, len(self.entries)):
            place = self._place(number)
            if place >= last:
                return
            yield place


@dataclass(frozen=True)
class Window:
    """A stretch of a log, by places."""

    log: Log
    first: int
    last: int

    def containing(self, text: str | None) -> "range | list[int]":
        """The places of the lines that contain the text (case-sensitively)."""
        if not text:
            return range(self.first, self.last)
        if text in HEARTBEAT:
            return [
                place
                for place in range(self.first, self.last)
                if text in self.log.line(place).message
            ]
        reals = self.log.real_places(self.first, self.last)
        return [place for place in reals if text in self.log.line(place).message]


def _time(entry: tuple[datetime, str]) -> datetime:
    return entry[0]
