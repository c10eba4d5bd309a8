"""Each test on a stage of its own, whose processes end with it.

On SQLite, and on a real PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.crash_tools import INNOCENTS, OFFENDERS, Stage, account_of

from reaper.store import open_database

SetUp = Callable[..., Stage]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'reaper.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def set_up(tmp_path: Path) -> Iterator[SetUp]:
    """Set a stage: by default with all offenders and innocents, and a migrated database."""
    with ExitStack() as stack:

        def made(
            url: str,
            *sessions: dict[str, Any],
            migrated: bool = True,
            **config: Any,  # noqa: ANN401
        ) -> Stage:
            if migrated:
                open_database(url).close()
            account = stack.enter_context(
                account_of(*(sessions or (*OFFENDERS, *INNOCENTS)), **config)
            )
            stage = Stage(tmp_path, account, url)
            stack.callback(stage.close)
            return stage

        yield made
