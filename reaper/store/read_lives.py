"""Reading the lives of the sessions: a part of the read model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from reaper.core.model.action import Action
from reaper.core.model.life import ActivityStep, EndedBy, Life, Sight, StateChange, over_since
from reaper.core.model.session import Session
from reaper.core.planning.plan import Result
from reaper.store.activity import read_step, standing_step
from reaper.store.database import Database
from reaper.store.lives import FACTS
from reaper.store.read_state import AT_ONCE
from reaper.store.tables import (
    activity,
    activity_steps,
    life_changes,
    lives,
    runs,
    step_events,
    steps,
)

_SESSION = tuple(fact for fact in FACTS if fact != "state")


@dataclass(frozen=True)
class LifeFilter:
    """Whose lives: of an account, of one session (by its whole id), that touch a span of time.

    `since` is included.
    """

    account: str | None = None
    session: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def reading_lives(database: Database, wanted: LifeFilter) -> Iterator[Life]:
    """The lives that fit, in the order in which they were recorded; few are held at a time.

    Each is whole, also where it began before `since`. Raises StoreError.
    """
    behind = 0
    while True:
        with database.reading() as db:
            page = _page(db, wanted, behind)
            found = _lives(db, page)
        yield from found
        if len(page) < AT_ONCE:
            return
        behind = page[-1]["id"]


def looks(database: Database, wanted: LifeFilter) -> list[tuple[datetime, bool]]:
    """When the account was looked at, and whether the look was complete. Raises StoreError.

    Only complete ones are told of by lives.
    """
    statement = sa.select(runs.c.started_at, runs.c.complete).order_by(runs.c.started_at, runs.c.id)
    if wanted.account is not None:
        statement = statement.where(runs.c.account == wanted.account)
    if wanted.since is not None:
        statement = statement.where(runs.c.started_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(runs.c.started_at < wanted.until)
    with database.reading() as db:
        return [(row.started_at, row.complete) for row in db.execute(statement)]


def _page(db: sa.Connection, wanted: LifeFilter, behind: int) -> Sequence[sa.RowMapping]:
    statement = sa.select(lives).where(lives.c.id > behind)
    if wanted.account is not None:
        statement = statement.where(lives.c.account == wanted.account)
    if wanted.session is not None:
        statement = statement.where(lives.c.session_id == wanted.session)
    if wanted.since is not None:
        last = lives.c.last_seen_at
        statement = statement.where(last.is_(None) | (last >= wanted.since))
    if wanted.until is not None:
        statement = statement.where(lives.c.first_seen_at < wanted.until)
    return db.execute(statement.order_by(lives.c.id).limit(AT_ONCE)).mappings().all()


def _lives(db: sa.Connection, page: Sequence[sa.RowMapping]) -> list[Life]:
    ids = [row["id"] for row in page]
    complete = _last_looks(db, {row["account"] for row in page})
    changes, active, ends = _changes(db, ids), _steps(db, ids, complete), _ends(db, page)
    return [
        _life(
            row,
            complete.get(row["account"]),
            tuple(changes[row["id"]]),
            tuple(active[row["id"]]),
            ends.get((row["account"], row["session_id"]), ()),
        )
        for row in page
    ]


def _life(
    row: sa.RowMapping,
    last_look: datetime | None,
    changes: tuple[StateChange, ...],
    active: tuple[ActivityStep, ...],
    ends: Sequence[tuple[datetime, str]],
) -> Life:
    used = [change for change in changes if change.gb_hours is not None]
    ran = [change for change in changes if change.run_time is not None]
    session = Session(
        row["session_id"],
        state=row["state"],
        gb_hours=used[-1].gb_hours if used else None,
        run_time=ran[-1].run_time if ran else None,
        **{fact: row[fact] for fact in _SESSION},
    )
    first = row["first_seen_at"]
    last = max(row["last_seen_at"] or last_look or first, first)
    over = over_since(changes)
    ended_by = None if over is None or over == first else _ended_by(over, ends)
    return Life(
        row["account"], session, first, last, changes, active, ended_by, imported=row["imported"]
    )


def _ended_by(over: datetime, ends: Sequence[tuple[datetime, str]]) -> EndedBy:
    before = [event for at, event in ends if at <= over]
    return EndedBy.REAPER if before[-1:] == [Result.TERMINATED.value] else EndedBy.OTHERS


def _changes(db: sa.Connection, ids: Sequence[int]) -> Mapping[int, list[StateChange]]:
    found: dict[int, list[StateChange]] = defaultdict(list)
    own = life_changes.c
    statement = (
        sa.select(own.life_id, own.at, own.state, own.sight, own.gb_hours, own.run_time)
        .where(own.life_id.in_(ids))
        .order_by(own.at, own.id)
    )
    for life, at, state, sight, gb_hours, run_time in db.execute(statement):
        found[life].append(StateChange(at, state, Sight(sight), gb_hours, run_time))
    return found


def _steps(
    db: sa.Connection, ids: Sequence[int], complete: Mapping[str, datetime]
) -> Mapping[int, list[ActivityStep]]:
    """The steps that are over, and the one that may still go on."""
    found: dict[int, list[ActivityStep]] = defaultdict(list)
    own = activity_steps.c
    statement = (
        sa.select(own.life_id, own.at, own.lasted, own.silent, own.source)
        .where(own.life_id.in_(ids))
        .order_by(own.life_id, own.run_id)
    )
    for life, at, lasted, silent, source in db.execute(statement):
        found[life].append(read_step(at, lasted, silent, source))
    whose = sa.and_(
        activity.c.account == lives.c.account, activity.c.session_id == lives.c.session_id
    )
    standing = sa.select(lives.c.id, activity).select_from(lives.join(activity, whose))
    for row in db.execute(standing.where(lives.c.id.in_(ids))):
        last = complete.get(row.account, row.learnt_at)
        found[row.id].append(standing_step(row, last))
    return found


def _last_looks(db: sa.Connection, accounts: set[str]) -> dict[str, datetime]:
    newest = sa.func.max(runs.c.started_at)
    looks = {
        account: db.scalar(sa.select(newest).where(runs.c.account == account, runs.c.complete))
        for account in accounts
    }
    return {account: at for account, at in looks.items() if at is not None}


def _ends(
    db: sa.Connection, page: Sequence[sa.RowMapping]
) -> Mapping[tuple[str, str], list[tuple[datetime, str]]]:
    """When the reaper saw the sessions end by what it had asked, or come back."""
    found: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    statement = (
        sa.select(runs.c.account, steps.c.session_id, step_events.c.at, step_events.c.event)
        .select_from(step_events.join(steps).join(runs))
        .where(
            steps.c.session_id.in_([row["session_id"] for row in page]),
            steps.c.action != Action.DELETE.value,
            step_events.c.event.in_((Result.TERMINATED.value, Result.CAME_BACK.value)),
        )
        .order_by(step_events.c.id)
    )
    for account, session, at, event in db.execute(statement):
        found[account, session].append((at, event))
    return found
