"""What holds a reaper back: another one's lease, a pause, a halted run.

And what it remembers of earlier passes.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.store_builders import (
    HOUR,
    NOW,
    Book,
    a_look,
    a_pass,
    a_plan,
    a_policy,
    a_session,
    house,
    young,
)

from reaper.core.model.action import Action
from reaper.core.planning.memory import LastAction, Streak
from reaper.core.planning.plan import Outcome, Plan, Result
from reaper.errors import ConfigurationError, LeaseHeld, LeaseLost, Withheld
from reaper.store import acknowledge, pause, resume
from reaper.store.ledger import LEASE

MINUTE = timedelta(minutes=1)
SEEN = a_pass([a_session()])
PLAN = a_plan(SEEN)
(STEP,) = PLAN.steps
HALTED = Plan(PLAN.steps, halted=("this run would end 9 of 10",))


@pytest.fixture
def rival(book: Book) -> Book:
    """Another reaper at the same database."""
    other = Book(book.database)
    other.clock = book.clock
    other.ledger = type(book.ledger)(book.database, book.clock, "bob@other", "1.2.3")
    return other


def test_an_account_is_held_by_one_reaper_and_free_again_afterwards(
    book: Book, rival: Book
) -> None:
    """The second is told by whom; once it is given back, anyone may have it."""
    with (
        book.ledger.lease("acme"),
        pytest.raises(LeaseHeld, match="locked by anna@desk"),
        rival.ledger.lease("acme"),
    ):
        pass

    with rival.ledger.lease("acme"):
        pass


def test_another_account_is_free_meanwhile(book: Book, rival: Book) -> None:
    """A lease is one account's."""
    with book.ledger.lease("acme"), rival.ledger.lease("other"):
        pass


def test_a_reaper_that_was_held_up_loses_the_account_and_ends_nothing_more(
    book: Book, rival: Book
) -> None:
    """After its lease ran out another took over.

    Its token is stale, and no intent can be written with it.
    """
    with book.run(SEEN, PLAN) as run:
        book.clock.at += LEASE
        assert run.expired()
        with rival.ledger.lease("acme"), pytest.raises(LeaseLost):
            run.intend(STEP, a_look(STEP, SEEN))

    assert book.rows("step_events", "event") == []


def test_a_reaper_that_stirs_keeps_the_account(book: Book, rival: Book) -> None:
    """Each intent renews the lease."""
    with book.run(SEEN, PLAN) as run:
        book.clock.at += LEASE - MINUTE
        run.intend(STEP, a_look(STEP, SEEN))
        book.clock.at += LEASE - MINUTE

        assert not run.expired()
        with pytest.raises(LeaseHeld), rival.ledger.lease("acme"):
            pass


@pytest.mark.parametrize("account", ["acme", None])
def test_a_pause_forbids_until_it_is_resumed(book: Book, account: str | None) -> None:
    """Of one account or of all; it says who paused and why."""
    pause(book.database, account, at=NOW, by="anna@desk", reason="demo")
    why = book.ledger.holds("acme").reason()
    resume(book.database, account, at=NOW + MINUTE, by="bob@other")

    assert why is not None
    assert "paused by anna@desk" in why
    assert "demo" in why
    assert book.ledger.holds("acme").reason() is None


def test_a_pause_of_one_account_leaves_the_others_alone(book: Book) -> None:
    """Only what is named is paused."""
    pause(book.database, "acme", at=NOW, by="anna@desk", reason="demo")

    assert book.ledger.holds("other").reason() is None


def test_a_pause_ends_by_itself_at_its_time(book: Book) -> None:
    """Until then it forbids; from then on it does not."""
    pause(book.database, None, at=NOW, by="anna@desk", reason="demo", until=NOW + HOUR)
    book.clock.at = NOW + HOUR - timedelta(microseconds=1)
    before = book.ledger.holds("acme").reason()
    book.clock.at = NOW + HOUR

    assert before is not None
    assert book.ledger.holds("acme").reason() is None


def test_a_pause_in_the_middle_of_a_run_withholds_the_next_step(book: Book) -> None:
    """It is asked in the transaction of the intent, so nothing comes between."""
    with book.run(SEEN, PLAN) as run:
        pause(book.database, "acme", at=NOW, by="anna@desk", reason="demo")
        with pytest.raises(Withheld, match="paused by anna@desk"):
            run.intend(STEP, a_look(STEP, SEEN))

    assert book.rows("step_events", "event") == []


def test_a_halted_run_forbids_until_a_person_acknowledges_it(book: Book) -> None:
    """The latch names the run; acknowledging it, with a reason, lifts it."""
    with book.run(SEEN, HALTED, blocked_reason="halted"):
        pass
    why = book.ledger.holds("acme").reason()

    assert acknowledge(book.database, 1, at=NOW, by="anna@desk", reason="a new app") == [1]
    assert why is not None
    assert "reaper acknowledge 1" in why
    assert book.ledger.holds("acme").reason() is None


def test_a_halted_dry_run_forbids_nothing(book: Book) -> None:
    """It would have ended nothing anyhow."""
    with book.run(SEEN, HALTED, enforcing=False, blocked_reason="halted"):
        pass

    assert book.ledger.holds("acme").reason() is None


