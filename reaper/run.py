"""One pass over one account: source -> judge -> plan -> enforce -> record. The only orchestration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from reaper.core.judge import judge, unresolved
from reaper.core.plan import Look, Outcome, PastStep, Plan, Result, Step, build_plan
from reaper.core.policy import PolicySet
from reaper.core.session import Snapshot
from reaper.core.verdict import Pass
from reaper.enforce import SecondLook, settle_past
from reaper.errors import AccountError
from reaper.ports import Clock, Enforcer, Ledger, RunRecord, SessionSource

Tell = Callable[[str], None]
"""Receives what the pass is doing, for whoever watches it."""


@dataclass
class Report:
    """What came of a pass. `error` is set when the account could not be read at all."""

    run_id: int
    seen: Pass
    plan: Plan
    enforcing: bool
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    settled: list[tuple[PastStep, Outcome]] = field(default_factory=list)
    error: AccountError | None = None

    @property
    def failed(self) -> bool:
        """Whether a session that was to be ended was not, or not seen to be."""
        return any(o.result in (Result.FAILED, Result.UNCONFIRMED) for o in self.outcomes.values())


@dataclass(frozen=True)
class Reaper:
    """Everything one account's pass needs."""

    policies: PolicySet
    source: SessionSource
    ledger: Ledger
    enforcer: Enforcer
    clock: Clock
    stop: Event = field(default_factory=Event)
    tell: Tell = lambda _: None

    def run_once(self) -> Report:
        """One pass. Raises StoreError; what the account does wrong is in the report."""
        settled = self._settle_past()
        seen, error = self._look()
        plan = build_plan(seen.verdicts) if seen.snapshot.complete else Plan(())
        with self.ledger.open_run(seen, plan.steps, enforcing=self.enforcer.enforcing) as record:
            report = Report(record.id, seen, plan, self.enforcer.enforcing, settled=settled, error=error)
            self._take(plan, seen, record, report)
        return report

    def look(self) -> Pass:
        """What a pass would see and conclude, without recording or ending anything. Raises AccountError."""
        seen, error = self._look()
        if error is not None:
            raise error
        return seen

    def _look(self) -> tuple[Pass, AccountError | None]:
        now = self.clock.now()
        account = self.source.account
        self.tell(f"{account}: reading sessions")
        try:
            snapshot = self.source.fetch()
        except AccountError as error:
            return Pass(account, now, Snapshot(account, (), doubts=(str(error),)), self.policies, ()), error
        known = self.ledger.known_activity(account)
        open_ = unresolved(self.policies, snapshot.sessions, known, now)
        self.tell(f"{account}: {len(snapshot.sessions)} sessions, reading the last activity of {len(open_)}")
        learnt = self.source.probe(open_)
        activity = {**known, **learnt}
        verdicts = judge(self.policies, snapshot.sessions, activity, now)
        return Pass(account, now, snapshot, self.policies, verdicts, activity, learnt), None

    def _take(self, plan: Plan, seen: Pass, record: RunRecord, report: Report) -> None:
        look = SecondLook(self.source, self.clock, seen)
        for number, step in enumerate(plan.steps, 1):
            if self.stop.is_set():
                return
            self.tell(f"{seen.account}: step {number} of {len(plan.steps)}")
            report.outcomes[step.session.id] = self._step(step, look.at(step), record)
        for step in plan.steps:
            if report.outcomes[step.session.id].result is Result.UNCONFIRMED and not self.stop.is_set():
                self.tell(f"{seen.account}: waiting for {step.session.kind} {step.session.id} to end")
                report.outcomes[step.session.id] = self._settled(step, self.enforcer.confirm(step.session), record)

    def _step(self, step: Step, look: Look | Outcome, record: RunRecord) -> Outcome:
        if isinstance(look, Outcome):
            return self._settled(step, look, record)
        if not look.due:
            return self._settled(step, Outcome(Result.NO_LONGER_DUE, look.reason), record)
        record.intend(step, look)
        return self._settled(step, self.enforcer.enforce(look.session), record)

    def _settled(self, step: Step, outcome: Outcome, record: RunRecord) -> Outcome:
        record.settle(step, outcome)
        return outcome

    def _settle_past(self) -> list[tuple[PastStep, Outcome]]:
        settled = []
        for step in self.ledger.unsettled(self.source.account):
            outcome = settle_past(step, self.source)
            if outcome is not None:
                self.ledger.settle_past(step, outcome)
                settled.append((step, outcome))
        return settled
