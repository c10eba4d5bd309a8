"""A database to read and write, with every failure in one line for a person."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from reaper import files
from reaper.errors import ConfigurationError, StoreError

_BUSY_SECONDS = 10
_STALLED_SECONDS = 30
"""After so long PostgreSQL takes its lock from a writer that hangs, and others go on."""
_POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""What the driver is told unless `database_url` says otherwise: a server that the network swallows
is given up after a
minute, where the system would wait for hours. In seconds, but for the last one: milliseconds.
"""
_PAGES_AT_ONCE = 2_000
_WRITERS = 7_237_165
"""PostgreSQL's advisory lock of whoever writes.

Any number that no other program on the server takes.
"""

_ADVICE = (
    ("readonly", "make it writable, or set database_url to another place"),
    (
        "unable to open",
        "check that its folder exists and is writable, or set database_url to another place",
    ),
    ("locked", "another program has locked it; try again, or stop that program"),
    ("disk is full", "free some space; nothing is ended before its decision is stored"),
    ("not a database", "the file is something else; set database_url to another file"),
    ("malformed", "the file is damaged; restore it from a backup"),
    ("idle-in-transaction", "this reaper was delayed; what it was about to write was not written"),
    ("lock timeout", "another program has locked it; try again, or stop that program"),
    ("no space left", "free some space; nothing is ended before its decision is stored"),
    ("read-only", "name a server and user that may write in database_url"),
    (
        "permission denied",
        "let its user create and write tables, or name another user in database_url",
    ),
    ("resolve host", "check the host in database_url"),
    ("invalid port", "check the port in database_url"),
    ("refused", "check that the server runs and database_url names it"),
    ("timeout", "check that the server runs and database_url names it"),
    ("password", "check the user and password in database_url"),
    ("no such table", "run `reaper db check`"),
    ("relation", "run `reaper db check`"),
    ("does not exist", "create it on the server, or name another in database_url"),
)
_NO_SECRETS = frozenset({"host", "port", "mode", "uri"})
_LIKE_THIS = (
    "write sqlite:////var/lib/reaper/reaper.db, or postgresql+psycopg://user:password@host/name "
    "(that needs `aimms-reaper[postgres]`)"
)


class Database:
    """An open database.

    `where` names it without its password, also where that stands behind the `?`.
    """

    def __init__(self, engine: sa.Engine, url: URL | None = None) -> None:
        self.engine = engine
        self.where = _shown(url or engine.url)
        self.dialect = engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that only reads. Raises StoreError."""
        with self._guarded(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction, committed at the end, and no other writer meanwhile.

        Raises StoreError; then nothing of it is kept.
        """
        with (
            self._guarded(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    def shrink(self) -> None:
        """Give free pages of an SQLite file back, some at a time; PostgreSQL does that by itself.

        Raises StoreError.

        A file from before it could shrink keeps its free pages, and uses them again.
        """
        if self.dialect != "sqlite":
            return
        with self._guarded(), closing(self.engine.raw_connection()) as connection:
            cursor, before = connection.cursor(), None
            while (free := cursor.execute("PRAGMA freelist_count").fetchone()[0]) not in (
                0,
                before,
            ):
                cursor.executescript(
                    f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})"
                )  # `execute` frees just one
                before = free

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PoolTimeout) as error:
            raise trouble(self.where, error) from error

    def close(self) -> None:
        self.engine.dispose()


def _shown(url: URL) -> str:
    open_to_all = {key: value for key, value in url.query.items() if key in _NO_SECRETS}
    return url.set(query=open_to_all).render_as_string(hide_password=True)


def trouble(where: str, error: DBAPIError | PoolTimeout) -> StoreError:
    """What went wrong with the database, in one line with what to do."""
    cause = error.orig or error if isinstance(error, DBAPIError) else error
    message = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    usual = "nothing was ended without its record"
    advice = next((what for word, what in _ADVICE if word in str(cause).lower()), usual)
    return StoreError(f"the database {where}: {message}; {advice}")


