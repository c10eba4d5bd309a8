"""What the tests of all rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.commits import quick_commits


@pytest.fixture(scope="session", autouse=True)
def _quick_commits() -> Iterator[None]:
    with quick_commits():
        yield
