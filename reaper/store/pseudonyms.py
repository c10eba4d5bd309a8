"""An owner's name gives way to a pseudonym, everywhere on record, and the proof still holds.

The key under which the proof hides the name is deleted, so nobody can try afterwards who it was.
What a person may still have to look at is left and told: an exemption that holds would no longer
cover its sessions, and the texts of policies are those of the files.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.core.model.names import folded
from reaper.store import chain
from reaper.store.database import Database
from reaper.store.leaf_rows import EVENT, EXEMPTION, NOTICE, RUN, owner_of
from reaper.store.proof import Thing, unfit
from reaper.store.tables import (
    activity_steps,
    decisions,
    exemption_removals,
    exemptions,
    lives,
    notices,
    owner_keys,
    policy_texts,
    step_events,
    steps,
)

_Scrub = Callable[[Any], Any]


@dataclass(frozen=True)
class Pseudonymised:
    """What stands for the name now, in how many rows of each table; and what still names the owner:
    exemptions by hand that hold, by number, and policies.

    None of `rows` where something of the owner does not fit its leaf: `broken`.
    """

    pseudonym: str
    rows: Mapping[str, int]
    exemptions: Sequence[int]
    policies: Sequence[str]
    broken: Sequence[Thing] = ()


def pseudonymise(database: Database, owner: str, now: datetime) -> Pseudonymised:
    """Put a pseudonym in place of the owner, however the name is spelt. Raises StoreError."""
    pseudonym = f"person-{secrets.token_hex(6)}"
    with database.writing() as db:
        names = _spellings(db, owner)
        scrub, ids = _scrubber(names or [owner], pseudonym), _ids(db, names)
        holding = _holding(db, names, now)
        ids[EXEMPTION] = [number for number in ids[EXEMPTION] if number not in holding]
        policies = _mentioned(db, scrub)
        if broken := sorted(unfit(db, ids)):
            return Pseudonymised(pseudonym, {}, holding, policies, broken)
        of_lives = _replace_in_lives(db, owner, scrub, pseudonym)
        if not any(ids.values()):
            return Pseudonymised(pseudonym, of_lives, holding, policies)
        db.execute(sa.insert(owner_keys).values(owner=pseudonym, key=secrets.token_hex(32)))
        with chain.revise(db, now, chain.PSEUDONYM, {"pseudonym": pseudonym}, ids):
            rows = _replace(db, names, scrub, ids)
        if not holding:
            db.execute(sa.delete(owner_keys).where(owner_keys.c.owner.in_(names)))
    return Pseudonymised(pseudonym, {**rows, **of_lives}, holding, policies)


def _spellings(db: sa.Connection, owner: str) -> list[str]:
    """The name as it stands on record, in every spelling that reads alike."""
    mine = folded(owner)
    return sorted(one for one in db.scalars(sa.select(owner_keys.c.owner)) if folded(one) == mine)


def _ids(db: sa.Connection, names: list[str]) -> dict[str, list[int]]:
    """What is on record of the owner, by the kinds of leaves."""
    of = [sa.select(table.c.run_id).where(table.c.owner.in_(names)) for table in (decisions, steps)]
    events = sa.select(step_events.c.id).join(steps).where(steps.c.owner.in_(names))
    whom = db.execute(sa.select(exemptions.c.id, exemptions.c.whom))
    return {
        RUN: sorted({number for one in of for number in db.scalars(one)}),
        EVENT: sorted(db.scalars(events)),
        NOTICE: sorted(db.scalars(sa.select(notices.c.id).where(notices.c.owner.in_(names)))),
        EXEMPTION: [row.id for row in whom if owner_of(row.whom) in names],
    }


def _holding(db: sa.Connection, names: list[str], now: datetime) -> list[int]:
    """The owner's exemptions that hold still."""
    rows = db.execute(
        sa.select(exemptions)
        .outerjoin(exemption_removals)
        .where(
            exemption_removals.c.exemption_id.is_(None),
            exemptions.c.ends.is_(None) | (exemptions.c.ends > now),
        )
    )
    return [row.id for row in rows if owner_of(row.whom) in names]


