"""When the sessions were active: the stretch that each is in, and those that are over.

The stretch that may still go on stands in `activity`. It becomes a step of the session's life when
a later one begins, or the session is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reaper.core.judging.verdict import Observation
from reaper.core.model.session import Activity
from reaper.store.bulk import Row, delete_rows, insert_rows, update_rows
from reaper.store.lives import life_ids, previous_look
from reaper.store.tables import activity, activity_steps


def record_activity(
    db: sa.Connection, observation: Observation, run_id: int, grain: timedelta
) -> None:
    """Write the activities that changed, and forget the sessions that are gone.

    Activities no further apart than the `grain` are one stretch. A doubtful look does neither.
    """
    if not observation.complete:
        return
    stood = db.execute(sa.select(activity).where(activity.c.account == observation.account)).all()
    learnt = {id_: one for id_, one in observation.learnt.items() if one.at is not None}
    listed = {session.id for session in observation.snapshot.sessions}
    gone = [row for row in stood if row.session_id not in listed]
    there = [(row, learnt.pop(row.session_id, None)) for row in stood if row.session_id in listed]
    moved = [(row, one) for row, one in there if one is not None and one.at != row.at]
    left = [row for row, one in there if one is None and row.watched]
    stays = [row for row, one in there if one is not None and one.at == row.at and not row.watched]

    over = [row for row, one in moved if not _goes_on(row, one, grain)] + gone
    last = previous_look(db, observation, run_id) if left or over else observation.now
    _add_steps(db, observation.account, over, last)
    begun = {row.session_id for row in over}
    account = observation.account
    insert_rows(db, activity, [_row(account, one, one.at) for one in learnt.values()])
    update_rows(
        db,
        activity,
        [
            _row(account, one, one.at if row.session_id in begun else row.since or row.at)
            for row, one in moved
        ],
    )
    update_rows(db, activity, [_key(row) | {"watched": True} for row in stays])
    update_rows(
        db,
        activity,
        [_key(row) | {"watched": False, "learnt_at": _known(row, last)} for row in left],
    )
    delete_rows(db, activity, [_key(row) for row in gone])


def _goes_on(row: Any, one: Activity, grain: timedelta) -> bool:  # noqa: ANN401 - a row
    """Whether it belongs to the stretch that stands.

    One from before is none: a log may be read otherwise than before.
    """
    return one.at is not None and timedelta(0) <= one.at - row.at <= grain


def _add_steps(db: sa.Connection, account: str, over: Sequence[Any], last: datetime) -> None:
    ids = life_ids(db, account, [row.session_id for row in over])
    insert_rows(
        db,
        activity_steps,
        [
            {"life_id": ids[row.session_id], **step(row, last)}
            for row in over
            if row.session_id in ids
        ],
    )


def step(row: Any, last: datetime) -> Row:  # noqa: ANN401 - a row
    """The stretch that stands, as a step; the `last` look is the newest that is over."""
    return {
        "since": row.since or row.at,
        "at": row.at,
        "silent_until": _known(row, last),
        "source": row.source,
    }


def _known(row: Any, last: datetime) -> datetime:  # noqa: ANN401 - a row
    """Until when nothing newer than what stands was found."""
    known: datetime = max(row.learnt_at, last) if row.watched else row.learnt_at
    return known


def _key(row: Any) -> Row:  # noqa: ANN401 - a row
    return {"account": row.account, "session_id": row.session_id}


def _row(account: str, one: Activity, since: datetime | None) -> Row:
    return {
        "account": account,
        "session_id": one.session_id,
        "at": one.at,
        "learnt_at": one.learnt_at,
        "source": one.source,
        "since": since,
        "watched": False,
    }
