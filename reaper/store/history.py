"""Reading the record: what was decided and done, the newest first, whole or page by page.

This is the one read model: the history, the explanations, the API and the reports read by it. A
page goes on behind the position that it is given, which is that of the last entry before it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.core.judging.verdict import Ruling
from reaper.core.model.matching import star_reads_alike
from reaper.core.planning.notice import DeliveryStatus
from reaper.store.database import Database
from reaper.store.entries import (
    PLANNED,
    DecisionEntry,
    HistoryEntry,
    PolicyEntry,
    Position,
    RunEntry,
    StepEntry,
    StepEvent,
    entry,
    select_about,
)
from reaper.store.evidence import decode, decode_recheck
from reaper.store.read_state import INTENDED
from reaper.store.tables import decisions, notices, policy_texts, runs, step_events, steps

_RULINGS = frozenset(ruling.value for ruling in Ruling)
_RANK = dict.fromkeys(_RULINGS, 0) | {INTENDED: 1, PLANNED: 1}
"""What comes first of what happened at the same moment of a run."""


@dataclass(frozen=True)
class HistoryFilter:
    """What to show. `session` may be the first characters of an id; `owner` may hold `*`.

    `since` is included.

    `outcome` is a ruling, or the last thing that happened to a step: one that was `intended` and
    then `terminated` is only found by the latter. `session` does not mind upper and lower case, and
    `owner` is compared as people read it. Compliant verdicts are shown only with `everything`, for
    a named session, or when asked for by `outcome`.
    """

    account: str | None = None
    session: str | None = None
    owner: str | None = None
    policy: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    everything: bool = False


def entries(database: Database, criteria: HistoryFilter) -> list[HistoryEntry]:
    """What fits, the newest first. Raises StoreError."""
    with database.reading() as db:
        matches = [
            *_decisions(db, criteria),
            *_events(db, criteria),
            *_planned(db, criteria),
            *_notices(db, criteria),
        ]
    matches.sort(key=lambda one: (one.at, one.run, _RANK.get(one.event, 2)), reverse=True)
    return matches[: criteria.limit]


def _decisions(db: sa.Connection, criteria: HistoryFilter) -> Iterator[HistoryEntry]:
    if criteria.outcome is not None and criteria.outcome not in _RULINGS:
        return
    statement = narrowed(db, _decided(criteria), criteria, decisions, runs.c.started_at)
    if criteria.outcome is None and criteria.session is None and not criteria.everything:
        statement = statement.where(decisions.c.ruling != Ruling.COMPLIANT.value)
    newest = (
        runs.c.started_at.desc(),
        decisions.c.run_id.desc(),
        decisions.c.session_id,
        decisions.c.policy,
    )
    for row in db.execute(statement.order_by(*newest)).mappings():
        yield entry(HistoryEntry, row, event=row["ruling"], evidence=_evidence(row))


def _events(db: sa.Connection, criteria: HistoryFilter) -> Iterator[HistoryEntry]:
    if criteria.outcome in (*_RULINGS, PLANNED):
        return
    event = step_events.c
    own = (steps.c.action, steps.c.reason, event.event, event.detail, event.evidence)
    joined = step_events.join(steps).join(runs)
    statement = select_about(steps, event.at, *own).select_from(joined)
    statement = narrowed(db, statement, criteria, steps, event.at)
    if criteria.outcome is not None:
        statement = statement.where(event.event == criteria.outcome, event.id == _last_event())
    outcomes_first = event.event == INTENDED
    newest = (event.at.desc(), steps.c.run_id.desc(), outcomes_first, event.id.desc())
    for row in db.execute(statement.order_by(*newest)).mappings():
        reason, evidence = row["detail"] or row["reason"], decode_recheck(row["evidence"])
        yield entry(HistoryEntry, row, reason=reason, evidence=evidence)


def _planned(db: sa.Connection, criteria: HistoryFilter) -> Iterator[HistoryEntry]:
    """Steps that were never begun."""
    if criteria.outcome not in (None, PLANNED):
        return
    begun = sa.exists().where(step_events.c.step_id == steps.c.id)
    statement = select_about(steps, runs.c.started_at, steps.c.action, steps.c.reason)
    statement = statement.select_from(steps.join(runs)).where(~begun)
    statement = narrowed(db, statement, criteria, steps, runs.c.started_at)
    newest = (runs.c.started_at.desc(), steps.c.id.desc())
    for row in db.execute(statement.order_by(*newest)).mappings():
        yield entry(HistoryEntry, row, event=PLANNED, reason=f"{row['reason']}; not begun")


def _notices(db: sa.Connection, criteria: HistoryFilter) -> Iterator[HistoryEntry]:
    """Who was told of an offender, or could not be."""
    if criteria.outcome not in (None, *DeliveryStatus):
        return
    own = (notices.c.event, notices.c.target, notices.c.detail)
    statement = select_about(notices, notices.c.at, *own).select_from(notices.join(runs))
    statement = narrowed(db, statement, criteria, notices, notices.c.at)
    if criteria.outcome is not None:
        statement = statement.where(notices.c.event == criteria.outcome)
    newest = (notices.c.at.desc(), notices.c.id.desc())
    for row in db.execute(statement.order_by(*newest)).mappings():
        reason = ": ".join(filter(None, (row["target"], row["detail"])))
        yield entry(HistoryEntry, row, action="notify", reason=reason)


def decisions_page(
    database: Database, criteria: HistoryFilter, behind: Position | None = None
) -> list[DecisionEntry]:
    """The decisions that fit, the newest run's first. Raises StoreError."""
    order = (decisions.c.run_id, decisions.c.session_id, decisions.c.policy)
    statement = _decided(criteria).order_by(*(column.desc() for column in order))
    if behind is not None:
        statement = statement.where(sa.tuple_(*order) < sa.tuple_(*behind))
    with database.reading() as db:
        statement = narrowed(db, statement, criteria, decisions, runs.c.started_at)
        rows = db.execute(statement).mappings().all()
    return [entry(DecisionEntry, row, evidence=_evidence(row)) for row in rows]


