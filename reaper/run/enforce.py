"""Ending sessions, or not.

`Terminator` and `DryRun` keep one Protocol, and only one of them could terminate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import ClassVar, assert_never

from reaper.core.model.action import Action
from reaper.core.model.duration import spoken
from reaper.core.model.session import Session
from reaper.core.planning.plan import DRY_RUN, Outcome, PastStep, Result, Step
from reaper.errors import (
    AccountError,
    Conflict,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Unreachable,
    Withheld,
    rejects_key,
)
from reaper.ports import Clock, Ledger, RunObserver, SessionEnder, SessionSource
from reaper.run.end_watch import Presence, Sighting, look, watch_ends
from reaper.run.stop_file import stop_reason

# seconds; a WebUI session is gone by then, a forced task is waited for after all other steps
_SHORT_LOOK = 3.0
_LONGEST_WAIT = 60.0  # a server that asks for more is left alone for the rest of the run
_UNSAID_WAIT = 5.0  # seconds for a server that wants to be asked later and does not say when
_SLICE = 1.0  # whoever waits looks so often whether it is to stop


class DryRun:
    """Leaves every session alone. It holds nothing that could do otherwise."""

    enforcing = False

    def await_turn(self) -> None:
        """Nothing is ended, so nothing needs pacing."""

    def enforce(self, step: Step, session: Session) -> Outcome:  # noqa: ARG002 - the Protocol's
        return Outcome(Result.WITHHELD, DRY_RUN)

    def confirm(self, steps: Sequence[Step]) -> Iterator[tuple[Step, Outcome]]:
        return ((step, self.enforce(step, step.session)) for step in steps)


@dataclass(frozen=True)
class Terminator:
    """Asks the server to end a session and watches until a read shows that it did.

    `patience` is how long `confirm` watches all together, in seconds; it watches no longer once
    `stop` is set.
    `gap` is the least time between two requests, in seconds; a server that asks to wait is given
    that time. While the stop file `sentinel` exists, nothing is asked.
    """

    source: SessionSource
    ender: SessionEnder
    clock: Clock
    stop: Event
    patience: float = 90.0
    gap: float = 0.0
    sentinel: Path | None = None
    _next_at: list[float] = field(default_factory=lambda: [float("-inf")], init=False, repr=False)
    _slow: Event = field(default_factory=Event, init=False, repr=False)

    enforcing: ClassVar[bool] = True

    def await_turn(self) -> None:
        remaining = self._left()
        if remaining > max(_LONGEST_WAIT, self.gap):
            raise Withheld(f"the server asks to be left alone for {spoken(remaining)}")
        while remaining > 0 and not self.stop.is_set():
            self.clock.wait(min(remaining, _SLICE))
            remaining = self._left()

    def enforce(self, step: Step, session: Session) -> Outcome:
        if (stopped := stop_reason(self.sentinel)) is not None:
            return Outcome(Result.WITHHELD, stopped)
        self._next_at[0] = self.clock.monotonic() + self.gap
        try:
            self._ask(step.action, session)
        except AccountError as answer:
            return self._after(answer, step)
        outcome = self._await_end(step, self._patience_now(), f"the server accepted {step.action}")
        if outcome.result is Result.UNCONFIRMED:
            self._slow.set()
        return outcome

    def confirm(self, steps: Sequence[Step]) -> Iterator[tuple[Step, Outcome]]:
        if self._left() > _LONGEST_WAIT:
            why = "was requested; the server asks to be left alone"
            for step in steps:
                yield step, Outcome(Result.UNCONFIRMED, f"{step.action} {why}")
            return
        watched = watch_ends(self.source, self.clock, steps, self.patience, stop=self.stop)
        for step, sighting in watched:
            yield step, _outcome_of(step, sighting, f"{step.action} was asked")

    def _ask(self, action: Action, session: Session) -> None:
        match action:
            case Action.INTERRUPT_SOLVE:
                self.ender.interrupt_solve(session)
            case Action.INTERRUPT_EXECUTION:
                self.ender.interrupt_execution(session)
            case Action.TERMINATE:
                self.ender.terminate(session)
            case Action.DELETE:
                self.ender.delete(session)
            case _:
                assert_never(action)

    def _after(self, answer: AccountError, step: Step) -> Outcome:
        """What came of a request that was not plainly accepted.

        What a look shows, whatever the answer says.
        """
        response = f"the server answered the request with: {answer}"
        trouble = isinstance(answer, RateLimited | ServerFault | Unreachable) or rejects_key(answer)
        if not_now := self._give_time(answer):
            try:
                self.await_turn()
            except Withheld as why:
                return Outcome(Result.UNCONFIRMED, f"{response}; {why}", trouble=True)
        refused = isinstance(answer, Refused) or not_now
        patience = 0.0 if refused else self._patience_now()
        outcome = self._await_end(step, patience, response, refused=refused)
        if outcome.result.is_over and isinstance(answer, NotFound | Conflict):
            return Outcome(
                Result.ALREADY_GONE, f"{outcome.detail} after the server had said: {answer}"
            )
        return replace(outcome, trouble=trouble, again=not_now and outcome.result is Result.FAILED)

    def _give_time(self, answer: AccountError) -> bool:
        """Leave the server in peace for as long as it asks; whether its answer is a no for now."""
        if not isinstance(answer, RateLimited | ServerFault):
            return False
        wait = answer.retry_after
        if wait is None and isinstance(answer, RateLimited):
            wait = _UNSAID_WAIT
        if wait is None:
            return False
        self._next_at[0] = max(self._next_at[0], self.clock.monotonic() + wait)
        return True

    def _left(self) -> float:
        """How many seconds are left until something may be asked again."""
        return self._next_at[0] - self.clock.monotonic()

    def _await_end(
        self, step: Step, seconds: float, request: str, *, refused: bool = False
    ) -> Outcome:
        """Read until the session is seen to have ended, or the time is over; at least once.

        One that is seen to run on after a request that was `refused` was not ended by it.
        """
        ((_, sighting),) = watch_ends(self.source, self.clock, [step], seconds)
        if sighting.presence is Presence.THERE and refused:
            return Outcome(Result.FAILED, f"{request}; {sighting.what}")
        return _outcome_of(step, sighting, request)

    def _patience_now(self) -> float:
        """Where one did not end at once, the others are watched together, after all were asked."""
        return 0.0 if self._slow.is_set() else _SHORT_LOOK


def _outcome_of(step: Step, sighting: Sighting, request: str) -> Outcome:
    if sighting.presence is Presence.OVER:
        return Outcome(_done(step.action), f"seen {sighting.what}")
    return Outcome(Result.UNCONFIRMED, f"{request}; {sighting.what}")


def _done(action: Action) -> Result:
    return Result.DELETED if action is Action.DELETE else Result.TERMINATED


def settle_open_steps(
    ledger: Ledger, source: SessionSource, observer: RunObserver
) -> list[tuple[PastStep, Outcome]]:
    """Settle what earlier runs left unsettled, as far as a look can tell."""
    settled = []
    for step in ledger.unsettled(source.account):
        sighting = look(source, step.action, step.kind, step.session_id)
        if sighting.rejected:
            break
        outcome = _past_outcome(step, sighting)
        if outcome is not None:
            ledger.settle_past(step, outcome)
            observer.past_step_settled(step, outcome)
            settled.append((step, outcome))
    return settled


def _past_outcome(step: PastStep, sighting: Sighting) -> Outcome | None:
    """What a look shows of a step that an earlier run left unsettled.

    None while it cannot be told.
    """
    match sighting.presence:
        case Presence.NOTHING:
            return None
        case Presence.OVER:
            return _ended(step, sighting.what)
        case Presence.THERE:
            return Outcome(Result.FAILED, f"{sighting.what} when looked at by a later run")
        case _:
            assert_never(sighting.presence)


def _ended(step: PastStep, state: str) -> Outcome:
    if step.asked:
        return Outcome(_done(step.action), f"seen {state} by a later run")
    return Outcome(
        Result.ALREADY_GONE,
        f"seen {state} by a later run; run {step.run_id} broke off before it could say by whom",
    )
