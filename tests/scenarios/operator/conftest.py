"""What an operator has: the real command in a folder of its own, and emulated accounts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import stamina
from support.safety_cli import Cli, Desk, Result

from reaper.cli import main


@pytest.fixture(autouse=True)
def _nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of this machine reaches a test, and no repeated request is waited for."""
    (tmp_path / "etc").mkdir()
    monkeypatch.chdir(tmp_path / "etc")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    for name in [name for name in os.environ if name.startswith("REAPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("reaper.run.enforce._SHORT_LOOK", 0.2)
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture
def reaper(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The console script's own function: what it prints, and the exit code."""

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["reaper", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Result(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A folder with settings and policies, a database beside them, and the accounts they name."""
    with ExitStack() as stack:
        yield Desk(stack, "sqlite:///reaper.db")
