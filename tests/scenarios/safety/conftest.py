"""Houses for the tests: real sockets, real databases, and a clock that a test moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.command import alone
from support.safety_cli import Desk
from support.safety_house import Open, open_house

from reaper.store import Database, open_database


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path) -> Iterator[None]:
    with alone(tmp_path):
        yield


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_file, tmp_path / "reaper.db")
    return f"sqlite:///{tmp_path / 'reaper.db'}"


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty migrated database.

    SQLite, unless the test is parametrised with "postgresql".
    """
    postgresql = getattr(request, "param", "sqlite") == "postgresql"
    found: str = request.getfixturevalue("migrated_postgresql_url" if postgresql else "sqlite_url")
    return found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.close()


@pytest.fixture
def house(database: Database) -> Iterator[Open]:
    """Open a house with these sessions."""
    with ExitStack() as stack:
        yield lambda *specs, **more: stack.enter_context(open_house(database, *specs, **more))


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    """A folder with settings and policies, and the accounts that they name."""
    with ExitStack() as stack:
        yield Desk(stack, sqlite_url)
