"""What people forbid: pauses, and halted runs that nobody has acknowledged yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.core.planning.holds import Holds
from reaper.errors import ConfigurationError
from reaper.store import chain
from reaper.store.database import Database
from reaper.store.leaf_rows import ACKNOWLEDGEMENT
from reaper.store.pauses import pauses_at
from reaper.store.tables import acknowledgements, runs
from reaper.store.tenants import names_of_tenant


def holds(db: sa.Connection, account: str, now: datetime) -> Holds:
    """What keeps the account's sessions from being ended now."""
    return Holds(_paused(db, account, now), halted_run(db, account))


def _paused(db: sa.Connection, account: str, now: datetime) -> str | None:
    """The longest pause in words, and how many others hold beside it."""
    names = names_of_tenant(db, account)
    mine = [one for one in pauses_at(db, now) if any(map(one.covers, names))]
    if not mine:
        return None
    longest = max(mine, key=lambda one: (one.until is None, one.until or now))
    more = f", and {len(mine) - 1} more" if len(mine) > 1 else ""
    other = longest.account not in (None, account)
    under = f" (given to '{longest.account}', which is the same tenant)" if other else ""
    return f"{longest}{more}{under}"


def halted_run(db: sa.Connection, account: str) -> int | None:
    """Which halted run holds the account until a person acknowledges it."""
    whose = runs.c.account.in_(names_of_tenant(db, account))
    newest = _latched(runs.c.id).where(whose).order_by(runs.c.id.desc())
    found: int | None = db.scalar(newest.limit(1))
    return found


def halted_accounts(db: sa.Connection) -> dict[str, tuple[Holds, list[str]]]:
    """The accounts that a halted run holds until a person acknowledges it, and over which limits
    that run was.
    """
    found = db.execute(_latched(runs.c.id, runs.c.account, runs.c.halted).order_by(runs.c.id))
    return {row.account: (Holds(halted_run=row.id), row.halted) for row in found}


def _latched(*columns: sa.Column[Any]) -> sa.Select[Any]:
    unseen = acknowledgements.c.run_id.is_(None)
    return (
        sa.select(*columns)
        .select_from(runs.outerjoin(acknowledgements))
        .where(runs.c.latched, unseen)
    )


def still_blocked(database: Database, account: str, now: datetime) -> str | None:
    """Why nothing of the account may be ended now, for whoever asks outside a run."""
    with database.reading() as db:
        return holds(db, account, now).reason()


def acknowledge(
    database: Database, run_id: int, *, at: datetime, by: str, reason: str
) -> list[int]:
    """Lift the latch of a halted run, and of those of its account before it.

    Returns which they were.

    Raises ConfigurationError when the run is not known, was not halted, or is acknowledged already.
    """
    with database.writing() as db:
        run = db.execute(
            sa.select(runs.c.account, runs.c.latched, runs.c.halted).where(runs.c.id == run_id)
        ).one_or_none()
        if run is None or not run.latched:
            raise ConfigurationError(f"run {run_id} cannot be acknowledged: {_why_not(db, run)}")
        done = sa.select(acknowledgements.c.run_id)
        halted = sa.select(runs.c.id).where(
            runs.c.account == run.account,
            runs.c.latched,
            runs.c.id <= run_id,
            runs.c.id.not_in(done),
        )
        ids = list(db.scalars(halted.order_by(runs.c.id)))
        if run_id not in ids:
            raise ConfigurationError(f"run {run_id} is acknowledged already")
        db.execute(
            sa.insert(acknowledgements),
            [{"run_id": i, "at": at, "by": by, "reason": reason} for i in ids],
        )
        chain.seal(db, ACKNOWLEDGEMENT, *ids)
        return ids


def _why_not(db: sa.Connection, run: sa.Row[Any, Any, Any] | None) -> str:
    """Why nobody waits for this run to be acknowledged, and for which instead."""
    if run is None:
        return "there is no run of that number; `reaper runs` lists them"
    held = Holds(halted_run=halted_run(db, run.account))
    if held.acknowledge is not None:
        return f"its account waits for run {held.halted_run}; `{held.acknowledge}`"
    if run.halted:
        return "a limit halted it, and nobody waits for that; the next run goes on"
    return "it was not halted; `reaper runs` lists them"
