"""Each test in a folder of its own, with a hostile tenant, an empty record and a clock that only
waiting moves.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from support.clock import Clock
from support.command import alone
from support.hostile_house import House, Open, open_house

from reaper.clock import SystemClock


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path) -> Iterator[None]:
    with alone(tmp_path):
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the whole program asks, down from its command line."""
    clock = Clock()
    monkeypatch.setattr(SystemClock, "now", lambda _: clock.now())
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: clock.monotonic())
    monkeypatch.setattr(SystemClock, "wait", lambda _, seconds: clock.wait(seconds))
    return clock


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
