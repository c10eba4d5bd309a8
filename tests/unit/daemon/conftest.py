"""The daemon by a clock of the test's own."""

from __future__ import annotations

import pytest
from support.clock import Clock

from reaper.daemon.status import DaemonStatus


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def status(clock: Clock) -> DaemonStatus:
    return DaemonStatus(clock)
