"""Each test with two accounts, a database of its own, and a daemon that ends with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.unattended import House, busy, idle


def with_accounts(house: House) -> House:
    """One session to be ended in each of two accounts, and one in use."""
    for name in ("acme", "globex"):
        house.account(name, idle(1), busy(2))
    return house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """On an SQLite database that is not there yet."""
    with ExitStack() as stack:
        yield with_accounts(House(tmp_path, stack, f"sqlite:///{tmp_path / 'reaper.db'}"))


@pytest.fixture
def postgresql_house(tmp_path: Path, migrated_postgresql_url: str) -> Iterator[House]:
    """On PostgreSQL."""
    with ExitStack() as stack:
        yield with_accounts(House(tmp_path, stack, migrated_postgresql_url))
