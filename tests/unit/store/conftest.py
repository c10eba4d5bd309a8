"""Every test of the record runs on SQLite and on a real PostgreSQL.

Where that cannot start, the tests fail.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.store_builders import Book

from reaper.store import Database, open_database


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database whose folder is not there yet."""
    return f"sqlite:///{tmp_path / 'its' / 'folder' / 'reaper.db'}"


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
"""The default run tries PostgreSQL with what a run cannot do without, in tests/scenarios/safety.

The slow one with everything.
"""


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture(params=BOTH)
def migrated_url(request: pytest.FixtureRequest, sqlite_url: str, migrated_file: Path) -> str:
    """The address of a database at this version's revision."""
    if request.param == "postgresql":
        found: str = request.getfixturevalue("migrated_postgresql_url")
        return found
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.parent.mkdir(parents=True)
    shutil.copy(migrated_file, file)
    return sqlite_url


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    opened = open_database(migrated_url)
    yield opened
    opened.close()


@pytest.fixture
def book(database: Database) -> Book:
    return Book(database)
