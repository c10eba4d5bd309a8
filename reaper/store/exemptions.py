"""Exemptions by hand: each given once, and taken back at most once; neither is ever rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.core.granted import Granted
from reaper.core.verdict import Ruling
from reaper.errors import ConfigurationError
from reaper.store.database import Database
from reaper.store.tables import decisions, exemption_removals, exemptions, runs


@dataclass(frozen=True)
class GrantedEntry:
    """An exemption by hand, who took it back, and the last run of which it decided a verdict."""

    exemption: Granted
    removed_at: datetime | None
    removed_by: str | None
    removed_because: str | None
    last_used: datetime | None


def grant(database: Database, exemption: Granted) -> int:
    """Write it down; its number. `id` is not looked at."""
    whom = exemption.model_dump(mode="json", exclude_none=True, exclude={"id", "by", "at", "account", "ends", "reason"})
    row = {
        "account": exemption.account,
        "at": exemption.at,
        "by": exemption.by,
        "whom": whom,
        "reason": exemption.reason,
        "ends": exemption.ends,
    }
    with database.writing() as db:
        return int(db.execute(sa.insert(exemptions).values(row)).inserted_primary_key[0])  # type: ignore[index]


def remove(database: Database, number: int, *, at: datetime, by: str, reason: str) -> Granted:
    """Take it back, from now on. Raises ConfigurationError when there is none, or it was taken back before."""
    with database.writing() as db:
        row = db.execute(sa.select(exemptions).where(exemptions.c.id == number)).one_or_none()
        if row is None:
            raise ConfigurationError(f"there is no exemption {number}; `reaper exempt list` names them")
        before = db.execute(
            sa.select(exemption_removals).where(exemption_removals.c.exemption_id == number)
        ).one_or_none()
        if before is not None:
            raise ConfigurationError(f"exemption {number} was removed already, by {before.by}")
        db.execute(sa.insert(exemption_removals).values(exemption_id=number, at=at, by=by, reason=reason))
        return _granted(row)


def standing_for(db: sa.Connection, account: str, now: datetime) -> tuple[Granted, ...]:
    """Those that hold for the account at that moment."""
    mine = exemptions.c.account.is_(None) | (exemptions.c.account == account)
    holds = exemptions.c.ends.is_(None) | (exemptions.c.ends > now)
    statement = sa.select(exemptions).outerjoin(exemption_removals)
    rows = db.execute(
        statement.where(mine, holds, exemption_removals.c.exemption_id.is_(None)).order_by(exemptions.c.id)
    )
    return tuple(_granted(row) for row in rows)


def list_granted(database: Database, *, removed: bool = False) -> list[GrantedEntry]:
    """All of them, also those that have ended, the oldest first; with `removed` also those taken back."""
    gone = exemption_removals.c
    statement = sa.select(
        exemptions, gone.at.label("gone_at"), gone.by.label("gone_by"), gone.reason.label("gone_because")
    )
    statement = statement.outerjoin(exemption_removals).order_by(exemptions.c.id)
    if not removed:
        statement = statement.where(gone.exemption_id.is_(None))
    with database.reading() as db:
        rows = db.execute(statement).all()
        used = _last_used(db, rows)
    return [GrantedEntry(_granted(r), r.gone_at, r.gone_by, r.gone_because, used.get(r.id)) for r in rows]


def _last_used(db: sa.Connection, rows: Sequence[Any]) -> Mapping[int, datetime]:
    """When each last decided a verdict. What did not change since is not written again, so it may decide it still."""
    return {row.id: at for row in rows for at in _use(db, row) if at is not None}


def _use(db: sa.Connection, row: Any) -> Iterator[datetime | None]:  # noqa: ANN401 - a row
    since = db.scalar(sa.select(sa.func.min(runs.c.id)).where(runs.c.started_at >= row.at))
    if since is not None:
        decided = (decisions.c.ruling == Ruling.EXEMPT.value, decisions.c.reason.startswith(f"exempt: #{row.id} "))
        yield db.scalar(
            sa.select(sa.func.max(runs.c.started_at))
            .select_from(decisions.join(runs))
            .where(decisions.c.run_id >= since, *decided)
        )


def _granted(row: Any) -> Granted:  # noqa: ANN401 - a row
    return Granted(**row.whom, id=row.id, by=row.by, at=row.at, account=row.account, ends=row.ends, reason=row.reason)
