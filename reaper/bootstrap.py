"""Settings -> wired objects. Nothing happens at import; whether sessions can be ended is decided here, once."""

from __future__ import annotations

import gc
import getpass
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from reaper import __version__, logs
from reaper.client import (
    DEFAULT_IGNORE,
    AccountEnder,
    AccountSource,
    Connection,
    ServerClock,
    compile_ignore,
    quiet_retries,
)
from reaper.clock import SystemClock
from reaper.core.policy import PolicySet
from reaper.enforce import DryRun, Terminator
from reaper.ports import Clock, Enforcer
from reaper.run import Reaper, Tell
from reaper.settings import AccountSettings, Settings
from reaper.store import Database, SqlLedger, open_database

_OBJECTS_OF_A_PASS = 1_000_000


def actor() -> str:
    """Who runs this, for the record: `user@host`."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = "unknown"
    return f"{user}@{platform.node()}"


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database of the settings, created and migrated where needed. Raises StoreError."""
    opened = open_database(settings.database_url, ask=settings.upgrade == "ask")
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def connection(settings: Settings, account: AccountSettings) -> Iterator[Connection]:
    """A connection to the account. Raises ConfigurationError when its key cannot be had."""
    quiet_retries()
    key = account.key()
    logs.conceal(key)
    with Connection(
        account.name,
        account.url,
        key,
        timeout_seconds=settings.timeout.seconds,
        workers=settings.activity.workers,
        clock=SystemClock(),
    ) as opened:
        yield opened


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector out of a pass's way: what a pass makes lives until its end.

    Looking through those hundred thousands of objects again and again finds nothing, and takes up to half of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_OF_A_PASS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


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
) -> Iterator[Reaper]:
    """Everything one account's pass needs, closed afterwards."""
    with undisturbed(), connection(settings, account) as opened:
        clock: Clock = ServerClock(opened, SystemClock()) if account.clock == "server" else SystemClock()
        with AccountSource(
            opened,
            clock=clock,
            generation=account.generation,
            ignore=compile_ignore((*DEFAULT_IGNORE, *settings.activity.ignore)),
        ) as source:
            enforcer = _terminator(settings, source, clock, stop) if enforce else DryRun()
            ledger = SqlLedger(store, clock, actor(), __version__, settings.lease.delta)
            yield Reaper(policies, source, ledger, enforcer, clock, settings.limits, stop, tell, reread)


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
