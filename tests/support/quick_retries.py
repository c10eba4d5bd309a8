"""Reads are repeated as often as in life, but at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reaper.net.limits import Horizon
from reaper.platforms.aimms import connection


@contextmanager
def quick_retries(attempts: int = connection.ATTEMPTS) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Horizon, "rest", lambda _self, _seconds: True)
        patch.setattr(connection, "ATTEMPTS", attempts)
        yield
