"""/api/v1/status: how each account stands, as `reaper status` tells it."""

from __future__ import annotations

from datetime import timedelta

from support.web_tools import Stand, problem

from reaper.bootstrap import database
from reaper.config.settings.model import Settings
from reaper.errors import StoreError
from reaper.store import pause, resume


def test_every_pause_is_listed_with_who_why_and_until_when(
    stand: Stand, recorded: Settings
) -> None:
    """Those of all accounts, once, and those of one; only one without an end needs a person."""
    now = stand.clock.now()
    with database(recorded) as store:
        pause(store, None, at=now, by="vera", reason="close", until=now + timedelta(hours=1))
        pause(store, "acme", at=now, by="ben", reason="tests")
        body = stand.api.get("/api/v1/status").raise_for_status().json()
        for account in (None, "acme"):
            resume(store, account, at=now, by="vera")
    said = [
        (one["account"], one["by"], one["reason"], bool(one["until"])) for one in body["pauses"]
    ]
    assert said == [(None, "vera", "close", True), ("acme", "ben", "tests", False)]
    acme, globex = body["accounts"]
    assert [one["check"] for one in acme["reasons"]] == ["pause"]
    assert globex["reasons"] == []
    assert [one["by"] for one in globex["pauses"]] == ["vera"]
    assert (acme["enforcing"], acme["last_run"]["account"], acme["unsettled"]) == (True, "acme", 0)


def test_without_the_database_it_is_a_problem(stand: Stand) -> None:
    """As in every other list."""
    stand.break_database(StoreError("gone"))
    assert "database is unavailable" in problem(stand.api.get("/api/v1/status"), 503)
