"""Of several replicas with the same schedule one makes each run, and the others see that it was
made.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.store_builders import NOW, Book, a_pass, a_plan, a_session, young

from reaper.core.planning.plan import Outcome, Result
from reaper.errors import AlreadyRun, LeaseHeld

MINUTE = timedelta(minutes=1)
ONE = a_pass([young()])


def is_due(book: Book, *, enforcing: bool = True, account: str = "acme") -> bool:
    """Whether a replica that comes now for a run that has been due for four minutes still has to
    make it.
    """
    try:
        with book.ledger.lease(account, since=book.clock.at - 4 * MINUTE, enforcing=enforcing):
            return True
    except AlreadyRun:
        return False


def test_a_run_that_is_made_is_not_made_again(book: Book) -> None:
    """Whoever comes within the same turn is told who made it and when.

    In the next turn it is due again.
    """
    book.record(ONE)
    told = pytest.raises(
        AlreadyRun, match=r"^acme: anna@desk made its run at 12:00:00; the next run is not due yet$"
    )
    with told, book.ledger.lease("acme", since=NOW - MINUTE):
        pass
    book.clock.at += 4 * MINUTE
    assert not is_due(book)
    book.clock.at += MINUTE
    assert is_due(book)


def test_whoever_is_not_on_a_schedule_comes_when_it_likes(book: Book) -> None:
    """A run by hand is made however many were made just now, and for another account it is due all
    the same.
    """
    book.record(ONE)
    with book.ledger.lease("acme"):
        pass
    assert is_due(book, account="other")


def test_a_dry_run_does_not_serve_in_the_place_of_an_enforcing_one(book: Book) -> None:
    """Somebody who tries a policy keeps no daemon from its work.

    An enforcing run serves for both.
    """
    book.record(ONE, enforcing=False)
    assert (is_due(book), is_due(book, enforcing=False)) == (True, False)
    book.record(ONE)
    assert (is_due(book), is_due(book, enforcing=False)) == (False, False)


def test_a_run_that_broke_off_does_not_serve(book: Book) -> None:
    """Another replica goes on with the account."""
    book.crash(a_pass([a_session()]), after=Result.TERMINATED)
    assert is_due(book)


def test_a_run_that_was_told_to_stop_does_not_serve(book: Book) -> None:
    """What it left planned another replica does in the same turn."""
    seen = a_pass([a_session("s1"), a_session("s2")])
    plan = a_plan(seen)
    with book.run(seen, plan) as run:
        run.settle(plan.steps[0], Outcome(Result.WITHHELD, "as the test says"))
    assert is_due(book)
    with book.run(seen, plan) as run:
        for step in plan.steps:
            run.settle(step, Outcome(Result.WITHHELD, "as the test says"))
    assert not is_due(book)


def test_a_run_that_could_not_read_the_account_does_not_serve(book: Book) -> None:
    """Another replica may reach it."""
    book.record(a_pass([], doubts=("acme: no answer",)))
    assert is_due(book)


def test_who_finds_it_held_knows_when_to_come_again(book: Book) -> None:
    """The end of the lease comes with the refusal.

    By then the holder has stirred, is done, or is dead.
    """
    with (
        book.ledger.lease("acme"),
        pytest.raises(LeaseHeld) as held,
        book.ledger.lease("acme", since=NOW - MINUTE),
    ):
        pass
    assert held.value.until == NOW + 2 * MINUTE
