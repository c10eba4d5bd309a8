"""The names on record, for whoever asks for one that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from reaper.store.database import Database
from reaper.store.tables import decisions, policy_texts, runs, steps


@dataclass(frozen=True)
class RecordedNames:
    """Each sorted and once."""

    accounts: tuple[str, ...]
    policies: tuple[str, ...]
    owners: tuple[str, ...]


def recorded_names(database: Database) -> RecordedNames:
    """Raises StoreError."""
    with database.reading() as db:
        owners = {
            *_distinct(db, decisions.c.owner),
            *_distinct(db, steps.c.owner),
        }
        policies = {*_distinct(db, policy_texts.c.name), *_distinct(db, steps.c.policy)}
        accounts = _distinct(db, runs.c.account)
    return RecordedNames(tuple(sorted(accounts)), tuple(sorted(policies)), tuple(sorted(owners)))


def _distinct(db: sa.Connection, column: sa.Column[Any]) -> set[str]:
    return {name for name in db.scalars(sa.select(column).distinct()) if name is not None}
