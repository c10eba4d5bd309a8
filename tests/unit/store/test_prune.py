"""The record grows no longer than the settings keep it, and nothing open is ever forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.store_builders import (
    ACTOR,
    NOW,
    Book,
    a_pass,
    a_policy,
    a_session,
    house,
    young,
)

from reaper.core.planning.plan import Outcome, Plan, Result
from reaper.store import acknowledge, open_database, prune

DAY = timedelta(days=1)
LATER = NOW + 500 * DAY
FORGETTABLE = ("runs", "decisions", "steps", "step_events")


def counts(book: Book) -> dict[str, int]:
    return {
        table: count for table, count in book.counts().items() if table in FORGETTABLE and count
    }


def gone_by(book: Book) -> None:
    """A later look in which the session of the tests is no longer there, so that nothing decided of
    it stands.
    """
    book.record(a_pass([], now=NOW + DAY))


def test_what_is_older_goes_with_all_that_belongs_to_it(book: Book) -> None:
    """A run, its decisions, its steps and what came of them; how many of each is told."""
    book.record(a_pass([a_session()]), Result.TERMINATED)
    gone_by(book)

    told = prune(book.database, NOW + DAY)

    assert {table: told[table] for table in FORGETTABLE} == {
        "runs": 1, "decisions": 1, "steps": 1, "step_events": 2,
    }  # fmt: skip
    assert counts(book) == {"runs": 1}


def test_what_began_at_that_moment_stays(book: Book) -> None:
    """The moment itself is not before it."""
    book.record(a_pass([a_session()]), Result.TERMINATED)
    gone_by(book)
    before = counts(book)

    prune(book.database, NOW)

    assert counts(book) == before


def test_a_decision_that_stands_stays_with_its_run(book: Book) -> None:
    """A session that nobody ever changed his mind about is explained by a decision of long ago."""
    book.record(a_pass([young()]))

    prune(book.database, LATER)

    assert counts(book) == {"runs": 1, "decisions": 1}


def test_a_step_whose_end_nobody_saw_stays(book: Book) -> None:
    """However old: a later run may still find out, and what it rests on is kept until then."""
    book.record(a_pass([a_session()]), Result.UNCONFIRMED)
    gone_by(book)

    prune(book.database, LATER)
    (step,) = book.ledger.unsettled("acme")
    assert counts(book) == {"runs": 1, "decisions": 1, "steps": 1, "step_events": 2}

    book.ledger.settle_past(step, Outcome(Result.ALREADY_GONE))
    prune(book.database, LATER)
    assert counts(book) == {}


def test_a_halt_that_nobody_acknowledged_stays(book: Book) -> None:
    """Time alone lifts no latch."""
    with book.run(a_pass([]), Plan(halted=("2 of 1 sessions",))):
        pass

    prune(book.database, LATER)
    assert counts(book) == {"runs": 1}

    acknowledge(book.database, 1, at=NOW, by=ACTOR, reason="seen")
    prune(book.database, LATER)
    assert (counts(book), book.rows("acknowledgements")) == ({}, [])


def test_decisions_stay_while_a_step_on_their_session_does(book: Book) -> None:
    """A step of yesterday is explained by all that was decided of its session, also a
    year before.
    """
    rules = house(a_policy(after={"for": "1d"}))
    book.record(a_pass([a_session()], rules=rules))
    book.record(a_pass([a_session()], now=LATER), Result.TERMINATED)
    book.record(a_pass([], now=LATER))

    prune(book.database, LATER)

    assert counts(book) == {"runs": 3, "decisions": 2, "steps": 1, "step_events": 2}


def test_another_accounts_decisions_do_not_keep_a_session(book: Book) -> None:
    """Ids may be the same in two accounts; what stands in one keeps nothing of the other."""
    book.record(a_pass([young()]))
    gone_by(book)
    book.record(a_pass([young()], account="other", now=NOW + DAY))

    prune(book.database, NOW + DAY)

    assert counts(book) == {"runs": 2, "decisions": 1}


@pytest.mark.slow
def test_it_goes_on_over_more_runs_than_one_transaction_takes(book: Book) -> None:
    """Hundreds of runs are deleted some at a time, and all of them."""
    for number in range(450):
        book.record(a_pass([], now=NOW + timedelta(seconds=number)))

    prune(book.database, NOW + timedelta(seconds=430))

    assert counts(book) == {"runs": 20}


def test_an_sqlite_file_gives_its_space_back(sqlite_url: str) -> None:
    """The file is smaller afterwards, and whole."""
    database = open_database(sqlite_url)
    book = Book(database)
    book.record(a_pass([young(f"session-{number}") for number in range(5_000)]))
    gone_by(book)

    def pages() -> int:
        with database.reading() as db:
            return int(db.exec_driver_sql("PRAGMA page_count").scalar_one())

    before = pages()
    prune(database, NOW + DAY)

    assert pages() < before / 4
    with database.reading() as db:
        assert db.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    database.close()
