"""Pauses are kept apart: none replaces another, and an account goes on when none holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from support.store_builders import HOUR, NOW, Book

from reaper.errors import ConfigurationError
from reaper.store import Database, PauseEntry, end_pause, open_database, pause, resume
from reaper.store.migrate import downgrade, upgrade
from reaper.store.pauses import pauses_at

MINUTE = timedelta(minutes=1)
BEFORE = "0007"
"""The revision of the version that kept one pause for a scope."""


def holding(database: Database) -> list[PauseEntry]:
    with database.reading() as db:
        return pauses_at(db, NOW + HOUR)


def test_a_shorter_pause_replaces_no_longer_one_of_somebody_else(book: Book) -> None:
    """After it lapses, the account is still paused by the other."""
    pause(book.database, "acme", at=NOW, by="vera", reason="year end", until=NOW + 5 * HOUR)
    pause(book.database, "acme", at=NOW, by="ben", reason="tests", until=NOW + MINUTE)
    assert "paused by vera until 2026-11-23 17:00Z: year end" in str(
        book.ledger.holds("acme").reason()
    )
    assert ", and 1 more" in str(book.ledger.holds("acme").reason())
    book.clock.at = NOW + HOUR
    assert str(book.ledger.holds("acme").reason()).endswith("(`reaper resume 1` ends it)")
    book.clock.at = NOW + 5 * HOUR
    assert book.ledger.holds("acme").reason() is None


def test_resume_ends_all_of_its_scope_and_says_which(book: Book) -> None:
    """Those of other scopes go on, and a second time there is nothing to end."""
    for account in ("acme", "acme", None, "globex"):
        pause(book.database, account, at=NOW, by="vera", reason="year end")
    assert [one.id for one in resume(book.database, "acme", at=NOW, by="ben")] == [1, 2]
    assert resume(book.database, "acme", at=NOW, by="ben") == []
    assert [one.id for one in holding(book.database)] == [3, 4]


def test_one_pause_can_be_ended_by_its_number(book: Book) -> None:
    """One that does not hold is refused, with the reason."""
    for until in (None, None, NOW + MINUTE):
        pause(book.database, None, at=NOW, by="vera", reason="year end", until=until)
    assert end_pause(book.database, 2, at=NOW + HOUR, by="ben").reason == "year end"
    assert [one.id for one in holding(book.database)] == [1]
    for number, why in (
        (2, "pause 2 was ended already, by ben at 2026-11-23 13:00Z"),
        (3, "pause 3 ended by itself at 2026-11-23 12:01Z"),
        (9, "pause 9 is not on record"),
    ):
        with pytest.raises(ConfigurationError, match=why):
            end_pause(book.database, number, at=NOW + HOUR, by="carl")


def add(database: Database, *rows: tuple[str | None, str, bool]) -> None:
    """Pauses (true) and resumes (false) as the version before wrote them."""
    statement = sa.text(
        'INSERT INTO pauses (account, at, "by", paused, reason) '
        "VALUES (:account, '2026-11-23 12:00:00', :by, :paused, '')"
    )
    with database.writing() as db:
        for account, by, paused in rows:
            db.execute(statement, {"account": account, "by": by, "paused": paused})


def test_what_an_older_version_wrote_is_taken_along(url: str) -> None:
    """What was resumed is ended by whoever did; what was only replaced holds again. The way back
    keeps what holds paused.
    """
    database = open_database(url)
    downgrade(database, BEFORE)
    add(
        database,
        ("acme", "vera", True),
        (None, "eva", True),
        ("acme", "ben", False),
        ("acme", "carl", True),
        ("acme", "dora", True),
        ("globex", "vera", True),
        ("globex", "vera", False),
    )
    upgrade(database)
    assert [(one.account, one.by) for one in holding(database)] == [
        (None, "eva"),
        ("acme", "carl"),
        ("acme", "dora"),
    ]
    assert Book(database).rows("pause_ends", "pause_id", "by") == [(1, "ben"), (6, "vera")]

    downgrade(database, BEFORE)
    upgrade(database)
    assert {one.account for one in holding(database)} == {None, "acme"}
    database.close()