@pytest.mark.parametrize(
    ("run_id", "said"), [(7, "there is no run of that number"), (1, "it was not halted")]
)
def test_what_was_not_halted_cannot_be_acknowledged(book: Book, run_id: int, said: str) -> None:
    """A slip of the number is told, not swallowed."""
    book.record(SEEN)

    with pytest.raises(ConfigurationError, match=said):
        acknowledge(book.database, run_id, at=NOW, by="anna@desk", reason="?")


def test_what_is_acknowledged_cannot_be_again(book: Book) -> None:
    """The first reason stands."""
    with book.run(SEEN, HALTED, blocked_reason="halted"):
        pass
    acknowledge(book.database, 1, at=NOW, by="anna@desk", reason="a new app")

    with pytest.raises(ConfigurationError, match="acknowledged already"):
        acknowledge(book.database, 1, at=NOW, by="bob@other", reason="me too")


def test_a_streak_counts_complete_looks_since_the_first(book: Book) -> None:
    """An offender in three complete looks and one doubtful one has a streak of three."""
    for number, doubts in enumerate([(), (), ("a page is missing",), ()]):
        book.record(a_pass([a_session()], now=NOW + number * MINUTE, doubts=doubts))

    hash_ = SEEN.policies.policies[0].hash
    assert book.ledger.recall("acme").streaks == {("s1", "old"): Streak(hash_, NOW, 3)}


def test_a_streak_ends_with_a_look_that_acquits(book: Book) -> None:
    """Then it starts over."""
    book.record(a_pass([a_session()]))
    book.record(a_pass([young()], now=NOW + MINUTE))
    book.record(a_pass([a_session()], now=NOW + 2 * MINUTE))

    (streak,) = book.ledger.recall("acme").streaks.values()
    assert (streak.since, streak.looks) == (NOW + 2 * MINUTE, 1)


def test_a_streak_starts_over_with_another_text_of_the_policy(book: Book) -> None:
    """What was an offence by the old text is one since now by the new."""
    book.record(a_pass([a_session()]))
    book.record(a_pass([a_session()], rules=house(a_policy({"age": "3h"})), now=NOW + MINUTE))

    (streak,) = book.ledger.recall("acme").streaks.values()
    assert (streak.since, streak.looks) == (NOW + MINUTE, 1)


def test_a_streak_goes_on_where_only_the_evidence_changed(book: Book) -> None:
    """A decision for another reason by the same text is new; since when it offends is not."""
    rules = house(a_policy({"any": [{"age": "2h"}, {"age": "20h"}]}))
    book.record(a_pass([a_session()], rules=rules))
    later = NOW + MINUTE
    book.record(a_pass([a_session(created_at=NOW - 30 * HOUR)], rules=rules, now=later))

    (streak,) = book.ledger.recall("acme").streaks.values()
    assert len(book.rows("decisions", "run_id")) == 2
    assert (streak.since, streak.looks) == (NOW, 2)


@pytest.mark.parametrize(
    ("result", "remembered"),
    [
        (Result.TERMINATED, LastAction(Action.TERMINATE, NOW, "terminated")),
        (Result.UNCONFIRMED, LastAction(Action.TERMINATE, NOW, None)),
        (Result.WITHHELD, None),
    ],
)
def test_what_was_asked_of_a_session_is_remembered(
    book: Book, result: Result, remembered: LastAction | None
) -> None:
    """With its end, without one while nobody saw it, and not at all where nothing was asked after
    all.
    """
    book.record(SEEN, result)

    assert book.ledger.last_actions("acme", ["s1"]).get("s1") == remembered


def test_what_was_asked_within_the_hour_counts_and_what_a_dry_run_did_not_ask_does_not(
    book: Book,
) -> None:
    """The rolling limit counts intents, for an hour."""
    book.record(a_pass([a_session("dry")]), Result.WITHHELD, enforcing=False)
    book.record(a_pass([a_session("wet")]), Result.TERMINATED)
    within = book.ledger.recall("acme").recent
    book.clock.at = NOW + HOUR

    assert (within, book.ledger.recall("acme").recent) == (frozenset({"wet"}), frozenset())


def test_the_size_of_the_last_complete_fleet_is_remembered(book: Book) -> None:
    """A doubtful look is no measure of the fleet."""
    before = book.ledger.recall("acme").fleet
    book.record(a_pass([a_session("a"), a_session("b")]))
    book.record(a_pass([a_session("a")], doubts=("a page is missing",)))

    assert (before, book.ledger.recall("acme").fleet) == (None, 2)


def test_a_withheld_step_is_settled_by_its_outcome(book: Book) -> None:
    """Intended, then withheld because the lease ran out.

    Nothing was asked, nothing is unsettled.
    """
    with book.run(SEEN, PLAN) as run:
        run.intend(STEP, a_look(STEP, SEEN))
        run.settle(STEP, Outcome(Result.WITHHELD, "the lease ran out"))

    assert book.ledger.unsettled("acme") == []
