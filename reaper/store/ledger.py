"""The append-only memory: intent before act, outcome after, each committed by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa

from reaper.core.judging.verdict import Observation
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.model.life import GRAIN
from reaper.core.model.matching import Answer
from reaper.core.model.session import Session
from reaper.core.planning.holds import Holds
from reaper.core.planning.memory import LastAction, Memory
from reaper.core.planning.notice import Delivery
from reaper.core.planning.plan import DRY_RUN, Outcome, PastStep, Plan, RecheckResult, Result, Step
from reaper.core.planning.request import Request
from reaper.errors import Withheld
from reaper.ports import Clock
from reaper.store import chain, exemptions, holds, lives, notices, read_state
from reaper.store.activity import record_activity
from reaper.store.bulk import Row, batches, insert_and_number
from reaper.store.database import Database
from reaper.store.evidence import encode
from reaper.store.leaf_rows import EVENT, FINISH, RUN
from reaper.store.lease import Lease, release, take
from reaper.store.read_state import INTENDED, OPEN
from reaper.store.schema import is_ours
from reaper.store.tables import open_steps, run_plans, runs, step_events, steps
from reaper.store.write_run import (
    plan_row,
    record_decisions,
    record_ends,
    record_lasting,
    record_texts,
    run_row,
    step_row,
)

LEASE = timedelta(minutes=2)
_TOLD = (Result.WITHHELD.value, Result.CAME_BACK.value)
"""How the steps of a dry run end."""


class SqlLedger:
    """The `Ledger` of ports.py in an SQL database.

    `actor` is who runs this, `version` what runs; `lease_length` is how long a reaper that does not
    stir keeps an account to itself. `addresses` tell by account which tenant it is, each in the one
    way to write it. Activities no further apart than the `grain` are kept as one.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        actor: str,
        version: str,
        lease_length: timedelta = LEASE,
        *,
        addresses: Mapping[str, str] = MappingProxyType({}),
        grain: timedelta = GRAIN,
    ) -> None:
        self._database = database
        self._clock = clock
        self._actor = actor
        self._version = version
        self._lease_length = lease_length
        self._addresses = addresses
        self._grain = grain
        self._leases: dict[str, Lease] = {}

    @contextmanager
    def lease(
        self, account: str, *, since: datetime | None = None, enforcing: bool = False
    ) -> Iterator[None]:
        lease = take(
            self._database,
            self._clock,
            account,
            self._actor,
            self._lease_length,
            address=self._addresses.get(account),
            since=since,
            enforcing=enforcing,
        )
        self._leases[account] = lease
        try:
            yield
        finally:
            del self._leases[account]
            release(self._database, lease)

    def recall(self, account: str) -> Memory:
        with self._database.reading() as db:
            return read_state.read_state(db, account, self._clock.now())

    def last_actions(self, account: str, sessions: Sequence[str]) -> Mapping[str, LastAction]:
        with self._database.reading() as db:
            return read_state.last_actions(db, account, sessions)

    def granted(self, account: str) -> tuple[ManualExemption, ...]:
        with self._database.reading() as db:
            return exemptions.standing_for(db, account, self._clock.now())

    def holds(self, account: str) -> Holds:
        with self._database.reading() as db:
            return holds.holds(db, account, self._clock.now())

    def unsettled(self, account: str) -> list[PastStep]:
        with self._database.reading() as db:
            return read_state.unsettled(db, account)

    def settle_past(self, step: PastStep, outcome: Outcome) -> None:
        with self._database.writing() as db:
            _add_event(db, step.id, self._clock.now(), (outcome.result.value, outcome.detail), {})

    def import_lives(self, account: str, sessions: Sequence[Session]) -> lives.Imported:
        """Take in what is known of sessions that are over, some in a transaction.

        Whoever calls holds the account. Raises LeaseLost, and StoreError; what was written by then
        stays.
        """
        parts = [lives.Imported()]
        for some in batches(sessions):
            with self._database.writing() as db:
                now = self._clock.now()
                self._leases[account].renew(db, now)
                parts.append(lives.import_lives(db, account, now, some))
        return lives.Imported(*map(sum, zip(*parts, strict=True)))

    @contextmanager
    def open_run(
        self,
        observation: Observation,
        plan: Plan,
        *,
        enforcing: bool,
        blocked_reason: str | None = None,
        request: Request | None = None,
    ) -> Iterator[OpenRun]:
        """Commit the run, its new decisions and its steps; on leaving, that it came to its end.

        An exception leaves the run visibly unfinished. Raises LeaseLost before anything is written
        when another reaper has taken the account over.
        """
        lease, attended = (
            self._leases[observation.account],
            request is not None and request.attended,
        )
        with self._database.writing() as db:
            lease.renew(db, self._clock.now())
            held = holds.holds(db, observation.account, self._clock.now())
            row = run_row(
                observation, plan, enforcing=enforcing, version=self._version, actor=self._actor
            )
            row["latched"] = enforcing and not attended and _latches(plan, held)
            run_id, ids = self._begin(
                db, observation, plan, row, blocked_reason or (None if enforcing else DRY_RUN)
            )
            if plan.steps or request:
                row_of_plan = plan_row(run_id, plan, blocked_reason, request)
                db.execute(sa.insert(run_plans).values(row_of_plan))
            chain.seal(db, RUN, run_id)
        if row["latched"]:
            held = Holds(held.pause, run_id)
        yield OpenRun(
            run_id,
            ids,
            self._database,
            self._clock,
            lease,
            enforcing=enforcing,
            holds_then=held,
            attended=attended,
        )
        if plan.steps or plan.came_back:
            with self._database.writing() as db:
                db.execute(
                    sa.update(runs).where(runs.c.id == run_id).values(finished_at=self._clock.now())
                )
                _seal(db, FINISH, run_id)

    def _begin(
        self,
        db: sa.Connection,
        observation: Observation,
        plan: Plan,
        row: Row,
        blocked_reason: str | None,
    ) -> tuple[int, dict[str, int]]:
        """Write all that is known before anything is ended.

        The run's id, and each step's by its session's id.
        """
        planned = [*plan.steps, *plan.came_back]
        at = None if planned else self._clock.now()
        (run_id,) = insert_and_number(
            db, runs, [{**row, **chain.run_number(db), "finished_at": at}]
        )
        record_texts(db, observation)
        decided = record_decisions(db, observation, run_id, {step.session.id for step in planned})
        lives.record_lives(db, observation, run_id)
        record_activity(db, observation, run_id, self._grain)
        record_ends(db, observation)
        record_lasting(db, observation)
        notices.forget(db, observation)
        rows = [step_row(step, run_id, decided) for step in planned]
        news = rows if blocked_reason is None else _not_said_before(db, rows, blocked_reason)
        return run_id, dict(
            zip(
                [row["session_id"] for row in news], insert_and_number(db, steps, news), strict=True
            )
        )


