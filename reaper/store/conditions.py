"""How each account stands, as far as the record knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from reaper.store import restraint
from reaper.store.database import Database
from reaper.store.tables import open_steps, runs, steps


@dataclass(frozen=True)
class Condition:
    """`complete_at` is when the last run without a doubt began, by any replica; `forbidden` why nothing may be ended.

    `unsettled` steps were begun, and nobody has seen yet what came of them.
    """

    complete_at: datetime | None
    forbidden: str | None
    latched: bool
    unsettled: int


def conditions(database: Database, accounts: Iterable[str], now: datetime) -> dict[str, Condition]:
    """The condition of each of these accounts. Raises StoreError."""
    with database.reading() as db:
        counted = sa.select(runs.c.account, sa.func.count()).select_from(open_steps.join(steps).join(runs))
        unsettled = {row[0]: row[1] for row in db.execute(counted.group_by(runs.c.account))}
        return {
            account: Condition(
                complete_at=_complete_at(db, account),
                forbidden=restraint.forbidden(db, account, now),
                latched=restraint.halted(db, account) is not None,
                unsettled=unsettled.get(account, 0),
            )
            for account in accounts
        }


def _complete_at(db: sa.Connection, account: str) -> datetime | None:
    newest = sa.select(runs.c.started_at).where(runs.c.account == account, runs.c.complete)
    found: datetime | None = db.scalar(newest.order_by(runs.c.started_at.desc()).limit(1))
    return found
