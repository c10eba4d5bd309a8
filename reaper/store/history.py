"""Reading the record: what was decided and done, the newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reaper.core.judging.verdict import Ruling
from reaper.core.model.matching import star_reads_alike
from reaper.core.planning.notice import DeliveryStatus
from reaper.store.database import Database
from reaper.store.evidence import decode, decode_recheck
from reaper.store.read_state import INTENDED
from reaper.store.tables import decisions, notices, runs, step_events, steps

PLANNED = "planned"
_RULINGS = frozenset(ruling.value for ruling in Ruling)


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


@dataclass(frozen=True)
class HistoryEntry:
    """A decision (`event` is its ruling), something that happened to a step (`event` is what), or a
    notice.
    """

    at: datetime
    run_id: int
    account: str
    session_id: str
    kind: str
    owner: str | None
    app: str | None
    policy: str
    event: str
    action: str | None
    reason: str
    policy_hash: str | None
    evidence: Any


@dataclass(frozen=True)
class RunEntry:
    """A pass, and how many of its steps came to each end.

    `finished_at` is None where it broke off or goes on.
    """

    id: int
    account: str
    started_at: datetime
    finished_at: datetime | None
    enforcing: bool
    complete: bool
    doubts: list[str]
    halted: list[str]
    latched: bool
    sessions: int
    compliant: int
    offenders: int
    exempt: int
    undetermined: int
    probes: int
    version: str
    actor: str
    outcomes: dict[str, int]

    @property
    def position(self) -> tuple[int | str, ...]:
        """What orders the runs and is unique to each."""
        return (self.id,)


def entries(database: Database, asked: HistoryFilter) -> list[HistoryEntry]:
    """What fits, the newest first. Raises StoreError."""
    with database.reading() as db:
        found = [
            *_decisions(db, asked),
            *_events(db, asked),
            *_planned(db, asked),
            *_notices(db, asked),
        ]
    order = {INTENDED: 1, PLANNED: 1}
    found.sort(
        key=lambda e: (e.at, e.run_id, 0 if e.event in _RULINGS else order.get(e.event, 2)),
        reverse=True,
    )
    return found[: asked.limit]


def _decisions(db: sa.Connection, asked: HistoryFilter) -> Iterator[HistoryEntry]:
    if asked.outcome is not None and asked.outcome not in _RULINGS:
        return
    statement = sa.select(decisions, runs.c.started_at, runs.c.account).join(runs)
    statement = narrowed(db, statement, asked, decisions, runs.c.started_at)
    if asked.outcome is not None:
        statement = statement.where(decisions.c.ruling == asked.outcome)
    elif not asked.everything and asked.session is None:
        statement = statement.where(decisions.c.ruling != Ruling.COMPLIANT.value)
    newest = (
        runs.c.started_at.desc(),
        decisions.c.run_id.desc(),
        decisions.c.session_id,
        decisions.c.policy,
    )
    for row in db.execute(statement.order_by(*newest)):
        yield HistoryEntry(
            row.started_at,
            row.run_id,
            row.account,
            row.session_id,
            row.kind,
            row.owner,
            row.app,
            row.policy,
            row.ruling,
            None,
            row.reason,
            row.policy_hash,
            decode(json.loads(row.evidence)),
        )


def _events(db: sa.Connection, asked: HistoryFilter) -> Iterator[HistoryEntry]:
    if asked.outcome in (*_RULINGS, PLANNED):
        return
    statement = sa.select(
        steps,
        step_events.c.at,
        step_events.c.event,
        step_events.c.detail,
        step_events.c.evidence,
        runs.c.account,
    ).select_from(step_events.join(steps).join(runs))
    statement = narrowed(db, statement, asked, steps, step_events.c.at)
    if asked.outcome is not None:
        statement = statement.where(
            step_events.c.event == asked.outcome, step_events.c.id == last_event()
        )
    at, outcomes_first = step_events.c.at.desc(), step_events.c.event == INTENDED
    newest = (at, steps.c.run_id.desc(), outcomes_first, step_events.c.id.desc())
    for row in db.execute(statement.order_by(*newest)):
        yield _step_entry(
            row, row.at, row.event, row.detail or row.reason, decode_recheck(row.evidence)
        )


def _planned(db: sa.Connection, asked: HistoryFilter) -> Iterator[HistoryEntry]:
    """Steps that were never begun."""
    if asked.outcome not in (None, PLANNED):
        return
    begun = sa.exists().where(step_events.c.step_id == steps.c.id)
    statement = sa.select(steps, runs.c.started_at, runs.c.account).join(runs).where(~begun)
    statement = narrowed(db, statement, asked, steps, runs.c.started_at)
    for row in db.execute(statement.order_by(runs.c.started_at.desc(), steps.c.id.desc())):
        yield _step_entry(row, row.started_at, PLANNED, f"{row.reason}; not begun", None)


def _notices(db: sa.Connection, asked: HistoryFilter) -> Iterator[HistoryEntry]:
    """Who was told of an offender, or could not be."""
    if asked.outcome not in (None, *DeliveryStatus):
        return
    statement = narrowed(
        db, sa.select(notices, runs.c.account).join(runs), asked, notices, notices.c.at
    )
    if asked.outcome is not None:
        statement = statement.where(notices.c.event == asked.outcome)
    for row in db.execute(statement.order_by(notices.c.at.desc(), notices.c.id.desc())):
        reason = f"{row.target}: {row.detail}" if row.detail else row.target
        yield HistoryEntry(
            row.at,
            row.run_id,
            row.account,
            row.session_id,
            row.kind,
            row.owner,
            row.app,
            row.policy,
            row.event,
            "notify",
            reason,
            None,
            None,
        )


def _step_entry(row: Any, at: datetime, event: str, reason: str, evidence: Any) -> HistoryEntry:  # noqa: ANN401 - a row
    return HistoryEntry(
        at,
        row.run_id,
        row.account,
        row.session_id,
        row.kind,
        row.owner,
        row.app,
        row.policy,
        event,
        row.action,
        reason,
        None,
        evidence,
    )


def narrowed(
    db: sa.Connection,
    statement: sa.Select[Any],
    asked: HistoryFilter,
    table: sa.Table,
    at: sa.ColumnElement[datetime],
) -> sa.Select[Any]:
    """What fits all but the outcome, and no more than asked for."""
    wanted: list[sa.ColumnElement[bool]] = []
    if asked.account is not None:
        wanted.append(runs.c.account == asked.account)
    if asked.session is not None:
        wanted.append(table.c.session_id.istartswith(asked.session, autoescape=True))
    if asked.owner is not None:
        wanted.append(table.c.owner.in_(_owners(db, table, asked.owner)))
    if asked.policy is not None:
        wanted.append(table.c.policy == asked.policy)
    if asked.since is not None:
        wanted.append(at >= asked.since)
    if asked.until is not None:
        wanted.append(at < asked.until)
    return statement.where(*wanted).limit(asked.limit)


def _owners(db: sa.Connection, table: sa.Table, pattern: str) -> list[str]:
    """Those on record that the pattern stands for.

    No database compares names as people read them.
    """
    there = db.scalars(sa.select(table.c.owner).where(table.c.owner.is_not(None)).distinct())
    return list(filter(star_reads_alike(pattern), there))


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
    names = set(RunEntry.__dataclass_fields__) - {"outcomes"}
    return [
        RunEntry(**{name: row[name] for name in names}, outcomes=outcomes.get(row["id"], {}))
        for row in rows
    ]


def last_event() -> sa.ScalarSelect[int]:
    """The id of a step's last event."""
    event = step_events.alias()
    return (
        sa.select(sa.func.max(event.c.id))
        .where(event.c.step_id == steps.c.id)
        .correlate(steps)
        .scalar_subquery()
    )


def _outcomes(db: sa.Connection, run_ids: list[int]) -> dict[int, dict[str, int]]:
    """How many steps of each run came to each end; the last event of a step is its end."""
    statement = (
        sa.select(steps.c.run_id, sa.func.coalesce(step_events.c.event, PLANNED), sa.func.count())
        .select_from(steps.outerjoin(step_events, step_events.c.id == last_event()))
        .where(steps.c.run_id.in_(run_ids))
        .group_by(steps.c.run_id, step_events.c.event)
    )
    found: dict[int, dict[str, int]] = {}
    for run_id, event, count in db.execute(statement):
        found.setdefault(run_id, {})[event] = count
    return found
