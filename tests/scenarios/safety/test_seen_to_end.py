"""Requested is not done.

Only what a read showed is called terminated, and what was left open the next run settles.
"""

from __future__ import annotations

import pytest
from support.safety_house import IDLE, TASKS, Open, idle, refusal, rules, task

HOUSE = rules(IDLE)
FORCE = rules({**TASKS, "steps": ["terminate"]})


@pytest.mark.parametrize("generation", [1, 2])
def test_a_termination_that_failed_but_worked_is_seen(house: Open, generation: int) -> None:
    """500, and yet the session is over: terminated, by a read, and asked once."""
    home = house(idle(), generation=generation, faults="lost:1")
    report = home.pass_once(HOUSE)
    assert (report.outcomes["anna"].result, report.outcomes["anna"].detail) == (
        "terminated",
        "seen terminated",
    )
    assert home.endings() == [("terminate", "anna")]
    assert home.pass_once(HOUSE).plan.steps == ()


@pytest.mark.parametrize("generation", [1, 2])
def test_a_termination_that_was_accepted_and_not_done_is_unconfirmed(
    house: Open, generation: int
) -> None:
    """200, and yet it runs on.

    Never called terminated, and settled as failed by the next run, which asks again.
    """
    home = house(idle(), generation=generation, faults="deaf:1")
    report = home.pass_once(HOUSE)
    assert (report.outcomes["anna"].result, report.failed) == ("unconfirmed", True)
    assert home.endings() == [("terminate", "anna")]
    home.faulty("")
    again = home.pass_once(HOUSE)
    assert [(past.run_id, outcome.result) for past, outcome in again.settled] == [(1, "failed")]
    assert (again.outcomes["anna"].result, home.ended()) == ("terminated", ["anna"])


def test_what_was_unconfirmed_is_settled_by_the_next_run(house: Open) -> None:
    """It ended between the runs: terminated, as a later run saw, and nothing more is asked."""
    home = house(idle(), faults="deaf:1")
    home.pass_once(HOUSE)
    home.world.end("anna")
    report = home.pass_once(HOUSE)
    assert [(o.result, o.detail) for _, o in report.settled] == [
        ("terminated", "seen terminated by a later run")
    ]
    assert home.events("anna") == [
        (1, "terminate", e) for e in ("intended", "unconfirmed", "unconfirmed", "terminated")
    ]
    assert len(home.endings()) == 1


def test_a_session_is_watched_for_as_long_as_the_settings_say(house: Open) -> None:
    """The wait is bounded, and the pauses grow: not more than thirty reads in ninety seconds."""
    home = house(idle(), faults="deaf:1")
    home.pass_once(HOUSE, patience=90.0)
    (asked,) = [a for a in home.asked if a.what == "terminate"]
    after = [a.at for a in home.asked[home.asked.index(asked) :] if a.what == "read"]
    assert 90 <= (after[-1] - asked.at).total_seconds() < 95
    assert len(after) < 40


def test_one_that_came_back_is_reported_and_ended_in_the_next_run_only(house: Open) -> None:
    """It was seen to end and runs again: told, not ended in the same breath.

    The next run may end it.
    """
    home = house(idle())
    home.pass_once(HOUSE)
    session = home.world.get("anna")
    session.state = "Running"
    session.over_at = session.log.until = None
    report = home.pass_once(HOUSE)
    assert (report.plan.steps, report.outcomes["anna"].result) == ((), "came-back")
    assert len(home.endings()) == 1
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_404_in_between_is_already_gone(house: Open) -> None:
    """The record vanished between the second look and the request."""
    home = house(idle())
    home.upon("terminate", lambda _: home.world.remove(home.world.get("anna")))
    assert home.outcomes(HOUSE) == {"anna": "already-gone"}


@pytest.mark.parametrize("generation", [1, 2])
def test_409_in_between_is_already_gone_when_a_read_shows_it(house: Open, generation: int) -> None:
    """It ended by itself between the second look and the request."""
    home = house(idle(), generation=generation)
    home.upon("terminate", lambda _: home.world.end("anna"))
    assert (home.outcomes(HOUSE), home.ended()) == ({"anna": "already-gone"}, [])


def test_409_for_a_session_that_runs_on_is_failed_with_the_servers_words(house: Open) -> None:
    """Failed is failed: the server's own words are in the record."""
    home = house(idle())
    home.upon("terminate", lambda _: refusal(409))
    report = home.pass_once(HOUSE)
    assert (report.outcomes["anna"].result, report.failed) == ("failed", True)
    ((detail,),) = home.rows("SELECT detail FROM step_events WHERE event = 'failed'")
    assert "as the test says" in detail


def test_a_forced_task_is_waited_for_while_it_cannot_be_reached(house: Open) -> None:
    """Its job is gone and its scheduler has not noticed.

    Unconfirmed, not asked again, and settled when it is seen.
    """
    home = house(task(), force_lag="10m")
    assert home.outcomes(FORCE) == {"task": "unconfirmed"}
    waits = home.pass_once(FORCE)
    assert (waits.settled, waits.plan.steps, len(home.endings())) == ([], (), 1)
    assert "its end is not seen yet" in waits.plan.waiting[0].reason
    home.later(minutes=10)
    report = home.pass_once(FORCE)
    assert [(o.result, o.detail) for _, o in report.settled] == [
        ("terminated", "seen failed by a later run")
    ]
    assert len(home.endings()) == 1


def test_a_forced_task_that_ends_within_the_wait_is_terminated(house: Open) -> None:
    """The other steps are not held up by it, and at last it is confirmed."""
    home = house(task(), idle())
    report = home.pass_once(rules({**TASKS, "steps": ["terminate"]}, IDLE))
    assert {id_: o.result.value for id_, o in report.outcomes.items()} == {
        "task": "terminated",
        "anna": "terminated",
    }


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_failed_and_asked_once(house: Open, status: int) -> None:
    """A termination that is refused is not repeated in the run."""
    home = house(idle())
    home.upon("terminate", lambda _: refusal(status))
    assert home.outcomes(HOUSE) == {"anna": "failed"}
    assert len(home.endings()) == 1
