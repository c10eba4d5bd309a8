"""How old the last complete run over an account may be before the daemon is not ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.schedule import Cron
from reaper.daemon.status import MonitoredAccount
from reaper.ports import Clock


def monitored_accounts(
    accounts: Sequence[AccountSettings],
    paces: Mapping[str, Cron | timedelta],
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, MonitoredAccount]:
    """The accounts that a `DaemonStatus` monitors, each run at its own interval."""
    return {
        account.name: MonitoredAccount(
            account.overdue_after(paces[account.name], clock.now()), account.api_key_expires
        )
        for account in accounts
    }
