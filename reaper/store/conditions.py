"""How each account stands, as far as the record knows.

In few questions, for monitoring asks them all day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.core.planning.holds import Holds, by_hand
from reaper.store import holds, lease
from reaper.store.database import Database
from reaper.store.entries import RunEntry
from reaper.store.history import run_entries
from reaper.store.lease import LeaseEntry
from reaper.store.pauses import PauseEntry, pauses_at
from reaper.store.tables import leases, open_steps, runs, steps
from reaper.store.tenants import names_of_tenant


@dataclass(frozen=True, kw_only=True)
class Condition:
    """`complete_at` is when the last run without a doubt began, by any replica.

    Nothing is ended while it is `paused`, or `halted` until a person acknowledges the run: why, in
    words. `unsettled` steps were begun, and nobody has seen yet what came of them. `lease` is that
    of the reaper at work on it. `concerns` are what of the last run needs a person, each with its
    `check` and the `reason`.
    """

    complete_at: datetime | None = None
    last_run: RunEntry | None = None
    pauses: tuple[PauseEntry, ...] = ()
    halted: str | None = None
    unsettled: int = 0
    lease: LeaseEntry | None = None

    @property
    def paused(self) -> bool:
        return bool(self.pauses)

    @property
    def concerns(self) -> Sequence[Mapping[str, str]]:
        return self.last_run.concerns if self.last_run else ()


def conditions(database: Database, accounts: Iterable[str], now: datetime) -> dict[str, Condition]:
    """The condition of each of these accounts. Raises StoreError."""
    with database.reading() as db:
        complete, last, unsettled = _complete_at(db), _last_runs(db), _unsettled(db)
        over = holds.halted_accounts(db)
        halted = {name: _halt(name, *over[name], last.get(name)) for name in over}
        pauses, held = pauses_at(db, now), lease.held(db, now)
        names = {account: names_of_tenant(db, account) for account in accounts}
    return {
        account: Condition(
            complete_at=complete.get(account),
            last_run=last.get(account),
            pauses=tuple(pause for pause in pauses if any(map(pause.covers, own))),
            halted=next((halted[name] for name in sorted(own) if name in halted), None),
            unsettled=unsettled.get(account, 0),
            lease=held.get(account),
        )
        for account, own in names.items()
    }


def _halt(account: str, held: Holds, limits: Sequence[str], last: RunEntry | None) -> str:
    """Which run holds the account, over which limits it was, and the way on, in words.

    How many may be taken by hand is what the last run found.
    """
    planned = last.planned if last else None
    room = planned.within_limits if planned and planned.actions else 0
    tranche = f"; {by_hand(account, room)}" if room else ""
    return f"{held.reason()}: {'; '.join(limits)}{tranche}"


def _complete_at(db: sa.Connection) -> dict[str, datetime]:
    """When the last run without a doubt began."""
    newest = _newest(runs.c.started_at, runs.c.complete)
    found = db.execute(sa.select(leases.c.account, newest.label("at")))
    return {row.account: row.at for row in found if row.at}


def _last_runs(db: sa.Connection) -> dict[str, RunEntry]:
    ids = [one for one in db.scalars(sa.select(_newest(runs.c.id)).select_from(leases)) if one]
    return {run.account: run for run in run_entries(db, ids)}


def _newest(column: sa.Column[Any], *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    """Of the last run: whoever had one has a lease; from there the index leads to each account's."""
    theirs = sa.select(column).where(runs.c.account == leases.c.account, *where)
    newest = theirs.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(1)
    return newest.correlate(leases).scalar_subquery()


def _unsettled(db: sa.Connection) -> dict[str, int]:
    counted = sa.select(runs.c.account, sa.func.count().label("steps"))
    rows = db.execute(
        counted.select_from(open_steps.join(steps).join(runs)).group_by(runs.c.account)
    )
    return {row.account: row.steps for row in rows}