def _latches(plan: Plan, held: Holds) -> bool:
    """Whether the plan calls for a person.

    Under a pause nothing would be ended anyhow, and behind an earlier halt a person is called
    already.
    """
    return bool(plan.halted) and held.pause is None and held.halted_run is None


class OpenRun:
    """The `RunRecord` of ports.py. In a dry run no intent is written, for nothing will be done."""

    def __init__(
        self,
        id: int,  # noqa: A002 - the Protocol's
        step_ids: dict[str, int],
        database: Database,
        clock: Clock,
        lease: Lease,
        *,
        enforcing: bool,
        holds_then: Holds,
        attended: bool,
    ) -> None:
        self.id = id
        self.holds = holds_then
        self._attended = attended
        self._step_ids = step_ids
        self._database = database
        self._clock = clock
        self._lease = lease
        self._enforcing = enforcing

    def intend(self, step: Step, look: RecheckResult) -> None:
        if not self._enforcing:
            return
        with self._database.writing() as db:
            now = self._clock.now()  # not before: the database may have been waited for
            self._lease.renew(db, now)
            if now - look.now > self._lease.length:
                raise Withheld("this reaper was delayed after its recheck; nothing was requested")
            held = holds.holds(db, self._lease.account, now)
            why = held.reason(attended=self._attended)
            if why is not None:
                raise Withheld(why)
            if not look.due_at(now):
                raise Withheld(look.reason_at(now))
            if step.heeds_exemptions:
                _refuse_exempt(db, self._lease.account, look.session, now)
            _add_event(
                db,
                self._step_ids[step.session.id],
                now,
                (INTENDED, look.reason),
                _observation(look),
            )

    def expired(self) -> bool:
        """Whether it is over by this clock, or another reaper, by its own, found it over."""
        if self._clock.now() >= self._lease.expires_at:
            return True
        with self._database.reading() as db:
            return not self._lease.holds(db)

    def settle(self, step: Step, outcome: Outcome) -> None:
        step_id = self._step_ids.get(
            step.session.id
        )  # none where a dry run has said the same before
        if step_id is None:
            return
        now = self._clock.now()
        with self._database.writing() as db:
            _add_event(db, step_id, now, (outcome.result.value, outcome.detail), {})
            until = self._lease.extend(db, now)
        if not until:
            raise self._lease.lost()

    def record_delivery(self, delivery: Delivery) -> None:
        now = self._clock.now()
        with self._database.writing() as db:
            notices.record(db, self.id, delivery, now)
            until = self._lease.extend(db, now)
        if not until:
            raise self._lease.lost()


