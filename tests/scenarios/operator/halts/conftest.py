"""What an operator has at a halt: the real command in a folder of its own, and emulated accounts."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.quick_retries import quick_retries
from support.safety_cli import Cli, Desk, Result

from reaper.cli import main
from reaper.store import open_database


@pytest.fixture(autouse=True)
def _no_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retries happen as often as in life, but at once.

    No setting of this machine reaches a test.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in [name for name in os.environ if name.startswith("REAPER_")]:
        monkeypatch.delenv(name)
    with quick_retries():
        yield


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: quicker than migrating one for each test."""
    file = tmp_path_factory.mktemp("migrated") / "reaper.db"
    open_database(f"sqlite:///{file}").close()
    return file


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
def desk(migrated_file: Path, tmp_path: Path) -> Iterator[Desk]:
    """A folder with settings and policies, a database, and the accounts that they name."""
    file = shutil.copy(migrated_file, tmp_path / "reaper.db")
    with ExitStack() as stack:
        yield Desk(stack, f"sqlite:///{file}")
