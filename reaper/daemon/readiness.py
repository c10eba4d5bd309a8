"""How old the last complete run over an account may be before the daemon is not ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from reaper.clock import SYSTEM_CLOCK
from reaper.ports import Clock
from reaper.schedule_settings import Cron
from reaper.settings import AccountSettings
from reaper.watch import Charge


def charges(
    accounts: Sequence[AccountSettings],
    paces: Mapping[str, Cron | timedelta],
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, Charge]:
    """The accounts as a `Watch` looks after them, where each is visited at its own pace."""
    return {
        account.name: Charge(account.overdue_after(paces[account.name], clock.now()), account.api_key_expires)
        for account in accounts
    }
