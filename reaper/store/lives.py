"""What a complete look adds to the lives of the sessions: what changed, and nothing of what did not.

A doubtful look adds nothing, and ends nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic_core import to_json

from reaper.core.judging.verdict import Observation
from reaper.core.model.life import Sight
from reaper.core.model.session import ALWAYS_RELIED_ON, Phase, Session, Unreadable, phase_of
from reaper.store.bulk import Row, insert_rows, update_rows
from reaper.store.read_state import AT_ONCE
from reaper.store.tables import life_changes, lives, runs

FACTS = (
    "kind",
    "state",
    "user",
    "environment",
    "app",
    "app_version",
    "name",
    "description",
    "created_at",
    "started_at",
    "ended_at",
)
"""What a life keeps of a session as it was last told; columns and fields are named alike."""


class Imported(NamedTuple):
    """How many lives are `new`, how many that were on record were `completed`, and of how many
    nothing was new.
    """

    new: int = 0
    completed: int = 0
    known: int = 0


_facts = attrgetter(*FACTS)
_KNOWN = (
    lives.c.id,
    lives.c.session_id,
    lives.c.kind,
    lives.c.state,
    lives.c.sight,
    lives.c.fingerprint,
)


def record_lives(db: sa.Connection, observation: Observation, run_id: int) -> None:
    """Write which sessions came, changed, or are gone."""
    if not observation.complete:
        return
    account, now = observation.account, observation.now
    listed = {session.id: session for session in observation.snapshot.sessions}
    changed: list[tuple[Any, Session]] = []
    missing: list[Any] = []
    standing = sa.select(*_KNOWN).where(lives.c.account == account, lives.c.last_seen_at.is_(None))
    for row in db.execute(standing):
        session = listed.pop(row.session_id, None)
        if session is None:
            missing.append(row)
        elif row.fingerprint != fingerprint(session):
            changed.append((row, session))
    again = _lives_of(db, account, list(listed))
    change_lives(db, now, changed + [(row, listed.pop(id_)) for id_, row in again.items()])
    _end(db, observation, run_id, missing)
    begin_lives(db, account, now, list(listed.values()))


def import_lives(
    db: sa.Connection, account: str, now: datetime, sessions: Sequence[Session]
) -> Imported:
    """Write what is known of sessions that are over, where it is not on record.

    Of one that was seen to be gone the record learns how it ended. What the last complete look
    showed is left to the next one.
    """
    known = _lives_of(db, account, [session.id for session in sessions])
    new = [session for session in sessions if session.id not in known]
    ended = [
        (row, session)
        for session in sessions
        if (row := known.get(session.id)) is not None
        and row.last_seen_at is not None
        and row.fingerprint != fingerprint(session)
    ]
    begin_lives(db, account, now, new, imported=True)
    change_lives(db, now, ended, listed=False)
    return Imported(len(new), len(ended), len(sessions) - len(new) - len(ended))


def begin_lives(
    db: sa.Connection,
    account: str,
    now: datetime,
    sessions: Sequence[Session],
    *,
    imported: bool = False,
) -> None:
    """Write lives that nobody has seen before.

    Those of `imported` ones are over, and no look shows them.
    """
    if not sessions:
        return
    same = {
        "account": account,
        "first_seen_at": now,
        "last_seen_at": now if imported else None,
        "imported": imported,
    }
    insert_rows(db, lives, ({**same, "session_id": s.id, **_as_listed(s)} for s in sessions))
    ids = life_ids(db, account, [s.id for s in sessions])
    insert_rows(db, life_changes, (_change(ids[s.id], now, s) for s in sessions))


def change_lives(
    db: sa.Connection,
    now: datetime,
    changed: Sequence[tuple[Any, Session]],
    *,
    listed: bool = True,
) -> None:
    """Write what is new of these lives.

    What was told once and is not told any more stays. Each is `listed` by a look, or else only
    known of.
    """
    for start in range(0, len(changed), AT_ONCE):
        some = changed[start : start + AT_ONCE]
        statement = sa.select(lives).where(lives.c.id.in_([row.id for row, _ in some]))
        old = {row["id"]: row for row in db.execute(statement).mappings()}
        insert_rows(
            db,
            life_changes,
            [
                _change(row.id, now, session)
                for row, session in some
                if (row.state, row.sight) != (session.state, _sight(session))
            ],
        )
        seen = {"last_seen_at": None} if listed else {}
        update_rows(
            db, lives, [{"id": row.id, **_merged(old[row.id], s), **seen} for row, s in some]
        )


def _end(db: sa.Connection, observation: Observation, run_id: int, missing: Sequence[Any]) -> None:
    """Write what the list did not show: it is gone, or an entry that was not understood is its own.

    Of what was over already nothing changes; no list shows it for ever.
    """
    if not missing:
        return
    hidden = _Hidden(observation.snapshot.unreadable)
    alive = [row for row in missing if phase_of(row.state) is not Phase.OVER]
    unclear = [row for row in alive if row in hidden and row.sight != Sight.UNREADABLE]
    gone = [row for row in alive if row not in hidden]
    over = [row for row in missing if phase_of(row.state) is Phase.OVER and row not in hidden]
    sights = [(row, Sight.UNREADABLE) for row in unclear] + [(row, Sight.GONE) for row in gone]
    insert_rows(
        db, life_changes, [_unseen(row.id, observation.now, sight) for row, sight in sights]
    )
    update_rows(
        db,
        lives,
        [{"id": row.id, "sight": sight.value, "fingerprint": ""} for row, sight in sights],
    )
    last = previous_look(db, observation, run_id)
    update_rows(db, lives, [{"id": row.id, "last_seen_at": last} for row in (*gone, *over)])


class _Hidden:
    """The sessions that may be behind the entries that were not understood."""

    def __init__(self, entries: Iterable[Unreadable]) -> None:
        self._ids = {entry.id for entry in entries}
        self._kinds = {entry.kind for entry in entries if entry.id is None}

    def __contains__(self, row: Any) -> bool:  # noqa: ANN401 - a row
        return row.session_id in self._ids or row.kind in self._kinds


def previous_look(db: sa.Connection, observation: Observation, run_id: int) -> datetime:
    """When the last complete look before this one began; this one where there is none."""
    earlier = (runs.c.account == observation.account, runs.c.complete, runs.c.id != run_id)
    last = db.scalar(sa.select(sa.func.max(runs.c.started_at)).where(*earlier))
    return min(last or observation.now, observation.now)


def life_ids(db: sa.Connection, account: str, sessions: Sequence[str]) -> dict[str, int]:
    """The lives of these sessions, of those that have one."""
    return {id_: row.id for id_, row in _lives_of(db, account, sessions).items()}


def fingerprint(session: Session) -> str:
    """By which it is seen whether anything of a session's entry changed.

    What it has used counts on and on, and is left out.
    """
    told = to_json((*_facts(session), _sight(session).value))
    return hashlib.blake2b(told, digest_size=8).hexdigest()


def _lives_of(db: sa.Connection, account: str, sessions: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(sessions), AT_ONCE):
        own = lives.c.session_id.in_(sessions[start : start + AT_ONCE])
        rows = db.execute(
            sa.select(*_KNOWN, lives.c.last_seen_at).where(lives.c.account == account, own)
        )
        found |= {row.session_id: row for row in rows}
    return found


def _sight(session: Session) -> Sight:
    if not session.problems or session.phase is Phase.OVER:
        return Sight.LISTED
    unread = any(problem.field in ALWAYS_RELIED_ON for problem in session.problems)
    return Sight.UNREADABLE if unread else Sight.LISTED


def _as_listed(session: Session) -> Row:
    facts = dict(zip(FACTS, _facts(session), strict=True))
    return {**facts, "sight": _sight(session).value, "fingerprint": fingerprint(session)}


def _merged(old: sa.RowMapping, session: Session) -> Row:
    new = _as_listed(session)
    kept = {fact: old[fact] for fact in FACTS if new[fact] is None and fact != "state"}
    if session.phase is not Phase.OVER:
        kept["ended_at"] = None
    return {**new, **kept}


def _change(life: int, now: datetime, session: Session) -> Row:
    return {
        **_unseen(life, now, _sight(session)),
        "state": session.state,
        "gb_hours": session.gb_hours,
        "run_time": session.run_time,
    }


def _unseen(life: int, now: datetime, sight: Sight) -> Row:
    return {
        "life_id": life,
        "at": now,
        "state": None,
        "sight": sight.value,
        "gb_hours": None,
        "run_time": None,
    }
