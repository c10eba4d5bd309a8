"""A lease that lasts too long to be true is told, and a person may end it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.store_builders import NOW, Book, a_look, a_pass, a_plan, a_session, young

from reaper.core.planning.plan import Outcome, Result
from reaper.errors import LeaseHeld, LeaseLost, LeaseStuck
from reaper.store import SqlLedger, end_lease
from reaper.store.ledger import LEASE

DAY = timedelta(days=1)
SEEN = a_pass([a_session()])
PLAN = a_plan(SEEN)
(STEP,) = PLAN.steps


@pytest.fixture
def rival(book: Book) -> SqlLedger:
    """Another reaper at the same database."""
    return SqlLedger(book.database, book.clock, "bob@other", "1.2.3")


def test_a_lease_that_ends_tomorrow_names_the_command_that_ends_it(
    book: Book, rival: SqlLedger
) -> None:
    """The clock was set back while somebody held the account; a lease of usual length is left to
    its holder.
    """
    with book.ledger.lease("acme"):
        with pytest.raises(LeaseHeld), rival.lease("acme"):
            pass
        book.clock.at -= DAY
        with (
            pytest.raises(LeaseStuck, match="`reaper release --account acme`"),
            rival.lease("acme"),
        ):
            pass
        released = end_lease(book.database, "acme", now=book.clock.at, by="vera")
        assert released is not None
        assert (released.holder, released.until) == ("anna@desk", NOW + LEASE)
        with rival.lease("acme"):
            pass
    assert end_lease(book.database, "acme", now=book.clock.at, by="vera") is None


def test_the_reaper_that_held_it_begins_no_step_any_more(book: Book) -> None:
    """What it has begun it still records; its token is stale for everything else."""
    with book.run(SEEN, PLAN) as run:
        run.intend(STEP, a_look(STEP, SEEN))
        end_lease(book.database, "acme", now=NOW, by="vera")
        with pytest.raises(LeaseLost):
            run.intend(STEP, a_look(STEP, SEEN))
        with pytest.raises(LeaseLost):
            run.settle(STEP, Outcome(Result.TERMINATED, "seen"))
    assert book.rows("step_events", "event") == ["intended", "terminated"]


def test_a_run_of_tomorrow_does_not_serve_today(book: Book) -> None:
    """A clock was set back since: the run that is due is made."""
    book.record(a_pass([young()], now=NOW + DAY))
    with book.ledger.lease("acme", since=NOW - timedelta(minutes=1)):
        pass
