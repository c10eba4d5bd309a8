"""Two people who decide the same thing in the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from threading import Barrier

import sqlalchemy as sa
from support.store_builders import Book, a_pass, a_plan, a_session

from reaper.core.planning.plan import Plan
from reaper.errors import ConfigurationError
from reaper.store import acknowledge, open_database
from reaper.store.tables import acknowledgements

AT = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
SEEN = a_pass([a_session()])
HALTED = Plan(a_plan(SEEN).steps, halted=("this run would end 9 of 10",))
PEOPLE = 6
ROUNDS = 5


def test_of_many_who_acknowledge_at_once_one_does(book: Book, migrated_url: str) -> None:
    """Each round, with a connection of their own: one has done it, and everybody else is told so
    in a sentence. The record keeps the one word that counted.
    """
    for _ in range(ROUNDS):
        with book.run(SEEN, HALTED, blocked_reason="halted"):
            pass
        said = at_once(migrated_url, book.rows("runs", "id")[-1])
        winners = [who for who, trouble in said.items() if trouble is None]
        assert len(winners) == 1, said
        others = [trouble for trouble in said.values() if trouble is not None]
        assert all("acknowledged already" in trouble for trouble in others), others
        with book.database.reading() as db:
            kept = db.scalars(sa.select(acknowledgements.c.by).order_by(acknowledgements.c.run_id))
            assert list(kept)[-1] == winners[0]
        assert book.ledger.holds("acme").reason() is None


def at_once(url: str, run: int) -> dict[str, str | None]:
    """What each was told who acknowledged the run; None where it was done."""
    barrier = Barrier(PEOPLE)

    def one(name: str) -> str | None:
        with closing(open_database(url, upgrade=False)) as database:
            barrier.wait(30)
            try:
                acknowledge(database, run, at=AT, by=name, reason="seen")
            except ConfigurationError as error:
                return str(error)
            return None

    names = [f"person{number}" for number in range(PEOPLE)]
    with ThreadPoolExecutor(PEOPLE) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))
