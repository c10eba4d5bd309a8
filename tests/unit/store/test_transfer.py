"""An installation moves from one database to another, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.store_builders import NOW, TABLES, Book, a_pass, a_session, active, young

from reaper.core.planning.plan import Result
from reaper.errors import ConfigurationError
from reaper.store import Database, HistoryFilter, entries, open_database, pause, transfer
from reaper.store.migrate import downgrade


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Database]:
    """A database in use: decisions, steps with their ends, activity, a pause."""
    opened = open_database(f"sqlite:///{tmp_path / 'source.db'}")
    book = Book(opened)
    book.record(a_pass([a_session(), young("s2")], learnt=[active("s2", NOW)]), Result.TERMINATED)
    book.crash(a_pass([a_session("s3")]))
    pause(opened, "elsewhere", at=NOW, by="anna", reason="moving")
    yield opened
    opened.close()


def rows(database: Database) -> dict[str, list[object]]:
    book = Book(database)
    return {table: book.rows(table, "COUNT(*)") for table in TABLES}


def test_everything_arrives(source: Database, database: Database) -> None:
    """Each table has its rows, and the history reads the same, times and evidence included."""
    copied = transfer(source, database)

    assert copied["decisions"] == 3
    assert rows(database) == rows(source)
    everything = HistoryFilter(everything=True, limit=1000)
    assert list(entries(database, everything)) == list(entries(source, everything))


def test_the_record_goes_on_where_it_was_left(source: Database, database: Database) -> None:
    """The next run has the next number, settles what was open, and knows what stood."""
    transfer(source, database)
    book = Book(database)

    assert [step.session_id for step in book.ledger.unsettled("acme")] == ["s3"]
    before = book.counts()["decisions"]
    assert book.record(a_pass([a_session("s3")]), Result.TERMINATED) == 3
    assert book.counts()["decisions"] == before


def test_nothing_is_copied_over_what_is_there(source: Database, database: Database) -> None:
    """A target that holds a run is refused, and stays as it was."""
    Book(database).record(a_pass([]))

    with pytest.raises(
        ConfigurationError, match=r"is not empty \(.*runs.*\); name an empty database"
    ):
        transfer(source, database)

    assert Book(database).counts()["decisions"] == 0


def test_a_source_of_another_version_is_refused(source: Database, database: Database) -> None:
    """The way is told: first bring it to this version."""
    downgrade(source, "0001")

    with pytest.raises(ConfigurationError, match="run `reaper db upgrade` on it"):
        transfer(source, database)


def test_a_source_that_is_not_there_is_empty(tmp_path: Path, database: Database) -> None:
    """A misspelt file is not created, and not copied as nothing."""
    missing = open_database(f"sqlite:///{tmp_path / 'mispelt.db'}", upgrade=False)
    with pytest.raises(ConfigurationError, match="is empty, not at"):
        transfer(missing, database)
    missing.close()
    assert not (tmp_path / "mispelt.db").exists()
