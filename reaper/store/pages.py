"""Reading the record page by page, for whoever reads all of it.

Each function goes on behind the position it is given.

A position is what orders the entries and is unique to each: `position` tells it of the last entry
of a page.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.store.database import Database
from reaper.store.evidence import decode
from reaper.store.history import PLANNED, HistoryFilter, last_event, narrowed
from reaper.store.tables import decisions, policy_texts, runs, step_events, steps

Position = tuple[int | str, ...]


@dataclass(frozen=True)
class DecisionEntry:
    """A verdict as it was recorded when it was taken; it stands until another one is."""

    at: datetime
    run: int
    account: str
    session: str
    kind: str
    owner: str | None
    app: str | None
    policy: str
    policy_hash: str
    ruling: str
    reason: str
    evidence: dict[str, Any]

    @property
    def position(self) -> Position:
        return self.run, self.session, self.policy


@dataclass(frozen=True)
class StepEvent:
    """Something that happened to a step: it was intended, or came to an outcome."""

    at: datetime
    event: str
    detail: str


@dataclass(frozen=True)
class StepEntry:
    """What was to be done about a session.

    `outcome` is its last event, or `planned` where it was never begun.
    """

    id: int
    at: datetime
    run: int
    account: str
    session: str
    kind: str
    owner: str | None
    app: str | None
    policy: str
    action: str
    reason: str
    outcome: str
    events: list[StepEvent]

    @property
    def position(self) -> Position:
        return (self.id,)


@dataclass(frozen=True)
class PolicyEntry:
    """A text of a policy that some run judged by. `hash` is what decisions name it by."""

    name: str
    hash: str
    first_seen_at: datetime
    text: str

    @property
    def position(self) -> Position:
        return self.name, self.hash


def decisions_page(
    database: Database, asked: HistoryFilter, behind: Position | None = None
) -> list[DecisionEntry]:
    """The decisions that fit, the newest run's first. Raises StoreError."""
    order = (decisions.c.run_id, decisions.c.session_id, decisions.c.policy)
    statement = sa.select(decisions, runs.c.started_at, runs.c.account).join(runs)
    if asked.outcome is not None:
        statement = statement.where(decisions.c.ruling == asked.outcome)
    if behind is not None:
        statement = statement.where(sa.tuple_(*order) < sa.tuple_(*behind))
    with database.reading() as db:
        statement = narrowed(db, statement, asked, decisions, runs.c.started_at)
        rows = db.execute(statement.order_by(*(column.desc() for column in order))).all()
    return [_decision(row) for row in rows]


def _decision(row: Any) -> DecisionEntry:  # noqa: ANN401 - a row
    return DecisionEntry(
        at=row.started_at,
        run=row.run_id,
        account=row.account,
        session=row.session_id,
        kind=row.kind,
        owner=row.owner,
        app=row.app,
        policy=row.policy,
        policy_hash=row.policy_hash,
        ruling=row.ruling,
        reason=row.reason,
        evidence=decode(json.loads(row.evidence)),
    )


def steps_page(
    database: Database, asked: HistoryFilter, behind: Position | None = None
) -> list[StepEntry]:
    """The steps that fit, the newest first, with all that happened to each. Raises StoreError."""
    last = step_events.alias()
    outcome = sa.func.coalesce(last.c.event, PLANNED)
    statement = (
        sa.select(steps, runs.c.started_at, runs.c.account, outcome.label("outcome"))
        .select_from(steps.join(runs).outerjoin(last, last.c.id == last_event()))
        .order_by(steps.c.id.desc())
    )
    if asked.outcome is not None:
        statement = statement.where(outcome == asked.outcome)
    if behind is not None:
        statement = statement.where(steps.c.id < behind[0])
    with database.reading() as db:
        statement = narrowed(db, statement, asked, steps, runs.c.started_at)
        rows = db.execute(statement).all()
        events = _events(db, [row.id for row in rows])
    return [_step(row, events[row.id]) for row in rows]


def _events(db: sa.Connection, step_ids: list[int]) -> dict[int, list[StepEvent]]:
    found: dict[int, list[StepEvent]] = defaultdict(list)
    statement = (
        sa.select(step_events).where(step_events.c.step_id.in_(step_ids)).order_by(step_events.c.id)
    )
    for row in db.execute(statement):
        found[row.step_id].append(StepEvent(row.at, row.event, row.detail))
    return found


def _step(row: Any, events: list[StepEvent]) -> StepEntry:  # noqa: ANN401 - a row
    return StepEntry(
        id=row.id,
        at=row.started_at,
        run=row.run_id,
        account=row.account,
        session=row.session_id,
        kind=row.kind,
        owner=row.owner,
        app=row.app,
        policy=row.policy,
        action=row.action,
        reason=row.reason,
        outcome=row.outcome,
        events=events,
    )


def policies_page(
    database: Database, *, name: str | None = None, limit: int = 50, behind: Position | None = None
) -> list[PolicyEntry]:
    """Every text that policies ever had, by name. Raises StoreError."""
    key = (policy_texts.c.name, policy_texts.c.hash)
    statement = sa.select(policy_texts).order_by(*key).limit(limit)
    if name is not None:
        statement = statement.where(policy_texts.c.name == name)
    if behind is not None:
        statement = statement.where(sa.tuple_(*key) > sa.tuple_(*behind))
    with database.reading() as db:
        return [PolicyEntry(r.name, r.hash, r.first_seen_at, r.text) for r in db.execute(statement)]