def _mentioned(db: sa.Connection, scrub: _Scrub) -> list[str]:
    """The policies of whose texts one mentions the owner."""
    rows = db.execute(sa.select(policy_texts.c.name, policy_texts.c.text))
    return sorted({row.name for row in rows if scrub(row.text) != row.text})


def _scrubber(names: Sequence[str], pseudonym: str) -> _Scrub:
    """Replaces the names, and the users that they begin with, in a text or a document."""
    users = [user for name in names if (user := name.partition("@")[0])]
    words = sorted({*names, *users}, key=len, reverse=True)
    pattern = re.compile(
        "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words), re.IGNORECASE
    )

    def scrub(value: Any) -> Any:  # noqa: ANN401 - a document
        match value:
            case str():
                return pattern.sub(pseudonym, value)
            case list():
                return [scrub(one) for one in value]
            case dict():
                return {key: scrub(one) for key, one in value.items()}
            case _:
                return value

    return scrub


def _replace(
    db: sa.Connection, names: list[str], scrub: _Scrub, ids: Mapping[str, list[int]]
) -> Mapping[str, int]:
    owned = {"owner": scrub, "reason": scrub, "detail": scrub, "evidence": _in_json(scrub)}
    events = {"detail": scrub, "evidence": scrub}
    theirs = [(table, table.c.owner.in_(names)) for table in (decisions, steps, notices)]
    return {
        step_events.name: _rewrite(db, step_events, step_events.c.id, ids[EVENT], events),
        exemptions.name: _rewrite(
            db, exemptions, exemptions.c.id, ids[EXEMPTION], {"whom": scrub, "reason": scrub}
        ),
        **{table.name: _rewrite_where(db, table, where, owned) for table, where in theirs},
    }


def _replace_in_lives(
    db: sa.Connection, owner: str, scrub: _Scrub, pseudonym: str
) -> Mapping[str, int]:
    """The lives are no leaves of the proof; one that goes on is told by the next look again."""
    mine = folded(owner)
    columns = (lives.c.id, lives.c.user, lives.c.environment)
    ids = [
        row.id
        for row in db.execute(sa.select(*columns))
        if row.user is not None and folded(f"{row.user}@{row.environment}") == mine
    ]
    how = {"name": scrub, "description": scrub}
    sources = {"source": scrub}
    for start in range(0, len(ids), 500):
        batch = ids[start : start + 500]
        _rewrite_where(db, lives, lives.c.id.in_(batch), how)
        _rewrite_where(db, activity_steps, activity_steps.c.life_id.in_(batch), sources)
        change = sa.update(lives).where(lives.c.id.in_(batch))
        db.execute(change.values(user=pseudonym, fingerprint=""))
    return {lives.name: len(ids)} if ids else {}


def _in_json(scrub: _Scrub) -> _Scrub:
    """The same in a document that is kept as text."""
    return lambda text: json.dumps(
        scrub(json.loads(text)), ensure_ascii=False, separators=(",", ":")
    )


def _rewrite(
    db: sa.Connection,
    table: sa.Table,
    key: sa.Column[Any],
    ids: list[int],
    how: Mapping[str, _Scrub],
) -> int:
    some = [ids[start : start + 500] for start in range(0, len(ids), 500)]
    return sum(_rewrite_where(db, table, key.in_(batch), how) for batch in some)


def _rewrite_where(
    db: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool], how: Mapping[str, _Scrub]
) -> int:
    keys = [column.name for column in table.primary_key]
    columns = [name for name in how if name in table.c]
    found = sa.select(*(table.c[name] for name in (*keys, *columns))).where(where)
    rows = [
        {
            name: how[name](value) if name in columns and value is not None else value
            for name, value in row.items()
        }
        for row in db.execute(found).mappings()
    ]
    if rows:
        same = [table.c[name] == sa.bindparam(f"of_{name}") for name in keys]
        change = sa.update(table).where(*same).values({n: sa.bindparam(n) for n in columns})
        db.execute(change, [{f"of_{n}" if n in keys else n: v for n, v in r.items()} for r in rows])
    return len(rows)