def connect(url: str, *, make: bool) -> Database:
    """The database of that URL, made where there is none yet.

    Without `make` nothing is changed, and a file that is not there yet reads as an empty database.
    Raises ConfigurationError for an impossible URL, and StoreError.
    """
    parsed = _parsed(url)
    if make:
        _make_file(parsed)
    there = _is_there(parsed) or make
    return Database(_engine(parsed if there else parsed.set(database=":memory:", query={})), parsed)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.get_dialect().is_async:
            raise ConfigurationError(
                f"database_url names the driver {parsed.drivername}; {_LIKE_THIS}"
            )
    except (ArgumentError, NoSuchModuleError, ValueError):  # ValueError: a port that is no number
        raise ConfigurationError(
            f"database_url is not a valid database address; {_LIKE_THIS}"
        ) from None
    return (
        parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed
    )


def _file(url: URL) -> Path | None:
    """The file of an SQLite database.

    None where SQLite itself reads the name, or it is in memory.
    """
    name = url.database or ""
    if (
        url.get_backend_name() != "sqlite"
        or not name
        or name == ":memory:"
        or name.startswith("file:")
    ):
        return None
    return Path(name)


def file_of(url: str) -> Path | None:
    """The file that an SQLite database of that URL is in; None where it is in none.

    Raises ConfigurationError for an impossible URL.
    """
    return _file(_parsed(url))


def _is_there(url: URL) -> bool:
    file = _file(url)
    if file is None:
        return True
    with contextlib.suppress(OSError):  # SQLite says why
        if (kind := files.irregular(file)) is not None:
            raise StoreError(f"the database {file}: {kind}, not a file; set database_url to a file")
    return not files.missing(file)


def _make_file(url: URL) -> None:
    """An empty file that only its owner reads, where there is none: it holds people's names."""
    file = _file(url)
    if file is None or not files.missing(file):
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the database {file}: its folder cannot be made: {error.strerror}; "
            "set database_url to a place that can be written"
        ) from None
    with contextlib.suppress(OSError):  # SQLite says why
        files.make_private(file)


def _engine(url: URL) -> sa.Engine:
    try:
        match url.get_backend_name():
            case "sqlite":
                return _sqlite(url)
            case "postgresql":
                return _postgresql(url)
            case _:
                return sa.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"database_url needs the Python package {error.name}; {_LIKE_THIS}"
        ) from None
    except ArgumentError:
        raise ConfigurationError(
            f"database_url is not a valid database address; {_LIKE_THIS}"
        ) from None


def _sqlite(url: URL) -> sa.Engine:
    engine, file = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS}), _file(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    if file is not None:
        event.listen(engine, "connect", lambda _, record: record.info.update(file=_identity(file)))
        event.listen(engine, "begin", lambda connection: _refuse_unless_still(file, connection))
    return engine


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _refuse_unless_still(file: Path, connection: sa.Connection) -> None:
    """A file that was deleted or replaced goes on taking what is written to it, and nobody will
    ever read that.
    """
    if _identity(file) != connection.info["file"]:
        raise StoreError(
            f"the database {file}: it was deleted or replaced; put it back, or start `reaper` again"
        )


def _postgresql(url: URL) -> sa.Engine:
    patience = {name: value for name, value in _POSTGRESQL.items() if name not in url.query}
    engine = sa.create_engine(url, pool_pre_ping=True, connect_args=patience)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


# the driver's connection
def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401
    connection.isolation_level = (
        None  # transactions begin where SQLAlchemy says, not where the driver guesses
    )
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    if cursor.execute("PRAGMA page_count").fetchone() == (0,):
        cursor.execute(
            "PRAGMA auto_vacuum=INCREMENTAL"
        )  # only a new file heeds it; it lets the file shrink
    with contextlib.suppress(
        sqlite3.OperationalError
    ):  # another program is just doing the same to a new file
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """A writer takes its lock at once.

    One that first reads and then writes fails however long it may wait.
    """
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    """Writers queue as they do on SQLite.

    Two passes at once would both find the same decisions missing.
    """
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{_BUSY_SECONDS}s', true), "
            f"set_config('idle_in_transaction_session_timeout', '{_STALLED_SECONDS}s', true)"
        )
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
