"""What is on record stays on record.

No sequence of passes, crashes and repairs takes a row away or changes one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from support.store_builders import (
    ACTOR,
    HOUR,
    NOW,
    TABLES,
    Book,
    a_pass,
    a_policy,
    a_session,
    active,
    altering,
    house,
    young,
)

from reaper.core.planning.plan import Outcome, Result
from reaper.store import Database, acknowledge, open_database, pause, resume
from reaper.store.migrate import downgrade, upgrade

RECORD = ("decisions", "steps", "step_events", "notices", "life_changes", "activity_steps")
TELLING = house(a_policy(mode="notify"))
WRITERS, TURNS = 4, 50
_CHANGED = re.compile(r"\s*(?:UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE)


def settle(book: Book) -> None:
    """What a later run does about a step that is unsettled."""
    for past in book.ledger.unsettled("acme"):
        book.ledger.settle_past(past, Outcome(Result.ALREADY_GONE, "seen gone by a later run"))


CHAPTERS: tuple[Callable[[Book], object], ...] = (
    lambda book: book.record(
        a_pass([a_session("a"), young("b")], learnt=[active("a", NOW - HOUR)])
    ),
    lambda book: book.record(
        a_pass([a_session("a"), a_session("b")]), Result.WITHHELD, enforcing=False
    ),
    lambda book: book.record(a_pass([a_session("a"), a_session("b")]), Result.FAILED),
    lambda book: book.record(
        a_pass([a_session("a")], rules=house(a_policy({"age": "3h"}))), Result.TERMINATED
    ),
    lambda book: book.record(a_pass([a_session("a")], doubts=("webui: the list broke off",))),
    lambda book: book.crash(a_pass([a_session("c")])),
    lambda book: book.crash(a_pass([a_session("d")]), after=Result.UNCONFIRMED),
    settle,
    lambda book: book.tell(a_pass([a_session("e")], rules=TELLING)),
    lambda book: book.record(a_pass([])),
)


@contextmanager
def changed_tables(database: Database) -> Iterator[set[str]]:
    """The tables that a statement updated, or deleted from, while the context was open."""
    found = set[str]()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.update(_CHANGED.findall(statement))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(database.engine, "before_cursor_execute", note)


def test_no_chapter_of_a_story_takes_away_what_an_earlier_one_wrote(book: Book) -> None:
    """Each row of the record is there, unchanged, after every pass, crash, repair and disappearance
    that follows.
    """
    written: dict[str, list[Any]] = {table: [] for table in RECORD}
    for number, chapter in enumerate(CHAPTERS):
        book.clock.at = NOW + timedelta(seconds=number)
        chapter(book)
        now = {table: book.rows(table) for table in RECORD}
        assert [row for table in RECORD for row in written[table] if row not in now[table]] == []
        written = now

    assert all(written.values())
    assert book.rows("current_verdicts", "session_id") == []


def test_no_statement_ever_changes_the_record(book: Book) -> None:
    """The ledger sends neither an UPDATE nor a DELETE for it.

    Only a run's end and the projections are rewritten.
    """
    with changed_tables(book.database) as changed:
        for chapter in CHAPTERS:
            chapter(book)

    assert changed.isdisjoint(RECORD)
    projections = {"current_verdicts", "open_steps", "told", "activity", "lives"}
    assert changed == {"runs", "leases", *projections}


def test_a_full_database_goes_down_and_up_again(book: Book) -> None:
    """Rows that refer to one another do not keep a schema from being taken down, and the record
    begins anew.
    """
    for chapter in CHAPTERS:
        chapter(book)
    with altering(book.database) as db:
        db.exec_driver_sql("UPDATE runs SET latched = (1 = 1) WHERE id = 1")
    acknowledge(book.database, 1, at=NOW, by=ACTOR, reason="seen")
    pause(book.database, "acme", at=NOW, by=ACTOR, reason="month's close")

    downgrade(book.database, "base")
    upgrade(book.database)

    assert book.counts() == dict.fromkeys(TABLES, 0)
    book.record(a_pass([a_session()]), Result.TERMINATED)
    assert book.rows("step_events", "event") == ["intended", "terminated"]


@pytest.mark.slow
def test_two_hundred_transactions_of_several_programs_all_succeed(sqlite_url: str) -> None:
    """Programs share no lock but the database's.

    Each waits for its turn and none is told that it is locked.
    """
    code = (
        "from datetime import UTC, datetime\n"
        "from reaper.store import open_database, pause\n"
        f"database, at = open_database({sqlite_url!r}), datetime(2026, 11, 23, tzinfo=UTC)\n"
        f"for turn in range({TURNS}): pause(database, None, at=at, by='anna', reason=str(turn))\n"
        "database.close()\n"
    )
    programs = [
        subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
        for _ in range(WRITERS)
    ]

    assert [program.communicate(timeout=60)[1] for program in programs] == [b""] * WRITERS
    with closing(open_database(sqlite_url)) as database:
        assert len(Book(database).rows("pauses", "id")) == WRITERS * TURNS


def test_a_pause_that_was_lifted_stays_on_record(book: Book) -> None:
    """Who forbade what, and who allowed it again, are two rows and not one that changed."""
    with changed_tables(book.database) as changed:
        pause(book.database, "acme", at=NOW, by=ACTOR, reason="month's close")
        resume(book.database, "acme", at=NOW + HOUR, by="ben@desk")

    assert changed == set()
    assert book.rows("pauses", "by", "reason") == [(ACTOR, "month's close")]
    assert book.rows("pause_ends", "pause_id", "by") == [(1, "ben@desk")]
