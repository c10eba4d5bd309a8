"""Ending sessions, or not.

`Terminator` and `DryRun` keep one Protocol, and only one of them could terminate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from threading import Event
from typing import ClassVar, assert_never

from reaper.core.model.action import Action
from reaper.core.model.duration import spoken
from reaper.core.model.session import Phase, Session
from reaper.core.planning.plan import DRY_RUN, Outcome, PastStep, Result, Step
from reaper.errors import (
    AccountError,
    Conflict,
    Gone,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Unreachable,
    Withheld,
)
from reaper.ports import Clock, Ledger, RunObserver, SessionEnder, SessionSource

# seconds; a WebUI session is gone by then, a forced task is waited for after all other steps
_SHORT_LOOK = 3.0
_LONGEST_PAUSE = 5.0
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

    def confirm(self, step: Step) -> Outcome:
        return self.enforce(step, step.session)


@dataclass(frozen=True)
class Terminator:
    """Asks the server to end a session and watches until a read shows that it did.

    `patience` is how long `confirm` watches, in seconds; it watches no longer once `stop` is set.
    `gap` is the least time between two requests, in seconds; a server that asks to wait is given
    that time. While the file `sentinel` exists, nothing is asked.
    """

    source: SessionSource
    ender: SessionEnder
    clock: Clock
    stop: Event
    patience: float = 90.0
    gap: float = 0.0
    sentinel: Path | None = None
    _next_at: list[float] = field(default_factory=lambda: [float("-inf")], init=False, repr=False)

    enforcing: ClassVar[bool] = True

    def await_turn(self) -> None:
        remaining = self._left()
        if remaining > max(_LONGEST_WAIT, self.gap):
            raise Withheld(f"the server asks to be left alone for {spoken(remaining)}")
        while remaining > 0 and not self.stop.is_set():
            self.clock.wait(min(remaining, _SLICE))
            remaining = self._left()

    def enforce(self, step: Step, session: Session) -> Outcome:
        if self.sentinel is not None and _is_there(self.sentinel):
            return Outcome(Result.WITHHELD, f"the file {self.sentinel} forbids it")
        self._next_at[0] = self.clock.monotonic() + self.gap
        try:
            self._ask(step.action, session)
        except AccountError as answer:
            return self._after(answer, step)
        return self._await_end(step, _SHORT_LOOK, f"the server accepted {step.action}")

    def confirm(self, step: Step) -> Outcome:
        if self._left() > _LONGEST_WAIT:
            return Outcome(
                Result.UNCONFIRMED, f"{step.action} was requested; the server asks to be left alone"
            )
        return self._await_end(step, self.patience, f"{step.action} was asked")

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
        trouble = isinstance(answer, RateLimited | ServerFault | Unreachable)
        if not_now := self._give_time(answer):
            try:
                self.await_turn()
            except Withheld as why:
                return Outcome(Result.UNCONFIRMED, f"{response}; {why}", trouble=True)
        refused = isinstance(answer, Refused) or not_now
        outcome = self._await_end(step, 0.0 if refused else _SHORT_LOOK, response, refused=refused)
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
        what, until = "", self.clock.monotonic() + seconds
        for pause in _pauses():
            remaining = until - self.clock.monotonic()
            if what and (remaining <= 0 or (seconds > _SHORT_LOOK and self.stop.is_set())):
                break
            self.clock.wait(min(pause, max(remaining, 0.0)))
            presence, what = _look(self.source, step.action, step.session.kind, step.session.id)
            if presence is _Presence.OVER:
                return Outcome(_done(step.action), f"seen {what}")
            if presence is _Presence.THERE and refused:
                return Outcome(Result.FAILED, f"{request}; {what}")
        return Outcome(Result.UNCONFIRMED, f"{request}; {what}")


class _Presence(Enum):
    """What one look shows of a session that was to end."""

    OVER = "over"
    THERE = "there"
    NOTHING = "nothing"  # it cannot be told


def _look(
    source: SessionSource, action: Action, kind: str, session_id: str
) -> tuple[_Presence, str]:
    """What is to be seen of the end that the action asks for, in a word and in words."""
    try:
        now = source.read(kind, session_id)
    except Gone:
        return _Presence.OVER, "gone"
    except AccountError as error:
        return _Presence.NOTHING, f"could not be read: {error}"
    match now.phase:
        case Phase.OVER:
            return (
                (_Presence.THERE, f"still {now.state}")
                if action is Action.DELETE
                else (_Presence.OVER, str(now.state))
            )
        case Phase.WAITING | Phase.RUNNING:
            return _Presence.THERE, f"still {now.state}"
        case Phase.UNKNOWN:
            return _Presence.NOTHING, f"still {now.state}"
        case phase:
            assert_never(phase)


def _done(action: Action) -> Result:
    return Result.DELETED if action is Action.DELETE else Result.TERMINATED


def _is_there(file: Path) -> bool:
    """Whether there is anything of that name, be it a link to nowhere.

    Where that cannot be told, there is.
    """
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _pauses() -> Iterator[float]:
    """Pauses in seconds that grow from a moment; the first is none."""
    pause = 0.0
    while True:
        yield pause
        pause = min(max(pause * 2, 0.1), _LONGEST_PAUSE)


def settle_open_steps(
    ledger: Ledger, source: SessionSource, observer: RunObserver
) -> list[tuple[PastStep, Outcome]]:
    """Settle what earlier runs left unsettled, as far as a look can tell."""
    settled = []
    for step in ledger.unsettled(source.account):
        outcome = settle_past(step, source)
        if outcome is not None:
            ledger.settle_past(step, outcome)
            observer.past_step_settled(step, outcome)
            settled.append((step, outcome))
    return settled


def settle_past(step: PastStep, source: SessionSource) -> Outcome | None:
    """What a look shows of a step that an earlier run left unsettled.

    None while it cannot be told.
    """
    presence, what = _look(source, step.action, step.kind, step.session_id)
    match presence:
        case _Presence.NOTHING:
            return None
        case _Presence.OVER:
            return _ended(step, what)
        case _Presence.THERE:
            return Outcome(Result.FAILED, f"{what} when looked at by a later run")
        case _:
            assert_never(presence)


def _ended(step: PastStep, state: str) -> Outcome:
    if step.asked:
        return Outcome(_done(step.action), f"seen {state} by a later run")
    return Outcome(
        Result.ALREADY_GONE,
        f"seen {state} by a later run; run {step.run_id} broke off before it could say by whom",
    )
