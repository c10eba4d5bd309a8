"""Proving the record: whether it fits its leaves, the hashes of the tree, and the proof of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.core.proof.document import Leaf
from reaper.core.proof.tree import leaf_hash, root
from reaper.store.chain import Things, live_leaves
from reaper.store.database import Database
from reaper.store.leaf_rows import (
    ACKNOWLEDGEMENT,
    ADOPTED,
    EVENT,
    FINISH,
    KINDS,
    NOTICE,
    REVISION,
    RUN,
    LeafRow,
    digests_of,
    keys_of,
    rows_of,
)
from reaper.store.tables import (
    leaves,
    notices,
    revised_rows,
    revising,
    revisions,
    step_events,
    steps,
)

Thing = tuple[str, int]
_AT_ONCE, _NAMED = 5_000, 500
_RUNS_OWN = (RUN, FINISH, ACKNOWLEDGEMENT)
"""The kinds whose subject is a run's number."""
_SUBJECT: sa.BindParameter[int] = sa.bindparam("subject")
_RUN_OF = {
    EVENT: sa.select(steps.c.run_id).join(step_events).where(step_events.c.id == _SUBJECT),
    NOTICE: sa.select(notices.c.run_id).where(notices.c.id == _SUBJECT),
}


@dataclass(frozen=True)
class Revision:
    """What was lawfully changed in the record since it was written: pruned, or under a pseudonym.

    `things` are how many things are gone whole, `rows` how many rows of others.
    """

    at: datetime
    kind: str
    detail: Mapping[str, Any]
    things: int
    rows: int


@dataclass(frozen=True)
class Fault:
    """Something that does not fit its leaf, which is that `index` of the tree, None where it has
    none; `run` is whose it is, where that is known.
    """

    kind: str
    subject: int
    index: int | None
    problem: str
    run: int | None = None

    def __str__(self) -> str:
        of_run = f"run {self.run}, " if self.run is not None and self.kind != RUN else ""
        return f"{of_run}{self.kind} {self.subject}: {self.problem}"


@dataclass(frozen=True)
class Verification:
    """What became of a look at the whole record: `hashes` are those of the tree's leaves."""

    hashes: list[bytes]
    rows: int
    faults: list[Fault]
    revisions: list[Revision]
    uncovered: int = 0


@dataclass
class _Revised:
    """What revisions did: leaves that are gone whole, rows taken from others and added to them."""

    whole: set[int] = field(default_factory=set)
    _taken: dict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    _added: dict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def note(self, leaf: int, digest: bytes, *, added: bool) -> None:
        (self._added if added else self._taken)[leaf].add(digest)

    def taken(self, leaf: int) -> set[bytes]:
        """The rows of the leaf that are not on record any more."""
        return self._taken.get(leaf, set()) - self._added.get(leaf, set())

    def added(self, leaf: int) -> set[bytes]:
        """The rows that stand in the place of some of those."""
        return self._added.get(leaf, set()) - self._taken.get(leaf, set())

    def original(self, leaf: int, rows: Sequence[bytes]) -> list[bytes]:
        """The rows that the leaf was made of, by what is there now; one more that fits nothing for
        each that should be there and is not.
        """
        added = self.added(leaf)
        missing = [b"" for _ in added.difference(rows)]
        return [one for one in [*rows, *self.taken(leaf), *missing] if one not in added]


def _revised(db: sa.Connection, of: Sequence[int] | None = None) -> _Revised:
    """What revisions did to these leaves, or to all."""
    found = _Revised()
    for first, last in (one for detail in _details(db) for one in _ranges(detail)):
        found.whole.update(range(first, last + 1))
    statement = sa.select(revised_rows)
    if of is not None and len(of) <= _NAMED:
        statement = statement.where(revised_rows.c.leaf_id.in_(of))
    for row in db.execute(statement):
        found.note(row.leaf_id, _bytes(row.digest), added=row.added)
    return found


