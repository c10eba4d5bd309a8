"""Exemptions by hand, from every policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from reaper import store as record
from reaper.bootstrap import actor, database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.core.language.manual_exemption import ManualExemption
from reaper.errors import ConfigurationError
from reaper.ports import Clock
from reaper.usecases.holds import Written, written_to
from reaper.usecases.live import Covered, covered_by

State = Literal["in force", "ended", "removed"]


@dataclass(frozen=True)
class Added:
    """A new exemption as it was taken, where it was written down, and whom it covers now."""

    number: int
    exemption: ManualExemption
    written: Written
    covered: Covered


@dataclass(frozen=True)
class ListedExemption:
    """An exemption, whether it holds, and what it was good for."""

    entry: record.ManualExemptionEntry
    state: State


def add(
    settings: Settings,
    whom: Mapping[str, str],
    *,
    reason: str,
    account: str | None = None,
    ends: datetime | None = None,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Added:
    """Exempt the sessions that all of these fields match, from every policy.

    It holds at once, until `ends` or for ever; only then are the accounts asked whom it covers.
    Raises ConfigurationError for a field or pattern that is not right, and StoreError.
    """
    accounts = settings.chosen(() if account is None else (account,))
    about = {
        "account": account,
        "at": clock.now(),
        "by": by or actor(),
        "reason": reason,
        "ends": ends,
    }
    try:
        exemption = ManualExemption.model_validate({**whom, **about})
    except ValidationError as error:
        first = error.errors()[0]
        why = str(first.get("ctx", {}).get("why") or first["msg"])
        raise ConfigurationError(why) from None
    with database(settings) as store:
        number = record.grant(store, exemption)
        where = written_to(settings, store, [one.name for one in accounts])
    covered = covered_by(settings, exemption, tuple(one.name for one in accounts))
    return Added(number, exemption, where, covered)


def list_all(
    settings: Settings, *, removed: bool = False, clock: Clock = SYSTEM_CLOCK
) -> list[ListedExemption]:
    """The exemptions by hand, and with `removed` also those that were taken back.

    Raises StoreError.
    """
    with database(settings) as store:
        entries = record.list_manual(store, removed=removed)
    now = clock.now()
    return [ListedExemption(entry, _state(entry, now)) for entry in entries]


def _state(entry: record.ManualExemptionEntry, now: datetime) -> State:
    if entry.removed_at is not None:
        return "removed"
    return "in force" if entry.exemption.holds_at(now) else "ended"


def remove(
    settings: Settings,
    number: int,
    *,
    reason: str,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Written:
    """End an exemption now; it stays on record. Gives where that was written down.

    Raises ConfigurationError where there is none, and StoreError.
    """
    accounts = settings.chosen()
    with database(settings) as store:
        record.remove(store, number, at=clock.now(), by=by or actor(), reason=reason)
        return written_to(settings, store, [one.name for one in accounts])
