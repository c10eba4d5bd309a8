"""The record proves that it is whole: whatever is changed in it without the reaper is found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from support.store_builders import (
    ACTOR,
    HOUR,
    NOW,
    Book,
    a_pass,
    a_policy,
    a_session,
    active,
    altering,
    house,
    young,
)

from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.planning.plan import Plan, Result
from reaper.core.proof.tree import root
from reaper.errors import StoreError
from reaper.store import (
    Database,
    Verification,
    acknowledge,
    end_pause,
    entries,
    grant,
    leaf_hashes,
    leaves_of_run,
    pause,
    prune,
    pseudonymise,
    remove,
    verify,
)
from reaper.store.chain import seal
from reaper.store.history import HistoryFilter
from reaper.store.leaf_rows import EVENT
from reaper.store.migrate import downgrade, upgrade
from reaper.store.proof import verify_on
from reaper.store.tables import leaves, metadata
from reaper.store.types import UtcDateTime

DAY = timedelta(days=1)
TELLING = house(a_policy(mode="notify"))
OUTSIDE = {"current_verdicts", "open_steps", "told", "activity", "seen_over", "lasting", "leases"}
OUTSIDE |= {"lives", "life_changes", "activity_steps"}
"""What only spares a pass from working things out again: docs/proof.md says why it is outside."""
COVERED = sorted(set(metadata.tables) - OUTSIDE)


def tell_a_story(book: Book) -> None:
    """A bit of everything: ends, crashes, notices, halts, pauses, exemptions, pruning."""
    book.record(a_pass([a_session("old", user="gone"), young("z")]), Result.TERMINATED)
    book.record(a_pass([a_session("z", created_at=NOW + DAY)], now=NOW + DAY))
    prune(book.database, NOW + HOUR, NOW + 3 * DAY)
    book.record(a_pass([a_session("b"), young("c")], now=NOW + 2 * DAY), Result.TERMINATED)
    book.record(a_pass([a_session("b", user="ben")], learnt=[active("b", NOW)]), Result.FAILED)
    book.crash(a_pass([a_session("d", user="eva"), young("e", user="eva")]))
    book.tell(a_pass([a_session("f")], rules=TELLING))
    with book.run(a_pass([]), Plan(halted=("2 of 1 sessions",))) as run:
        pass
    acknowledge(book.database, run.id, at=NOW, by=ACTOR, reason="seen")
    number = pause(book.database, "acme", at=NOW, by=ACTOR, reason="close", until=NOW + DAY)
    end_pause(book.database, number, at=NOW + HOUR, by=ACTOR)
    exempt(book, "anna@Planning")
    remove(book.database, 1, at=NOW, by=ACTOR, reason="done")
    pseudonymise(book.database, "eva@Planning", NOW + 3 * DAY)


def exempt(book: Book, owner: str, **more: Any) -> int:  # noqa: ANN401 - any field of it
    said = {"owner": owner, "reason": f"{owner} asked", "by": ACTOR, "at": NOW, **more}
    return grant(book.database, ManualExemption.model_validate(said))


def faults(found: Verification) -> list[str]:
    return [str(fault) for fault in found.faults]


@contextmanager
def tampering(database: Database) -> Iterator[sa.Connection]:
    """A transaction of somebody who may do everything; nothing of it is kept."""
    with contextlib.suppress(KeyError), altering(database) as db:
        off = {"sqlite": "PRAGMA defer_foreign_keys=ON",
               "postgresql": "SET LOCAL session_replication_role = replica"}  # fmt: skip
        db.exec_driver_sql(off[database.dialect])
        yield db
        raise KeyError("undo")


def look(db: sa.Connection) -> Verification:
    """A look from within: the door is shut again, as a careful intruder would leave it."""
    db.exec_driver_sql("DELETE FROM revising")
    return verify_on(db)


def test_a_record_that_nobody_touched_is_whole(book: Book) -> None:
    """Whatever the reaper does, crashes and repairs included, fits; and something of each kind is
    there.
    """
    tell_a_story(book)
    found = verify(book.database)
    assert faults(found) == []
    assert set(book.rows("leaves", "kind")) == {
        "run", "finish", "outcome", "notice", "acknowledgement", "pause", "resume", "exemption",
        "removal", "revision",
    }  # fmt: skip
    assert [one.kind for one in found.revisions] == ["pruned", "pseudonym"]
    assert all(book.counts()[table] for table in COVERED if table != "revising")


OTHER: dict[type, Callable[[Any], object]] = {
    bool: lambda value: not value,
    int: lambda value: value + 1_000,
    datetime: lambda value: value + timedelta(microseconds=1),
    str: lambda value: value[:-1] + ("x" if value[-1:] != "x" else "y"),
    list: lambda value: [*value, "more"],
    dict: lambda value: {**value, "more": 1},
}


def other(column: sa.Column[Any], value: object) -> object:
    """Another value that the column could have."""
    if value is None:
        filled = {sa.Boolean: True, sa.Integer: 7, UtcDateTime: NOW}
        return filled.get(type(column.type), "more")
    return OTHER[type(value)](value)


def everything(book: Book, *but: str) -> Iterator[tuple[sa.Table, dict[str, Any]]]:
    """Every row of the tables that the proof covers."""
    for name in sorted(set(COVERED) - {"revising", *but}):
        with book.database.reading() as db:
            rows = db.execute(sa.select(metadata.tables[name])).mappings().all()
        assert rows, name
        yield from ((metadata.tables[name], dict(row)) for row in rows)


def this(table: sa.Table, row: dict[str, Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[key.name] == row[key.name] for key in table.primary_key))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_column_of_every_row_is_covered(book: Book) -> None:
    """Another value in any of them is found, by the record alone."""
    tell_a_story(book)
    unnoticed = []
    for table, row in everything(book):
        for column in table.c:
            with tampering(book.database) as db:
                changed = {column.name: other(column, row[column.name])}
                db.execute(sa.update(table).where(this(table, row)).values(changed))
                if not look(db).faults:
                    unnoticed.append((table.name, changed, row))
    assert unnoticed == []


@pytest.mark.slow
def test_every_row_that_is_missing_is_found(book: Book) -> None:
    """Whichever row somebody deletes, by the record alone."""
    tell_a_story(book)
    unnoticed = []
    for table, row in everything(book):
        with tampering(book.database) as db:
            db.execute(sa.delete(table).where(this(table, row)))
            if not look(db).faults:
                unnoticed.append((table.name, row))
    assert unnoticed == []


@pytest.mark.slow
def test_every_row_that_is_put_in_is_found(book: Book) -> None:
    """A copy of a row under another key belongs to no leaf, or to one that it does not fit."""
    tell_a_story(book)
    unnoticed = []
    for table, row in everything(book, "owner_keys", "policy_texts"):
        key = list(table.primary_key)[-1]
        with tampering(book.database) as db:
            db.execute(sa.insert(table).values({**row, key.name: other(key, row[key.name])}))
            if not look(db).faults:
                unnoticed.append((table.name, row))
    assert unnoticed == []


def test_an_open_door_is_found(book: Book) -> None:
    """Whoever left the triggers open is told of."""
    with book.database.writing() as db:
        db.exec_driver_sql("INSERT INTO revising VALUES (1)")
    assert faults(verify(book.database)) == ["revising 1: the door in the triggers stands open"]


def test_what_fits_itself_does_not_fit_an_earlier_checkpoint(book: Book) -> None:
    """Leaves in another order, a tail that is cut with its rows, and everything made anew: only the
    root tells.
    """
    tell_a_story(book)
    size, head = book.counts()["leaves"], root(leaf_hashes(book.database))

    def swap(db: sa.Connection) -> None:
        for now, then in ((0, -1), (1, 0), (-1, 1)):
            db.execute(sa.update(leaves).where(leaves.c.id == now).values(id=then))

    def cut(db: sa.Connection) -> None:
        seal(db, EVENT)
        last = db.scalar(sa.select(sa.func.max(leaves.c.id)))
        db.exec_driver_sql("DELETE FROM revised_rows WHERE revision_id = 2")
        db.exec_driver_sql("DELETE FROM revisions WHERE id = 2")
        db.execute(sa.delete(leaves).where(leaves.c.id == last))

    def rebuild(db: sa.Connection) -> None:
        db.execute(sa.update(leaves).where(leaves.c.id == 0).values(digest="0" * 64))

    for trick in (swap, cut, rebuild):
        with tampering(book.database) as db:
            trick(db)
            hashes = look(db).hashes
            assert len(hashes) < size or root(hashes[:size]) != head


APPEND_ONLY = sorted(set(COVERED) - {"owner_keys", "revising"})


def test_the_database_refuses_to_change_what_is_append_only(book: Book) -> None:
    """Neither an UPDATE nor a DELETE passes, by whatever program."""
    tell_a_story(book)
    for table in APPEND_ONLY:
        column = next(iter(metadata.tables[table].c)).name
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608
            with (
                pytest.raises(StoreError, match=f"{table} is append-only"),
                book.database.writing() as db,
            ):
                db.exec_driver_sql(statement)


def test_a_run_finishes_once(book: Book) -> None:
    """When it finished is the one thing that is written later."""
    book.record(a_pass([a_session()]), Result.TERMINATED)
    with pytest.raises(StoreError, match="runs is append-only"), book.database.writing() as db:
        db.exec_driver_sql("UPDATE runs SET finished_at = started_at")


def test_what_was_changed_is_not_pruned_away(book: Book) -> None:
    """A change cannot be hidden by having the run pruned: it stays until somebody has seen it."""
    book.record(a_pass([a_session()]), Result.TERMINATED)
    book.record(a_pass([], now=NOW + DAY))
    with altering(book.database) as db:
        db.exec_driver_sql("UPDATE decisions SET reason = 'because'")
    prune(book.database, NOW + HOUR)
    assert faults(verify(book.database)) == ["run 1: was changed after it was written"]


def test_what_is_left_of_a_pruned_run_is_proved_still(book: Book) -> None:
    """Some of its rows are gone, and what is left still fits the leaf that was made at first."""
    book.record(a_pass([a_session(), young("s2")]), Result.TERMINATED)
    book.record(a_pass([young("s2")], now=NOW + HOUR))
    prune(book.database, NOW + HOUR)
    (left,) = [one for one in leaves_of_run(book.database, 1) if one.leaf.kind == "run"]
    assert left.fits
    assert len(left.withheld) == 2
    assert book.rows("decisions", "session_id") == ["s2"]


def test_run_numbers_never_come_again(book: Book) -> None:
    """Also where all runs were pruned; the record of the new one is its own."""
    book.record(a_pass([a_session()]), Result.TERMINATED)
    book.record(a_pass([], now=NOW + DAY))
    prune(book.database, NOW + 9 * DAY)
    assert book.rows("runs") == []
    assert book.record(a_pass([a_session()]), Result.TERMINATED) == 3
    assert faults(verify(book.database)) == []


NAMED = ("anna", "Planning@", "ANNA")


def test_an_owner_becomes_a_pseudonym_everywhere(book: Book) -> None:
    """Nothing on record has the name, every row of it has the same pseudonym, the proof holds, and
    the key by which somebody could try names is gone.
    """
    exempt(book, "anna@Planning", account="elsewhere", ends=NOW + HOUR)
    book.record(a_pass([a_session(), a_session("s2", user="ANNA")]), Result.TERMINATED)
    book.tell(a_pass([a_session("f")], rules=TELLING))
    before = root(leaf_hashes(book.database)[:3])

    done = pseudonymise(book.database, "Anna@planning", NOW + DAY)

    assert faults(verify(book.database)) == []
    assert root(leaf_hashes(book.database)[:3]) == before
    with book.database.reading() as db:
        texts = [str(row) for t in metadata.sorted_tables for row in db.execute(sa.select(t))
                 if t.name not in ("runs", "exemption_removals")]  # fmt: skip
    texts = [text.replace(ACTOR, "") for text in texts]
    assert [text for text in texts if "anna" in text.lower()] == []
    owners = {entry.owner for entry in entries(book.database, HistoryFilter(limit=None))}
    assert owners == {done.pseudonym}


def test_an_exemption_that_holds_is_not_touched(book: Book) -> None:
    """It would no longer cover its sessions: it is named, and stays until a person ends it."""
    number = exempt(book, "anna@Planning")
    book.record(a_pass([a_session()]))
    done = pseudonymise(book.database, "anna@Planning", NOW + DAY)
    assert done.exemptions == [number]
    assert book.ledger.granted("acme")[0].owner == "anna@Planning"
    assert faults(verify(book.database)) == []


def test_the_lives_of_an_owner_get_the_pseudonym_too(book: Book) -> None:
    """Also of an owner of whom nothing else is on record."""
    book.record(a_pass([young("y", user="eva", name="for eva")]))
    done = pseudonymise(book.database, "EVA@Planning", NOW + DAY)
    lives = metadata.tables["lives"]
    with book.database.reading() as db:
        (life,) = db.execute(sa.select(lives.c.user, lives.c.name)).all()
    assert tuple(life) == (done.pseudonym, f"for {done.pseudonym}")
    assert faults(verify(book.database)) == []


def test_what_was_on_record_before_gets_its_leaves(book: Book) -> None:
    """An upgrade takes it as it is; an outcome of a step that was open then is no fault."""
    book.record(a_pass([a_session()]), Result.TERMINATED)
    book.crash(a_pass([a_session("s2")]))
    downgrade(book.database, "0013")
    upgrade(book.database)
    found = verify(book.database)
    assert (faults(found), [one.kind for one in found.revisions]) == ([], ["adopted"])

    with book.database.writing() as db:
        row = {"step_id": 2, "at": NOW, "event": "terminated", "detail": "", "evidence": {}}
        db.execute(sa.insert(metadata.tables["step_events"]).values(row))
    assert (faults(verify(book.database)), verify(book.database).uncovered) == ([], 1)


def test_the_first_run_that_does_not_fit_is_named_first(book: Book) -> None:
    """In the order in which things happened, an outcome with the run that it is of."""
    for name in ("a", "b", "c"):
        book.record(a_pass([a_session(name)]), Result.TERMINATED)
    with altering(book.database) as db:
        db.exec_driver_sql("UPDATE step_events SET detail = 'x' WHERE id = 4")
        db.exec_driver_sql("UPDATE decisions SET reason = 'x' WHERE run_id = 3")
    assert faults(verify(book.database)) == [
        "run 2, outcome 4: was changed after it was written",
        "run 3: was changed after it was written",
    ]
