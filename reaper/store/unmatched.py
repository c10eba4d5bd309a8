"""Policies that have selected nobody for many runs: a name in them may be misspelt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

import sqlalchemy as sa

from reaper.store.database import Database
from reaper.store.tables import run_plans, runs

MANY = 20
"""So many complete runs in a row."""


@dataclass(frozen=True)
class Unmatched:
    """A policy that selected nobody in the last `MANY` runs or more, the first of them at `since`.

    `first_time` where it had selected somebody, or was not there, in the run before these.
    """

    policy: str
    since: datetime
    first_time: bool


def unmatched(database: Database, account: str) -> tuple[Unmatched, ...]:
    """Those of the account's last complete run, of which nobody asked for anything special.

    A policy whose text changed starts over. Raises StoreError.
    """
    asked = run_plans.c.request.is_not(None)
    statement = (
        sa.select(runs.c.started_at, runs.c.policies, runs.c.judged)
        .select_from(runs.outerjoin(run_plans))
        .where(runs.c.account == account, runs.c.complete, sa.not_(sa.func.coalesce(asked, False)))
        .order_by(runs.c.id.desc())
        .limit(MANY + 1)
    )
    with database.reading() as db:
        newest_first = db.execute(statement).mappings().all()
    if len(newest_first) < MANY:
        return ()
    counted = ((name, _streak(name, newest_first)) for name in newest_first[0]["judged"])
    return tuple(
        Unmatched(name, newest_first[MANY - 1]["started_at"], streak == MANY)
        for name, streak in counted
        if streak >= MANY
    )


def _streak(policy: str, newest_first: Sequence[sa.RowMapping]) -> int:
    text = newest_first[0]["policies"][policy]

    def nobody(run: sa.RowMapping) -> bool:
        return bool(run["judged"].get(policy) == {} and run["policies"].get(policy) == text)

    return len(list(takewhile(nobody, newest_first)))
