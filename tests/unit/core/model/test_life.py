"""A life answers what a look at any moment would have shown, and nothing that came later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reaper.core.model.life import ActivityStep, Life, Sight, StateChange
from reaper.core.model.session import Phase, Session

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return BEGIN + minutes * MINUTE


LIFE = Life(
    "acme",
    Session("s1", "solve", None, "jane", "ROOT", created_at=at(0), started_at=at(7)),
    first_seen_at=at(5),
    last_seen_at=at(30),
    changes=(
        StateChange(at(5), "queued"),
        StateChange(at(10), "running", gb_hours=0.5),
        StateChange(at(20), None, Sight.UNREADABLE),
        StateChange(at(25), "running", gb_hours=2.0),
        StateChange(at(35), None, Sight.GONE),
    ),
    steps=(ActivityStep(at(7), at(9), at(10)), ActivityStep(at(22), at(22), at(30))),
)


def test_a_life_shows_the_session_as_the_last_look_by_then_did() -> None:
    """Its state, start and use are those of the moment, and before and after its life it is none."""
    early, later, unread = (LIFE.session_at(at(minutes)) for minutes in (6, 24, 20))

    assert LIFE.session_at(at(4)) is LIFE.session_at(at(35)) is None
    assert early is not None
    assert (early.state, early.started_at, early.gb_hours) == ("queued", None, None)
    assert later is not None
    assert unread is not None
    assert later.phase is unread.phase is Phase.UNKNOWN
    assert (unread.owner, unread.started_at) == ("jane@ROOT", at(7))


def test_a_life_is_over_from_the_first_look_after_which_it_was_not_alive() -> None:
    """What came back was not over; what is over twice, by its state and by the list, is over once."""
    over = StateChange(at(40), "finished")
    back = Life(
        "acme", LIFE.session, at(5), at(40), (*LIFE.changes, StateChange(at(40), "running"))
    )
    twice = Life("acme", LIFE.session, at(5), at(40), (*LIFE.changes, over))

    assert (LIFE.over_at, back.over_at, twice.over_at) == (at(35), None, at(35))


def test_the_last_activity_is_the_one_that_had_begun_by_then() -> None:
    """Between two steps it is the earlier one, and before the first there is none."""
    found = [LIFE.step_at(at(minutes)) for minutes in (6, 7, 21, 22)]

    assert found == [None, LIFE.steps[0], LIFE.steps[0], LIFE.steps[1]]
