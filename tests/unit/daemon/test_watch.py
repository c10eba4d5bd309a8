"""What the daemon does reaches the log, and whoever asks for its health."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from support.clock import NOW, Clock

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


def test_a_pass_is_under_way_until_it_ended(watch: DaemonStatus) -> None:
    """A complete run is counted and dated when it began, and clears the trouble of the
    one before.
    """
    watch.troubles["acme"] = "it was worse"
    with watch.track_run("acme") as ended:
        assert watch.under_way == {"acme"}
        ended(report())
    assert (watch.under_way, watch.runs, watch.troubles) == (set(), {("acme", "done"): 1}, {})
    assert watch.complete_at == {"acme": NOW}
    assert watch.seconds["read"].total == 0.2


def test_an_account_that_cannot_be_read_is_in_trouble(watch: DaemonStatus) -> None:
    """The run counts as unreachable, never as complete, and why stays known."""
    with watch.track_run("acme") as ended:
        ended(report(Unreachable("acme: no answer")))
    assert (watch.runs, watch.troubles) == (
        {("acme", "unreachable"): 1},
        {"acme": "acme: no answer"},
    )
    assert watch.complete_at == {}


def test_a_doubtful_run_is_not_complete(watch: DaemonStatus) -> None:
    """What only observed is counted as doubtful, and is nothing to rely upon."""
    with watch.track_run("acme") as ended:
        ended(report(None, "the fleet halved"))
    assert (watch.runs, watch.complete_at) == ({("acme", "doubtful"): 1}, {})


def test_a_pass_that_breaks_off_is_told_everywhere(watch: DaemonStatus, events: Events) -> None:
    """An error reaches the log, the count and the account's trouble, and still whoever made the
    pass.
    """
    with pytest.raises(StoreError), watch.track_run("acme"):
        raise StoreError("disk full")
    assert (watch.runs, watch.troubles) == ({("acme", "error"): 1}, {"acme": "disk full"})
    assert (watch.under_way, events()) == (set(), [("error", "pass failed")])


def test_an_account_left_to_another_reaper_was_skipped(watch: DaemonStatus) -> None:
    """It is at work on it, or has just been: nothing is wrong."""
    with pytest.raises(LeaseHeld), watch.track_run("acme"):
        raise LeaseHeld("acme: another is at work on it", NOW)
    assert (watch.runs, watch.troubles) == ({("acme", "skipped"): 1}, {})


def test_late_passes_are_told(watch: DaemonStatus, events: Events) -> None:
    """Each miss and overlap is counted and logged as a warning."""
    watch.was_late("acme", "missed", "due at 12:00")
    watch.was_late("acme", "overlapped", "it took 7m")
    assert watch.late == {("acme", "missed"): 1, ("acme", "overlapped"): 1}
    assert events() == [("warning", "pass missed"), ("warning", "pass overlapped")]


def test_a_refused_edit_stays_known_until_one_is_taken(watch: DaemonStatus, events: Events) -> None:
    """What a person wrote wrongly is an error in the log, counted, and readable meanwhile."""
    watch.reloaded("p.yaml:3:5: no such rule")
    assert watch.refused == "p.yaml:3:5: no such rule"
    watch.reloaded()
    after: str | None = watch.refused  # not what it was before
    assert (after, watch.reloads) == (None, Counter(refused=1, taken=1))
    assert events() == [("error", "reload refused"), ("info", "reloaded")]


def test_a_lost_database_is_lost_once_until_it_is_back(
    watch: DaemonStatus, clock: Clock, events: Events
) -> None:
    """The loss is dated by its first sign; its return is told once, and only after a loss."""
    watch.database_back()
    watch.database_lost("refused")
    clock.wait(600)
    watch.database_lost("still refused")
    assert (watch.database_trouble, watch.database_lost_at, watch.databases_lost) == (
        "still refused",
        NOW,
        1,
    )
    watch.database_back()
    assert (watch.database_trouble, watch.database_lost_at) == (None, None)
    assert events() == [
        ("error", "database lost"),
        ("warning", "database lost"),
        ("info", "database back"),
    ]


def test_the_beat_grows_old(watch: DaemonStatus, clock: Clock) -> None:
    """Seconds since the scheduler showed that it is alive."""
    clock.wait(42)
    assert watch.beat_age == 42
    watch.beat()
    assert watch.beat_age == 0


def test_accounts_that_are_gone_are_forgotten(watch: DaemonStatus) -> None:
    """Health asks nothing of an account that is no longer in the settings."""
    watch.set_accounts({"acme": MonitoredAccount(timedelta(minutes=15))})
    with watch.track_run("acme") as ended:
        ended(report())
    watch.due("acme", NOW)
    watch.set_accounts({"globex": MonitoredAccount(timedelta(minutes=15))})
    assert (watch.ended_at, watch.complete_at, watch.next_at) == ({}, {}, {})
