"""The newest lines of a session's log, proven by the answer itself to be the newest, and without a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reaper.client.wire import items_of, moment, read_object, shown, total_of

if TYPE_CHECKING:
    from datetime import datetime

    from reaper.client.connection import Connection

LARGE = 1000


class Unclear(Exception):
    """The log does not tell; says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry; `at` is None when its time cannot be read, `message` empty when it has no text."""

    index: int
    at: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest lines of a log, by rising index."""

    total: int
    lines: list[Line]

    @property
    def whole(self) -> bool:
        """Does it reach the log's beginning?"""
        return self.lines[0].index <= 1


def read_tail(connection: Connection, path: str, size: int) -> Tail:
    """At least one line. Raises Unclear when the answer cannot be trusted, AccountError when there is none."""
    tail = _ask(connection, path, {"sort": "-index", "limit": size})
    if not _is_newest(tail):
        start = max(tail.total - size, 0)
        tail = _ask(connection, path, {"sort": "index", "offset": start, "limit": LARGE})
    if not _is_newest(tail):
        raise Unclear(f"the server does not give the newest of {tail.total} log lines")
    _check(tail)
    return tail


def _ask(connection: Connection, path: str, params: dict[str, str | int]) -> Tail:
    refuse = connection.faults.unintelligible
    body = connection.get(path, params)
    found = read_object(body, refuse)
    total = total_of(found.get("total"))
    items = items_of(found, "items", body, refuse)
    if total is None:
        raise Unclear(f"the log names no usable total: {shown(found.get('total'))}")
    if total == 0 and not items:
        raise Unclear("the log is empty, which tells nothing")
    return Tail(total, sorted(map(_line, items), key=lambda line: line.index))


def _line(sent: object) -> Line:
    if not isinstance(sent, dict) or type(sent.get("index")) is not int:
        raise Unclear(f"a log line without a number: {shown(sent)}")
    message = sent.get("message")
    return Line(sent["index"], _time(sent.get("timestamp")), message if isinstance(message, str) else "")


def _time(sent: Any) -> datetime | None:  # noqa: ANN401 - whatever the server sent
    try:
        return moment(sent)
    except (ValueError, TypeError):
        return None


def _is_newest(tail: Tail) -> bool:
    return bool(tail.lines) and tail.lines[-1].index >= tail.total


def _check(tail: Tail) -> None:
    """Raises Unclear when lines are missing in between, or the numbers run against the times."""
    first, last = tail.lines[0], tail.lines[-1]
    if len({line.index for line in tail.lines}) != last.index - first.index + 1:
        raise Unclear(f"the log has gaps between line {first.index} and {last.index}")
    times = [line.at for line in tail.lines if line.at is not None]
    if times and times[-1] < times[0] and not tail.whole:
        raise Unclear("log times fall while the line numbers rise: which end is the newest is unclear")
