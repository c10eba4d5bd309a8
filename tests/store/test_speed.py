"""What the record costs beside the bare driver: a ratio, measured in one run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from store_builders import NOTHING, Book, a_pass, a_policy, a_session, house

from reaper.core.session import Session
from reaper.store import open_database
from reaper.store.bulk import insert_rows
from reaper.store.tables import decisions

ROWS = 10_000
ROUNDS = 5


@pytest.mark.benchmark
def test_writing_ten_thousand_decisions_takes_at_most_three_times_the_bare_driver(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same rows in the same table, by the store's own path and by raw `sqlite3.executemany`."""
    with closing(open_database(sqlite_url)) as database:
        book = Book(database)
        fleet = [a_session(f"{number:012d}") for number in range(ROWS)]
        whole = min(_whole_pass(book, fleet, hours) for hours in range(1, ROUNDS))
        with database.reading() as db:
            rows = [dict(row) for row in db.execute(decisions.select().where(decisions.c.run_id == 1)).mappings()]
        ours = min(_ours(book, rows) for _ in range(ROUNDS))
        bare = min(_bare(book, rows, tmp_path / f"{turn}.db") for turn in range(ROUNDS))

    with capsys.disabled():
        print(f"\nwriting: {ours / bare:.1f} times the bare driver; a whole pass: {whole / bare:.1f}")  # noqa: T201
    assert ours <= 3 * bare


def _whole_pass(book: Book, fleet: list[Session], hours: int) -> float:
    """All of `open_run`: judging nothing, but finding what changed and writing out its evidence."""
    seen = a_pass(fleet, rules=house(a_policy({"age": f"{hours}h"})))
    with book.ledger.lease("acme"):
        start = perf_counter()
        with book.ledger.open_run(seen, NOTHING, enforcing=False):
            return perf_counter() - start


def _ours(book: Book, rows: list[dict[str, object]]) -> float:
    run = book.record(a_pass(account="other"))
    mine = [row | {"run_id": run} for row in rows]
    start = perf_counter()
    with book.database.writing() as db:
        insert_rows(db, decisions, mine)
    return perf_counter() - start


def _bare(book: Book, rows: list[dict[str, object]], path: Path) -> float:
    with book.database.reading() as db:
        asked = "SELECT sql FROM sqlite_master WHERE tbl_name = 'decisions' AND sql IS NOT NULL"
        made = db.exec_driver_sql(asked).scalars().all()
    with closing(sqlite3.connect(path, isolation_level=None)) as bare:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *made):
            bare.execute(statement)
        values = [tuple(row.values()) for row in rows]
        marks = ", ".join("?" * len(rows[0]))
        start = perf_counter()
        bare.execute("BEGIN")
        bare.executemany(f"INSERT INTO decisions ({', '.join(rows[0])}) VALUES ({marks})", values)  # noqa: S608
        bare.execute("COMMIT")
        return perf_counter() - start
