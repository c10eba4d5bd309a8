"""What the record tells of one session as of a moment.

The verdicts that were taken by then, and by which texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from reaper.core.planning.plan import Result
from reaper.store.database import Database
from reaper.store.entries import DecisionEntry, PastLook, RunEntry, StepEntry, StepEvent, entry
from reaper.store.history import HistoryFilter, decisions_page, run_entries, steps_page
from reaper.store.tables import decisions, policy_texts, runs, steps

_TICK = timedelta(microseconds=1)
_MOST = 1_000
_NAMED = 20
_OVER = frozenset(result.value for result in Result if result.is_over)


@dataclass(frozen=True)
class PastEnd:
    """The step after which the session was seen to be over, the event that says so, and the run.

    The run is None where it was pruned.
    """

    step: StepEntry
    event: StepEvent
    run: RunEntry | None


@dataclass(frozen=True)
class AsOf:
    """`end` is None where no step on record ended it. `decisions` holds each policy's last one by
    then, the newest first, `texts` what the policies said, by hash.
    """

    look: PastLook | None
    decisions: list[DecisionEntry]
    texts: Mapping[str, str]
    steps: list[StepEntry]
    end: PastEnd | None = None

    def stands(self, decision: DecisionEntry) -> bool:
        """Whether the last look judged by the same text still.

        Else it says how it was, not how it is.
        """
        return (
            self.look is not None
            and self.look.policies.get(decision.policy) == decision.policy_hash
        )


def recorded(database: Database, start: str, account: str | None = None) -> list[tuple[str, str]]:
    """The accounts and ids of the sessions on record whose id begins so, in any case; at most 20.

    Raises StoreError.
    """
    names = set()
    with database.reading() as db:
        for table in (decisions, steps):
            statement = (
                sa.select(runs.c.account, table.c.session_id)
                .select_from(table.join(runs))
                .distinct()
            )
            begins = table.c.session_id.istartswith(start, autoescape=True)
            # a whole id comes before those that only begin so
            statement = statement.where(begins).order_by(table.c.session_id).limit(_NAMED)
            if account is not None:
                statement = statement.where(runs.c.account == account)
            names |= {(name, id_) for name, id_ in db.execute(statement)}
    return sorted(names)[:_NAMED]


def as_of(database: Database, account: str, session: str, at: datetime) -> AsOf:
    """What the record tells of the session by that moment. Raises StoreError."""
    criteria = HistoryFilter(account=account, session=session, until=at + _TICK, limit=_MOST)
    last: dict[str, DecisionEntry] = {}
    for decision in decisions_page(database, criteria):
        if decision.session == session:
            last.setdefault(decision.policy, decision)
    done = [step for step in steps_page(database, criteria) if step.session == session]
    with database.reading() as db:
        look = _look(db, account, at)
        hashes = {decision.policy_hash for decision in last.values()}
        rows = db.execute(
            sa.select(policy_texts.c.hash, policy_texts.c.text).where(
                policy_texts.c.hash.in_(hashes)
            )
        )
        # a Row is no pair to dict()'s stub
        texts = {hash_: text for hash_, text in rows}  # noqa: C416
        end = _end(db, done)
    return AsOf(look, list(last.values()), texts, done, end)


def _end(db: sa.Connection, done: list[StepEntry]) -> PastEnd | None:
    """Of these steps, the newest first, the one that ended the session."""
    for step in done:
        last = step.events[-1] if step.events else None
        if last is not None and last.event in _OVER:
            return PastEnd(step, last, next(iter(run_entries(db, [step.run])), None))
    return None


def _look(db: sa.Connection, account: str, at: datetime) -> PastLook | None:
    mine = (runs.c.account == account, runs.c.listed, runs.c.started_at <= at)
    statement = sa.select(runs, runs.c.started_at.label("at")).where(*mine)
    newest = statement.order_by(runs.c.started_at.desc()).limit(1)
    row = db.execute(newest).mappings().one_or_none()
    return entry(PastLook, row) if row is not None else None
