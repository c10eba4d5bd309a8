"""What the daemon does reaches the log, and whoever asks for its health."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from support.clock import NOW, Clock
from support.counted import counted

from reaper import logs
from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Snapshot
from reaper.core.planning.plan import Plan
from reaper.daemon.status import DaemonStatus, MonitoredAccount
from reaper.errors import LeaseHeld, StoreError, Unreachable
from reaper.run.pipeline import Report

Events = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def events(capsys: pytest.CaptureFixture[str]) -> Iterator[Events]:
    """What was logged since last asked: the level and event of each line."""

    def read() -> list[tuple[str, str]]:
        lines: list[dict[str, Any]] = [
            json.loads(line) for line in capsys.readouterr().err.splitlines()
        ]
        return [(line["level"], line["event"]) for line in lines]

    with logs.writing("info", "json"):
        yield read


def report(error: Unreachable | None = None, *doubts: str) -> Report:
    doubts = (*doubts, str(error)) if error else doubts
    seen = Observation("acme", NOW, Snapshot("acme", (), doubts=doubts), PolicySet(()), ())
    return Report(1, seen, Plan(), False, error=error, seconds={"read": 0.2})


def test_a_pass_is_under_way_until_it_ended(status: DaemonStatus) -> None:
    """A complete run is counted and dated when it began, and clears the trouble of the
    one before.
    """
    status.troubles["acme"] = "it was worse"
    with status.track_run("acme") as ended:
        assert status.under_way == {"acme"}
        ended(report())
    assert (status.under_way, counted(status, "runs_total"), status.troubles) == (
        set(),
        {("acme", "done"): 1},
        {},
    )
    assert status.complete_at == {"acme": NOW}
    assert counted(status, "run_seconds_sum") == {("read",): 0.2}


def test_an_account_that_cannot_be_read_is_in_trouble(status: DaemonStatus) -> None:
    """The run counts as unreachable, never as complete, and why stays known."""
    with status.track_run("acme") as ended:
        ended(report(Unreachable("acme: no answer")))
    assert (counted(status, "runs_total"), status.troubles) == (
        {("acme", "unreachable"): 1},
        {"acme": "acme: no answer"},
    )
    assert status.complete_at == {}


def test_a_doubtful_run_is_not_complete(status: DaemonStatus) -> None:
    """What only observed is counted as doubtful, and is nothing to rely upon."""
    with status.track_run("acme") as ended:
        ended(report(None, "the fleet halved"))
    assert (counted(status, "runs_total"), status.complete_at) == ({("acme", "doubtful"): 1}, {})


def test_a_pass_that_breaks_off_is_told_everywhere(status: DaemonStatus, events: Events) -> None:
    """An error reaches the log, the count and the account's trouble, and still whoever made the
    pass.
    """
    with pytest.raises(StoreError), status.track_run("acme"):
        raise StoreError("disk full")
    assert (counted(status, "runs_total"), status.troubles) == (
        {("acme", "error"): 1},
        {"acme": "disk full"},
    )
    assert (status.under_way, events()) == (set(), [("error", "pass failed")])


def test_an_account_left_to_another_reaper_was_skipped(status: DaemonStatus) -> None:
    """It is at work on it, or has just been: nothing is wrong."""
    with pytest.raises(LeaseHeld), status.track_run("acme"):
        raise LeaseHeld("acme: another is at work on it", NOW)
    assert (counted(status, "runs_total"), status.troubles) == ({("acme", "skipped"): 1}, {})


def test_late_passes_are_told(status: DaemonStatus, events: Events) -> None:
    """Each miss and overlap is counted and logged as a warning."""
    status.was_late("acme", "missed", "due at 12:00")
    status.was_late("acme", "overlapped", "it took 7m")
    assert counted(status, "late_runs_total") == {("acme", "missed"): 1, ("acme", "overlapped"): 1}
    assert events() == [("warning", "pass missed"), ("warning", "pass overlapped")]


def test_a_refused_edit_stays_known_until_one_is_taken(
    status: DaemonStatus, events: Events
) -> None:
    """What a person wrote wrongly is an error in the log, counted, and readable meanwhile."""
    status.reloaded("p.yaml:3:5: no such rule")
    assert status.refused == "p.yaml:3:5: no such rule"
    status.reloaded()
    after: str | None = status.refused  # not what it was before
    assert after is None
    assert counted(status, "reloads_total") == {("refused",): 1, ("taken",): 1}
    assert events() == [("error", "reload refused"), ("info", "reloaded")]


def test_a_lost_database_is_lost_once_until_it_is_back(
    status: DaemonStatus, clock: Clock, events: Events
) -> None:
    """The loss is dated by its first sign; its return is told once, and only after a loss."""
    status.database_back()
    status.database_lost("refused")
    clock.wait(600)
    status.database_lost("still refused")
    assert (status.database_trouble, status.database_lost_at) == ("still refused", NOW)
    assert counted(status, "databases_lost_total") == {(): 1}
    status.database_back()
    assert (status.database_trouble, status.database_lost_at) == (None, None)
    assert events() == [
        ("error", "database lost"),
        ("warning", "database lost"),
        ("info", "database back"),
    ]


def test_the_beat_grows_old(status: DaemonStatus, clock: Clock) -> None:
    """Seconds since the scheduler showed that it is alive."""
    clock.wait(42)
    assert status.beat_age == 42
    status.beat()
    assert status.beat_age == 0


def test_accounts_that_are_gone_are_forgotten(status: DaemonStatus) -> None:
    """Health asks nothing of an account that is no longer in the settings."""
    status.set_accounts({"acme": MonitoredAccount(timedelta(minutes=15))})
    with status.track_run("acme") as ended:
        ended(report())
    status.due("acme", NOW)
    status.set_accounts({"globex": MonitoredAccount(timedelta(minutes=15))})
    assert (status.ended_at, status.complete_at, status.next_at) == ({}, {}, {})
