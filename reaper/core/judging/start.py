"""Since when a session runs: it is never idle for longer than that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reaper.core.judging.persistence import NOTHING, Condition, ObservedSince
from reaper.core.model.session import Activity, Phase, Session


def running_since(session: Session, now: datetime) -> datetime | None:
    """The earliest moment since when it can be running.

    Its start, as told or by its run time, or its creation.

    A start that lies ahead, by a clock that is a little fast, is now.
    """
    created = session.created_at if session.age(now) is not None else None
    started = session.started_at or _start_by_run_time(session, now)
    if started is None:
        return created
    started = min(started, now)
    return max(started, created) if created is not None else started


def _start_by_run_time(session: Session, now: datetime) -> datetime | None:
    """A run time counts while a session runs, and not before."""
    if session.run_time is None or session.run_time < 0 or session.phase is not Phase.RUNNING:
        return None
    try:
        return now - timedelta(seconds=session.run_time)
    except OverflowError:
        return None


def from_the_start(
    sessions: Iterable[Session],
    activity: Mapping[str, Activity],
    now: datetime,
    again: ObservedSince = NOTHING,
) -> Mapping[str, Activity]:
    """The activities as they count.

    One from before a session was started (again) counts from the start.

    `again` is what earlier looks showed of sessions that waited, as `started_again` gives it.
    """
    late: dict[str, Activity] = {}
    for session in sessions:
        own = activity.get(session.id)
        if own is None or own.at is None:
            continue
        reported, observed = (
            running_since(session, now),
            again.get((session.id, Condition.RESTARTED)),
        )
        since = max((at for at in (reported, observed) if at is not None), default=None)
        if since is not None and own.at < since:
            late[session.id] = replace(
                own, at=since, source=f"running only since {_written(since)}; {own.source}"
            )
    return {**activity, **late} if late else activity


def started_again(
    sessions: Iterable[Session], lasting: ObservedSince, now: datetime
) -> ObservedSince:
    """The sessions that run after an earlier look showed them waiting, since when, where they do
    not tell it.

    The server may go on telling when a session was started for the first time, or not tell it at
    all.
    """
    restarts: dict[tuple[str, str], datetime] = {}
    if not any(condition in _PHASES for _, condition in lasting):
        return restarts
    for session in sessions:
        if session.phase is not Phase.RUNNING:
            continue
        waited = lasting.get((session.id, Condition.WAITING))
        if waited is None:
            since = lasting.get((session.id, Condition.RESTARTED))
        else:
            reported = session.started_at is not None and session.started_at > waited
            since = None if reported else now
        if since is not None:
            restarts[session.id, Condition.RESTARTED.value] = since
    return restarts


def waiting(sessions: Iterable[Session]) -> set[tuple[str, str]]:
    """The sessions that wait now, as (session id, condition).

    Should one run later, it was started since.
    """
    return {(s.id, Condition.WAITING.value) for s in sessions if s.phase is Phase.WAITING}


_PHASES = frozenset({Condition.WAITING, Condition.RESTARTED})


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
