"""Pauses: each said once, and ended at most once; neither is ever rewritten.

An account goes on when none of them holds for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.errors import ConfigurationError
from reaper.store import chain
from reaper.store.bulk import insert_and_number
from reaper.store.database import Database
from reaper.store.leaf_rows import PAUSE, RESUME
from reaper.store.tables import pause_ends, pauses


@dataclass(frozen=True, kw_only=True)
class PauseEntry:
    """A pause of one account, or of all where `account` is None; `until` is None where only a
    person ends it.
    """

    id: int
    account: str | None
    at: datetime
    by: str
    reason: str
    until: datetime | None

    def covers(self, account: str) -> bool:
        return self.account in (None, account)

    def __str__(self) -> str:
        until = f" until {self.until:%Y-%m-%d %H:%M}Z" if self.until else ""
        return f"paused by {self.by}{until}: {self.reason} (`reaper resume {self.id}` ends it)"


def pause(
    database: Database,
    account: str | None,
    *,
    at: datetime,
    by: str,
    reason: str,
    until: datetime | None = None,
) -> int:
    """Forbid ending anything of the account (None: of all), for every replica; its number.

    It holds beside all others, until it is ended or `until`.
    """
    row = {"account": account, "at": at, "by": by, "reason": reason, "until": until}
    with database.writing() as db:
        (number,) = insert_and_number(db, pauses, [row])
        chain.seal(db, PAUSE, number)
        return number


def resume(database: Database, account: str | None, *, at: datetime, by: str) -> list[PauseEntry]:
    """End every pause of the account that holds; None ends those that cover all accounts."""
    with database.writing() as db:
        ended = [one for one in pauses_at(db, at) if one.account == account]
        for one in ended:
            _end(db, one.id, at, by)
    return ended


def end_pause(database: Database, number: int, *, at: datetime, by: str) -> PauseEntry:
    """End this pause alone. Raises ConfigurationError where it does not hold."""
    with database.writing() as db:
        for one in pauses_at(db, at):
            if one.id == number:
                _end(db, number, at, by)
                return one
        raise ConfigurationError(f"pause {number} {_why_it_does_not_hold(db, number)}")


def _end(db: sa.Connection, number: int, at: datetime, by: str) -> None:
    db.execute(sa.insert(pause_ends).values(pause_id=number, at=at, by=by))
    chain.seal(db, RESUME, number)


def _why_it_does_not_hold(db: sa.Connection, number: int) -> str:
    row = db.execute(_with_ends().where(pauses.c.id == number)).one_or_none()
    if row is None:
        return "is not on record; `reaper status` lists those that hold"
    if row.ended_at is not None:
        return f"was ended already, by {row.ended_by} at {row.ended_at:%Y-%m-%d %H:%M}Z"
    return f"ended by itself at {row.until:%Y-%m-%d %H:%M}Z"


def pauses_that_hold(database: Database, now: datetime) -> list[PauseEntry]:
    """As `pauses_at`, for whoever asks outside a transaction. Raises StoreError."""
    with database.reading() as db:
        return pauses_at(db, now)


def pauses_at(db: sa.Connection, now: datetime) -> list[PauseEntry]:
    """The pauses that hold at that moment, those of all accounts first, each in order."""
    holds = pause_ends.c.pause_id.is_(None) & (pauses.c.until.is_(None) | (pauses.c.until > now))
    rows = db.execute(_with_ends().where(holds).order_by(pauses.c.id))
    return sorted(map(_entry, rows), key=lambda one: one.account or "")


def _with_ends() -> sa.Select[Any]:
    ends = (pause_ends.c.at.label("ended_at"), pause_ends.c.by.label("ended_by"))
    return sa.select(pauses, *ends).outerjoin_from(pauses, pause_ends)


def _entry(row: Any) -> PauseEntry:  # noqa: ANN401 - a row
    return PauseEntry(
        id=row.id,
        account=row.account,
        at=row.at,
        by=row.by,
        reason=row.reason,
        until=row.until,
    )
