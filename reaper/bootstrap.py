"""Settings -> wired objects. Nothing happens at import; whether sessions can be ended is decided here, once."""

from __future__ import annotations

import gc
import getpass
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Lock

from pydantic import SecretStr

from reaper import __version__, logs
from reaper.client import (
    DEFAULT_IGNORE,
    AccountEnder,
    AccountSource,
    Connection,
    ServerClock,
    Webhook,
    compile_ignore,
    quiet_retries,
)
from reaper.clock import SystemClock
from reaper.core.policy import PolicySet
from reaper.enforce import DryRun, Terminator
from reaper.errors import StoreError
from reaper.mail import Mail
from reaper.notify_settings import EmailSettings, NotifySettings
from reaper.ports import Clock, Enforcer, Messenger, RequestCount, Secret
from reaper.run import Reaper, Tell
from reaper.schedule_settings import Cron
from reaper.settings import AccountSettings, Settings
from reaper.store import HEAD, Database, SqlLedger, open_database, revision
from reaper.telling import Silent
from reaper.watch import Charge, Watch

_OBJECTS_OF_A_PASS = 1_000_000
_passes: list[tuple[int, int, int]] = []  # under way, with the collector's pace before each
_passes_lock = Lock()
_LATE = 3  # passes without a complete run, after which the daemon is not ready
_LATE_AT_LEAST = timedelta(minutes=5)
_EVER = timedelta(days=36_500)


def actor() -> str:
    """Who runs this, for the record: `user@host`."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = "unknown"
    return f"{user}@{platform.node()}"


def opened_first(settings: Settings) -> Database:
    """The database of the settings, created and migrated where needed. Raises StoreError."""
    return open_database(settings.database_url, ask=settings.upgrade == "ask")


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """As `opened_first`, closed afterwards."""
    opened = opened_first(settings)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def record(settings: Settings) -> Iterator[Callable[[], Database]]:
    """What gives the database to whoever only reads it, as soon as it is there and of this version.

    Until then it raises StoreError. Nothing is created or migrated.
    """
    opened: list[Database] = []
    lock = Lock()

    def store() -> Database:
        with lock:
            if not opened:
                opened.append(_of_this_version(open_database(settings.database_url, upgrade=False)))
            return opened[0]

    try:
        yield store
    finally:
        for database in opened:
            database.close()


def charges(accounts: Sequence[AccountSettings], paces: Mapping[str, Cron | timedelta]) -> dict[str, Charge]:
    """The accounts as a `Watch` looks after them, where each is visited at its own pace."""
    return {account.name: _charge(account, paces[account.name]) for account in accounts}


def _charge(account: AccountSettings, pace: Cron | timedelta) -> Charge:
    return Charge(_ready_within(account, pace), account.api_key_expires)


def _ready_within(account: AccountSettings, pace: Cron | timedelta) -> timedelta:
    if account.ready_within:
        return account.ready_within.delta
    if isinstance(pace, timedelta):
        return max(_LATE * pace, _LATE_AT_LEAST)
    return pace.longest_gap(SystemClock().now()) + pace.patience


def _follows_within(settings: Settings, account: AccountSettings, every: timedelta | None) -> timedelta:
    """How long after a complete look the next one follows it; an emulator's time runs as fast as it likes."""
    if account.clock == "server" and not account.ready_within:
        return _EVER
    return _ready_within(account, every or settings.pace(account))


@contextmanager
def face(settings: Settings, watch: Watch) -> Iterator[None]:
    """Answer over HTTP while the context is open, where the settings say so. Raises ConfigurationError."""
    if settings.http.listen is None:
        yield
        return
    from reaper.web.app import create_app  # noqa: PLC0415 - most commands answer nobody
    from reaper.web.server import answering  # noqa: PLC0415
    from reaper.web.standing import Standings  # noqa: PLC0415

    with record(settings) as store:
        standings = Standings(watch, store, SystemClock(), settings.http.key_notice.delta)
        with answering(create_app(store, settings.http, standings), settings.http.listen):
            yield


def opened_again(settings: Settings) -> Database:
    """The database that was there before, and is not created where it is gone. Raises StoreError."""
    looked = open_database(settings.database_url, upgrade=False)
    try:
        if revision(looked) is None:
            raise StoreError(f"the database {looked.where}: it was there before, and is empty or gone; put it back")
    finally:
        looked.close()
    return opened_first(settings)


def _of_this_version(database: Database) -> Database:
    try:
        found = revision(database)
    except StoreError:
        database.close()
        raise
    if found == HEAD:
        return database
    database.close()
    raise StoreError(f"the database {database.where} is at revision {found or 'none'}, not at {HEAD}")


@contextmanager
def connection(settings: Settings, account: AccountSettings, count: RequestCount | None = None) -> Iterator[Connection]:
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
        count=count,
    ) as opened:
        yield opened


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector out of the way of all passes: what a pass makes lives until its end.

    Looking through those hundred thousands of objects again and again finds nothing, and takes up to half of the time.
    """
    with _passes_lock:
        _passes.append(gc.get_threshold())
        gc.set_threshold(_OBJECTS_OF_A_PASS, *_passes[0][1:])
    try:
        yield
    finally:
        with _passes_lock:
            before = _passes.pop()
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
    count: RequestCount | None = None,
    every: timedelta | None = None,
) -> Iterator[Reaper]:
    """Everything one account's pass needs, closed afterwards.

    Passes are due `every` so often; without it, when the settings say.
    """
    with undisturbed(), connection(settings, account, count) as opened:
        clock: Clock = ServerClock(opened, SystemClock()) if account.clock == "server" else SystemClock()
        with AccountSource(
            opened,
            clock=clock,
            generation=account.generation,
            ignore=compile_ignore((*DEFAULT_IGNORE, *settings.activity.ignore)),
        ) as source:
            enforcer = _terminator(settings, source, clock, stop) if enforce else DryRun()
            ledger = SqlLedger(store, clock, actor(), __version__, settings.lease.delta)
            told = messengers(settings.notify, settings.timeout.seconds, enforce=enforce)
            within = _follows_within(settings, account, every)
            yield Reaper(policies, source, ledger, enforcer, clock, settings.limits, stop, tell, reread, told, within)


def messengers(settings: NotifySettings, timeout: float, *, enforce: bool) -> list[Messenger]:
    """Who tells the people that the settings name; whoever may not end anything tells nobody."""
    if not enforce:
        return [Silent(target) for target in settings.targets]
    hooks = (Webhook(hook.name, _concealed(hook.address), timeout) for hook in settings.webhooks)
    mails = (_mail(mail, timeout) for mail in settings.emails)
    return [*hooks, *mails]


def _mail(to: EmailSettings, timeout: float) -> Mail:
    password = _concealed(to.login) if to.user else None
    return Mail(to.name, to.host, to.port, to.from_, to.to, timeout, to.starttls, to.user, password)


def _concealed(secret: Secret) -> Secret:
    """The same secret, which the log will not show."""

    def asked_for() -> SecretStr:
        found = secret()
        logs.conceal(found)
        return found

    return asked_for


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
