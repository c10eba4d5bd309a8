"""Forgetting what is older than the settings keep, a little at a time, so that no run
waits for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa

from reaper.clock import SYSTEM_CLOCK
from reaper.store import chain
from reaper.store.bulk import delete_rows
from reaper.store.database import Database
from reaper.store.leaf_rows import ACKNOWLEDGEMENT, EVENT, FINISH, NOTICE, RUN, owner_of
from reaper.store.proof import unfit
from reaper.store.tables import (
    acknowledgements,
    activity,
    activity_steps,
    current_verdicts,
    decisions,
    exemptions,
    life_changes,
    lives,
    notices,
    open_steps,
    owner_keys,
    run_plans,
    runs,
    seen_over,
    step_events,
    steps,
)

_RUNS_AT_ONCE = 200
_LIVES_AT_ONCE = 1_000


def prune(database: Database, before: datetime, now: datetime | None = None) -> Mapping[str, int]:
    """Delete the runs that began before that moment, with all that belongs to them alone, and the
    lives that no look has shown since.

    How many rows, by table.

    What is open stays however old it is: a step whose end nobody saw, a halt that nobody
    acknowledged, and the decisions that stand now. So do all decisions on a session of which a step
    is kept, and the texts of the policies, and what does not fit its leaf of the proof: no change
    is covered up. A leaf says what was pruned. Raises StoreError; what was deleted by then stays
    deleted.
    """
    gone: Counter[str] = Counter()
    now = now or SYSTEM_CLOCK.now()
    for account, ids in _old_runs(database, before):
        with database.writing() as db:
            intact, detail = _intact(db, ids), {"account": account, "before": before.isoformat()}
            with chain.revise(db, now, chain.PRUNED, detail, _things(db, intact)):
                gone.update(_forget(db, account, intact))
    with database.writing() as db:
        gone.update(_forget_sessions(db, before))
        gone.update(_forget_owners(db))
    for ids in _old_lives(database, before):
        with database.writing() as db:
            gone.update(_forget_lives(db, ids))
    database.shrink()
    return gone


def _old_runs(database: Database, before: datetime) -> Iterator[tuple[str, list[int]]]:
    """Each account with some of its old runs, the oldest first."""
    with database.reading() as db:
        accounts = list(
            db.scalars(sa.select(runs.c.account).where(runs.c.started_at < before).distinct())
        )
    for account in accounts:
        last = 0
        while ids := _next_runs(database, account, before, last):
            yield account, ids
            last = ids[-1]


def _next_runs(database: Database, account: str, before: datetime, last: int) -> list[int]:
    old = sa.select(runs.c.id).where(
        runs.c.account == account, runs.c.started_at < before, runs.c.id > last
    )
    with database.reading() as db:
        return list(db.scalars(old.order_by(runs.c.id).limit(_RUNS_AT_ONCE)))


def _intact(db: sa.Connection, ids: list[int]) -> list[int]:
    """The runs that fit their leaves, or have none."""
    broken = {subject for _, subject in unfit(db, {RUN: ids})}
    return [number for number in ids if number not in broken]


def _things(db: sa.Connection, ids: list[int]) -> chain.Things:
    """What may go with these runs."""
    of_run, of_step = steps.c.run_id.in_(ids), step_events.c.step_id == steps.c.id
    events = sa.select(step_events.c.id).join(steps, of_step).where(of_run)
    sent = sa.select(notices.c.id).where(notices.c.run_id.in_(ids))
    return {
        **dict.fromkeys((RUN, FINISH, ACKNOWLEDGEMENT), ids),
        EVENT: list(db.scalars(events)),
        NOTICE: list(db.scalars(sent)),
    }


def _forget(db: sa.Connection, account: str, ids: list[int]) -> Mapping[str, int]:
    closed = sa.select(steps.c.id).where(
        steps.c.run_id.in_(ids), steps.c.id.not_in(sa.select(open_steps.c.step_id))
    )
    stands = sa.exists().where(
        current_verdicts.c.account == account,
        current_verdicts.c.session_id == decisions.c.session_id,
        current_verdicts.c.policy == decisions.c.policy,
        current_verdicts.c.run_id == decisions.c.run_id,
    )
    explains = sa.exists().where(steps.c.session_id == decisions.c.session_id)
    return {
        "notices": _deleted(db, notices, notices.c.run_id.in_(ids)),
        "step_events": _deleted(db, step_events, step_events.c.step_id.in_(closed)),
        "steps": _deleted(db, steps, steps.c.id.in_(closed)),
        "decisions": _deleted(db, decisions, decisions.c.run_id.in_(ids), ~stands, ~explains),
        **_forget_runs(db, ids),
    }


def _forget_runs(db: sa.Connection, ids: list[int]) -> Mapping[str, int]:
    """Those of which nothing is left, and that nobody is still to acknowledge."""
    mentions = [sa.exists().where(table.c.run_id == runs.c.id) for table in (decisions, steps)]
    acknowledged = sa.exists().where(acknowledgements.c.run_id == runs.c.id)
    done = sa.select(runs.c.id).where(
        runs.c.id.in_(ids), *(~one for one in mentions), ~runs.c.latched | acknowledged
    )
    over = list(db.scalars(done))
    return {
        "run_plans": _deleted(db, run_plans, run_plans.c.run_id.in_(over)),
        "acknowledgements": _deleted(db, acknowledgements, acknowledgements.c.run_id.in_(over)),
        "runs": _deleted(db, runs, runs.c.id.in_(over)),
    }


def _forget_sessions(db: sa.Connection, before: datetime) -> Mapping[str, int]:
    """What was last learnt of sessions so long ago that no look has shown them since."""
    return {
        "activity": _deleted(db, activity, activity.c.learnt_at < before),
        "seen_over": _deleted(db, seen_over, seen_over.c.at < before),
    }


def _forget_owners(db: sa.Connection) -> Mapping[str, int]:
    """The keys of those of whom nothing is left."""
    mentioned = sa.union(*(sa.select(t.c.owner) for t in (decisions, steps, notices)))
    exempt = {owner_of(whom) for whom in db.scalars(sa.select(exemptions.c.whom))}
    left = {owner for owner in db.scalars(mentioned) if owner is not None} | exempt | {""}
    gone = set(db.scalars(sa.select(owner_keys.c.owner))) - left
    delete_rows(db, owner_keys, [{"owner": owner} for owner in gone])
    return {"owner_keys": len(gone)}


def _old_lives(database: Database, before: datetime) -> Iterator[list[int]]:
    """Some at a time; whoever asks for more has deleted these."""
    with database.reading() as db:
        accounts = list(db.scalars(sa.select(lives.c.account).distinct()))
    for account in accounts:
        old = sa.select(lives.c.id).where(lives.c.account == account, lives.c.last_seen_at < before)
        while True:
            with database.reading() as db:
                ids = list(db.scalars(old.limit(_LIVES_AT_ONCE)))
            if not ids:
                break
            yield ids


def _forget_lives(db: sa.Connection, ids: list[int]) -> Mapping[str, int]:
    return {
        "activity_steps": _deleted(db, activity_steps, activity_steps.c.life_id.in_(ids)),
        "life_changes": _deleted(db, life_changes, life_changes.c.life_id.in_(ids)),
        "lives": _deleted(db, lives, lives.c.id.in_(ids)),
    }


def _deleted(db: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    return db.execute(sa.delete(table).where(*where)).rowcount
