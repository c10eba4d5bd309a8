"""One example of each scenario belongs to the default run; the others are slow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commits import quick_commits


@pytest.fixture(scope="session", autouse=True)
def _quick_commits() -> Iterator[None]:
    with quick_commits():
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all but the first quick example of each test here as slow."""
    quick: set[str] = set()
    for item in items:
        if not item.path.is_relative_to(Path(__file__).parent) or item.get_closest_marker("slow"):
            continue
        test = item.nodeid.partition("[")[0]
        if test in quick:
            item.add_marker("slow")
        quick.add(test)
