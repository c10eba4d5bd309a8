"""What keeps an account from being looked after, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from reaper import errors, files
from reaper.bootstrap import connection, database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import DEFAULT_FILE, Settings
from reaper.platforms.aimms.doctor import Check, examine
from reaper.ports import Clock, Tell
from reaper.store import file_of, revision

__all__ = ["Check", "Examination", "examine_all"]


@dataclass(frozen=True)
class Examination:
    """What was found of each account, and of the database."""

    accounts: Mapping[str, Sequence[Check]]
    database: Check
    files: Sequence[Check] = ()

    @property
    def everything(self) -> Mapping[str, Sequence[Check]]:
        files = {"files": self.files} if self.files else {}
        return {**self.accounts, "database": [self.database], **files}

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
    file: Path | None = None,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Examination:
    """Examine the database, the named accounts, or all, and the files that others may read.

    `file` is that of the settings, `reaper.yaml` where none is named. It reads only. Raises ConfigurationError.
    """
    chosen = settings.chosen(names)
    store = _examine_database(settings)
    accounts = {}
    for account in chosen:
        tell(f"{account.name}: asking {account.url}")
        accounts[account.name] = _examine_account(settings, account, clock)
    return Examination(accounts, store, list(_exposed_files(settings, file)))


def _exposed_files(settings: Settings, file: Path | None) -> Iterator[Check]:
    """A warning for each file with names or secrets in it that others may read or write."""
    named = [("settings", file or DEFAULT_FILE), ("database", file_of(settings.database_address()))]
    named += [("secret", path) for path in settings.secret_files]
    for what, path in named:
        with suppress(OSError):
            if path is not None and (how := files.exposed(path)) is not None:
                advice = f"let only its owner read and write it: chmod 600 {path}"
                yield Check(what, ok=None, detail=f"{path}: {how}", advice=advice)


def _examine_account(settings: Settings, account: AccountSettings, clock: Clock) -> list[Check]:
    try:
        with connection(settings, account, clock=clock) as opened:
            checks = examine(opened, account.generation, clock)
    except errors.Unready as error:
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