def _refuse_exempt(db: sa.Connection, account: str, session: Session, now: datetime) -> None:
    """Whoever gives an exemption waits for this transaction, or this one has seen it.

    Raises Withheld.
    """
    for exemption in exemptions.standing_for(db, account, now):
        if exemption.test(session) is not Answer.NO:
            raise Withheld(f"it may be exempt since the recheck: {exemption}")


def _observation(look: RecheckResult) -> Row:
    """What the second look rests on."""
    activity = look.activity
    return {
        "looked_at": look.now.isoformat(),
        "state": look.session.state,
        "task": str(look.session.task) if look.session.task else None,
        "last_activity": activity.at.isoformat() if activity and activity.at else None,
        "source": activity.source if activity else None,
        "verdicts": {v.policy.name: {"ruling": v.ruling.value, **encode(v)} for v in look.verdicts},
    }


def _add_event(
    db: sa.Connection, step_id: int, at: datetime, outcome: tuple[str, str], observation: Row
) -> None:
    event, detail = outcome
    row = {"step_id": step_id, "at": at, "event": event, "detail": detail, "evidence": observation}
    _seal(db, EVENT, *insert_and_number(db, step_events, [row]))
    if event == INTENDED:
        db.execute(sa.insert(open_steps).values(step_id=step_id))
    elif event not in OPEN:
        db.execute(sa.delete(open_steps).where(open_steps.c.step_id == step_id))


def _seal(db: sa.Connection, kind: str, *subjects: int) -> None:
    """Not once a newer version has migrated the database.

    What is still settled then is on record, and the migration has left word that it may be.
    """
    if is_ours(db):
        chain.seal(db, kind, *subjects)


def _not_said_before(db: sa.Connection, rows: list[Row], why: str) -> list[Row]:
    """The steps that no earlier run has withheld for this reason already, upon the very same
    decisions.
    """
    last = sa.func.max(steps.c.id)
    earlier: dict[str, tuple[str, Row]] = {}
    for start in range(0, len(rows), 500):
        ids = [row["session_id"] for row in rows[start : start + 500]]
        newest = sa.select(last).where(steps.c.session_id.in_(ids)).group_by(steps.c.session_id)
        statement = (
            sa.select(steps.c.session_id, steps.c.action, steps.c.decided_in)
            .join(step_events)
            .where(steps.c.id.in_(newest), step_events.c.event.in_(_TOLD))
            .where((step_events.c.event != Result.WITHHELD.value) | (step_events.c.detail == why))
        )
        earlier |= {row.session_id: (row.action, row.decided_in) for row in db.execute(statement)}
    return [
        row for row in rows if earlier.get(row["session_id"]) != (row["action"], row["decided_in"])
    ]
