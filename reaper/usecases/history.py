"""The record: what was decided and done, and which runs were made."""

from __future__ import annotations

from reaper.bootstrap import database
from reaper.core.notice import Telling
from reaper.core.plan import Result
from reaper.core.verdict import Ruling
from reaper.settings import Settings
from reaper.store import HistoryEntry, HistoryFilter, RunEntry, entries, list_runs

__all__ = ["OUTCOMES", "HistoryEntry", "HistoryFilter", "RunEntry", "history", "runs"]

OUTCOMES = tuple(dict.fromkeys(map(str, [*Result, *Ruling, *Telling, "intended", "planned"])))
"""What an outcome of a history filter may be."""


def history(settings: Settings, wanted: HistoryFilter) -> list[HistoryEntry]:
    """The decisions and what came of them, the newest first. Raises StoreError."""
    with database(settings) as store:
        return entries(store, wanted)


def runs(settings: Settings, account: str | None = None, *, limit: int = 20) -> list[RunEntry]:
    """The runs over the account, or over all, the newest first. Raises StoreError."""
    with database(settings) as store:
        return list_runs(store, account=account, limit=limit)
