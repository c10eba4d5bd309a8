"""No session is idle for longer than it has been running, wherever idle times are compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core_builders import (
    NOW,
    SECOND,
    a_policy,
    a_session,
    active,
    ago,
    by_id,
    house,
    ruling,
    rulings,
    the_verdict,
    verdicts,
)
from support.core_strategies import LASTING, Fleet, Known, houses, moments, positive_rules, scenes
from support.laws import examples

from reaper.core.explaining.forecast import Forecast
from reaper.core.judging.persistence import Condition
from reaper.core.judging.start import from_the_start, running_since, started_again
from reaper.core.judging.verdict import Observation, Ruling
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Session, Snapshot

IDLE = a_policy({"idle": "2h"})
OLD_LOG = ago("5h")


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        (ago("1m"), Ruling.COMPLIANT),
        (ago("2h") + SECOND, Ruling.COMPLIANT),
        (ago("2h"), Ruling.OFFENDER),
        (NOW + SECOND, Ruling.COMPLIANT),
        (None, Ruling.OFFENDER),
        (ago("9h"), Ruling.OFFENDER),
    ],
)
def test_a_session_is_idle_since_its_start_at_most(started: Any, expected: Ruling) -> None:  # noqa: ANN401
    """A last line from before it was started again counts from the start.

    One that is not told, from the creation.
    """
    session = a_session(started_at=started)
    assert ruling(IDLE, session, active(session, OLD_LOG)) is expected


def test_the_evidence_tells_the_start() -> None:
    """Whoever reads why a session stays sees that the start counts, and not the log's last line."""
    session = a_session(started_at=ago("1m"))
    assert the_verdict(IDLE, session, active(session, OLD_LOG)).reason == (
        "idle 1m (running only since 2026-11-23T11:59:00Z; log line 7)"
    )


@pytest.mark.parametrize("kind", ["task", "solve", "webui"])
@pytest.mark.parametrize("state", ["queued", "launching", "assigned"])
def test_a_session_that_waits_is_not_idle(kind: str, state: str) -> None:
    """It went back to the queue; when it runs again its time begins anew."""
    policy = a_policy({"idle": {"over": "2h", "kinds": [kind]}}, {"kind": kind})
    session = a_session(kind=kind, state=state)
    found = the_verdict(policy, session, active(session, OLD_LOG))
    assert (found.ruling, found.reason) == (Ruling.COMPLIANT, f"{state}, not running")


def test_a_quota_ranks_by_the_start() -> None:
    """One that was just started again is the most recently active, whatever its log says."""
    rule = a_policy({"owner_sessions": {"over": 1, "keep": "most_recently_active"}})
    again, other = (
        a_session("again", started_at=ago("1m")),
        a_session("other", started_at=ago("9h")),
    )
    known = by_id(active(again, OLD_LOG), active(other, ago("1h")))
    assert rulings(rule, [again, other], known) == {
        ("p", "again"): Ruling.COMPLIANT,
        ("p", "other"): Ruling.OFFENDER,
    }


def test_seats_are_ranked_by_the_start() -> None:
    """The seat of one that was just started again is not the longest idle."""
    rule = a_policy({"seats": {"high": 1, "low": 1, "floor": "30m"}})
    again = a_session("again", started_at=ago("1m"))
    other = a_session("other", user="ben", started_at=ago("9h"))
    known = by_id(active(again, OLD_LOG), active(other, ago("1h")))
    assert rulings(rule, [again, other], known) == {
        ("p", "again"): Ruling.COMPLIANT,
        ("p", "other"): Ruling.OFFENDER,
    }


def test_a_forecast_counts_from_the_start() -> None:
    """It will be idle for two hours when it has been running for two."""
    session, rules = a_session(started_at=ago("1m")), house(IDLE)
    known = by_id(active(session, OLD_LOG))
    found = verdicts(rules, [session], known)
    seen = Observation("acme", NOW, Snapshot("acme", (session,)), rules, found, known, known)
    change = Forecast(rules, IDLE, session, seen).next_change()
    assert change is not None
    assert change.at == NOW + timedelta(hours=1, minutes=59)


def test_what_is_shown_counts_from_the_start() -> None:
    """The idle time beside a session in a list is the one that it is judged by."""
    session = a_session(started_at=ago("1m"))
    look = Observation("acme", NOW, Snapshot("acme", (session,)), house(IDLE), ())
    seen = look.with_activity(by_id(active(session, OLD_LOG)))
    assert seen.activity["s1"].idle(NOW) == timedelta(minutes=1)
    assert seen.learnt["s1"].at == OLD_LOG


WAITED = {("s1", Condition.WAITING.value): ago("10m")}
AGAIN = {("s1", Condition.RESTARTED.value): ago("10m")}


@pytest.mark.parametrize(
    ("state", "started", "lasting", "since"),
    [
        ("running", None, {}, None),
        ("running", None, WAITED, NOW),
        ("running", ago("9h"), WAITED, NOW),
        ("running", ago("2m"), WAITED, None),
        ("running", None, AGAIN, ago("10m")),
        ("running", None, {**AGAIN, **WAITED}, NOW),
        ("queued", None, WAITED, None),
        ("terminated", None, WAITED, None),
    ],
)
def test_one_that_was_seen_to_wait_was_started_since(
    state: str,
    started: Any,  # noqa: ANN401
    lasting: Any,  # noqa: ANN401
    since: Any,  # noqa: ANN401
) -> None:
    """Where the server does not tell when, it is the look that first shows it running again."""
    session = a_session(state=state, started_at=started)
    again = started_again([session], lasting, NOW)
    assert again.get(("s1", "restarted")) == since
    (counts,) = from_the_start([session], by_id(active(session, OLD_LOG)), NOW, again).values()
    assert counts.at == max(filter(None, [OLD_LOG, started, since]))


@examples(30)
@given(houses(positive_rules), scenes, st.data(), moments)
def test_a_line_from_before_the_start_makes_no_offender(
    rules: PolicySet,
    scene: tuple[Fleet, Known],
    data: st.DataObject,
    earlier: Any,  # noqa: ANN401
) -> None:
    """Whether a log's last line is the one of the start or any older one, nobody's ruling differs
    (but for `not`).
    """
    fleet, known = scene
    session = data.draw(st.sampled_from(fleet))
    if session.started_at is None or earlier >= session.started_at:
        return
    at_start = active(session, session.started_at)
    before = rulings(rules, fleet, known | by_id(at_start), LASTING)
    after = rulings(rules, fleet, known | by_id(replace(at_start, at=earlier)), LASTING)
    assert after == before


MOMENT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MADE = MOMENT - timedelta(hours=5)


@pytest.mark.parametrize(
    ("state", "run_time", "since"),
    [
        ("running", 60.5, MOMENT - timedelta(seconds=60.5)),
        ("running", 10 * 3600.0, MADE),
        ("running", 1e300, MADE),
        ("running", None, MADE),
        ("queued", 60.5, MADE),
    ],
)
def test_a_start_that_is_not_told_follows_from_the_run_time(
    state: str, run_time: float | None, since: datetime
) -> None:
    """A run time counts back from the look, never past the creation, and only while the session
    runs.
    """
    session = Session("a", "webui", state, created_at=MADE, run_time=run_time)
    assert running_since(session, MOMENT) == since