def _decided(criteria: HistoryFilter) -> sa.Select[Any]:
    """The decisions of that outcome, each at the time of its run."""
    own = (decisions.c.policy_hash, decisions.c.ruling, decisions.c.reason, decisions.c.evidence)
    statement = select_about(decisions, runs.c.started_at, *own).select_from(decisions.join(runs))
    if criteria.outcome is None:
        return statement
    return statement.where(decisions.c.ruling == criteria.outcome)


def _evidence(decision: sa.RowMapping) -> dict[str, Any]:
    return decode(json.loads(decision["evidence"]))


def steps_page(
    database: Database, criteria: HistoryFilter, behind: Position | None = None
) -> list[StepEntry]:
    """The steps that fit, the newest first, with all that happened to each. Raises StoreError."""
    last = step_events.alias()
    outcome = sa.func.coalesce(last.c.event, PLANNED)
    own = (steps.c.id, steps.c.action, steps.c.reason, outcome.label("outcome"))
    statement = (
        select_about(steps, runs.c.started_at, *own)
        .select_from(steps.join(runs).outerjoin(last, last.c.id == _last_event()))
        .order_by(steps.c.id.desc())
    )
    if criteria.outcome is not None:
        statement = statement.where(outcome == criteria.outcome)
    if behind is not None:
        statement = statement.where(steps.c.id < behind[0])
    with database.reading() as db:
        statement = narrowed(db, statement, criteria, steps, runs.c.started_at)
        rows = db.execute(statement).mappings().all()
        events = _events_of(db, [row["id"] for row in rows])
    return [entry(StepEntry, row, events=events[row["id"]]) for row in rows]


def _events_of(db: sa.Connection, step_ids: list[int]) -> dict[int, list[StepEvent]]:
    events: dict[int, list[StepEvent]] = defaultdict(list)
    mine = step_events.c.step_id.in_(step_ids)
    statement = sa.select(step_events).where(mine).order_by(step_events.c.id)
    for row in db.execute(statement).mappings():
        events[row["step_id"]].append(entry(StepEvent, row))
    return events


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
        return [entry(PolicyEntry, row) for row in db.execute(statement).mappings()]


def list_runs(
    database: Database,
    *,
    account: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    below: int | None = None,
    limit: int = 20,
) -> list[RunEntry]:
    """The passes, the newest first; with `below` those of a lower id than that.

    Raises StoreError.
    """
    wanted: list[sa.ColumnElement[bool]] = []
    if account is not None:
        wanted.append(runs.c.account == account)
    if since is not None:
        wanted.append(runs.c.started_at >= since)
    if until is not None:
        wanted.append(runs.c.started_at < until)
    if below is not None:
        wanted.append(runs.c.id < below)
    statement = sa.select(runs).where(*wanted).order_by(runs.c.id.desc()).limit(limit)
    with database.reading() as db:
        rows = db.execute(statement).mappings().all()
        outcomes = _outcomes(db, [row["id"] for row in rows])
    return [entry(RunEntry, row, outcomes=outcomes.get(row["id"], {})) for row in rows]


def _outcomes(db: sa.Connection, run_ids: list[int]) -> dict[int, dict[str, int]]:
    """How many steps of each run came to each end; the last event of a step is its end."""
    statement = (
        sa.select(steps.c.run_id, sa.func.coalesce(step_events.c.event, PLANNED), sa.func.count())
        .select_from(steps.outerjoin(step_events, step_events.c.id == _last_event()))
        .where(steps.c.run_id.in_(run_ids))
        .group_by(steps.c.run_id, step_events.c.event)
    )
    counts: dict[int, dict[str, int]] = {}
    for run_id, event, count in db.execute(statement):
        counts.setdefault(run_id, {})[event] = count
    return counts


def _last_event() -> sa.ScalarSelect[int]:
    """The id of a step's last event."""
    event = step_events.alias()
    return (
        sa.select(sa.func.max(event.c.id))
        .where(event.c.step_id == steps.c.id)
        .correlate(steps)
        .scalar_subquery()
    )


def narrowed(
    db: sa.Connection,
    statement: sa.Select[Any],
    criteria: HistoryFilter,
    table: sa.Table,
    at: sa.ColumnElement[datetime],
) -> sa.Select[Any]:
    """What fits all but the outcome, and no more than asked for."""
    wanted: list[sa.ColumnElement[bool]] = []
    if criteria.account is not None:
        wanted.append(runs.c.account == criteria.account)
    if criteria.session is not None:
        wanted.append(table.c.session_id.istartswith(criteria.session, autoescape=True))
    if criteria.owner is not None:
        wanted.append(table.c.owner.in_(_owners(db, table, criteria.owner)))
    if criteria.policy is not None:
        wanted.append(table.c.policy == criteria.policy)
    if criteria.since is not None:
        wanted.append(at >= criteria.since)
    if criteria.until is not None:
        wanted.append(at < criteria.until)
    return statement.where(*wanted).limit(criteria.limit)


def _owners(db: sa.Connection, table: sa.Table, pattern: str) -> list[str]:
    """Those on record that the pattern stands for.

    No database compares names as people read them.
    """
    there = db.scalars(sa.select(table.c.owner).where(table.c.owner.is_not(None)).distinct())
    return list(filter(star_reads_alike(pattern), there))
