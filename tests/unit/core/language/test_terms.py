"""From when until when a policy is in force: outside of these days it judges nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from support.core_builders import a_policy, a_session, active, by_id, house

from reaper.core.judging.judge import judge, unresolved
from reaper.core.language.policy import Policy
from reaper.core.planning.plan import RecheckResult, Step, judge_again

S = a_session()
FIRST = datetime(2026, 12, 1, tzinfo=UTC)
AFTER = datetime(2026, 12, 4, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def policy(**more: object) -> Policy:
    return a_policy({"idle": "1h"}, **more)


THREE_DAYS = policy(**{"from": "2026-12-01", "until": "2026-12-03"})


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (FIRST - TICK, "it begins on 2026-12-01"),
        (FIRST, None),
        (AFTER - TICK, None),
        (AFTER, "it ended on 2026-12-03"),
    ],
)
def test_whole_days(now: datetime, why: str | None) -> None:
    """It is in force from the first moment of its first day to the last of its last, in UTC.

    Else it judges nothing.
    """
    rules, known = house(THREE_DAYS), by_id(active(S, now - timedelta(hours=1), now))
    assert THREE_DAYS.dormant(now) == why
    assert rules.dormant(now) == ({} if why is None else {"p": why})
    assert len(judge(rules, [S], known, now)) == (why is None)
    assert len(unresolved(rules, [S], {}, now)) == (why is None)


def test_either_day_alone() -> None:
    """Each of the days can be left out, and both are at the end of time."""
    assert policy(**{"from": "2026-12-01"}).dormant(AFTER) is None
    assert policy(until="2026-12-03").dormant(datetime(2000, 1, 1, tzinfo=UTC)) is None
    last = policy(**{"from": "9999-12-31", "until": "9999-12-31"})
    assert last.dormant(datetime(9999, 12, 31, 12, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (
            {"from": "2026-12-04", "until": "2026-12-03"},
            "it begins on 2026-12-04, after its end on 2026-12-03",
        ),
        (
            {"from": "2026-12-01", "until": "2026-12-03", "only_during": "weekends UTC"},
            "'only_during' never opens from 2026-12-01 until 2026-12-03; nothing would ever end",
        ),
        (
            {
                "from": "2026-12-01",
                "until": "2026-12-01",
                "only_during": {"windows": "daily UTC", "except": ["2026-12-01"]},
            },
            "'only_during' never opens",
        ),
        (
            {"from": "9999-12-31", "until": "9999-12-31", "only_during": "daily UTC"},
            "'only_during' never opens",
        ),
        (
            {"from": "0001-01-01", "until": "0001-01-02", "only_during": "daily UTC"},
            "too long ago",
        ),
        ({"from": None}, "the value is missing"),
        ({"until": None}, "the value is missing"),
        ({"until": "soon"}, "'soon' is not a valid day; write one like 2026-12-31"),
    ],
)
def test_days_on_which_nothing_would_ever_end(days: dict[str, object], message: str) -> None:
    """A policy that is never in force, or whose window never opens while it is, is refused."""
    with pytest.raises(ValidationError, match=message):
        policy(**days)


def test_a_window_that_opens_on_the_last_day() -> None:
    """A window needs to open but once."""
    assert policy(
        **{"from": "2026-12-01", "until": "2026-12-05", "only_during": "Sat 23:00-24:00 UTC"}
    )


def test_a_policy_that_ended_since_the_plan() -> None:
    """In a second look after its last day, a policy asks for nothing any more."""
    step_now, later = AFTER - TICK, AFTER
    verdicts = judge(
        house(THREE_DAYS), [S], by_id(active(S, step_now - timedelta(hours=2), step_now)), step_now
    )
    step = Step(S, tuple(verdicts))
    known = by_id(active(S, later - timedelta(hours=2), later))
    look = RecheckResult(later, S, None, judge_again(step, [S], known, house(THREE_DAYS), later))
    assert not look.due
    assert look.reason == "its policy no longer selects it, or is no longer in force"
