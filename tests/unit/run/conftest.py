"""Houses for these tests.

The builders stand beside this file and in tests/unit/run/pipeline, which are no packages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.pass_house import House
from support.run_house import Open, open_house

from reaper.store import open_database


@pytest.fixture(scope="session")
def empty_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: quicker than migrating one for each test."""
    file = tmp_path_factory.mktemp("record") / "reaper.db"
    open_database(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def house(empty_record: Path) -> Iterator[Open]:
    """Opens houses, each with a record of its own, and closes them."""
    with ExitStack() as opened:
        # what a scenario can say
        def start(*sessions: dict[str, Any], **more: Any) -> House:  # noqa: ANN401
            return opened.enter_context(open_house(empty_record, *sessions, **more))

        yield start
