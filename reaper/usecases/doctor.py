"""What keeps an account from being looked after, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reaper import errors
from reaper.bootstrap import connection, database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import Settings
from reaper.platforms.aimms import Check, examine
from reaper.ports import Clock, Tell
from reaper.store import revision

__all__ = ["Check", "Examination", "examine_all"]


@dataclass(frozen=True)
class Examination:
    """What was found of each account, and of the database."""

    accounts: Mapping[str, Sequence[Check]]
    database: Check

    @property
    def everything(self) -> Mapping[str, Sequence[Check]]:
        return {**self.accounts, "database": [self.database]}

    @property
    def exit_code(self) -> int:
        if self.database.ok is False:
            return errors.DATABASE
        bad = any(check.ok is False for checks in self.accounts.values() for check in checks)
        return errors.UNREACHABLE if bad else errors.DONE


def examine_all(
    settings: Settings,
    names: tuple[str, ...] = (),
    *,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Examination:
    """Examine the database and the named accounts, or all; it reads only.

    Raises ConfigurationError.
    """
    store = _examine_database(settings)
    accounts = {}
    for account in settings.chosen(names):
        tell(f"{account.name}: asking {account.url}")
        accounts[account.name] = _examine_account(settings, account, clock)
    return Examination(accounts, store)


def _examine_account(settings: Settings, account: AccountSettings, clock: Clock) -> list[Check]:
    try:
        with connection(settings, account, clock=clock) as opened:
            checks = examine(opened, account.generation, clock)
    except errors.ConfigurationError as error:
        return [Check("key", ok=False, detail=str(error), advice="give the account its key")]
    notice = settings.http.key_notice.delta
    return [*checks, *_key_expiry(account.api_key_expires, clock.now().date(), notice)]


def _key_expiry(day: date | None, today: date, notice: timedelta) -> list[Check]:
    """Nothing where the settings do not know the day: no API tells it."""
    if day is None:
        return []
    renew = "make a new one in the portal, and set it and api_key_expires"
    advice = renew if day - today <= notice else ""
    detail = f"it expires on {day}" if day > today else f"it expired on {day}"
    return [Check("key expiry", ok=not advice, detail=detail, advice=advice)]


def _examine_database(settings: Settings) -> Check:
    try:
        with database(settings) as store:
            detail = f"{store.where}, revision {revision(store)}"
            return Check("database", ok=True, detail=detail, advice="")
    except errors.StoreError as error:
        return Check("database", ok=False, detail=str(error), advice="")
