"""How each account stands, as far as the record knows.

In few questions, for monitoring asks them all day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from reaper.store import holds
from reaper.store.database import Database
from reaper.store.pauses import pauses_at
from reaper.store.tables import leases, open_steps, runs, steps


@dataclass(frozen=True)
class Condition:
    """`complete_at` is when the last run without a doubt began, by any replica.

    Nothing is ended while it is `paused`, or `halted` until a person acknowledges the run.
    `unsettled` steps were begun, and nobody has seen yet what came of them. `concerns` are what of
    the last run needs a person, each with its `check` and the `reason`.
    """

    complete_at: datetime | None
    paused: bool
    halted: bool
    unsettled: int
    concerns: Sequence[Mapping[str, str]] = ()


def conditions(database: Database, accounts: Iterable[str], now: datetime) -> dict[str, Condition]:
    """The condition of each of these accounts. Raises StoreError."""
    with database.reading() as db:
        complete, unsettled, concerns = _complete_at(db), _unsettled(db), _concerns(db)
        halted = holds.halted_accounts(db)
        paused = {pause.account for pause in pauses_at(db, now)}
    return {
        account: Condition(
            complete_at=complete.get(account),
            paused=bool({account, None} & paused),
            halted=account in halted,
            unsettled=unsettled.get(account, 0),
            concerns=concerns.get(account, ()),
        )
        for account in accounts
    }


def _complete_at(db: sa.Connection) -> dict[str, datetime]:
    """Whoever had a run has a lease; from there the index leads to the last run of each account."""
    theirs = sa.select(runs.c.started_at).where(runs.c.account == leases.c.account, runs.c.complete)
    newest = theirs.order_by(runs.c.started_at.desc()).limit(1).scalar_subquery()
    return {
        row.account: row.at for row in db.execute(sa.select(leases.c.account, newest.label("at")))
    }


def _concerns(db: sa.Connection) -> dict[str, Sequence[Mapping[str, str]]]:
    """What the newest run of each account that has a lease says, found by the index."""
    theirs = sa.select(runs.c.id).where(runs.c.account == leases.c.account)
    newest = theirs.order_by(runs.c.started_at.desc()).limit(1).scalar_subquery()
    found = sa.select(runs.c.account, runs.c.concerns).where(
        runs.c.id.in_(sa.select(newest).select_from(leases))
    )
    return {row.account: row.concerns for row in db.execute(found)}


def _unsettled(db: sa.Connection) -> dict[str, int]:
    counted = sa.select(runs.c.account, sa.func.count().label("steps"))
    rows = db.execute(
        counted.select_from(open_steps.join(steps).join(runs)).group_by(runs.c.account)
    )
    return {row.account: row.steps for row in rows}
