"""The database: what was decided, what was done, and what was seen of it. The only room that knows SQLAlchemy."""

from __future__ import annotations

from reaper.store.copying import copy
from reaper.store.database import HEAD, Database, open_database, revision
from reaper.store.history import HistoryEntry, HistoryFilter, RunEntry, entries, list_runs
from reaper.store.ledger import SqlLedger
from reaper.store.prune import prune
from reaper.store.restraint import acknowledge, pause, resume, still_forbidden

__all__ = [
    "HEAD",
    "Database",
    "HistoryEntry",
    "HistoryFilter",
    "RunEntry",
    "SqlLedger",
    "acknowledge",
    "copy",
    "entries",
    "list_runs",
    "open_database",
    "pause",
    "prune",
    "resume",
    "revision",
    "schema_differences",
    "still_forbidden",
]


def schema_differences(database: Database) -> list[str]:
    """How the schema differs from what this version expects. Raises StoreError."""
    from reaper.store.migrate import check  # noqa: PLC0415 - Alembic takes a quarter of a second to import

    return check(database)
