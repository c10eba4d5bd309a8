"""The last activity of a session, from the end of its log, in one small request.

Every doubt is resolved towards keeping the session: a log read from the wrong end, with gaps, with
unreadable times or with a clock that cannot be right tells nothing.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from reaper.core.language.lines import ignoring
from reaper.core.model.session import AHEAD, Activity
from reaper.errors import AccountError, ConfigurationError, ServerFault, Unauthorized
from reaper.platforms.aimms.log_tail import LARGE, LogEnd, Tail, Unclear

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reaper.core.model.session import Session
    from reaper.platforms.aimms.connection import Connection
    from reaper.platforms.aimms.log_tail import Ignore, Line
    from reaper.ports import Clock

_GAP = r"[^\pL\pM\pN_]"
"""What is no part of a word in any script; RE2's own `\\W` takes all but ASCII letters for it."""

_BEFORE = (
    rf"^{_GAP}{{0,3}}(?:[0-9][0-9TZ:.,/ +-]{{4,40}}{_GAP}{{0,3}})?"
    rf"(?:\[[^\[\]\s\pZ]{{1,60}}(?: [0-9]+)?\]{_GAP}{{0,3}})?(?:(?:trace|debug|info){_GAP}{{1,3}})?"
)
"""A stamp, a thread and a level, as far as a line has them.

A thread is one word, perhaps with a number: more words in brackets may tell what somebody did.
"""

_DONE = rf"(?: (?:sent|received|ok|passed|alive))?{_GAP}{{0,3}}$"

DEFAULT_IGNORE = (
    _BEFORE + r"(?:session |web ?socket )?heart[ -]?beat(?:: (?:session )?alive)?" + _DONE,
    _BEFORE + r"(?:web ?socket )?keep[ -]?alive" + _DONE,
    _BEFORE + r"(?:ping|pong)" + _DONE,
    _BEFORE + r"health[ -]?check" + _DONE,
)
"""Whole lines of known form: a line that only mentions a heartbeat may be what somebody did."""

SMALL = 20
TOLERANCE = timedelta(seconds=60)  # between the clocks of the log, the list and this machine


def compile_ignore(patterns: Sequence[str]) -> Ignore:
    """The patterns as tests of a line. Raises ConfigurationError for one that cannot be meant."""
    try:
        return tuple(map(ignoring, patterns))
    except ValueError as error:
        raise ConfigurationError(f"activity.ignore: {error}") from None


def last_activity(
    connection: Connection, path: str, session: Session, ignore: Ignore, clock: Clock
) -> Activity:
    """The newest line that is no heartbeat.

    `at` is None, with the cause, when the log does not tell.
    """
    now = clock.now()
    try:
        at, source = _last(LogEnd(connection, path, ignore), session)
        _plausible(at, session, now)
    except (Unclear, AccountError) as cause:
        gone = (
            isinstance(cause, ServerFault) and cause.nobody_there
        )  # a log that is only slow is no sign of death
        refused = isinstance(cause, Unauthorized)
        return Activity(session.id, None, now, str(cause), unreachable=gone, refused=refused)
    return Activity(session.id, at, now, source)


def _last(log: LogEnd, session: Session) -> tuple[datetime, str]:
    tail = log.read(SMALL)
    own = _own_lines(tail)
    if not own and not tail.whole:
        tail = log.read(LARGE)
        own = _own_lines(tail)
    if own:
        return _newest(tail, own)
    return _since_start(session) if tail.whole else _before_heartbeats(tail)


def _own_lines(tail: Tail) -> list[Line]:
    """The lines that are activity. Raises Unclear when the time of one cannot be read."""
    own = [line for line in tail.lines if not line.ignored]
    for line in own:
        if line.at is None:
            raise Unclear(f"log line {line.index} of {tail.total} has no readable time")
    return own


def _newest(tail: Tail, own: list[Line]) -> tuple[datetime, str]:
    """The latest time of all lines, for it errs to keeping where times do not rise with
    the lines.
    """
    timed = [(line.at, line.index) for line in own if line.at is not None]
    at, index = max(timed)
    return at, f"log line {index} of {tail.total} at {_written(at)}"


def _since_start(session: Session) -> tuple[datetime, str]:
    for word, at in (("started", session.started_at), ("created", session.created_at)):
        if at is not None:
            return at, f"the log holds only heartbeats; {word} at {_written(at)}"
    raise Unclear("the log holds only heartbeats, and when the session started is not known")


def _before_heartbeats(tail: Tail) -> tuple[datetime, str]:
    """An upper bound: what the session did last was before the oldest heartbeat seen."""
    for line in tail.lines:
        if line.at is not None:
            return (
                line.at,
                (
                    f"only heartbeats from log line {line.index} of {tail.total} on, "
                    f"{_written(line.at)}"
                ),
            )
    raise Unclear(f"the last {len(tail.lines)} log lines are heartbeats without a readable time")


def _plausible(at: datetime, session: Session, now: datetime) -> None:
    """Raises Unclear for a time that the log's clock cannot have shown."""
    if at > now + TOLERANCE:
        raise Unclear(f"{AHEAD}: {_written(at)}, asked at {_written(now)}")
    if session.created_at is not None and at < session.created_at - TOLERANCE:
        raise Unclear(
            f"log time {_written(at)} is before the session was created, "
            f"{_written(session.created_at)}"
        )


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
