"""One pass over one account: source -> judge -> plan -> enforce -> record.

The only orchestration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from reaper.core.explaining.explanation import with_activity
from reaper.core.judging.judge import judge, unresolved
from reaper.core.judging.start import from_the_start, started_again
from reaper.core.judging.verdict import Observation, offenders
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Phase, Session, Snapshot
from reaper.core.planning.memory import Memory
from reaper.core.planning.notice import Delivery, DeliveryStatus
from reaper.core.planning.plan import (
    Outcome,
    PastStep,
    Plan,
    RecheckResult,
    Result,
    Reviewed,
    Step,
    build_plan,
)
from reaper.errors import AccountError, ConfigurationError, StoreError, Withheld
from reaper.ports import Clock, Enforcer, Ledger, Notifier, RunRecord, SessionSource
from reaper.run.enforce import settle_past
from reaper.run.log import RunLog
from reaper.run.notify import notify
from reaper.run.recheck import Recheck
from reaper.run.safety import Stopwatch, doubt_of_clocks, doubts, of_the_future
from reaper.run.task_look import TaskLook, still_asked

Tell = Callable[[str], None]
"""Receives what the pass is doing, for whoever watches it."""

WITHIN = timedelta(hours=1)
"""How long after a look the next one follows it, where nobody says."""

_TROUBLE = 3  # failures of the server on end, after which it is left in peace


@dataclass
class Report:
    """What came of a pass. `error` is set when the account could not be read at all.

    `outcomes` are by session id. `left_out` are steps that were due but not among those reviewed.
    `seconds` is how long each part of the pass took: `read`, `probe`, `judge`, `record` and
    `enforce`. `receipts` tell who was told of the offenders of policies that tell.
    """

    run_id: int
    seen: Observation
    plan: Plan
    enforcing: bool
    settled: list[tuple[PastStep, Outcome]] = field(default_factory=list)
    left_out: tuple[Step, ...] = ()
    error: AccountError | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    receipts: list[Delivery] = field(default_factory=list)

    @property
    def result(self) -> str:
        """In one word: `unreachable`, `halted`, `failed`, `doubtful` or `done`."""
        if self.error is not None:
            return "unreachable"
        if self.plan.halted:
            return "halted"
        if self.failed:
            return "failed"
        return "done" if self.seen.complete else "doubtful"

    @property
    def failed(self) -> bool:
        """Whether a last step was not done, or not seen to be, or somebody could not be told, or
        has to see to a step.

        After an interrupt the next step is still to come.
        """
        if self.enforcing and any(outcome.needs_attention for outcome in self.outcomes.values()):
            return True
        if any(receipt.result is DeliveryStatus.NOT_TOLD for receipt in self.receipts):
            return True
        last = [self.outcomes.get(s.session.id) for s in self.plan.steps if not s.action.interrupts]
        return any(o.result in (Result.FAILED, Result.UNCONFIRMED) for o in last if o is not None)


@dataclass(frozen=True)
class Reaper:
    """Everything one account's pass needs.

    `reread` gives the policies as they stand when it is called.

    What lasts starts over where the last complete look began longer than `within` ago.
    """

    policies: PolicySet
    source: SessionSource
    ledger: Ledger
    enforcer: Enforcer
    clock: Clock
    limits: Limits = field(default_factory=Limits)
    stop: Event = field(default_factory=Event)
    tell: Tell = lambda _: None
    reread: Callable[[], PolicySet] | None = None
    notifiers: Sequence[Notifier] = ()
    within: timedelta = WITHIN

    def run_once(
        self,
        reviewed: frozenset[Reviewed] | None = None,
        further_doubts: Iterable[str] = (),
        turn: timedelta | None = None,
    ) -> Report:
        """One pass; with `reviewed`, of nothing but what a person has reviewed.

        `further_doubts` are the caller's own reasons to observe only. With a `turn` this is a run
        of a schedule that other replicas keep too: one that began no longer ago than that serves in
        its place. Raises Held while another reaper is at work on the account, NotDue when one has
        served, and StoreError; what the account does wrong is in the report.
        """
        enforcing = self.enforcer.enforcing
        since = None if turn is None else self.clock.now() - turn
        with self.ledger.lease(self.source.account, since=since, enforcing=enforcing):
            told = RunLog(self.source.account, self.clock)
            settled = self._settle_past(told)
            memory = self._recall()
            seen, error = self._look(memory, further_doubts, told)
            whole = self._plan(seen, memory)
            plan = whole if reviewed is None else whole.only(reviewed)
            barred = self._barred(plan)
            told.lap("judge")
            with self.ledger.open_run(seen, plan, enforcing=enforcing, barred=barred) as kept:
                told.lap("record")
                left_out = tuple(s for s in whole.steps if s not in plan.steps)
                report = Report(
                    kept.id, seen, plan, enforcing, settled, left_out, error, told.seconds
                )
                record = told.begun(kept, seen, plan, barred=barred, enforcing=enforcing)
                self._take(plan, barred, record, report)
                self._tell(plan, memory, record, report)
            told.lap("enforce")
        told.ended(report.result, report.outcomes)
        return report

    def look(self) -> tuple[Observation, Plan]:
        """What a pass would see and conclude, without recording or ending anything.

        Raises AccountError.
        """
        memory = self._recall()
        seen, error = self._look(memory, (), RunLog(self.source.account, self.clock))
        if error is not None:
            raise error
        return seen, self._plan(seen, memory)

    def look_at_all(self) -> Observation:
        """A look that learns the last activity of every session, not only where it decides.

        Raises AccountError.
        """
        seen, _ = self.look()
        return with_activity(
            seen, self.source.probe([s for s in seen.snapshot.fleet if s.id not in seen.learnt])
        )

    def look_by(self, *sets: PolicySet) -> list[tuple[Observation, Plan]]:
        """One look as each of these sets judges it, with what a run would do by it if nothing were
        doubtful.

        Nothing is recorded or ended. Raises AccountError.
        """
        memory = self._recall()
        passes, error = self._looks(sets, memory, (), RunLog(self.source.account, self.clock))
        if error is not None:
            raise error
        return [(seen, self._planned(seen, memory)) for seen in passes]

    def _recall(self) -> Memory:
        return self.ledger.recall(self.source.account).at(self.clock.now(), self.within)

    def _plan(self, seen: Observation, memory: Memory) -> Plan:
        return self._planned(seen, memory) if seen.complete else Plan()

    def _planned(self, seen: Observation, memory: Memory) -> Plan:
        convicted = {v.session.id: v.session for v in offenders(seen.verdicts)}
        asked = self.ledger.asked(seen.account, list(convicted))
        memory = replace(memory, asked=still_asked(self.source, list(convicted.values()), asked))
        return build_plan(seen.verdicts, memory, self.limits, seen.snapshot.sessions, seen.now)

    def _look(
        self, memory: Memory, further_doubts: Iterable[str], told: RunLog
    ) -> tuple[Observation, AccountError | None]:
        (seen,), error = self._looks((self.policies,), memory, further_doubts, told)
        return seen, error

    def _looks(
        self, sets: Sequence[PolicySet], memory: Memory, further_doubts: Iterable[str], told: RunLog
    ) -> tuple[list[Observation], AccountError | None]:
        """One look, judged by each of the sets upon all that any of them asks for."""
        watch = Stopwatch(self.clock)
        now, account = watch.started_at, self.source.account
        self.tell(f"{account}: reading sessions")
        rules = [self._with_granted(written) for written in sets]
        try:
            snapshot = self.source.fetch(
                over=any(p.deletes for by in rules for p in by.in_force(now))
            )
        except AccountError as error:
            nothing = Snapshot(account, (), doubts=(str(error),))
            return [
                Observation(account, now, nothing, by, (), follows=memory.follows) for by in rules
            ], error
        finally:
            told.lap("read")
        snapshot = replace(
            snapshot, sessions=tuple(_dated(s, memory, now) for s in snapshot.sessions)
        )
        past = memory.lasted if snapshot.shows_everybody else None
        again = started_again(snapshot.sessions, memory.lasting, now)
        known = from_the_start(snapshot.sessions, memory.activity, now, again)
        open_ = {
            s.id: s for by in rules for s in unresolved(by, snapshot.everybody, known, now, past)
        }
        self.tell(
            f"{account}: {len(snapshot.sessions)} sessions, reading the last activity of "
            f"{len(open_)}"
        )
        learnt = self.source.probe(list(open_.values()))
        told.lap("probe")
        activity = from_the_start(snapshot.sessions, {**known, **learnt}, now, again)
        judged = [judge(by, snapshot.everybody, activity, now, past) for by in rules]
        found = doubts(self.source, watch, memory, self.limits, len(snapshot.fleet))
        doubtful = (*further_doubts, *found, *of_the_future(learnt.values()))
        about = activity, learnt, {**memory.lasting, **again}, doubtful, memory.once, memory.follows
        passes = [
            Observation(account, now, snapshot, by, v, *about)
            for by, v in zip(rules, judged, strict=True)
        ]
        return passes, None

    def _with_granted(self, written: PolicySet) -> PolicySet:
        """The policies together with the exemptions that people have given by hand by now."""
        return replace(written, granted=self.ledger.granted(self.source.account))

    def _take(self, plan: Plan, barred: str | None, record: RunRecord, report: Report) -> None:
        for step in plan.came_back:
            self._settle(
                step,
                Outcome(Result.CAME_BACK, "it was seen to end, and runs again"),
                record,
                report,
            )
        if barred is not None:
            for step in plan.steps:
                self._settle(step, Outcome(Result.WITHHELD, barred), record, report)
            return
        self._take_steps(plan, record, report)
        for step in plan.steps:
            outcome = report.outcomes.get(step.session.id)
            if (
                outcome is not None
                and outcome.result is Result.UNCONFIRMED
                and not self.stop.is_set()
            ):
                self.tell(
                    f"{self.source.account}: waiting for {step.session.kind} {step.session.id} to "
                    "end"
                )
                self._settle(step, self.enforcer.confirm(step), record, report)

    def _barred(self, plan: Plan) -> str | None:
        """Why none of the steps may be taken, told once for all of them."""
        if plan.halted:
            return f"halted: {'; '.join(plan.halted)}"
        return (
            self.ledger.blocked_reason(self.source.account)
            if plan.steps and self.enforcer.enforcing
            else None
        )

    def _take_steps(self, plan: Plan, record: RunRecord, report: Report) -> None:
        tasks = TaskLook(self.source, plan.steps, report.seen.now)
        look = Recheck(
            self.source, self.clock, report.seen, report.outcomes, self._reread, tasks=tasks
        )
        watch, trouble = Stopwatch(self.clock), 0
        for number, step in enumerate(plan.steps, 1):
            self.tell(f"{self.source.account}: step {number} of {len(plan.steps)}")
            why = self._obstacle(watch, trouble)
            if self.stop.is_set():
                return
            if why:
                self._settle(step, Outcome(Result.WITHHELD, why), record, report)
                continue
            outcome = self._step(step, look, record)
            if outcome is None:
                return
            self._settle(step, outcome, record, report)
            trouble = trouble + 1 if outcome.trouble else 0

    def _reread(self) -> PolicySet:
        """The policies and exemptions as they stand now.

        Raises ConfigurationError, and Withheld.
        """
        written = self.reread() if self.reread else self.policies
        try:
            return self._with_granted(written)
        except StoreError as why:
            raise Withheld(f"the exemptions given by hand could not be read: {why}") from why

    def _obstacle(self, watch: Stopwatch, trouble: int) -> str | None:
        """Wait for the next step's turn; why it may not be taken, in words."""
        if trouble >= _TROUBLE:
            return "the server keeps failing; it is left alone until the next run"
        try:
            self.enforcer.await_turn()
        except Withheld as why:
            return str(why)
        return watch.doubt()

    def _step(self, step: Step, looking: Recheck, record: RunRecord) -> Outcome | None:
        """What came of the step; None when it was not begun, for this run is to stop."""
        outcome = self._attempt(step, looking, record)
        if outcome is None or not outcome.again or self.stop.is_set():
            return outcome
        record.settle(
            step, Outcome(Result.WITHHELD, f"{outcome.detail}; it is looked at and asked once more")
        )
        return self._attempt(step, looking, record)

    def _attempt(self, step: Step, looking: Recheck, record: RunRecord) -> Outcome | None:
        try:
            look = looking.at(step)
            if isinstance(look, Outcome):
                return look
            if not look.due:
                return Outcome(Result.NO_LONGER_DUE, look.reason)
            if self.stop.is_set():
                return None
            if wrong := doubt_of_clocks(self.source.skew_seconds):
                return Outcome(Result.WITHHELD, wrong)
            record.intend(step, look)
        except (Withheld, ConfigurationError) as why:
            return Outcome(Result.WITHHELD, str(why))
        return self._act(step, look, record)

    def _act(self, step: Step, look: RecheckResult, record: RunRecord) -> Outcome:
        if self.enforcer.enforcing and record.expired():
            return Outcome(
                Result.WITHHELD,
                "this reaper was delayed and its lease expired; nothing was requested",
            )
        return self.enforcer.enforce(step, look.session)

    def _settle(self, step: Step, outcome: Outcome, record: RunRecord, report: Report) -> None:
        record.settle(step, outcome)
        report.outcomes[step.session.id] = outcome

    def _tell(self, plan: Plan, memory: Memory, record: RunRecord, report: Report) -> None:
        """After all that is to be ended, so that nobody who answers slowly holds it up.

        Of what is still there.
        """
        over = {id_ for id_, outcome in report.outcomes.items() if outcome.result.is_over}
        there = [c for c in plan.to_tell if c.verdict.session.id not in over]
        for receipt in notify(self.notifiers, report.seen, there, memory, self.stop):
            report.receipts.append(receipt)
            if receipt.result is not DeliveryStatus.WITHHELD:
                record.told(receipt)

    def _settle_past(self, told: RunLog) -> list[tuple[PastStep, Outcome]]:
        settled = []
        for step in self.ledger.unsettled(self.source.account):
            outcome = settle_past(step, self.source)
            if outcome is not None:
                self.ledger.settle_past(step, outcome)
                told.settled_past(step, outcome)
                settled.append((step, outcome))
        return settled


def _dated(session: Session, memory: Memory, now: datetime) -> Session:
    """A session that is over and does not tell since when: since it was first seen to be."""
    if session.phase is not Phase.OVER or session.ended_at is not None:
        return session
    return replace(session, ended_at=memory.seen_over.get(session.id, now))
