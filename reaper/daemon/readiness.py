"""How old the last complete run over an account may be before the daemon is not ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from reaper.clock import SYSTEM_CLOCK
from reaper.ports import Clock
from reaper.schedule_settings import Cron
from reaper.settings import AccountSettings
from reaper.watch import Charge

_LATE = 3  # passes without a complete run, after which the daemon is not ready
_LATE_AT_LEAST = timedelta(minutes=5)


def charges(
    accounts: Sequence[AccountSettings],
    paces: Mapping[str, Cron | timedelta],
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, Charge]:
    """The accounts as a `Watch` looks after them, where each is visited at its own pace."""
    return {
        account.name: Charge(_within(account, paces[account.name], clock), account.api_key_expires)
        for account in accounts
    }


def _within(account: AccountSettings, pace: Cron | timedelta, clock: Clock) -> timedelta:
    if account.ready_within:
        return account.ready_within.delta
    if isinstance(pace, timedelta):
        return max(_LATE * pace, _LATE_AT_LEAST)
    return pace.longest_gap(clock.now()) + pace.patience
