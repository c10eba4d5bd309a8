"""What the daemon shows over HTTP, from its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.errors import StoreError
from reaper.store import HEAD, Database, open_database, revision

if TYPE_CHECKING:
    from reaper.daemon.status import DaemonStatus


@contextmanager
def face(settings: Settings, daemon: DaemonStatus) -> Iterator[None]:
    """Answer over HTTP while the context is open, where the settings say so.

    Raises ConfigurationError where the address cannot be listened on.
    """
    if settings.http.listen is None:
        yield
        return
    from reaper.web.app import create_app  # noqa: PLC0415 - FastAPI only for a daemon that answers
    from reaper.web.server import serve  # noqa: PLC0415
    from reaper.web.status import StatusReader  # noqa: PLC0415

    with record(settings) as store:
        notice, lease = settings.http.key_notice.delta, settings.lease.delta
        status_reader = StatusReader(daemon, store, SYSTEM_CLOCK, notice, lease)
        with serve(create_app(store, settings.http, status_reader), settings.http.listen):
            yield


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
                database = open_database(settings.database_address(), upgrade=False)
                opened.append(_of_this_version(database))
            return opened[0]

    try:
        yield store
    finally:
        for database in opened:
            database.close()


def _of_this_version(database: Database) -> Database:
    try:
        at = revision(database)
    except StoreError:
        database.close()
        raise
    if at == HEAD:
        return database
    database.close()
    is_at = f"is at revision {at or 'none'}, not at {HEAD}"
    raise StoreError(f"the database {database.where} {is_at}")
