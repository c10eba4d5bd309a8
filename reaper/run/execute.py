"""Carrying out a plan: each step is looked at again, committed as intended, and then taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import PolicySet
from reaper.core.planning.plan import Outcome, Plan, RecheckResult, Result, Step
from reaper.errors import ConfigurationError, Withheld
from reaper.ports import Clock, Enforcer, RunObserver, RunRecord, SessionSource
from reaper.run.recheck import Recheck
from reaper.run.safety import Stopwatch, doubt_of_clocks
from reaper.run.task_look import TaskLook

_TROUBLE = 3  # consecutive failures of the server, after which it is left in peace


@dataclass(frozen=True)
class Execution:
    """Takes the steps of one plan.

    `blocked_reason` says why none of them may be taken. `current_policies` gives the policies as
    they stand when it is called; it raises ConfigurationError, and Withheld. No further step is
    begun once `stop` is set.
    """

    observation: Observation
    plan: Plan
    record: RunRecord
    enforcer: Enforcer
    source: SessionSource
    clock: Clock
    current_policies: Callable[[], PolicySet]
    blocked_reason: str | None
    stop: Event
    observer: RunObserver
    outcomes: dict[str, Outcome] = field(default_factory=dict, init=False)

    def carry_out(self) -> dict[str, Outcome]:
        """What came of each step, by session id; a step that was not begun has none.

        Raises StoreError.
        """
        for step in self.plan.came_back:
            came_back = Outcome(Result.CAME_BACK, "it was seen to end, and runs again")
            self._settle(step, came_back)
        if self.blocked_reason is not None:
            for step in self.plan.steps:
                self._settle(step, Outcome(Result.WITHHELD, self.blocked_reason))
            return self.outcomes
        self._take_steps()
        self._confirm()
        return self.outcomes

    def _take_steps(self) -> None:
        tasks = TaskLook(self.source, self.plan.steps, self.observation.now)
        recheck = Recheck(
            self.source,
            self.clock,
            self.observation,
            self.outcomes,
            self.current_policies,
            tasks=tasks,
        )
        stopwatch, failures = Stopwatch(self.clock), 0
        for number, step in enumerate(self.plan.steps, 1):
            self._progress(f"step {number} of {len(self.plan.steps)}")
            obstacle = self._obstacle(stopwatch, failures)
            if self.stop.is_set():
                return
            if obstacle:
                self._settle(step, Outcome(Result.WITHHELD, obstacle))
                continue
            outcome = self._take(step, recheck)
            if outcome is None:
                return
            self._settle(step, outcome)
            failures = failures + 1 if outcome.trouble else 0

    def _obstacle(self, stopwatch: Stopwatch, failures: int) -> str | None:
        """Wait for the next step's turn; why it may not be taken, in words."""
        if failures >= _TROUBLE:
            return "the server keeps failing; it is left alone until the next run"
        try:
            self.enforcer.await_turn()
        except Withheld as why:
            return str(why)
        return stopwatch.doubt()

    def _take(self, step: Step, recheck: Recheck) -> Outcome | None:
        """What came of the step; None when it was not begun, for this run is to stop."""
        outcome = self._attempt(step, recheck)
        if outcome is None or not outcome.again or self.stop.is_set():
            return outcome
        once_more = f"{outcome.detail}; it is looked at and asked once more"
        self._commit(step, Outcome(Result.WITHHELD, once_more))
        return self._attempt(step, recheck)

    def _attempt(self, step: Step, recheck: Recheck) -> Outcome | None:
        try:
            result = recheck.at(step)
            if isinstance(result, Outcome):
                return result
            if not result.due:
                return Outcome(Result.NO_LONGER_DUE, result.reason)
            if self.stop.is_set():
                return None
            if doubt := doubt_of_clocks(self.source.skew_seconds):
                return Outcome(Result.WITHHELD, doubt)
            self.record.intend(step, result)
        except (Withheld, ConfigurationError) as why:
            return Outcome(Result.WITHHELD, str(why))
        self.observer.step_intended(step, result)
        return self._act(step, result)

    def _act(self, step: Step, result: RecheckResult) -> Outcome:
        if self.enforcer.enforcing and self.record.expired():
            return Outcome(
                Result.WITHHELD,
                "this reaper was delayed and its lease expired; nothing was requested",
            )
        return self.enforcer.enforce(step, result.session)

    def _confirm(self) -> None:
        """Watch those that were asked to end and are not seen to have ended, for longer."""
        asked = [
            step
            for step in self.plan.steps
            if self._result_of(step) is Result.UNCONFIRMED and not self.stop.is_set()
        ]
        if not asked:
            return
        one = asked[0].session
        who = f"{one.kind} {one.id}" if len(asked) == 1 else f"{len(asked)} sessions"
        self._progress(f"waiting for {who} to end")
        for step, outcome in self.enforcer.confirm(asked):
            self._settle(step, outcome)

    def _result_of(self, step: Step) -> Result | None:
        outcome = self.outcomes.get(step.session.id)
        return None if outcome is None else outcome.result

    def _settle(self, step: Step, outcome: Outcome) -> None:
        self._commit(step, outcome)
        self.outcomes[step.session.id] = outcome

    def _commit(self, step: Step, outcome: Outcome) -> None:
        """The observer hears of it even where the database fails."""
        self.observer.step_settled(step, outcome)
        self.record.settle(step, outcome)

    def _progress(self, text: str) -> None:
        self.observer.progress(f"{self.source.account}: {text}")
