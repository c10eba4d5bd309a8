"""A small fleet, judged and recorded, with only what a test cares about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from reaper.core.judging.judge import judge
from reaper.core.judging.verdict import Observation
from reaper.core.language.limits import Limits
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.selector import Exemption
from reaper.core.model.session import Activity, Session, Snapshot, Unreadable
from reaper.core.planning.memory import Memory
from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice
from reaper.core.planning.plan import (
    DRY_RUN,
    Outcome,
    Plan,
    RecheckResult,
    Result,
    Step,
    build_plan,
    judge_again,
)
from reaper.store import HEAD, Database, SqlLedger
from reaper.store.ledger import OpenRun
from reaper.store.migrate import config
from support.clock import NOW, Clock

HOUR = timedelta(hours=1)
ACTOR = "anna@desk"
HEAD_BEFORE = str(ScriptDirectory.from_config(config()).get_revision(HEAD).down_revision)
"""The revision before this version's."""
TABLES = (
    "runs",
    "run_plans",
    "policy_texts",
    "decisions",
    "current_verdicts",
    "steps",
    "step_events",
    "open_steps",
    "notices",
    "told",
    "activity",
    "lives",
    "life_changes",
    "activity_steps",
    "seen_over",
    "lasting",
    "acknowledgements",
    "pauses",
    "pause_ends",
    "exemptions",
    "exemption_removals",
    "leases",
    "leaves",
    "owner_keys",
    "revisions",
    "revised_rows",
    "revising",
)


def a_session(id_: str = "s1", **more: Any) -> Session:  # noqa: ANN401 - any field of a session
    usual = {
        "kind": "webui",
        "state": "running",
        "user": "anna",
        "environment": "Planning",
        "app": "Planner",
    }
    return Session(id_, **{**usual, "created_at": NOW - 10 * HOUR, **more})


def young(id_: str = "s1", **more: Any) -> Session:  # noqa: ANN401 - any field of a session
    """One that no policy here asks to end."""
    return a_session(id_, created_at=NOW, **more)


def a_policy(rule: object = None, **more: Any) -> Policy:  # noqa: ANN401 - any key of a policy
    usual = {
        "name": "old",
        "mode": "enforce",
        "select": {"kind": "webui"},
        "terminate_when": rule or {"age": "2h"},
    }
    return Policy.model_validate({**usual, **more})


def house(
    *policies: Policy, protect: Iterable[object] = (), texts: Mapping[str, str] | None = None
) -> PolicySet:
    return PolicySet(policies, tuple(Exemption.model_validate(one) for one in protect), texts or {})


HOUSE = house(a_policy(), texts={"old": "name: old  # as it was written"})


def active(session_id: str, at: datetime | None, source: str = "log line 7") -> Activity:
    return Activity(session_id, at, NOW, source)


def a_pass(
    sessions: Iterable[Session] = (),
    *,
    rules: PolicySet = HOUSE,
    learnt: Iterable[Activity] = (),
    doubts: tuple[str, ...] = (),
    unreadable: tuple[Unreadable, ...] = (),
    now: datetime = NOW,
    account: str = "acme",
) -> Observation:
    """What a pass saw of these sessions, judged."""
    known = {one.session_id: one for one in learnt}
    snapshot = Snapshot(account, tuple(sessions), unreadable, doubts)
    return Observation(
        account, now, snapshot, rules, judge(rules, snapshot.sessions, known, now), known, known
    )


@contextmanager
def altering(database: Database) -> Iterator[sa.Connection]:
    """A transaction in which the triggers let pass what nobody should do."""
    with database.writing() as db:
        db.exec_driver_sql("INSERT INTO revising VALUES (1)")
        yield db
        db.exec_driver_sql("DELETE FROM revising")


NOTHING = Plan()


class Book:
    """A ledger in a database of its own, and what stands in its tables."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.ledger = SqlLedger(database, self.clock, ACTOR, "1.2.3")

    @contextmanager
    def run(
        self,
        seen: Observation,
        plan: Plan = NOTHING,
        *,
        enforcing: bool = True,
        blocked_reason: str | None = None,
    ) -> Iterator[OpenRun]:
        """A run of this book's reaper, which holds the account meanwhile."""
        with (
            self.ledger.lease(seen.account),
            self.ledger.open_run(
                seen, plan, enforcing=enforcing, blocked_reason=blocked_reason
            ) as run,
        ):
            yield run

    def record(
        self, seen: Observation, result: Result | None = None, *, enforcing: bool = True
    ) -> int:
        """Record a pass; with a result, every step of its plan is begun and comes to that end."""
        plan = a_plan(seen) if result else NOTHING
        with self.run(seen, plan, enforcing=enforcing) as run:
            for step in plan.steps:
                assert result is not None
                run.intend(step, a_look(step, seen))
                run.settle(step, Outcome(result, "as the test says" if enforcing else DRY_RUN))
        return run.id

    def tell(
        self, seen: Observation, result: DeliveryStatus = DeliveryStatus.TOLD, target: str = "ops"
    ) -> None:
        """Record a pass that tells of every offender of policies in mode notify, with that end."""
        plan = a_plan(seen)
        with self.run(seen, plan) as run:
            run.record_delivery(
                Delivery(
                    target, Notice(seen.account, seen.now, plan.to_tell), result, "as the test says"
                )
            )

    def crash(self, seen: Observation, *, after: Result | None = None) -> None:
        """Break off after the intent of the first step, or after its first outcome."""
        plan = a_plan(seen)
        with suppress(KeyboardInterrupt), self.run(seen, plan) as run:
            run.intend(plan.steps[0], a_look(plan.steps[0], seen))
            if after:
                run.settle(plan.steps[0], Outcome(after, "accepted"))
            raise KeyboardInterrupt

    def rows(self, table: str, *columns: str) -> list[Any]:
        """A table's rows, or those of its columns, in the order of the latter."""
        with self.database.reading() as db:
            found = db.exec_driver_sql(f"SELECT {', '.join(columns) or '*'} FROM {table}").all()  # noqa: S608 - a test's
        return sorted(row[0] if len(columns) == 1 else tuple(row) for row in found)

    def counts(self) -> dict[str, int]:
        return {table: len(self.rows(table, "1")) for table in TABLES}


def a_plan(seen: Observation) -> Plan:
    """What is to be done about a pass, by a reaper without a memory."""
    return build_plan(seen.verdicts, Memory(), Limits(), seen.snapshot.sessions, seen.now)


def a_look(step: Step, seen: Observation) -> RecheckResult:
    """A second look that shows what the first one did."""
    again = judge_again(step, [step.session], seen.activity, seen.policies, seen.now)
    return RecheckResult(seen.now, step.session, seen.activity.get(step.session.id), again)
