"""A fleet of ten thousand, served from another process, and a table of what was measured."""

import gc
import sys
from collections.abc import Iterator

import pytest
from support.measuring import Figures, Serve, serving

from reaper.cli import prepare_process


@pytest.fixture(scope="session", autouse=True)
def _as_the_program_starts() -> Iterator[None]:
    """The garbage collector as the console script sets it."""
    before = gc.get_threshold()
    prepare_process()
    yield
    gc.set_threshold(*before)


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    """What was measured against what is allowed; printed at the end."""
    found: Figures = []
    yield found
    width = max((len(what) for what, _, _ in found), default=0)
    sys.stdout.write(
        "\n\n" + "".join(f"{what:<{width}}  {is_:>9}  of {may}\n" for what, is_, may in found)
    )


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve so many sessions, each written as in a scenario.

    The rest is told in fleet_server.py.
    """
    with serving() as start:
        yield start
