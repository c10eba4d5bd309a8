"""Reading what a pass must know of earlier ones."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reaper.core.model.action import Action
from reaper.core.model.session import Activity
from reaper.core.planning.memory import LastAction, Memory, Streak
from reaper.core.planning.plan import PastStep, Result
from reaper.store import notices
from reaper.store.tables import (
    activity,
    current_verdicts,
    lasting,
    open_steps,
    runs,
    seen_over,
    step_events,
    steps,
)
from reaper.store.tenants import names_of_tenant

INTENDED = "intended"
OPEN = (INTENDED, Result.UNCONFIRMED.value)
"""Events after which nobody has seen yet what became of the session."""

AT_ONCE = 500
"""So many sessions are named in one statement."""

_HOUR = timedelta(hours=1)


def read_state(db: sa.Connection, account: str, now: datetime) -> Memory:
    return Memory(
        activity=_activity(db, account),
        streaks=_streaks(db, account),
        recent=_recent(db, account, now),
        seen_over={
            row.session_id: row.at
            for row in db.execute(sa.select(seen_over).where(seen_over.c.account == account))
        },
        lasting=_lasting(db, account),
        notified_targets=notices.notified_targets(db, account),
        looked_at=db.scalar(
            sa.select(sa.func.max(runs.c.started_at)).where(
                runs.c.account == account, runs.c.complete
            )
        ),
        fleet=db.scalar(
            sa.select(runs.c.sessions)
            .where(runs.c.account == account, runs.c.listed)
            .order_by(runs.c.started_at.desc(), runs.c.id.desc())
            .limit(1)
        ),
    )


def _activity(db: sa.Connection, account: str) -> Mapping[str, Activity]:
    columns = (activity.c.session_id, activity.c.at, activity.c.learnt_at, activity.c.source)
    rows = db.execute(sa.select(*columns).where(activity.c.account == account))
    return {row.session_id: Activity(*row) for row in rows}


def _lasting(db: sa.Connection, account: str) -> Mapping[tuple[str, str], datetime]:
    rows = db.execute(sa.select(lasting).where(lasting.c.account == account))
    return {(row.session_id, row.condition): row.since for row in rows}


def _streaks(db: sa.Connection, account: str) -> Mapping[tuple[str, str], Streak]:
    s = current_verdicts.c
    rows = db.execute(
        sa.select(s.session_id, s.policy, s.policy_hash, s.offender_since, s.offender_run).where(
            s.account == account, s.offender_since.is_not(None)
        )
    ).all()
    if not rows:
        return {}
    first = min(row.offender_since for row in rows)
    complete = sa.select(runs.c.id).where(
        runs.c.account == account, runs.c.complete, runs.c.started_at >= first
    )
    looks = list(db.scalars(complete.order_by(runs.c.started_at, runs.c.id)))
    return {
        (row.session_id, row.policy): Streak(
            row.policy_hash, row.offender_since, len(looks) - bisect_left(looks, row.offender_run)
        )
        for row in rows
    }


def last_actions(
    db: sa.Connection, account: str, sessions: Sequence[str]
) -> Mapping[str, LastAction]:
    """What was last asked for each of the sessions.

    A step that was intended and then withheld asked for nothing.
    """
    actions: dict[str, LastAction] = {}
    for start in range(0, len(sessions), AT_ONCE):
        actions |= _asked(db, account, sessions[start : start + AT_ONCE])
    return actions


def _asked(db: sa.Connection, account: str, sessions: Sequence[str]) -> Mapping[str, LastAction]:
    whose: dict[int, str] = {}
    actions: dict[int, LastAction] = {}
    statement = (
        sa.select(
            steps.c.session_id, steps.c.action, step_events.c.at, step_events.c.event, steps.c.id
        )
        .select_from(step_events.join(steps).join(runs))
        .where(steps.c.session_id.in_(sessions), runs.c.account == account, runs.c.enforcing)
        .order_by(step_events.c.id)
    )
    for session, action, at, event, step in db.execute(statement):
        if event == INTENDED:
            whose[step], actions[step] = session, LastAction(Action(action), at, None)
        elif event == Result.WITHHELD.value:
            actions.pop(step, None)
        elif step in actions:
            actions[step] = LastAction(
                Action(action), actions[step].at, None if event in OPEN else event
            )
        elif event == Result.CAME_BACK.value:
            whose[step], actions[step] = session, LastAction(Action(action), at, event)
    return {whose[step]: actions[step] for step in sorted(actions)}


def _recent(db: sa.Connection, account: str, now: datetime) -> frozenset[str]:
    lately = sa.select(step_events.c.step_id).where(
        step_events.c.event == INTENDED, step_events.c.at > now - _HOUR
    )
    ends = steps.c.action != Action.DELETE.value
    whose = runs.c.account.in_(names_of_tenant(db, account))
    own = sa.select(steps.c.session_id).join(runs).where(whose, ends)
    return frozenset(row.session_id for row in _of(db, own, list(db.scalars(lately))))


def _of(
    db: sa.Connection, statement: sa.Select[*tuple[Any, ...]], ids: Sequence[int]
) -> Iterator[Any]:
    """The statement's rows for these steps.

    Named one by one, for a planner without statistics would go through all runs.
    """
    for start in range(0, len(ids), AT_ONCE):
        yield from db.execute(statement.where(steps.c.id.in_(ids[start : start + AT_ONCE])))


def unsettled(db: sa.Connection, account: str) -> list[PastStep]:
    """Steps whose last event leaves open what became of the session, oldest first."""
    unconfirmed = sa.func.max(
        sa.case((step_events.c.event == Result.UNCONFIRMED.value, 1), else_=0)
    )
    which = (steps.c.id, steps.c.run_id, steps.c.session_id, steps.c.kind, steps.c.action)
    statement = (
        sa.select(*which, unconfirmed.label("unconfirmed"))
        .select_from(steps.join(step_events).join(runs))
        .where(runs.c.account == account)
        .group_by(*which)
        .order_by(steps.c.id)
    )
    open_ = list(db.scalars(sa.select(open_steps.c.step_id).order_by(open_steps.c.step_id)))
    rows = _of(db, statement, open_)
    return [
        PastStep(r.id, r.run_id, r.session_id, r.kind, Action(r.action), bool(r.unconfirmed))
        for r in rows
    ]
