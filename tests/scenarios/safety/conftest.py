"""Houses for the tests: real sockets, real databases, and a clock that a test moves."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import stamina
from support.safety_cli import Cli, Desk, Result
from support.safety_house import Open, open_house

from reaper.cli import main
from reaper.store import Database, open_database


@pytest.fixture(autouse=True)
def _no_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retries happen as often as in life, but at once.

    No setting of this machine reaches a test.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in [name for name in os.environ if name.startswith("REAPER_")]:
        monkeypatch.delenv(name)
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: quicker than migrating one for each test."""
    file = tmp_path_factory.mktemp("migrated") / "reaper.db"
    open_database(f"sqlite:///{file}").close()
    return file


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
def reaper(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The console script's own function: what it prints, and the exit code."""
    monkeypatch.setattr("reaper.run.enforce._SHORT_LOOK", 0.2)

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["reaper", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Result(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    """A folder with settings and policies, and the accounts that they name."""
    with ExitStack() as stack:
        yield Desk(stack, sqlite_url)
