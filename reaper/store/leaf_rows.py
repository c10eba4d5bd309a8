"""Which rows each leaf of the proof covers, and their digests.

A row enters by its table's name and every column that is not null, so a column that is added to an
append-only table later is nullable. What is personal enters under the key of the row's owner.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from reaper.core.proof.document import row_digest
from reaper.store.bulk import insert_rows
from reaper.store.tables import (
    acknowledgements,
    decisions,
    exemption_removals,
    exemptions,
    leaves,
    notices,
    owner_keys,
    pause_ends,
    pauses,
    policy_texts,
    revised_rows,
    revisions,
    run_plans,
    runs,
    step_events,
    steps,
)

RUN, FINISH, EVENT, NOTICE = "run", "finish", "outcome", "notice"
ACKNOWLEDGEMENT, PAUSE, RESUME = "acknowledgement", "pause", "resume"
EXEMPTION, REMOVAL, REVISION = "exemption", "removal", "revision"
ADOPTED = "adopted"
"""The kind of the revision that took over what an earlier version had written."""

_AT_ONCE, _ROWS_AT_ONCE = 500, 2_000
Subjects = Sequence[int] | None
"""Of which things the rows are wanted; None: of all."""


@dataclass(frozen=True)
class Part:
    """Rows of one table that a leaf covers: those whose `subject` is the leaf's.

    `whose` is the owner by whose key the `personal` columns are hidden.
    """

    subject: sa.Column[Any]
    columns: tuple[sa.Column[Any], ...]
    personal: tuple[str, ...] = ()
    whose: sa.Column[Any] | None = None

    @property
    def table(self) -> sa.Table:
        return self.subject.table

    def rows(self, db: sa.Connection, subjects: Subjects) -> Iterator[LeafRow]:
        made = self._made()
        for some in _batches(subjects):
            statement = self._statement()
            if some is not None:
                statement = statement.where(self.subject.in_(some))
            streamed = {"yield_per": _ROWS_AT_ONCE} if some is None else {}
            with closing(db.execute(statement, execution_options=streamed)) as found:
                yield from map(made, found)

    def _statement(self) -> sa.Select[Any]:
        whose = sa.null() if self.whose is None else self.whose
        of = self.table
        joined = of if self.whose is None or self.whose.table is of else of.join(self.whose.table)
        return sa.select(self.subject, whose, *self.columns).select_from(joined)

    def _made(self) -> Callable[[Sequence[Any]], LeafRow]:
        """How a row of the statement becomes one of the leaf; there are many."""
        table, names = self.table.name, [column.name for column in self.columns]
        plain = [(n, at) for at, n in enumerate(names, 2) if n not in self.personal]
        personal = [(n, at) for at, n in enumerate(names, 2) if n in self.personal]

        def row_of(row: Sequence[Any]) -> LeafRow:
            open_ = {name: row[at] for name, at in plain if row[at] is not None}
            open_["table"] = table
            hidden = {name: row[at] for name, at in personal if row[at] is not None}
            return LeafRow(row[0], owner_of(row[1]), open_, hidden)

        return row_of


class LeafRow(NamedTuple):
    """A row as a leaf covers it; `owner` is by whose key its personal fields are hidden."""

    subject: int
    owner: str
    plain: dict[str, Any]
    personal: dict[str, Any]

    def digest(self, keys: Mapping[str, str]) -> bytes:
        return row_digest(self.plain, self.personal, keys.get(self.owner, ""))


def _part(subject: sa.Column[Any], personal: str = "", whose: sa.Column[Any] | None = None) -> Part:
    return Part(subject, tuple(subject.table.c), tuple(personal.split()), whose)


_RUN_ROW = _part(runs.c.id)
_FINISHED = Part(runs.c.id, (runs.c.id, runs.c.finished_at))
PARTS: dict[str, tuple[Part, ...]] = {
    RUN: (
        _part(run_plans.c.run_id),
        _part(decisions.c.run_id, "owner reason evidence", decisions.c.owner),
        _part(steps.c.run_id, "owner reason", steps.c.owner),
    ),
    EVENT: (_part(step_events.c.id, "detail evidence", steps.c.owner),),
    NOTICE: (_part(notices.c.id, "owner detail", notices.c.owner),),
    ACKNOWLEDGEMENT: (_part(acknowledgements.c.run_id),),
    PAUSE: (_part(pauses.c.id),),
    RESUME: (_part(pause_ends.c.pause_id),),
    EXEMPTION: (_part(exemptions.c.id, "whom reason", exemptions.c.whom),),
    REMOVAL: (_part(exemption_removals.c.exemption_id),),
    REVISION: (_part(revisions.c.id), _part(revised_rows.c.revision_id)),
}
KINDS = (RUN, FINISH, *(kind for kind in PARTS if kind != RUN))
"""The kinds of leaves, in the order in which what is on record already gets its leaves."""


def owner_of(whose: object) -> str:
    """By whose key a row is hidden: an exemption by hand is of whom it names, as it was written."""
    if isinstance(whose, str):
        return whose
    named = (whose.get("owner") or whose.get("user")) if isinstance(whose, dict) else None
    return named if isinstance(named, str) else ""


def rows_of(db: sa.Connection, kind: str, subjects: Subjects = None) -> Iterator[LeafRow]:
    """All rows that the leaves of that kind cover, one after the other."""
    if kind == RUN:
        yield from _run_rows(db, subjects)
    elif kind == FINISH:
        yield from _finish_rows(db, subjects)
    for part in PARTS.get(kind, ()):
        yield from part.rows(db, subjects)


def _finish_rows(db: sa.Connection, subjects: Subjects) -> Iterator[LeafRow]:
    """Of runs that finished after they were written down, and so have a leaf for that."""
    return _FINISHED.rows(db, sorted(_finishing(db, None)) if subjects is None else subjects)


def _run_rows(db: sa.Connection, subjects: Subjects) -> Iterator[LeafRow]:
    """The runs themselves, and for each the texts of the policies that it judged by."""
    finishing, texts = _finishing(db, subjects), _Texts(db)
    for row in _RUN_ROW.rows(db, subjects):
        if row.subject in finishing:
            row.plain.pop("finished_at", None)
        yield row
        for hash_ in _hashes(row.plain.get("policies")):
            if (text := texts[hash_]) is not None:
                yield LeafRow(row.subject, "", text, {})


def _hashes(policies: object) -> list[str]:
    values = policies.values() if isinstance(policies, Mapping) else ()
    return sorted({value for value in values if isinstance(value, str)})


def _finishing(db: sa.Connection, subjects: Subjects) -> set[int]:
    """The runs whose leaf does not say when they finished, because they did so later."""
    found = set[int]()
    for some in _batches(subjects):
        statement = sa.select(leaves.c.subject).where(leaves.c.kind == FINISH)
        if some is not None:
            statement = statement.where(leaves.c.subject.in_(some))
        found |= set(db.scalars(statement))
    adopted = sa.select(revisions.c.detail).where(revisions.c.kind == ADOPTED)
    return found.union(*(detail["unfinished"] for detail in db.scalars(adopted)))


class _Texts(dict[str, dict[str, Any] | None]):
    """The texts of policies as rows, each read once."""

    def __init__(self, db: sa.Connection) -> None:
        self._db = db

    def __missing__(self, hash_: str) -> dict[str, Any] | None:
        found = self._db.execute(sa.select(policy_texts).where(policy_texts.c.hash == hash_))
        row = found.mappings().one_or_none()
        self[hash_] = None if row is None else {"table": policy_texts.name, **row}
        return self[hash_]


def digests_of(
    db: sa.Connection, kind: str, keys: Mapping[str, str], subjects: Subjects = None
) -> dict[int, list[bytes]]:
    """The digests of the rows of each leaf of that kind, by its subject."""
    found: dict[int, list[bytes]] = defaultdict(list)
    for row in rows_of(db, kind, subjects):
        found[row.subject].append(row.digest(keys))
    return found


def keys_of(db: sa.Connection) -> Mapping[str, str]:
    """The key of each owner on record."""
    return {row.owner: row.key for row in db.execute(sa.select(owner_keys))}


def with_keys(db: sa.Connection, rows: Iterable[LeafRow]) -> Mapping[str, str]:
    """The keys of the owners of these rows; whoever has none yet gets one."""
    wanted = sorted({row.owner for row in rows if row.personal})
    keys: dict[str, str] = {}
    for some in _batches(wanted):
        found = sa.select(owner_keys).where(owner_keys.c.owner.in_(some or ()))
        keys |= {row.owner: row.key for row in db.execute(found)}
    new = {owner: secrets.token_hex(32) for owner in wanted if owner not in keys}
    insert_rows(db, owner_keys, [{"owner": owner, "key": key} for owner, key in new.items()])
    return keys | new


def _batches(wanted: Sequence[Any] | None) -> Iterator[Sequence[Any] | None]:
    if wanted is None:
        yield None
        return
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]
