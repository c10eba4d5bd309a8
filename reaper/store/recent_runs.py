"""Whose turn it is: of several replicas with the same schedule, one makes each run."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from reaper.store.tables import runs, step_events, steps


def find_recent_run(
    db: sa.Connection, account: str, since: datetime, *, enforcing: bool
) -> str | None:
    """The newest run that serves in the place of one that is due now, in words.

    None when it is still to be made.

    One that broke off, was told to stop, or could not read the account does not serve, for another
    replica may fare better; nor does a dry run in the place of an `enforcing` one.
    """
    whose = (runs.c.account == account, runs.c.started_at >= since)
    begun = sa.exists().where(step_events.c.step_id == steps.c.id)
    left_alone = sa.exists().where(steps.c.run_id == runs.c.id, ~begun)
    whole = (runs.c.finished_at.is_not(None), runs.c.listed, ~left_alone)
    serves = (runs.c.enforcing,) if enforcing else ()
    newest = (
        sa.select(runs.c.started_at, runs.c.actor)
        .where(*whose, *whole, *serves)
        .order_by(runs.c.id.desc())
    )
    made = db.execute(newest.limit(1)).one_or_none()
    return f"{made.actor} made its run at {made.started_at:%H:%M:%S}" if made else None
