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
from reaper.platforms.aimms import USED_SCOPES, KeyFacts, key_facts
from reaper.platforms.aimms.doctor import Check, examine
from reaper.ports import Clock, Tell
from reaper.store import file_of, revision
from reaper.usecases.targets import examine_targets

__all__ = ["Check", "Examination", "examine_all"]


@dataclass(frozen=True)
class Examination:
    """What was found of each account, of the database, and of whom the settings name to be told."""

    accounts: Mapping[str, Sequence[Check]]
    database: Check
    files: Sequence[Check] = ()
    targets: Sequence[Check] = ()

    @property
    def everything(self) -> Mapping[str, Sequence[Check]]:
        files = {"files": self.files} if self.files else {}
        targets = {"notify": self.targets} if self.targets else {}
        return {**self.accounts, "database": [self.database], **targets, **files}

    @property
    def exit_code(self) -> int:
        if self.database.ok is False:
            return errors.DATABASE
        bad = any(check.ok is False for checks in self.accounts.values() for check in checks)
        if bad:
            return errors.UNREACHABLE
        untold = any(check.ok is False for check in self.targets)
        return errors.SOME_FAILED if untold else errors.DONE


def examine_all(
    settings: Settings,
    names: tuple[str, ...] = (),
    *,
    file: Path | None = None,
    notify: bool = False,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Examination:
    """Examine the database, the named accounts, or all, whom to tell, and the files that others may
    read.

    `file` is that of the settings, `reaper.yaml` where none is named. It reads only, but with
    `notify` sends each target a test message. Raises ConfigurationError.
    """
    chosen = settings.chosen(names)
    store = _examine_database(settings)
    accounts = {}
    for account in chosen:
        tell(f"{account.name}: asking {account.url}")
        accounts[account.name] = _examine_account(settings, account, clock)
    targets = examine_targets(settings, send=notify, clock=clock, tell=tell)
    return Examination(accounts, store, list(_exposed_files(settings, file)), targets)


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
            let_in = all(check.ok for check in checks if check.name in ("address", "key"))
            facts = key_facts(opened) if let_in else KeyFacts()
    except errors.Unready as error:
        return [Check("key", ok=False, detail=str(error), advice="give the account its key")]
    notice, today = settings.http.key_notice.delta, clock.now().date()
    expiry = _key_expiry(facts.expires, account.api_key_expires, today, notice)
    return [*checks, *_scopes(facts), *expiry]


def _scopes(facts: KeyFacts) -> Iterator[Check]:
    """Nothing where the key may not ask."""
    if facts.scopes is None:
        return
    detail = f"the key has {', '.join(sorted(facts.scopes)) or 'none'}"
    if facts.scopes <= USED_SCOPES:
        yield Check("scopes", ok=True, detail=detail)
        return
    advice = f"it needs no more than {', '.join(sorted(USED_SCOPES))}: whoever has it can do more"
    yield Check("scopes", ok=None, detail=detail, advice=advice)


def _key_expiry(
    told: date | None, written: date | None, today: date, notice: timedelta
) -> Iterator[Check]:
    """What the server says comes before what the settings do; nothing where neither knows."""
    day = told or written
    if day is None:
        return
    detail = f"it expires on {day}" if day > today else f"it expired on {day}"
    advice = ""
    if day - today <= notice:
        advice = "make a new one in the portal, and set it and api_key_expires"
    elif written not in {None, day}:
        detail += f", and the settings say {written}"
        advice = f"set api_key_expires: {day}"
    elif written is None:
        detail += f"; with api_key_expires: {day} in the settings the daemon warns in time"
    yield Check("key expiry", ok=not advice, detail=detail, advice=advice)


def _examine_database(settings: Settings) -> Check:
    try:
        with database(settings) as store:
            detail = f"{store.where}, revision {revision(store)}"
            return Check("database", ok=True, detail=detail, advice="")
    except errors.StoreError as error:
        return Check("database", ok=False, detail=str(error), advice="")