def _bytes(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""


def _ranges(detail: Mapping[str, Any]) -> list[tuple[int, int]]:
    """The leaves that are gone whole, as first and last; none where somebody wrote nonsense."""
    match detail.get("leaves"):
        case [*ranges]:
            return [(a, z) for one in ranges for a, z in _range(one)]
        case _:
            return []


def _range(one: object) -> list[tuple[int, int]]:
    match one:
        case [int(first), int(last)]:
            return [(first, last)]
        case _:
            return []


def _details(db: sa.Connection, kind: str | None = None) -> Iterator[dict[str, Any]]:
    statement = sa.select(revisions.c.detail)
    if kind is not None:
        statement = statement.where(revisions.c.kind == kind)
    return (detail for detail in db.scalars(statement) if isinstance(detail, dict))


def verify(database: Database) -> Verification:
    """Compare everything on record with its leaves, in one look. Raises StoreError."""
    with database.reading() as db:
        if database.dialect == "postgresql":  # what is written meanwhile is for the next look
            db.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return verify_on(db)


def verify_on(db: sa.Connection) -> Verification:
    """The same within a transaction."""
    return _Verifying(db).result()


class _Verifying:
    def __init__(self, db: sa.Connection) -> None:
        self._db = db
        self._revised = _revised(db)
        self._rows: dict[Thing, bytearray] = defaultdict(bytearray)
        self._count = 0
        keys = keys_of(db)
        for kind in KINDS:
            for row in rows_of(db, kind):
                self._rows[kind, row.subject] += row.digest(keys)
                self._count += 1

    def result(self) -> Verification:
        hashes: list[bytes] = []
        faults: list[Fault] = []
        pending: dict[Thing, tuple[int, Leaf]] = {}
        for number, leaf in _leaves(self._db):
            if number != len(hashes):
                faults.append(Fault("leaf", len(hashes), None, "is missing"))
                return Verification(hashes, self._count, faults, [])
            hashes.append(leaf_hash(leaf.canonical()))
            if number not in self._revised.whole:
                thing = leaf.kind, leaf.subject
                if thing in pending:
                    faults.append(Fault(*thing, number, "has two leaves"))
                pending[thing] = number, leaf
        for number, leaf in pending.values():
            faults += self._compared(number, leaf)
        faults += self._exchanged(hashes)
        if self._db.scalar(sa.select(revising.c.id).limit(1)) is not None:
            faults.append(Fault("revising", 1, None, "the door in the triggers stands open"))
        late = self._late()
        orphans = [thing for thing in self._rows if thing not in late]
        faults += [Fault(*thing, None, "is covered by no leaf") for thing in sorted(orphans)]
        whose = _runs_of(self._db, faults)
        named = [Fault(f.kind, f.subject, f.index, f.problem, whose.get((f.kind, f.subject)))
                 for f in faults]  # fmt: skip
        uncovered = len(self._rows) - len(orphans)
        return Verification(hashes, self._count, named, self._revisions(), uncovered)

    def _compared(self, number: int, leaf: Leaf) -> Iterator[Fault]:
        packed = bytes(self._rows.pop((leaf.kind, leaf.subject), b""))
        here = [packed[i : i + 32] for i in range(0, len(packed), 32)]
        rows = self._revised.original(number, here)
        if leaf.fits(rows):
            return
        if not here:
            why = "is gone from the record"
        elif len(rows) != leaf.rows:
            why = f"the record has {len(rows)} rows of it, and its leaf covers {leaf.rows}"
        else:
            why = "was changed after it was written"
        yield Fault(leaf.kind, leaf.subject, number, why)

    def _exchanged(self, hashes: Sequence[bytes]) -> Iterator[Fault]:
        """Where leaves that cover nothing any more are not those that a revision left."""
        for row in self._db.execute(sa.select(revisions.c.id, revisions.c.detail)):
            left = [one for a, z in _ranges(row.detail) for one in hashes[a : z + 1]]
            if root(left).hex() != row.detail.get("root", root(left).hex()):
                why = "the leaves whose rows it took away were changed"
                yield Fault(REVISION, row.id, None, why)

    def _late(self) -> set[Thing]:
        """What an earlier version wrote of its own steps after their leaves had been made."""
        steps_open = {step for detail in _details(self._db, ADOPTED) for step in
                      detail.get("open_steps", ())}  # fmt: skip
        if not steps_open:
            return set()
        of = sa.select(step_events.c.id).where(step_events.c.step_id.in_(steps_open))
        return {(EVENT, event) for event in self._db.scalars(of)}

    def _revisions(self) -> list[Revision]:
        of = revised_rows.c.revision_id
        counted = sa.select(of, sa.func.count().label("rows")).group_by(of)
        rows = {row.revision_id: row.rows for row in self._db.execute(counted)}
        every = self._db.execute(sa.select(revisions).order_by(revisions.c.id))
        return [
            Revision(
                row.at,
                row.kind,
                row.detail,
                sum(last - first + 1 for first, last in _ranges(row.detail)),
                rows.get(row.id, 0),
            )
            for row in every
        ]


def _leaves(db: sa.Connection) -> Iterator[tuple[int, Leaf]]:
    statement = sa.select(leaves).order_by(leaves.c.id)
    with closing(db.execute(statement, execution_options={"yield_per": _AT_ONCE})) as found:
        for row in found:
            yield row.id, Leaf(row.kind, row.subject, row.rows, row.digest)


def _runs_of(db: sa.Connection, faults: Sequence[Fault]) -> dict[Thing, int]:
    """To which run each of these belongs, where the record knows."""
    found: dict[Thing, int] = {}
    for fault in faults[:_AT_ONCE]:
        number = fault.subject if fault.kind in _RUNS_OWN else None
        if (statement := _RUN_OF.get(fault.kind)) is not None:
            number = db.scalar(statement, {"subject": fault.subject})
        if number is not None:
            found[fault.kind, fault.subject] = number
    return found


def unfit(db: sa.Connection, things: Things) -> set[Thing]:
    """Which of these do not fit the leaf that they have."""
    keys, live = keys_of(db), live_leaves(db, things)
    revised = _revised(db, [number for number, _ in live.values()])
    rows = {
        (kind, subject): found
        for kind, subjects in things.items()
        for subject, found in digests_of(db, kind, keys, subjects).items()
    }
    return {
        thing
        for thing, (number, leaf) in live.items()
        if number not in revised.whole
        and not leaf.fits(revised.original(number, rows.get(thing, [])))
    }


def hashes(database: Database) -> list[bytes]:
    """The hashes of all leaves, without a look at what they cover. Raises StoreError."""
    with database.reading() as db:
        return [leaf_hash(leaf.canonical()) for _, leaf in _leaves(db)]


@dataclass(frozen=True)
class ProvedLeaf:
    """A leaf, the rows of it that are on record, and the digests of those that are not any more.

    Each row stands with the key under which its personal fields are hidden.
    """

    index: int
    leaf: Leaf
    rows: list[tuple[LeafRow, str]]
    withheld: list[bytes]

    @property
    def fits(self) -> bool:
        digests = [row.digest({row.owner: key}) for row, key in self.rows]
        return self.leaf.fits([*digests, *self.withheld])


def leaves_of_run(database: Database, run: int) -> list[ProvedLeaf]:
    """All that the tree holds of a run: what it decided and planned, and what came of that.

    Raises StoreError.
    """
    with database.reading() as db:
        own = steps.c.run_id == run
        events = sa.select(step_events.c.id).join(steps).where(own)
        sent = sa.select(notices.c.id).where(notices.c.run_id == run)
        things: Things = {
            **{kind: [run] for kind in (RUN, FINISH, ACKNOWLEDGEMENT)},
            EVENT: list(db.scalars(events)),
            NOTICE: list(db.scalars(sent)),
        }
        keys, live = keys_of(db), live_leaves(db, things)
        revised = _revised(db, [number for number, _ in live.values()])
        found = []
        for (kind, subject), (number, leaf) in live.items():
            if number not in revised.whole:
                rows = [(row, keys.get(row.owner, "")) for row in rows_of(db, kind, [subject])]
                shown, withheld = _parted(rows, revised, number)
                found.append(ProvedLeaf(number, leaf, shown, withheld))
        return sorted(found, key=lambda one: one.index)


def _parted(
    rows: list[tuple[LeafRow, str]], revised: _Revised, leaf: int
) -> tuple[list[tuple[LeafRow, str]], list[bytes]]:
    """The rows that are still as the leaf covers them, and the digests of those that are not."""
    digests = [row.digest({row.owner: key}) for row, key in rows]
    added = revised.added(leaf)
    shown = [one for one, digest in zip(rows, digests, strict=True) if digest not in added]
    return shown, sorted(revised.taken(leaf))
