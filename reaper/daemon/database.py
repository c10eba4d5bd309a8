"""The database, while it takes records: nobody makes a pass that could not be recorded."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from reaper.bootstrap import open_store
from reaper.config.settings.model import Settings
from reaper.daemon.backoff import Backoff
from reaper.daemon.status import DaemonStatus
from reaper.errors import StoreError
from reaper.ports import Clock
from reaper.store import Database, open_database, revision

_LEAST, _MOST = 1.0, 30.0


class DatabaseSupervisor:
    """Closed until the database was opened, and again from when it failed until it has taken a
    record.

    `first` opens it for the first time, where need be creating and migrating it, and `again` later.
    `probe` writes.
    All of them raise StoreError.
    """

    def __init__(
        self,
        first: Callable[[], Database],
        again: Callable[[], Database],
        probe: Callable[[Database], None],
        status: DaemonStatus,
        clock: Clock,
    ) -> None:
        self._open, self._again, self._probe = first, again, probe
        self._status, self._clock = status, clock
        self._backoff = Backoff(_LEAST, _MOST)
        self._lock = Lock()
        self._database: Database | None = None
        self._next_try = clock.monotonic()

    @property
    def database(self) -> Database | None:
        """None while nothing can be recorded."""
        return self._database

    def lost(self, database: Database, error: StoreError) -> None:
        """This one failed somebody; it is tried again a little later."""
        with self._lock:
            if database is self._database:  # else somebody has told already
                self._shut(error)

    def try_again(self) -> bool:
        """Try where it is time to; whether the database takes records again since this call."""
        with self._lock:
            if self._database is not None or self._clock.monotonic() < self._next_try:
                return False
            try:
                self._database = self._opened()
            except StoreError as error:
                self._shut(error)
                return False
            self._open = self._again
            self._backoff.worked()
        self._status.database_back()
        return True

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()

    def _opened(self) -> Database:
        database = self._open()
        try:
            self._probe(database)
        except BaseException:
            database.close()
            raise
        return database

    def _shut(self, error: StoreError) -> None:
        if self._database is not None:
            self._database.close()  # connections in use are closed by who uses them
            self._database = None
        self._next_try = self._clock.monotonic() + self._backoff.failed()
        self._status.database_lost(str(error))


def reopen_store(settings: Settings) -> Database:
    """The database that was there before, and is not created where it is gone.

    Raises StoreError.
    """
    database = open_database(settings.database_address(), upgrade=False)
    try:
        if revision(database) is None:
            gone = "it existed before, and is now empty or missing; restore it"
            raise StoreError(f"the database {database.where}: {gone}")
    finally:
        database.close()
    return open_store(settings)
