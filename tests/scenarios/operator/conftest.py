"""What an operator has: the real command in a folder of its own, and emulated accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.command import alone
from support.safety_cli import Desk


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder of the settings, and the home of whoever calls beside it."""
    (tmp_path / "etc").mkdir()
    with alone(tmp_path / "etc"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
        yield


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A folder with settings and policies, a database beside them, and the accounts they name."""
    with ExitStack() as stack:
        yield Desk(stack, "sqlite:///reaper.db")
