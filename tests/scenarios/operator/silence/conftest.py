"""Houses and desks for what an operator must be told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.quick_retries import quick_retries
from support.safety_cli import Cli, Desk, Result
from support.safety_house import Open, open_house

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


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Open]:
    """Open a house with these sessions."""
    database = open_database(f"sqlite:///{tmp_path / 'house.db'}")
    with ExitStack() as stack:
        stack.callback(database.close)
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
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A folder with settings and policies, and the accounts that they name."""
    with ExitStack() as stack:
        yield Desk(stack, f"sqlite:///{tmp_path / 'reaper.db'}")
