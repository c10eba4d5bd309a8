"""Houses for these tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.quick_retries import quick_retries
from support.run_house import House, Open, open_house


@pytest.fixture(autouse=True)
def _no_repeats() -> Iterator[None]:
    with quick_retries(attempts=1):
        yield


@pytest.fixture
def house(migrated_file: Path) -> Iterator[Open]:
    """Opens houses, each with a record of its own, and closes them."""
    with ExitStack() as opened:
        # what a scenario can say
        def start(*sessions: dict[str, Any], **more: Any) -> House:  # noqa: ANN401
            return opened.enter_context(open_house(migrated_file, *sessions, **more))

        yield start
