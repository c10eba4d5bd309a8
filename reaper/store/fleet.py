"""The sessions as they stand judged now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.core.judging.verdict import Ruling, gravest
from reaper.store.database import Database
from reaper.store.history import HistoryFilter, narrowed
from reaper.store.pages import Position
from reaper.store.tables import activity, decisions, runs, standing

_DECIDED = ("run_id", "session_id", "policy")


@dataclass(frozen=True)
class CurrentVerdict:
    """The verdict of one policy that stands now, and the run that took it."""

    policy: str
    policy_hash: str
    ruling: str
    reason: str
    run: int
    at: datetime
    offender_since: datetime | None


@dataclass(frozen=True)
class SessionEntry:
    """A session as the last complete look at its account judged it.

    `ruling` is the gravest of its verdicts.
    """

    account: str
    session: str
    kind: str
    owner: str | None
    app: str | None
    ruling: str
    last_activity: datetime | None
    verdicts: list[CurrentVerdict]

    @property
    def position(self) -> Position:
        return self.account, self.session


def sessions_page(
    database: Database, asked: HistoryFilter, behind: Position | None = None
) -> list[SessionEntry]:
    """The sessions that stand judged now and fit, by account and id.

    `outcome` is the ruling of one of their verdicts.

    Raises StoreError.
    """
    key = (standing.c.account, standing.c.session_id)
    decided = standing.join(
        decisions, sa.and_(*(standing.c[n] == decisions.c[n] for n in _DECIDED))
    ).join(runs)
    statement = sa.select(*key).distinct().select_from(decided)
    if asked.outcome is not None:
        statement = statement.where(decisions.c.ruling == asked.outcome)
    if behind is not None:
        statement = statement.where(sa.tuple_(*key) > sa.tuple_(*behind))
    with database.reading() as db:
        statement = narrowed(db, statement, asked, decisions, runs.c.started_at)
        found = [tuple(row) for row in db.execute(statement.order_by(*key))]
        return [*_sessions(db, decided, found)] if found else []


def _sessions(
    db: sa.Connection, decided: sa.FromClause, keys: list[tuple[Any, ...]]
) -> list[SessionEntry]:
    key = (standing.c.account, standing.c.session_id)
    known = sa.and_(activity.c.account == key[0], activity.c.session_id == key[1])
    statement = (
        sa.select(
            decisions,
            standing.c.account,
            standing.c.offender_since,
            runs.c.started_at,
            activity.c.at.label("active_at"),
        )
        .select_from(decided.outerjoin(activity, known))
        .where(sa.tuple_(*key).in_(keys))
        .order_by(*key, standing.c.policy)
    )
    by_session = defaultdict(list)
    for row in db.execute(statement):
        by_session[row.account, row.session_id].append(row)
    return [_session(rows) for rows in by_session.values()]


def _session(rows: list[Any]) -> SessionEntry:
    first = rows[0]
    ruling = gravest(Ruling(row.ruling) for row in rows)
    verdicts = [
        CurrentVerdict(
            r.policy, r.policy_hash, r.ruling, r.reason, r.run_id, r.started_at, r.offender_since
        )
        for r in rows
    ]
    return SessionEntry(
        account=first.account,
        session=first.session_id,
        kind=first.kind,
        owner=first.owner,
        app=first.app,
        ruling=str(ruling),
        last_activity=first.active_at,
        verdicts=verdicts,
    )
