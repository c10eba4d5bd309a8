"""Settings -> wired objects. Nothing happens at import.

Whether sessions can be ended is decided here, once.

Whoever passes a `clock` (a test, an emulator) has everything run by it.
"""

from __future__ import annotations

import getpass
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

from pydantic import SecretStr

from reaper import __version__, logs
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import Settings
from reaper.config.settings.notify import EmailSettings, NotifySettings
from reaper.config.settings.urls import normal
from reaper.core.language.policy import PolicySet
from reaper.errors import ConfigurationError, Unready
from reaper.notify.webhook import Webhook
from reaper.platforms.aimms import (
    DEFAULT_IGNORE,
    AccountEnder,
    AccountSource,
    Connection,
    ServerClock,
    compile_ignore,
)
from reaper.ports import Clock, Enforcer, Notifier, RequestCount, Secret, Tell
from reaper.run.enforce import DryRun, Terminator
from reaper.run.log import RunLog
from reaper.run.notify import DryRunNotifier
from reaper.run.pipeline import Reaper
from reaper.store import Database, SqlLedger, open_database

_EVER = timedelta(days=36_500)


def actor() -> str:
    """Who runs this, for the record: `user@host`."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = "unknown"
    return f"{user}@{platform.node()}"


def open_store(settings: Settings) -> Database:
    """The database of the settings, created and migrated where needed. Raises StoreError."""
    return open_database(settings.database_address(), ask=settings.upgrade == "ask")


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """As `open_store`, closed afterwards."""
    opened = open_store(settings)
    try:
        yield opened
    finally:
        opened.close()


def ledger_of(settings: Settings, store: Database, clock: Clock = SYSTEM_CLOCK) -> SqlLedger:
    """The memory of all runs, written to in the name of whoever runs this."""
    addresses = {account.name: normal(account.url) for account in settings.accounts}
    return SqlLedger(
        store,
        clock,
        actor(),
        __version__,
        settings.lease.delta,
        addresses=addresses,
        grain=settings.history.activity.delta,
    )


@contextmanager
def connection(
    settings: Settings,
    account: AccountSettings,
    count: RequestCount | None = None,
    clock: Clock = SYSTEM_CLOCK,
    stop: Event | None = None,
) -> Iterator[Connection]:
    """A connection to the account, on which nothing is waited for long once `stop` is set.

    Raises Unready when its key cannot be had.
    """
    try:
        opened = Connection(
            account.name,
            account.url,
            account.key(),
            timeout_seconds=settings.timeout.seconds,
            workers=settings.activity.workers,
            clock=clock,
            count=count,
            look_seconds=settings.look_within.seconds,
            pass_seconds=settings.pass_within.seconds,
            stop=stop,
        )
    except ConfigurationError as error:
        raise Unready(str(error)) from None
    with opened:
        yield opened


@contextmanager
def reaper_of(
    settings: Settings,
    account: AccountSettings,
    policies: PolicySet,
    store: Database,
    *,
    enforce: bool,
    stop: Event,
    tell: Tell = lambda _: None,
    reread: Callable[[], PolicySet] | None = None,
    count: RequestCount | None = None,
    every: timedelta | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Iterator[Reaper]:
    """Everything one account's pass needs, closed afterwards. Raises Unready as `connection` does.

    Passes are due `every` so often; without it, when the settings say.
    """
    with source_of(settings, account, count, clock, stop) as (source, time):
        yield Reaper(
            policies,
            source,
            ledger_of(settings, store, time),
            _terminator(settings, source, time, stop) if enforce else DryRun(),
            time,
            settings.limits,
            stop,
            RunLog(account.name, tell),
            reread,
            notifiers(settings.notify, settings.timeout.seconds, enforce=enforce, stop=stop),
            _follows_within(settings, account, every, clock),
        )


@contextmanager
def source_of(
    settings: Settings,
    account: AccountSettings,
    count: RequestCount | None = None,
    clock: Clock = SYSTEM_CLOCK,
    stop: Event | None = None,
) -> Iterator[tuple[AccountSource, Clock]]:
    """The account as it can be read, closed afterwards, and the clock that it goes by.

    Raises Unready as `connection` does.
    """
    with connection(settings, account, count, clock, stop) as opened:
        time = ServerClock(opened, clock) if account.keeps_emulated_time else clock
        ignore = compile_ignore((*DEFAULT_IGNORE, *settings.activity.ignore))
        generation = account.generation
        with AccountSource(opened, clock=time, generation=generation, ignore=ignore) as source:
            yield source, time


def _follows_within(
    settings: Settings, account: AccountSettings, every: timedelta | None, clock: Clock
) -> timedelta:
    """How long after a complete look the next one follows it.

    An emulator's time runs as fast as it likes.
    """
    if account.keeps_emulated_time and not account.ready_within:
        return _EVER
    return account.overdue_after(every or settings.pace(account), clock.now())


def notifiers(
    settings: NotifySettings, timeout: float, *, enforce: bool, stop: Event | None = None
) -> list[Notifier]:
    """Who tells the people that the settings name; whoever may not end anything tells nobody."""
    if not enforce:
        return [DryRunNotifier(target) for target in settings.targets]
    hooks = (
        Webhook(hook.name, _concealed(hook.address), timeout, stop) for hook in settings.webhooks
    )
    mails = (_mail(mail, timeout, stop) for mail in settings.emails)
    return [*hooks, *mails]


def _mail(to: EmailSettings, timeout: float, stop: Event | None) -> Notifier:
    from reaper.notify.mail import Mail  # noqa: PLC0415 - smtplib only where mail is sent

    password = _concealed(to.login) if to.user else None
    return Mail(
        to.name, to.host, to.port, to.from_, to.to, timeout, to.starttls, to.user, password, stop
    )


def _concealed(secret: Secret) -> Secret:
    """The same secret, which the log will not show."""

    def concealed() -> SecretStr:
        value = secret()
        logs.conceal(value)
        return value

    return concealed


def _terminator(settings: Settings, source: AccountSource, clock: Clock, stop: Event) -> Enforcer:
    return Terminator(
        source,
        AccountEnder(source),
        clock,
        stop,
        patience=settings.confirm_within.seconds,
        gap=60 / settings.per_minute if settings.per_minute else 0.0,
        sentinel=settings.stop_file,
    )
