"""The append-only memory: intent before act, outcome after, each committed by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from reaper.core.plan import Look, Outcome, PastStep, Result, Step
from reaper.core.session import Activity
from reaper.core.verdict import Pass
from reaper.ports import Clock
from reaper.store.bulk import Row, insert_and_number
from reaper.store.database import Database
from reaper.store.recording import (
    evidence,
    record_activity,
    record_decisions,
    record_texts,
    run_row,
    step_row,
)
from reaper.store.tables import activity, runs, step_events, steps

INTENDED = "intended"
_UNSEEN = (INTENDED, Result.UNCONFIRMED.value)
_MEMORY = timedelta(days=30)  # the platform itself forgets a session's record after so long


class SqlLedger:
    """The `Ledger` of ports.py in an SQL database. `actor` is who runs this, `version` what runs."""

    def __init__(self, database: Database, clock: Clock, actor: str, version: str) -> None:
        self._database = database
        self._clock = clock
        self._actor = actor
        self._version = version

    def known_activity(self, account: str) -> Mapping[str, Activity]:
        columns = (activity.c.session_id, activity.c.at, activity.c.learnt_at, activity.c.source)
        with self._database.reading() as db:
            rows = db.execute(sa.select(*columns).where(activity.c.account == account))
            return {row.session_id: Activity(*row) for row in rows}

    def unsettled(self, account: str) -> list[PastStep]:
        begun = sa.func.min(step_events.c.at)
        asked = sa.func.max(sa.case((step_events.c.event == Result.UNCONFIRMED.value, 1), else_=0))
        settled = sa.func.max(sa.case((step_events.c.event.not_in(_UNSEEN), 1), else_=0))
        statement = (
            sa.select(steps.c.id, steps.c.run_id, steps.c.session_id, steps.c.kind, begun, asked)
            .join(step_events)
            .join(runs)
            .where(runs.c.account == account, runs.c.enforcing, runs.c.started_at >= self._clock.now() - _MEMORY)
            .group_by(steps.c.id, steps.c.run_id, steps.c.session_id, steps.c.kind)
            .having(settled == 0)
            .order_by(steps.c.id)
        )
        with self._database.reading() as db:
            return [PastStep(*row[:-1], asked=bool(row[-1])) for row in db.execute(statement)]

    def settle_past(self, step: PastStep, outcome: Outcome) -> None:
        with self._database.writing() as db:
            _add_event(db, step.id, self._clock.now(), (outcome.result.value, outcome.detail), {})

    @contextmanager
    def open_run(self, seen: Pass, steps: Iterable[Step], *, enforcing: bool) -> Iterator[OpenRun]:
        """Commit the run, its new decisions and its steps; on leaving, that it came to its end.

        An exception leaves the run visibly unfinished.
        """
        planned = list(steps)
        with self._database.writing() as db:
            run_id, step_ids = self._begin(db, seen, planned, enforcing=enforcing)
        yield OpenRun(run_id, step_ids, self._database, self._clock, enforcing=enforcing)
        if planned:
            with self._database.writing() as db:
                db.execute(sa.update(runs).where(runs.c.id == run_id).values(finished_at=self._clock.now()))

    def _begin(
        self, db: sa.Connection, seen: Pass, planned: list[Step], *, enforcing: bool
    ) -> tuple[int, dict[str, int]]:
        """Write all that is known before anything is ended: the run's id, and each step's by its session's id."""
        row = run_row(seen, enforcing=enforcing, steps=len(planned), version=self._version, actor=self._actor)
        (run_id,) = insert_and_number(db, runs, [{**row, "finished_at": None if planned else self._clock.now()}])
        record_texts(db, seen)
        decided = record_decisions(db, seen, run_id)
        record_activity(db, seen)
        rows = [step_row(step, run_id, decided) for step in planned]
        told = rows if enforcing else _not_said_before(db, rows)
        return run_id, dict(zip([row["session_id"] for row in told], insert_and_number(db, steps, told), strict=True))


class OpenRun:
    """The `RunRecord` of ports.py. In a dry run no intent is written, for nothing will be done."""

    def __init__(self, id: int, step_ids: dict[str, int], database: Database, clock: Clock, *, enforcing: bool) -> None:  # noqa: A002
        self.id = id
        self._step_ids = step_ids
        self._database = database
        self._clock = clock
        self._enforcing = enforcing

    def intend(self, step: Step, look: Look) -> None:
        if self._enforcing:
            self._add(step, INTENDED, look.reason, _seen(look))

    def settle(self, step: Step, outcome: Outcome) -> None:
        self._add(step, outcome.result.value, outcome.detail, {})

    def _add(self, step: Step, event: str, detail: str, seen: Row) -> None:
        step_id = self._step_ids.get(step.session.id)
        if step_id is not None:
            with self._database.writing() as db:
                _add_event(db, step_id, self._clock.now(), (event, detail), seen)


def _seen(look: Look) -> Row:
    """What the second look rests on."""
    known = look.activity
    return {
        "looked_at": look.now.isoformat(),
        "state": look.session.state,
        "last_activity": known.at.isoformat() if known and known.at else None,
        "source": known.source if known else None,
        "verdicts": {v.policy.name: {"ruling": v.ruling.value, **evidence(v)} for v in look.verdicts},
    }


def _add_event(db: sa.Connection, step_id: int, at: datetime, outcome: tuple[str, str], seen: Row) -> None:
    event, detail = outcome
    row = {"step_id": step_id, "at": at, "event": event, "detail": detail, "evidence": seen}
    db.execute(sa.insert(step_events).values(row))


def _not_said_before(db: sa.Connection, rows: list[Row]) -> list[Row]:
    """The steps of a dry run that an earlier one has not withheld already, upon the very same decisions."""
    last = sa.func.max(steps.c.id)
    said: Row = {}
    for start in range(0, len(rows), 500):
        ids = [row["session_id"] for row in rows[start : start + 500]]
        newest = sa.select(last).where(steps.c.session_id.in_(ids)).group_by(steps.c.session_id)
        statement = (
            sa.select(steps.c.session_id, steps.c.decided_in)
            .join(step_events)
            .where(steps.c.id.in_(newest), step_events.c.event == Result.WITHHELD.value)
        )
        said |= {row.session_id: row.decided_in for row in db.execute(statement)}
    return [row for row in rows if said.get(row["session_id"]) != row["decided_in"]]
