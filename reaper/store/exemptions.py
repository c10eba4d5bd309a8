"""Exemptions by hand: each given once, and taken back at most once; neither is ever rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from reaper.core.judging.verdict import Ruling
from reaper.core.language.manual_exemption import ManualExemption
from reaper.errors import ConfigurationError, StoreError
from reaper.store import chain
from reaper.store.bulk import insert_and_number
from reaper.store.database import Database
from reaper.store.leaf_rows import EXEMPTION, REMOVAL
from reaper.store.tables import decisions, exemption_removals, exemptions, runs
from reaper.store.tenants import names_of_tenant

_BEGINS = "exempt: #"
"""How the reason of a verdict begins that an exemption by hand decided; its number follows."""


@dataclass(frozen=True)
class ManualExemptionEntry:
    """An exemption by hand, who took it back, how many verdicts on record it decided, and when the
    last of them.
    """

    exemption: ManualExemption
    removed_at: datetime | None
    removed_by: str | None
    removed_because: str | None
    decided: int
    last_used: datetime | None


def grant(database: Database, exemption: ManualExemption) -> int:
    """Write it down; its number. `id` is not looked at."""
    whom = exemption.model_dump(
        mode="json", exclude_none=True, exclude={"id", "by", "at", "account", "ends", "reason"}
    )
    row = {
        "account": exemption.account,
        "at": exemption.at,
        "by": exemption.by,
        "whom": whom,
        "reason": exemption.reason,
        "ends": exemption.ends,
    }
    with database.writing() as db:
        (number,) = insert_and_number(db, exemptions, [row])
        chain.seal(db, EXEMPTION, number)
        return number


def remove(database: Database, number: int, *, at: datetime, by: str, reason: str) -> None:
    """Take it back, from now on.

    Raises ConfigurationError when there is none, or it was taken back before.
    """
    with database.writing() as db:
        if db.scalar(sa.select(exemptions.c.id).where(exemptions.c.id == number)) is None:
            raise ConfigurationError(f"no exemption {number}; `reaper exempt list` lists them")
        before = db.execute(
            sa.select(exemption_removals).where(exemption_removals.c.exemption_id == number)
        ).one_or_none()
        if before is not None:
            when = f"by {before.by} at {before.at:%Y-%m-%d %H:%M}Z: {before.reason}"
            raise ConfigurationError(f"exemption {number} was removed already, {when}")
        db.execute(
            sa.insert(exemption_removals).values(exemption_id=number, at=at, by=by, reason=reason)
        )
        chain.seal(db, REMOVAL, number)


def standing_for(db: sa.Connection, account: str, now: datetime) -> tuple[ManualExemption, ...]:
    """Those that hold for the account at that moment."""
    names = names_of_tenant(db, account)
    mine = exemptions.c.account.is_(None) | exemptions.c.account.in_(names)
    holds = exemptions.c.ends.is_(None) | (exemptions.c.ends > now)
    statement = sa.select(exemptions).outerjoin(exemption_removals)
    rows = db.execute(
        statement.where(mine, holds, exemption_removals.c.exemption_id.is_(None)).order_by(
            exemptions.c.id
        )
    )
    return tuple(_granted(row) for row in rows)


def ending(database: Database, now: datetime, by: datetime) -> tuple[ManualExemption, ...]:
    """Those that hold now and end until then, the first to end first. Raises StoreError."""
    soon = exemptions.c.ends.between(now, by) & exemption_removals.c.exemption_id.is_(None)
    statement = sa.select(exemptions).outerjoin(exemption_removals).where(soon)
    with database.reading() as db:
        return tuple(map(_granted, db.execute(statement.order_by(exemptions.c.ends))))


def list_manual(database: Database, *, removed: bool = False) -> list[ManualExemptionEntry]:
    """All of them, also those that have ended, the oldest first.

    With `removed` also those taken back.
    """
    gone = exemption_removals.c
    statement = sa.select(
        exemptions,
        gone.at.label("gone_at"),
        gone.by.label("gone_by"),
        gone.reason.label("gone_because"),
    )
    statement = statement.outerjoin(exemption_removals).order_by(exemptions.c.id)
    if not removed:
        statement = statement.where(gone.exemption_id.is_(None))
    with database.reading() as db:
        rows = db.execute(statement).all()
        used = _used(db) if rows else {}
    return [
        ManualExemptionEntry(
            _granted(r), r.gone_at, r.gone_by, r.gone_because, *used.get(r.id, (0, None))
        )
        for r in rows
    ]


def _used(db: sa.Connection) -> Mapping[int, tuple[int, datetime | None]]:
    """How many verdicts each decided, and when the last.

    What does not change is not written again.
    """
    decision, count, last = decisions.c.reason, sa.func.count(), sa.func.max(runs.c.started_at)
    statement = (
        sa.select(decision, count, last).select_from(decisions.join(runs)).group_by(decision)
    )
    usage: dict[int, tuple[int, datetime | None]] = {}
    for reason, decided, at in db.execute(
        statement.where(
            decisions.c.ruling == Ruling.EXEMPT.value, decision.startswith(_BEGINS)
        ).order_by(last)
    ):
        number = reason.removeprefix(_BEGINS).partition(" ")[0]
        if number.isdigit():
            usage[int(number)] = (decided + usage.get(int(number), (0, None))[0], at)
    return usage


def _granted(row: Any) -> ManualExemption:  # noqa: ANN401 - a row
    """A newer reaper may have written what this one does not know.

    Then nothing is ended, for it might be exempt.
    """
    said = {
        "id": row.id,
        "by": row.by,
        "at": row.at,
        "account": row.account,
        "ends": row.ends,
        "reason": row.reason,
    }
    try:
        return ManualExemption.model_validate({**row.whom, **said})
    except ValidationError:
        raise StoreError(
            f"exemption {row.id} in the database cannot be understood; upgrade reaper, "
            f"or `reaper exempt remove {row.id}`"
        ) from None
