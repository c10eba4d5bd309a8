"""A fleet of ten thousand, served from another process, and a table of what was measured."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from measuring import Figures, Serve, serving


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    """What was measured against what is allowed; printed at the end."""
    found: Figures = []
    yield found
    width = max((len(what) for what, _, _ in found), default=0)
    sys.stdout.write("\n\n" + "".join(f"{what:<{width}}  {is_:>9}  of {may}\n" for what, is_, may in found))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve so many sessions, each written as in a scenario; the rest is told in fleet_server.py."""
    with serving() as start:
        yield start
