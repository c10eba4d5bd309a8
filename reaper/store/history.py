"""Reading the record: what was decided and done, the newest first, whole or page by page.

This is the one read model: the history, the explanations, the API and the reports read by it. A
page goes on behind the position that it is given, which is that of the last entry before it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
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
    PlannedSteps,
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
from reaper.store.tables import (
    acknowledgements,
    decisions,
    notices,
    policy_texts,
    run_plans,
    runs,
    step_events,
    steps,
)

_RULINGS = frozenset(ruling.value for ruling in Ruling)
_RANK = dict.fromkeys(_RULINGS, 0) | {INTENDED: 1, PLANNED: 1}
"""What comes first of what happened at the same moment of a run."""
_AT_ONCE = 500  # rows that are held of what may be endless


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
    limit: int | None = 50
    everything: bool = False


@dataclass(frozen=True)
class _Source:
    """Rows of one kind, the newest first, and how each becomes an entry."""

    statement: sa.Select[Any]
    make: Callable[[sa.RowMapping], HistoryEntry]

    @contextmanager
    def entries(self, db: sa.Connection) -> Iterator[Iterator[HistoryEntry]]:
        """Read as they are asked for; the server is told when no more are."""
        with closing(db.execute(self.statement, execution_options={"yield_per": _AT_ONCE})) as rows:
            yield map(self.make, rows.mappings())

    def count(self, db: sa.Connection) -> int:
        counted = self.statement.with_only_columns(sa.func.count(), maintain_column_froms=True)
        return db.scalar(counted.order_by(None).limit(None)) or 0


@contextmanager
def reading_entries(
    database: Database, criteria: HistoryFilter
) -> Iterator[tuple[Iterator[HistoryEntry], Callable[[], int]]]:
    """What fits, the newest first, one after the other; and how many those are without the limit.

    However many there are, few are held at a time. Raises StoreError, also while it is read.
    """
    with database.reading() as db, ExitStack() as open_sources:
        makers = (_decisions, _events, _planned, _notices)
        sources = [source for make in makers if (source := make(db, criteria)) is not None]
        found = [open_sources.enter_context(one.entries(db)) for one in sources]
        merged = merge(*found, key=_newest, reverse=True)
        yield islice(merged, criteria.limit), lambda: sum(one.count(db) for one in sources)


def entries(database: Database, criteria: HistoryFilter) -> list[HistoryEntry]:
    """What fits, the newest first. Raises StoreError."""
    with reading_entries(database, criteria) as (found, _):
        return list(found)


def _newest(one: HistoryEntry) -> tuple[datetime, int, int]:
    return one.at, one.run, _RANK.get(one.event, 2)


def _decisions(db: sa.Connection, criteria: HistoryFilter) -> _Source | None:
    if criteria.outcome is not None and criteria.outcome not in _RULINGS:
        return None
    statement = narrowed(db, _decided(criteria), criteria, decisions, runs.c.started_at)
    if criteria.outcome is None and criteria.session is None and not criteria.everything:
        statement = statement.where(decisions.c.ruling != Ruling.COMPLIANT.value)
    newest = (
        runs.c.started_at.desc(),
        decisions.c.run_id.desc(),
        decisions.c.session_id,
        decisions.c.policy,
    )
    return _Source(
        statement.order_by(*newest),
        lambda row: entry(HistoryEntry, row, event=row["ruling"], evidence=_evidence(row)),
    )


def _events(db: sa.Connection, criteria: HistoryFilter) -> _Source | None:
    if criteria.outcome in (*_RULINGS, PLANNED):
        return None
    event, intent = step_events.c, step_events.alias()
    why = (
        steps.c.action,
        sa.func.coalesce(sa.func.nullif(intent.c.detail, ""), steps.c.reason).label("reason"),
        intent.c.evidence.label("recheck"),
        _verdict().label("verdict"),
    )
    joined = step_events.join(steps).join(runs).outerjoin(intent, intent.c.id == _intent())
    statement = select_about(steps, event.at, *why, event.event, event.detail).select_from(joined)
    statement = narrowed(db, statement, criteria, steps, event.at)
    if criteria.outcome is not None:
        statement = statement.where(event.event == criteria.outcome, event.id == _last_event())
    outcomes_first = event.event == INTENDED
    newest = (event.at.desc(), steps.c.run_id.desc(), outcomes_first, event.id.desc())
    return _Source(statement.order_by(*newest), _event)


def _event(row: sa.RowMapping) -> HistoryEntry:
    """Something that happened to a step: why it was to be taken, and what came of it."""
    detail = "" if row["event"] == INTENDED else row["detail"]
    evidence = decode_recheck(row["recheck"] or {}) or _verdict_evidence(row)
    return entry(HistoryEntry, row, detail=detail, evidence=evidence)


def _planned(db: sa.Connection, criteria: HistoryFilter) -> _Source | None:
    """Steps that were never begun."""
    if criteria.outcome not in (None, PLANNED):
        return None
    begun = sa.exists().where(step_events.c.step_id == steps.c.id)
    own = (steps.c.action, steps.c.reason, _verdict().label("verdict"))
    statement = select_about(steps, runs.c.started_at, *own)
    statement = statement.select_from(steps.join(runs)).where(~begun)
    statement = narrowed(db, statement, criteria, steps, runs.c.started_at)
    newest = (runs.c.started_at.desc(), steps.c.run_id.desc(), steps.c.id.desc())
    return _Source(
        statement.order_by(*newest),
        lambda row: entry(
            HistoryEntry, row, event=PLANNED, detail="not begun", evidence=_verdict_evidence(row)
        ),
    )


def _verdict() -> sa.ScalarSelect[str]:
    """The evidence of the decision that a step rests on: the last one by then."""
    earlier, run = decisions.alias(), runs.alias()
    return (
        sa.select(earlier.c.evidence)
        .select_from(earlier.join(run, run.c.id == earlier.c.run_id))
        .where(
            earlier.c.session_id == steps.c.session_id,
            earlier.c.policy == steps.c.policy,
            earlier.c.run_id <= steps.c.run_id,
            run.c.account == runs.c.account,
        )
        .order_by(earlier.c.run_id.desc())
        .limit(1)
        .correlate(steps, runs)
        .scalar_subquery()
    )


def _verdict_evidence(row: sa.RowMapping) -> dict[str, Any] | None:
    return None if row["verdict"] is None else decode(json.loads(row["verdict"]))


def _notices(db: sa.Connection, criteria: HistoryFilter) -> _Source | None:
    """Who was told of an offender, or could not be."""
    if criteria.outcome not in (None, *DeliveryStatus):
        return None
    own = (notices.c.event, notices.c.target, notices.c.detail)
    statement = select_about(notices, notices.c.at, *own).select_from(notices.join(runs))
    statement = narrowed(db, statement, criteria, notices, notices.c.at)
    if criteria.outcome is not None:
        statement = statement.where(notices.c.event == criteria.outcome)
    newest = (notices.c.at.desc(), notices.c.run_id.desc(), notices.c.id.desc())
    return _Source(statement.order_by(*newest), _notice)


def _notice(row: sa.RowMapping) -> HistoryEntry:
    reason = ": ".join(filter(None, (row["target"], row["detail"])))
    return entry(HistoryEntry, row, action="notify", reason=reason, detail="")


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
    database: Database,
    *,
    name: str | None = None,
    limit: int | None = 50,
    behind: Position | None = None,
) -> list[PolicyEntry]:
    """Every recorded version of the policies, by name. Raises StoreError."""
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
    limit: int | None = 20,
) -> list[RunEntry]:
    """Runs, newest first; with `below` those of a lower id than that.

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
    with database.reading() as db:
        return _newest_runs(db, *wanted, limit=limit)


