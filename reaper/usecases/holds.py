"""What keeps sessions from being ended for a while.

A pause, or a halt until a person acknowledges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from reaper import store as record
from reaper.bootstrap import actor, database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.ports import Clock


def pause(
    settings: Settings,
    account: str | None = None,
    *,
    reason: str,
    until: datetime | None = None,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Forbid every replica to end anything in the account, or anywhere.

    It holds at once, until resumed or `until`.

    `by` is who says so, by default whoever runs this. Raises ConfigurationError and StoreError.
    """
    if account is not None:
        settings.chosen((account,))
    with database(settings) as store:
        now = clock.now()
        record.pause(store, account, at=now, by=by or actor(), reason=reason, until=until)


def resume(
    settings: Settings,
    account: str | None = None,
    *,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Mapping[str, str]:
    """End the pause of the account, or the one of all; why accounts stay as they are, by name.

    Raises ConfigurationError where there is none, and StoreError.
    """
    with database(settings) as store:
        record.resume(store, account, at=clock.now(), by=by or actor())
        names = [one.name for one in settings.accounts]
        reasons = {name: record.still_blocked(store, name, clock.now()) for name in names}
    return {name: why for name, why in reasons.items() if why}


def acknowledge(
    settings: Settings,
    run: int,
    *,
    reason: str = "",
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> list[int]:
    """Let the account of a halted run be enforced again; the runs that this acknowledges.

    Raises ConfigurationError where nothing is to be acknowledged, and StoreError.
    """
    with database(settings) as store:
        return record.acknowledge(store, run, at=clock.now(), by=by or actor(), reason=reason)
