"""The newest lines of a session's log, proven by the answers themselves to be the newest, and
without a gap.

Of a line, only its number, its time and whether it is ignored are kept: its text may hold a
credential.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reaper.platforms.aimms.wire import items_of, moment, read_object, total_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from reaper.platforms.aimms.connection import Connection

    Ignore = Sequence[Callable[[str], object]]

LARGE = 1000
_MOST_PAGES_PAST = 3


class Unclear(Exception):
    """The log does not tell; says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry; `at` is None when its time cannot be read, `ignored` when it is no activity."""

    index: int
    at: datetime | None
    ignored: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest lines of a log, by rising index."""

    total: int
    lines: list[Line]

    @property
    def whole(self) -> bool:
        """Does it reach the log's beginning?"""
        return self.lines[0].index <= 1

    @property
    def newest(self) -> int:
        """The number of its last line, 0 without lines."""
        return self.lines[-1].index if self.lines else 0

    def shows_the_end(self, newest: int) -> bool:
        """Whether it proves by itself that no line comes after it.

        A page that does not hold the log's first line is from its other end, if the total agrees.
        Where it does hold it, or the total may count the page alone, only a look past it can tell;
        but for the line `newest` to be last.
        """
        return self.newest == newest or (self.newest == self.total and not self.whole)


class LogEnd:
    """The end of one session's log. What was asked for proves nothing.

    Sort, offset, limit and total may all lie.
    """

    def __init__(self, connection: Connection, path: str, ignore: Ignore) -> None:
        self._connection, self._path, self._ignore = connection, path, ignore
        self._known = 0  # the line that was proven to be the last

    def read(self, size: int) -> Tail:
        """At least one line.

        Raises Unclear when the answer cannot be trusted, AccountError when there is none.
        """
        tail = self._ask({"sort": "-index", "limit": size})
        if tail.total == 0 and not tail.lines:
            raise Unclear("the log is empty, which tells nothing")
        if not tail.lines or tail.newest < tail.total:
            tail = self._ask({"sort": "index", "offset": max(tail.total - size, 0), "limit": LARGE})
        if not tail.lines or tail.newest < tail.total:
            raise Unclear(f"the server does not give the newest of {tail.total} log lines")
        if not tail.shows_the_end(self._known):
            tail = self._followed(tail)
        _check(tail)
        self._known = tail.newest
        return tail

    def _followed(self, tail: Tail) -> Tail:
        """The tail with what comes after it, until nothing does.

        Raises Unclear when no end can be seen.
        """
        for _ in range(_MOST_PAGES_PAST):
            past = self._ask({"sort": "index", "offset": tail.newest, "limit": LARGE})
            beyond = [line for line in past.lines if line.index > tail.newest]
            if not past.lines:
                return tail
            if not beyond:
                raise Unclear(
                    f"whether line {tail.newest} is the log's last cannot be "
                    "seen: the offset is ignored"
                )
            tail = Tail(max(past.total, beyond[-1].index), [*tail.lines, *beyond])
        raise Unclear(f"the log has no end as far as it was read, to line {tail.newest}")

    def _ask(self, params: dict[str, str | int]) -> Tail:
        refuse = self._connection.faults.unintelligible
        body = self._connection.get(self._path, params)
        answer = read_object(body, refuse)
        total = total_of(answer.get("total"))
        items = items_of(answer, "items", body, refuse)
        if total is None:
            raise Unclear("the log names no usable total")
        return Tail(total, sorted(map(self._line, items), key=lambda line: line.index))

    def _line(self, sent: object) -> Line:
        if not isinstance(sent, dict) or type(sent.get("index")) is not int:
            raise Unclear("the log has a line without a number")
        message = sent.get("message")
        text = message.encode("utf-8", "replace").decode() if isinstance(message, str) else ""
        return Line(
            sent["index"], _time(sent.get("timestamp")), any(test(text) for test in self._ignore)
        )


def _time(sent: Any) -> datetime | None:  # noqa: ANN401 - whatever the server sent
    try:
        return moment(sent)
    except (ValueError, TypeError):
        return None


def _check(tail: Tail) -> None:
    """Raises Unclear when lines are missing in between, or the numbers run against the times."""
    first, last = tail.lines[0], tail.lines[-1]
    if len({line.index for line in tail.lines}) != last.index - first.index + 1:
        raise Unclear(f"the log has gaps between line {first.index} and {last.index}")
    times = [line.at for line in tail.lines if line.at is not None]
    if times and times[-1] < times[0] and not tail.whole:
        raise Unclear(
            "log times fall while the line numbers rise: which end is the newest is unclear"
        )
