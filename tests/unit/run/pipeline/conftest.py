"""Starts an emulated account with the sessions that a test needs, and a house that reaps it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import pytest
from support.clock import Clock
from support.pass_house import House, MakeHouse

from reaper.emulator import Config, Emulator, Scenario, SessionSpec
from reaper.store import open_database


@pytest.fixture
def house(tmp_path: Path, migrated_file: Path) -> Iterator[MakeHouse]:
    """Starts an account with the sessions that a test needs, each by its name."""
    opened: list[Callable[[], Any]] = []

    def start(*sessions: dict[str, Any], generation: Literal[1, 2] = 2, **more: Any) -> House:  # noqa: ANN401
        specs = [
            SessionSpec(**{"owner": "anna@Planning", "age": "5h", **session})
            for session in sessions
        ]
        emulator = Emulator(
            Config(generation=generation, speed=0), Scenario(sessions=specs, **more)
        ).__enter__()
        opened.append(lambda: emulator.__exit__(None, None, None))
        file = tmp_path / "reaper.db"
        if not file.exists():
            shutil.copy(migrated_file, file)
        store = open_database(f"sqlite:///{file}")
        opened.append(store.close)
        return House(emulator, store, Clock(emulator.world.now(), emulator.world.advance))

    yield start
    for close in reversed(opened):
        with suppress(RuntimeError):  # a test has ended its account already
            close()
