"""Programs of two versions on one database: what each does, and what it leaves alone."""

from __future__ import annotations

import pytest
from support.store_builders import (
    HEAD_BEFORE,
    NOW,
    Book,
    a_look,
    a_pass,
    a_plan,
    a_session,
    altering,
)

from reaper.core.planning.plan import Outcome, Result
from reaper.errors import StoreError
from reaper.store import HEAD, Database, open_database, revision
from reaper.store.migrate import downgrade, upgrade


def a_newer_one_migrates(database: Database) -> None:
    with database.writing() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")


def test_an_older_database_is_migrated(migrated_url: str) -> None:
    """Opening it is enough, unless the settings say otherwise."""
    old = open_database(migrated_url)
    downgrade(old, HEAD_BEFORE)
    old.close()

    now = open_database(migrated_url)
    assert revision(now) == HEAD
    now.close()


def test_an_older_database_is_left_alone_when_asked(migrated_url: str) -> None:
    """With `upgrade: ask` it is refused with both revisions and the command, and is as it was."""
    old = open_database(migrated_url)
    downgrade(old, HEAD_BEFORE)

    with pytest.raises(
        StoreError,
        match=rf"at revision {HEAD_BEFORE}, and this reaper needs {HEAD}; run `reaper db",
    ):
        open_database(migrated_url, ask=True)

    assert revision(old) == HEAD_BEFORE
    old.close()


def test_a_new_database_needs_no_asking(url: str) -> None:
    """There is nothing to lose in an empty one."""
    made = open_database(url, ask=True)
    assert revision(made) == HEAD
    made.close()


def test_a_reaper_leaves_an_account_once_a_newer_one_migrated_the_database(book: Book) -> None:
    """During a rolling upgrade the older replica takes no account any more, and says what to do."""
    a_newer_one_migrates(book.database)

    with pytest.raises(StoreError, match="brought to revision 9999 by another reaper"):
        book.record(a_pass([a_session()]))

    assert book.rows("runs") == []


def test_a_run_under_way_ends_nothing_after_the_migration(book: Book) -> None:
    """The newer one migrates between the plan and an intent.

    None is written, so nothing is asked of the server.
    """
    seen = a_pass([a_session()])
    plan = a_plan(seen)
    with book.run(seen, plan) as run:
        a_newer_one_migrates(book.database)
        with pytest.raises(StoreError, match="nothing more is ended by this one"):
            run.intend(plan.steps[0], a_look(plan.steps[0], seen))

    assert book.rows("step_events") == []


def test_a_step_under_way_is_settled_after_the_migration(book: Book) -> None:
    """What was asked before it is still written down after it."""
    seen = a_pass([a_session()])
    plan = a_plan(seen)
    with book.run(seen, plan) as run:
        run.intend(plan.steps[0], a_look(plan.steps[0], seen))
        a_newer_one_migrates(book.database)
        run.settle(plan.steps[0], Outcome(Result.TERMINATED))

    assert book.rows("step_events", "event") == ["intended", "terminated"]


def test_a_run_whose_tables_were_renamed_ends_nothing_and_settles_what_it_asked(book: Book) -> None:
    """The migration really runs, between two steps: the first is settled, the second withheld."""
    seen = a_pass([a_session(), a_session("s2")])
    plan = a_plan(seen)
    first, second = plan.steps
    with book.run(seen, plan) as run:
        run.intend(first, a_look(first, seen))
        downgrade(book.database, HEAD_BEFORE)
        with pytest.raises(StoreError, match="nothing more is ended by this one"):
            run.intend(second, a_look(second, seen))
        run.settle(first, Outcome(Result.TERMINATED))

    assert book.rows("step_events", "event") == ["intended", "terminated"]


def test_the_verdicts_that_hold_keep_their_rows_under_their_older_name(book: Book) -> None:
    """They were called `standing`; who goes back to that version finds all of them."""
    book.record(a_pass([a_session(), a_session("s2")]))
    before = book.rows("current_verdicts")

    downgrade(book.database, "0006")

    assert len(before) == 2
    assert book.rows("standing") == before


def test_no_migration_loses_a_row(book: Book) -> None:
    """Down to the first schema and up again, with a record in it.

    Every decision, step and end is there still.
    """
    book.record(a_pass([a_session()]), Result.TERMINATED)
    book.crash(a_pass([a_session("s2")], now=NOW))
    kept = (
        "runs",
        "decisions",
        "steps",
        "step_events",
        "current_verdicts",
        "open_steps",
        "policy_texts",
    )
    with altering(book.database) as db:  # what a later column holds goes with it
        db.exec_driver_sql("UPDATE runs SET judged = '{}'")
    before = {table: book.rows(table) for table in kept}

    downgrade(book.database, "0001")
    upgrade(book.database)

    assert {table: book.rows(table) for table in kept} == before
