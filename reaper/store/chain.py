"""The leaves of the proof: each thing that is written to the record gets one, in the same
transaction, and what is lawfully changed later says so in a leaf of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.clock import SYSTEM_CLOCK
from reaper.core.proof.document import Leaf, set_digest
from reaper.core.proof.tree import leaf_hash, root
from reaper.store.bulk import insert_and_number, insert_rows
from reaper.store.leaf_rows import (
    ADOPTED,
    KINDS,
    REVISION,
    RUN,
    digests_of,
    keys_of,
    rows_of,
    with_keys,
)
from reaper.store.tables import leaves, open_steps, revised_rows, revising, revisions, runs

PRUNED, PSEUDONYM = "pruned", "pseudonym"
"""The kinds of revisions, besides ADOPTED."""

_RUNS_AT_ONCE = 200

Things = Mapping[str, Sequence[int]]
"""Kinds of leaves, and the subjects of each that are meant."""


def seal(db: sa.Connection, kind: str, *subjects: int) -> None:
    """Give each of these its leaf; their rows were just written."""
    seal_all(db, kind, subjects)


def seal_all(db: sa.Connection, kind: str, subjects: Sequence[int] | None = None) -> int:
    """The same of many; None: of everything of that kind. How many that were."""
    if subjects == ():
        return 0
    rows = list(rows_of(db, kind, subjects))
    keys = with_keys(db, rows)
    digests: dict[int, list[bytes]] = {}
    for row in rows:
        digests.setdefault(row.subject, []).append(row.digest(keys))
    first = _size(db)
    made = [
        {
            "id": number,
            "kind": kind,
            "subject": subject,
            "rows": len(own),
            "digest": set_digest(own),
        }
        for number, (subject, own) in enumerate(sorted(digests.items()), first)
    ]
    insert_rows(db, leaves, made)
    return len(made)


def _size(db: sa.Connection) -> int:
    last = db.scalar(sa.select(sa.func.max(leaves.c.id)))
    return 0 if last is None else last + 1


def run_number(db: sa.Connection) -> Mapping[str, int]:
    """The number of the next run where the database would give that of a pruned one again."""
    if db.dialect.name != "sqlite":
        return {}
    proved = sa.select(sa.func.max(leaves.c.subject)).where(leaves.c.kind == RUN)
    last = [db.scalar(one) or 0 for one in (proved, sa.select(sa.func.max(runs.c.id)))]
    return {"id": max(last) + 1}


def adopt(db: sa.Connection) -> None:
    """After a migration: give what a version without proof wrote its leaves.

    What became of it before is not proved. What an earlier version may still write of a step that
    is open now, or of a run that has not finished, has no leaf, and is no fault.
    """
    ids = list(db.scalars(sa.select(runs.c.id).order_by(runs.c.id)))
    if not ids:
        return
    new = _size(db) == 0
    detail = {
        "runs": ids[-1] if new else 0,
        "open_steps": list(db.scalars(sa.select(open_steps.c.step_id).order_by("step_id"))),
        "unfinished": list(db.scalars(sa.select(runs.c.id).where(runs.c.finished_at.is_(None)))),
    }
    if new or detail["open_steps"] or detail["unfinished"]:
        _write_revision(db, SYSTEM_CLOCK.now(), ADOPTED, detail)
    if new:
        _adopt_all(db, ids)


def _adopt_all(db: sa.Connection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _RUNS_AT_ONCE):
        seal_all(db, RUN, ids[start : start + _RUNS_AT_ONCE])
    for kind in KINDS:
        if kind not in (RUN, REVISION):
            seal_all(db, kind)


def _write_revision(
    db: sa.Connection,
    at: datetime,
    kind: str,
    detail: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] = (),
) -> None:
    (number,) = insert_and_number(db, revisions, [{"at": at, "kind": kind, "detail": detail}])
    insert_rows(db, revised_rows, [{"revision_id": number, **row} for row in rows])
    seal_all(db, REVISION, [number])


@contextmanager
def revise(
    db: sa.Connection, at: datetime, kind: str, detail: Mapping[str, Any], things: Things
) -> Iterator[None]:
    """Within this, rows of these things may be changed or deleted, and a leaf says which.

    Nothing is written where nothing changed.
    """
    before = _digests(db, things)
    db.execute(sa.insert(revising).values(id=1))
    yield
    db.execute(sa.delete(revising))
    after = _digests(db, things)
    whole: dict[int, bytes] = {}
    rows: list[Mapping[str, Any]] = []
    numbers = live_leaves(db, things)
    for thing, digests in before.items():
        if thing not in numbers or digests == after.get(thing, set()):
            continue
        number, leaf = numbers[thing]
        if thing not in after:
            whole[number] = leaf_hash(leaf.canonical())
        else:
            rows += _revised(number, digests, after[thing])
    if whole or rows:
        _write_revision(db, at, kind, {**detail, **_gone(whole)}, rows)


def _gone(whole: Mapping[int, bytes]) -> dict[str, Any]:
    """Which leaves cover nothing any more, and the root over them: they are themselves still."""
    numbers = sorted(whole)
    return {"leaves": ranges(numbers), "root": root([whole[n] for n in numbers]).hex()}


def _digests(db: sa.Connection, things: Things) -> dict[tuple[str, int], set[bytes]]:
    keys = keys_of(db)
    return {
        (kind, subject): set(found)
        for kind, subjects in things.items()
        for subject, found in digests_of(db, kind, keys, subjects).items()
    }


def _revised(number: int, before: set[bytes], after: set[bytes]) -> list[Mapping[str, Any]]:
    changed = [(one, False) for one in before - after] + [(one, True) for one in after - before]
    return [
        {"leaf_id": number, "digest": digest.hex(), "added": added} for digest, added in changed
    ]


def live_leaves(db: sa.Connection, things: Things) -> dict[tuple[str, int], tuple[int, Leaf]]:
    """The newest leaf of each thing, and its number: a number may come again after pruning."""
    found = {}
    for kind, subjects in things.items():
        for start in range(0, len(subjects), 500):
            some = leaves.c.subject.in_(subjects[start : start + 500])
            statement = sa.select(leaves).where(leaves.c.kind == kind, some).order_by(leaves.c.id)
            for row in db.execute(statement):
                leaf = Leaf(row.kind, row.subject, row.rows, row.digest)
                found[kind, row.subject] = (row.id, leaf)
    return found


def ranges(numbers: Sequence[int]) -> list[list[int]]:
    """The numbers, which rise, as first and last of those that follow one another."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found