def run_entries(db: sa.Connection, ids: list[int]) -> list[RunEntry]:
    """These few runs, the newest first."""
    return _newest_runs(db, runs.c.id.in_(ids))


def _newest_runs(
    db: sa.Connection, *wanted: sa.ColumnElement[bool], limit: int | None = None
) -> list[RunEntry]:
    seen = acknowledgements.c.run_id.is_not(None).label("acknowledged")
    own = (run_plans.c.planned, run_plans.c.blocked, run_plans.c.request)
    joined = runs.outerjoin(run_plans).outerjoin(
        acknowledgements, acknowledgements.c.run_id == runs.c.id
    )
    statement = sa.select(runs, seen, *own).select_from(joined)
    statement = statement.where(*wanted).order_by(runs.c.id.desc()).limit(limit)
    rows = db.execute(statement).mappings().all()
    outcomes = _outcomes(db, [row["id"] for row in rows])
    return [_run(row, outcomes.get(row["id"], {})) for row in rows]


def _run(row: sa.RowMapping, outcomes: dict[str, int]) -> RunEntry:
    planned = row["planned"]
    if planned is None and not row["steps"]:
        planned = {"actions": {}, "policies": {}, "within_limits": 0}
    counts = None if planned is None else PlannedSteps(**planned)
    return entry(RunEntry, row, outcomes=outcomes, planned=counts)


def reading_runs(
    database: Database, *, account: str | None = None, limit: int | None = None
) -> Iterator[RunEntry]:
    """Runs, newest first, one after the other; few are held at a time.

    Raises StoreError.
    """
    below, left = None, limit
    while left is None or left > 0:
        at_once = _AT_ONCE if left is None else min(left, _AT_ONCE)
        page = list_runs(database, account=account, below=below, limit=at_once)
        yield from page
        if len(page) < at_once:
            return
        below, left = page[-1].id, None if left is None else left - len(page)


def count_runs(database: Database, account: str | None = None) -> int:
    """How many passes are on record. Raises StoreError."""
    statement = sa.select(sa.func.count()).select_from(runs)
    if account is not None:
        statement = statement.where(runs.c.account == account)
    with database.reading() as db:
        return db.scalar(statement) or 0


def last_runs(database: Database, accounts: Iterable[str]) -> dict[str, datetime]:
    """When the last run of each of these accounts began, of those that had one. Raises
    StoreError.
    """
    last = sa.func.max(runs.c.started_at, type_=runs.c.started_at.type).label("began")
    statement = sa.select(runs.c.account, last).where(runs.c.account.in_(list(accounts)))
    with database.reading() as db:
        found = db.execute(statement.group_by(runs.c.account))
        return {row.account: row.began for row in found}


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


def _intent() -> sa.ScalarSelect[int]:
    """The id of the event that says that a step was about to be taken."""
    event = step_events.alias()
    return (
        sa.select(sa.func.max(event.c.id))
        .where(event.c.step_id == steps.c.id, event.c.event == INTENDED)
        .correlate(steps)
        .scalar_subquery()
    )


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
