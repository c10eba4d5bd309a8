"""When the sessions were active: the stretch that each is in, and those that are over.

The stretch that may still go on stands in `activity`. It becomes a step of the session's life when
a later one begins, or the session is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from reaper.core.judging.verdict import Observation
from reaper.core.model.life import ActivityStep
from reaper.core.model.session import Activity
from reaper.store.bulk import Row, delete_rows, insert_rows, update_rows
from reaper.store.lives import life_ids, previous_look
from reaper.store.read_state import AT_ONCE
from reaper.store.tables import activity, activity_steps

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def record_activity(
    db: sa.Connection, observation: Observation, run_id: int, grain: timedelta
) -> None:
    """Write the activities that changed, and forget the sessions that are gone.

    Activities no further apart than the `grain` are one stretch. A doubtful look does neither.
    """
    if not observation.complete:
        return
    account, news = observation.account, _compare(db, observation)
    insert_rows(db, activity, [_row(account, one, one.at) for one in news.new])
    update_rows(db, activity, [_key(account, id_) | {"watched": True} for id_ in news.again])
    stood = _standing(db, account, [*news.moved, *news.left, *news.gone])
    if not stood:
        return
    last = previous_look(db, observation, run_id)
    goes_on = {id_ for id_, one in news.moved.items() if _goes_on(stood[id_], one, grain)}
    over = {id_: stood[id_] for id_ in (*news.moved, *news.gone) if id_ not in goes_on}
    _add_steps(db, observation, run_id, {i: standing_step(r, last) for i, r in over.items()})
    since = {id_: stood[id_].since or stood[id_].at for id_ in goes_on}
    moved = [_row(account, one, since.get(id_, one.at)) for id_, one in news.moved.items()]
    update_rows(db, activity, moved)
    known = {id_: _known(stood[id_], last) for id_ in news.left}
    left = [_key(account, i) | {"watched": False, "learnt_at": at} for i, at in known.items()]
    update_rows(db, activity, left)
    delete_rows(db, activity, [_key(account, id_) for id_ in news.gone])


class _News(NamedTuple):
    """What a look learnt: of whom something for the first time, of whom something else than stands,
    of whom the same `again`; whose log was read until now, and who is no longer there.
    """

    new: list[Activity]
    moved: dict[str, Activity]
    again: list[str]
    left: list[str]
    gone: list[str]


def _compare(db: sa.Connection, observation: Observation) -> _News:
    listed = {session.id for session in observation.snapshot.sessions}
    learnt = {id_: one for id_, one in observation.learnt.items() if one.at is not None}
    news = _News([], {}, [], [], [])
    columns = (activity.c.session_id, activity.c.at, activity.c.watched)
    mine = activity.c.account == observation.account
    for id_, at, watched in db.execute(sa.select(*columns).where(mine)):
        one = learnt.pop(id_, None)
        if id_ not in listed:
            news.gone.append(id_)
        elif one is not None and one.at != at:
            news.moved[id_] = one
        elif one is not None and not watched:
            news.again.append(id_)
        elif one is None and watched:
            news.left.append(id_)
    news.new.extend(learnt.values())
    return news


def _standing(db: sa.Connection, account: str, sessions: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(sessions), AT_ONCE):
        own = activity.c.session_id.in_(sessions[start : start + AT_ONCE])
        rows = db.execute(sa.select(activity).where(activity.c.account == account, own))
        found |= {row.session_id: row for row in rows}
    return found


def _goes_on(row: Any, one: Activity, grain: timedelta) -> bool:  # noqa: ANN401 - a row
    """Whether it belongs to the stretch that stands.

    One from before is none: a log may be read otherwise than before.
    """
    return one.at is not None and timedelta(0) <= one.at - row.at <= grain


def _add_steps(
    db: sa.Connection, observation: Observation, run_id: int, over: Mapping[str, ActivityStep]
) -> None:
    """How the last activity was learnt is kept of sessions that are gone."""
    lives = life_ids(db, observation.account, list(over))
    there = {session.id for session in observation.snapshot.sessions}
    rows = [
        {
            "life_id": lives[id_],
            "run_id": run_id,
            "at": (step.at - _EPOCH) // _TICK,
            "lasted": (step.at - step.since) // _TICK,
            "silent": (step.silent_until - step.at) // _TICK,
            "source": None if id_ in there else step.source,
        }
        for id_, step in over.items()
        if id_ in lives
    ]
    insert_rows(db, activity_steps, rows)


def read_step(at: int, lasted: int, silent: int, source: str | None) -> ActivityStep:
    """The step as it was, to the microsecond."""
    moment = _EPOCH + at * _TICK
    return ActivityStep(moment - lasted * _TICK, moment, moment + silent * _TICK, source or "")


def standing_step(row: Any, last: datetime) -> ActivityStep:  # noqa: ANN401 - a row
    """The stretch that stands, as a step; the `last` look is the newest that is over."""
    return ActivityStep(row.since or row.at, row.at, _known(row, last), row.source)


def _known(row: Any, last: datetime) -> datetime:  # noqa: ANN401 - a row
    """Until when nothing newer than what stands was found."""
    known: datetime = max(row.learnt_at, last) if row.watched else row.learnt_at
    return known


def _key(account: str, session: str) -> Row:
    return {"account": account, "session_id": session}


def _row(account: str, one: Activity, since: datetime | None) -> Row:
    return {
        **_key(account, one.session_id),
        "at": one.at,
        "learnt_at": one.learnt_at,
        "source": one.source,
        "since": since,
        "watched": False,
    }
