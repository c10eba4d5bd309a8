"""The record: what was decided and done, and which runs were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from reaper.bootstrap import database
from reaper.config.settings.model import Settings
from reaper.core.judging.verdict import Ruling
from reaper.core.model.matching import star_reads_alike
from reaper.core.model.suggestions import did_you_mean
from reaper.core.planning.notice import DeliveryStatus
from reaper.core.planning.plan import Result
from reaper.store import (
    HistoryEntry,
    HistoryFilter,
    RunEntry,
    count_runs,
    reading_entries,
    reading_runs,
    recorded,
    recorded_names,
)

__all__ = [
    "OUTCOMES",
    "Counted",
    "HistoryEntry",
    "HistoryFilter",
    "Newest",
    "RunEntry",
    "export_history",
    "export_runs",
    "history",
    "nothing_recorded",
    "runs",
    "strange_names",
]

OUTCOMES = tuple(
    dict.fromkeys(map(str, [*Result, *Ruling, *DeliveryStatus, "intended", "planned"]))
)
"""What an outcome of a history filter may be."""

T = TypeVar("T")


class Counted(Iterator[T]):
    """The same items; `count` is how many were taken."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self.count = 0

    def __next__(self) -> T:
        item = next(self._items)
        self.count += 1
        return item


@dataclass(frozen=True)
class Newest(Generic[T]):
    """The newest entries, and how many there are in all."""

    entries: Sequence[T]
    total: int


def history(settings: Settings, wanted: HistoryFilter) -> Newest[HistoryEntry]:
    """The decisions and what came of them, the newest first. Raises StoreError."""
    with database(settings) as store, reading_entries(store, wanted) as (found, count):
        entries = list(found)
        return Newest(entries, len(entries) if len(entries) != wanted.limit else count())


@contextmanager
def export_history(settings: Settings, wanted: HistoryFilter) -> Iterator[Iterator[HistoryEntry]]:
    """The same one after the other, however many there are. Raises StoreError, also meanwhile."""
    with database(settings) as store, reading_entries(store, wanted) as (found, _):
        yield found


def runs(settings: Settings, account: str | None, limit: int | None) -> Newest[RunEntry]:
    """The runs over the account, or over all, the newest first. Raises StoreError."""
    with database(settings) as store:
        found = list(reading_runs(store, account=account, limit=limit))
        return Newest(found, count_runs(store, account))


@contextmanager
def export_runs(
    settings: Settings, account: str | None, limit: int | None
) -> Iterator[Iterator[RunEntry]]:
    """The same one after the other, however many there are. Raises StoreError, also meanwhile."""
    with database(settings) as store:
        yield reading_runs(store, account=account, limit=limit)


def nothing_recorded(settings: Settings) -> str | None:
    """In words that no run is on record at all, and where; None when one is. Raises StoreError."""
    with database(settings) as store:
        if count_runs(store):
            return None
        return (
            f"no run was ever recorded in {store.where}, the database of {settings.origin}; name "
            "other settings by --settings or REAPER_SETTINGS"
        )


def strange_names(settings: Settings, wanted: HistoryFilter) -> list[str]:
    """In words which names of the filter nothing on record has, each with the nearest.

    Raises StoreError.
    """
    with database(settings) as store:
        names = recorded_names(store)
        ids = wanted.session is None or bool(recorded(store, wanted.session))
    accounts = sorted({*names.accounts, *(account.name for account in settings.accounts)})
    asked = (
        ("account", wanted.account, accounts, wanted.account in accounts),
        ("policy", wanted.policy, names.policies, wanted.policy in names.policies),
        ("owner", wanted.owner, names.owners, _any_reads(wanted.owner, names.owners)),
        ("session", wanted.session, (), ids),
    )
    return [
        f"nothing is on record of {what} '{name}'{did_you_mean(name, there)}"
        for what, name, there, known in asked
        if name is not None and not known
    ]


def _any_reads(pattern: str | None, names: Sequence[str]) -> bool:
    return pattern is None or any(map(star_reads_alike(pattern), names))
