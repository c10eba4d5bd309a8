"""One pass over one account: observe -> judge -> plan -> enforce -> record.

The only orchestration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event

from reaper.core.judging.concerns import Concern, concerns
from reaper.core.judging.verdict import Observation, offenders
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.planning.holds import UNHELD, Holds
from reaper.core.planning.limiting import Measure
from reaper.core.planning.memory import Memory
from reaper.core.planning.notice import Delivery, DeliveryStatus
from reaper.core.planning.plan import (
    Outcome,
    PastStep,
    Plan,
    Result,
    Step,
    build_plan,
)
from reaper.core.planning.request import Request
from reaper.errors import AccountError, StoreError, Unauthorized, Withheld
from reaper.ports import (
    Clock,
    Enforcer,
    Ledger,
    Notifier,
    NullObserver,
    RunObserver,
    RunRecord,
    SessionSource,
)
from reaper.run.enforce import settle_open_steps
from reaper.run.execute import Execution
from reaper.run.notify import notify
from reaper.run.observe import nothing_observed, observe
from reaper.run.task_look import pending_actions
from reaper.run.timing import Timings

_WITHIN = timedelta(hours=1)
"""How long after a look the next one follows it, where nobody says."""

EVERYTHING = Request()
"""All that is due."""


@dataclass
class Report:
    """What came of a pass. `error` is set when the account could not be read at all.

    `outcomes` are by session id. `left_out` are steps that were due but not among those that the
    `request` asks for. `holds` is what held the account when the run was recorded, and its own halt.
    `seconds` is how long each part of the pass took: `read`, `probe`, `judge`, `record` and
    `enforce`. `deliveries` tell who was told of the offenders of policies that tell.
    """

    run_id: int
    observation: Observation
    plan: Plan
    enforcing: bool
    settled: list[tuple[PastStep, Outcome]] = field(default_factory=list)
    left_out: tuple[Step, ...] = ()
    error: AccountError | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    request: Request = EVERYTHING
    holds: Holds = UNHELD

    @property
    def blocked(self) -> str | None:
        """Why an enforcing run takes none of the steps, in words; None where there are none."""
        if not self.plan.steps:
            return None
        return self.holds.reason(self.plan.halted, attended=self.request.attended)

    @property
    def way_on(self) -> str:
        """What a person can do about the halt, in words."""
        return self.holds.way_on(self.observation.account, self.plan.takeable)

    @property
    def result(self) -> str:
        """In one word: `unreachable`, `halted`, `failed`, `doubtful` or `done`."""
        if self.error is not None:
            return "unreachable"
        if self.plan.halted:
            return "halted"
        if self.failed:
            return "failed"
        return "done" if self.observation.complete else "doubtful"

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """What of it needs a person, besides its doubts and what failed."""
        return concerns(self.observation, enforcing=self.enforcing)

    @property
    def inconclusive(self) -> bool:
        """Whether it could not do what it is there for: it enforces and could only observe, or it
        could judge (nearly) nobody.
        """
        return (self.enforcing and not self.observation.complete) or bool(self.concerns)

    @property
    def unread(self) -> tuple[AccountError, ...]:
        """Why the account, or a part of it that was needed, could not be read."""
        return (self.error,) if self.error is not None else unread_parts(self.observation)

    @property
    def failed(self) -> bool:
        """Whether a last step was not done, or not seen to be, or somebody could not be told, or
        has to see to a step.

        After an interrupt the next step is still to come.
        """
        if self.enforcing and any(outcome.needs_attention for outcome in self.outcomes.values()):
            return True
        if any(delivery.result is DeliveryStatus.NOT_TOLD for delivery in self.deliveries):
            return True
        last = [self.outcomes.get(s.session.id) for s in self.plan.steps if not s.action.interrupts]
        return any(o.result in (Result.FAILED, Result.UNCONFIRMED) for o in last if o is not None)


def unread_parts(observation: Observation) -> tuple[AccountError, ...]:
    """Why parts of the account that were needed could not be read: a list, or logs."""
    unlisted = (
        AccountError(f"{observation.account}: {why}") for why in observation.snapshot.unlisted
    )
    refused = () if observation.key_refused is None else (Unauthorized(observation.key_refused),)
    return (*unlisted, *refused)


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
    observer: RunObserver = field(default_factory=NullObserver)
    reread: Callable[[], PolicySet] | None = None
    notifiers: Sequence[Notifier] = ()
    within: timedelta = _WITHIN

    def run_once(
        self,
        request: Request | None = None,
        extra_doubts: Iterable[str] = (),
        turn: timedelta | None = None,
    ) -> Report:
        """One pass; with a `request`, of nothing but what a person asks for.

        `extra_doubts` are the caller's own reasons to observe only. With a `turn` this is a run
        of a schedule that other replicas keep too: one that began no longer ago than that serves in
        its place. Raises Held while another reaper is at work on the account, NotDue when one has
        served, and StoreError; what the account does wrong is in the report.
        """
        enforcing, asked = self.enforcer.enforcing, request or EVERYTHING
        since = None if turn is None else self.clock.now() - turn
        with self.ledger.lease(self.source.account, since=since, enforcing=enforcing):
            timings = Timings(self.clock)
            settled = settle_open_steps(self.ledger, self.source, self.observer)
            memory = self._recall()
            observation, error = self._observe(memory, extra_doubts, timings)
            whole = self._plan_unless_doubtful(observation, memory, asked)
            plan = asked.of(whole, Measure(self.limits, memory, observation.snapshot.sessions))
            blocked = self._blocked_reason(plan, asked)
            timings.lap("judge")
            with self.ledger.open_run(
                observation, plan, enforcing=enforcing, blocked_reason=blocked, request=request
            ) as record:
                timings.lap("record")
                told = _with_way_on(blocked, observation.account, plan, record.holds)
                self.observer.run_begun(
                    record.id, observation, plan, blocked_reason=told, enforcing=enforcing
                )
                outcomes = self._execution(observation, plan, record, blocked).carry_out()
                deliveries = self._notify(observation, plan, outcomes, memory, record)
            timings.lap("enforce")
        report = Report(
            record.id,
            observation,
            plan,
            enforcing,
            settled,
            left_out=_left_out(whole, plan),
            error=error,
            seconds=timings.seconds,
            outcomes=outcomes,
            deliveries=deliveries,
            request=asked,
            holds=record.holds,
        )
        self.observer.run_ended(report.result, outcomes, timings.seconds)
        return report

    def look(self) -> tuple[Observation, Plan]:
        """What a pass would see and conclude, without recording or ending anything.

        Raises AccountError.
        """
        memory = self._recall()
        (observation,) = self._observe_by([self.policies], memory)
        return observation, self._plan_unless_doubtful(observation, memory)

    def listed(self) -> Observation:
        """The account's lists, of which nothing is judged; no log is read. Raises AccountError."""
        now, policies = self.clock.now(), self._with_granted(self.policies)
        deletes = any(policy.deletes for policy in policies.in_force(now))
        snapshot = self.source.fetch(over=deletes)
        return Observation(self.source.account, now, snapshot, policies, ())

    def look_by(self, *sets: PolicySet) -> list[tuple[Observation, Plan]]:
        """One look as each of these sets judges it, with what a run would do by it if nothing were
        doubtful.

        Nothing is recorded or ended. Raises AccountError.
        """
        memory = self._recall()
        observations = self._observe_by(sets, memory)
        return [(observation, self._plan(observation, memory)) for observation in observations]

    def _recall(self) -> Memory:
        return self.ledger.recall(self.source.account).at(self.clock.now(), self.within)

    def _observe(
        self, memory: Memory, extra_doubts: Iterable[str], timings: Timings
    ) -> tuple[Observation, AccountError | None]:
        """The look of a run, and why it shows nothing where the account could not be read."""
        now, policies = self.clock.now(), self._with_granted(self.policies)
        try:
            (observation,) = observe(
                self.source,
                [policies],
                memory,
                self.clock,
                limits=self.limits,
                extra_doubts=extra_doubts,
                observer=self.observer,
                timings=timings,
            )
        except AccountError as error:
            return nothing_observed(self.source.account, now, policies, memory, error), error
        return observation, None

    def _observe_by(self, sets: Sequence[PolicySet], memory: Memory) -> list[Observation]:
        return observe(
            self.source,
            [self._with_granted(written) for written in sets],
            memory,
            self.clock,
            limits=self.limits,
            observer=self.observer,
        )

    def _with_granted(self, written: PolicySet) -> PolicySet:
        """The policies together with the exemptions that people have given by hand by now."""
        return replace(written, granted=self.ledger.granted(self.source.account))

    def _current_policies(self) -> PolicySet:
        """The policies and exemptions as they stand now.

        Raises ConfigurationError, and Withheld.
        """
        written = self.reread() if self.reread else self.policies
        try:
            return self._with_granted(written)
        except StoreError as why:
            raise Withheld(f"the exemptions given by hand could not be read: {why}") from why

    def _plan_unless_doubtful(
        self, observation: Observation, memory: Memory, request: Request = EVERYTHING
    ) -> Plan:
        return self._plan(observation, memory, request) if observation.complete else Plan()

    def _plan(
        self, observation: Observation, memory: Memory, request: Request = EVERYTHING
    ) -> Plan:
        verdicts = request.concerned(observation.verdicts)
        sessions = {v.session.id: v.session for v in offenders(verdicts)}
        last_actions = self.ledger.last_actions(observation.account, list(sessions))
        last_actions = pending_actions(self.source, list(sessions.values()), last_actions)
        return build_plan(
            verdicts,
            replace(memory, last_actions=last_actions),
            self.limits,
            observation.snapshot.sessions,
            observation.now,
        )

    def holds(self) -> Holds:
        """What keeps the account's sessions from being ended now."""
        return self.ledger.holds(self.source.account)

    def _blocked_reason(self, plan: Plan, request: Request) -> str | None:
        """Why none of the steps may be taken, told once for all of them.

        A dry run takes them in any case, as far as the last call.
        """
        if not plan.steps:
            return None
        holds = self.holds() if self.enforcer.enforcing else UNHELD
        return holds.reason(plan.halted, attended=request.attended)

    def _execution(
        self, observation: Observation, plan: Plan, record: RunRecord, blocked: str | None
    ) -> Execution:
        return Execution(
            observation,
            plan,
            record,
            self.enforcer,
            self.source,
            self.clock,
            self._current_policies,
            blocked,
            self.stop,
            self.observer,
        )

    def _notify(
        self,
        observation: Observation,
        plan: Plan,
        outcomes: Mapping[str, Outcome],
        memory: Memory,
        record: RunRecord,
    ) -> list[Delivery]:
        return notify(
            self.notifiers,
            observation,
            plan,
            outcomes,
            memory,
            record=record,
            stop=self.stop,
            observer=self.observer,
        )


def _left_out(whole: Plan, plan: Plan) -> tuple[Step, ...]:
    asked = {step.session.id for step in (*plan.steps, *plan.later)}
    return tuple(step for step in whole.steps if step.session.id not in asked)


def _with_way_on(blocked: str | None, account: str, plan: Plan, holds: Holds) -> str | None:
    """Why no step is taken, and where it is for a limit, what a person can do about that."""
    if blocked is None or not plan.halted or holds.pause is not None:
        return blocked
    return f"{blocked}; {holds.way_on(account, plan.takeable)}"
