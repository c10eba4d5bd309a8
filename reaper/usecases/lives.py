"""The lives of the sessions: taking in what the platform still knows of those that are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reaper import errors
from reaper.bootstrap import database, ledger_of, source_of
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import Settings
from reaper.ports import Clock, Tell
from reaper.store import Database, Imported

__all__ = ["AccountImport", "Import", "import_lives"]


@dataclass(frozen=True)
class AccountImport:
    """What was taken in of an account, and why something may be missing.

    `unreadable` is how many entries could not be read.
    """

    account: str
    lives: Imported
    unreadable: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Import:
    """What was taken in, by account, why others could not be read, and why others were left alone."""

    accounts: tuple[AccountImport, ...]
    unread: tuple[errors.AccountError, ...]
    skipped: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """3 where an account could not be read whole, 6 where another reaper was at work."""
        if self.unread or any(one.missing for one in self.accounts):
            return errors.UNREACHABLE
        return errors.INCONCLUSIVE if self.skipped else errors.DONE


def import_lives(
    settings: Settings,
    accounts: Sequence[AccountSettings],
    *,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Import:
    """Take in what each account still lists of sessions that are over; nothing is ended.

    What is on record already is not taken twice. Raises StoreError, and ConfigurationError for a
    missing key.
    """
    done: list[AccountImport] = []
    unread: list[errors.AccountError] = []
    skipped: list[str] = []
    with database(settings) as store:
        for account in accounts:
            tell(f"{account.name}: reading the sessions that are over")
            try:
                done.append(_import_account(settings, account, store, clock))
            except errors.LeaseHeld as held:
                skipped.append(str(held))
            except errors.AccountError as error:
                unread.append(error)
    return Import(tuple(done), tuple(unread), tuple(skipped))


def _import_account(
    settings: Settings, account: AccountSettings, store: Database, clock: Clock
) -> AccountImport:
    with source_of(settings, account, clock=clock) as (source, time):
        snapshot = source.finished()
        ledger = ledger_of(settings, store, time)
        with ledger.lease(account.name):
            lives = ledger.import_lives(account.name, snapshot.sessions)
    return AccountImport(account.name, lives, len(snapshot.unreadable), snapshot.doubts)
