"""Since when a session runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reaper.core.session import Session
from reaper.core.start import running_since

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
CREATED = NOW - timedelta(hours=5)


@pytest.mark.parametrize(
    ("state", "run_time", "since"),
    [
        ("running", 60.5, NOW - timedelta(seconds=60.5)),
        ("running", 10 * 3600.0, CREATED),
        ("running", 1e300, CREATED),
        ("running", None, CREATED),
        ("queued", 60.5, CREATED),
    ],
)
def test_a_start_that_is_not_told_follows_from_the_run_time(
    state: str, run_time: float | None, since: datetime
) -> None:
    """A run time counts back from the look, never past the creation, and only while the session runs."""
    session = Session("a", "webui", state, created_at=CREATED, run_time=run_time)
    assert running_since(session, NOW) == since
