"""Each test in a folder of its own, with a hostile tenant, an empty record and a clock that only
waiting moves.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
import stamina
from support.clock import Clock
from support.hostile_house import House, Open, open_house

from reaper.clock import SystemClock
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
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the whole program asks, down from its command line."""
    clock = Clock()
    monkeypatch.setattr(SystemClock, "now", lambda _: clock.now())
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: clock.monotonic())
    monkeypatch.setattr(SystemClock, "wait", lambda _, seconds: clock.wait(seconds))
    return clock


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: quicker than migrating one for each test."""
    file = tmp_path_factory.mktemp("migrated") / "reaper.db"
    open_database(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def tenant(
    migrated_file: Path, tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> Iterator[Open]:
    """Open a house of a generation, each with a record of its own."""
    numbers = count(1)
    with ExitStack() as stack:

        def start(generation: int = 2) -> House:
            file = shutil.copy(migrated_file, tmp_path / f"reaper-{next(numbers)}.db")
            return stack.enter_context(
                open_house(f"sqlite:///{file}", clock, capsys, generation=generation)
            )

        yield start


@pytest.fixture
def house(tenant: Open) -> House:
    """A truthful tenant of generation 2, until a switch is thrown."""
    return tenant()
