"""The daemon by a clock of the test's own."""

from __future__ import annotations

import pytest
from support.daemon_tools import HandClock

from reaper.daemon.status import DaemonStatus


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def status(clock: HandClock) -> DaemonStatus:
    return DaemonStatus(clock)
