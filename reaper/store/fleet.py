"""Sessions and their current verdicts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from reaper.core.judging.verdict import Ruling, gravest
from reaper.store.database import Database
from reaper.store.entries import CurrentVerdict, Position, SessionEntry, entry, select_about
from reaper.store.history import HistoryFilter, narrowed
from reaper.store.tables import activity, current_verdicts, decisions, runs

_DECIDED = ("run_id", "session_id", "policy")


def sessions_page(
    database: Database, criteria: HistoryFilter, behind: Position | None = None
) -> list[SessionEntry]:
    """The sessions that stand judged now and fit, by account and id.

    `outcome` is the ruling of one of their verdicts.

    Raises StoreError.
    """
    key = (current_verdicts.c.account, current_verdicts.c.session_id)
    decided = current_verdicts.join(
        decisions, sa.and_(*(current_verdicts.c[n] == decisions.c[n] for n in _DECIDED))
    ).join(runs)
    statement = sa.select(*key).distinct().select_from(decided)
    if criteria.outcome is not None:
        statement = statement.where(decisions.c.ruling == criteria.outcome)
    if behind is not None:
        statement = statement.where(sa.tuple_(*key) > sa.tuple_(*behind))
    with database.reading() as db:
        statement = narrowed(db, statement, criteria, decisions, runs.c.started_at)
        rows = [tuple(row) for row in db.execute(statement.order_by(*key))]
        return [*_sessions(db, decided, rows)] if rows else []


def _sessions(
    db: sa.Connection, decided: sa.FromClause, keys: list[tuple[Any, ...]]
) -> list[SessionEntry]:
    key = (current_verdicts.c.account, current_verdicts.c.session_id)
    joined = sa.and_(activity.c.account == key[0], activity.c.session_id == key[1])
    own = (
        decisions.c.policy_hash,
        decisions.c.ruling,
        decisions.c.reason,
        current_verdicts.c.offender_since,
        activity.c.at.label("last_activity"),
    )
    statement = (
        select_about(decisions, runs.c.started_at, *own)
        .select_from(decided.outerjoin(activity, joined))
        .where(sa.tuple_(*key).in_(keys))
        .order_by(*key, current_verdicts.c.policy)
    )
    by_session = defaultdict(list)
    for row in db.execute(statement).mappings():
        by_session[row["account"], row["session"]].append(row)
    return [_session(rows) for rows in by_session.values()]


def _session(rows: list[sa.RowMapping]) -> SessionEntry:
    ruling = gravest(Ruling(row["ruling"]) for row in rows)
    verdicts = [entry(CurrentVerdict, row) for row in rows]
    return entry(SessionEntry, rows[0], ruling=str(ruling), verdicts=verdicts)
