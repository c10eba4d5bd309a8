"""The database and its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from reaper import store as record
from reaper.bootstrap import database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.errors import StoreError
from reaper.ports import Clock
from reaper.store import open_database, schema_differences


@dataclass(frozen=True)
class Schema:
    """Where a database is, and at which revision; None where it has no schema yet."""

    where: str
    revision: str | None


@dataclass(frozen=True)
class Pruned:
    """What was deleted from before then: how many rows, by table."""

    before: datetime
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Copied:
    """Where from, where to, and how many rows, by table."""

    source: str
    target: str
    rows: Mapping[str, int]


def upgrade(settings: Settings) -> Schema:
    """Bring the database to this version's schema, creating it where there is none.

    Raises StoreError.
    """
    with closing(open_database(settings.database_address())) as store:
        return Schema(store.where, record.revision(store))


def current(settings: Settings) -> Schema:
    """The schema as it is; nothing is changed. Raises StoreError."""
    with closing(open_database(settings.database_address(), upgrade=False)) as store:
        return Schema(store.where, record.revision(store))


def check(settings: Settings) -> Schema:
    """The schema, if it is what this version expects.

    Raises StoreError that says how it differs.
    """
    with closing(open_database(settings.database_address(), upgrade=False)) as store:
        schema = Schema(store.where, record.revision(store))
        differences = [] if schema.revision is None else schema_differences(store)
    if schema.revision is None:
        raise StoreError(f"{schema.where} is empty: no schema yet; `reaper db upgrade` makes it")
    if differences:
        how = f"differs from what this version expects: {'; '.join(differences)}"
        raise StoreError(f"{schema.where} {how}; run `reaper db upgrade`")
    return schema


def prune(
    settings: Settings, before: datetime | None = None, *, clock: Clock = SYSTEM_CLOCK
) -> Pruned:
    """Delete the runs from before then, by default those older than the settings keep.

    What is open stays.

    Raises StoreError.
    """
    since = before or clock.now() - settings.keep.delta
    with database(settings) as store:
        return Pruned(since, record.prune(store, since))


def copy(source: str, target: str, *, tell: Callable[[str], None] = lambda _: None) -> Copied:
    """Copy all that one database holds into another, empty one; both are URLs.

    Raises StoreError.
    """
    with (
        closing(open_database(source, upgrade=False)) as old,
        closing(open_database(target)) as new,
    ):
        return Copied(old.where, new.where, record.transfer(old, new, tell))
