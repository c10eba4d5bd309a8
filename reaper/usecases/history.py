"""The record: what was decided and done, and which runs were made."""

from __future__ import annotations

from reaper.bootstrap import database
from reaper.config.settings.model import Settings
from reaper.core.judging.verdict import Ruling
from reaper.core.planning.notice import DeliveryStatus
from reaper.core.planning.plan import Result
from reaper.store import HistoryEntry, HistoryFilter, RunEntry, entries, list_runs

__all__ = ["OUTCOMES", "HistoryEntry", "HistoryFilter", "RunEntry", "history", "runs"]

OUTCOMES = tuple(
    dict.fromkeys(map(str, [*Result, *Ruling, *DeliveryStatus, "intended", "planned"]))
)
"""What an outcome of a history filter may be."""


def history(settings: Settings, wanted: HistoryFilter) -> list[HistoryEntry]:
    """The decisions and what came of them, the newest first. Raises StoreError."""
    with database(settings) as store:
        return entries(store, wanted)


def runs(settings: Settings, account: str | None = None, *, limit: int = 20) -> list[RunEntry]:
    """The runs over the account, or over all, the newest first. Raises StoreError."""
    with database(settings) as store:
        return list_runs(store, account=account, limit=limit)
