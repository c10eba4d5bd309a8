"""However much is on record, an export holds little of it at a time."""

from __future__ import annotations

import tracemalloc

import pytest
import sqlalchemy as sa
from support.store_builders import Book, a_pass, a_session

from reaper.core.planning.plan import Result
from reaper.store import HistoryFilter
from reaper.store.history import reading_entries
from reaper.store.tables import decisions

MANY = 20_000


@pytest.fixture
def long(book: Book) -> Book:
    """A record of a run, and of very many decisions in it."""
    book.record(a_pass([a_session("ended")]), Result.TERMINATED)
    with book.database.writing() as db:
        row = dict(db.execute(sa.select(decisions)).mappings().one())
        db.execute(decisions.insert(), [{**row, "session_id": f"more-{n:06}"} for n in range(MANY)])
    return book


@pytest.mark.slow
def test_an_export_is_read_as_it_is_written(long: Book) -> None:
    """Of 20,000 entries a few hundred are held, in the order of a list, and all are counted."""
    tracemalloc.start()
    try:
        with reading_entries(long.database, HistoryFilter(limit=None)) as (found, count):
            seen = sum(1 for _ in found)
            peak = tracemalloc.get_traced_memory()[1]
            assert seen == count() == MANY + 3
        assert peak < 8 << 20
    finally:
        tracemalloc.stop()
