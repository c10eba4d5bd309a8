"""Commits that do not wait for the disk: a test outlives no power cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reaper.store import database

SHIPPED = database._prepare_sqlite


def _unsynchronised(connection: Any, record: object) -> None:  # noqa: ANN401 - the driver's
    SHIPPED(connection, record)
    connection.execute("PRAGMA synchronous=OFF")


@contextmanager
def quick_commits() -> Iterator[None]:
    """Every SQLite database that this process opens; its crashes lose nothing all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_prepare_sqlite", _unsynchronised)
        yield
