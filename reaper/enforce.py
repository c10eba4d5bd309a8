"""Ending sessions, or not: `Terminator` and `DryRun` keep one Protocol, and only one of them could terminate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import ClassVar, assert_never

from reaper.core.action import Action
from reaper.core.duration import spoken
from reaper.core.plan import DRY_RUN, Outcome, PastStep, Result, Step
from reaper.core.session import Phase, Session
from reaper.errors import AccountError, Conflict, NotFound, RateLimited, ServerFault, Unreachable, Withheld
from reaper.ports import Clock, SessionEnder, SessionSource

_SHORT_LOOK = 3.0  # seconds; a WebUI session is gone by then, a forced task is waited for after all other steps
_LONGEST_PAUSE = 5.0
_LONGEST_WAIT = 60.0  # a server that asks for more is left alone for the rest of the run
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

    `patience` is how long `confirm` watches, in seconds; it watches no longer once `stop` is set. `gap` is the least
    time between two requests, in seconds; a server that asks to wait is given that time. While the file `sentinel`
    exists, nothing is asked.
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
        left = self._next_at[0] - self.clock.monotonic()
        if left > max(_LONGEST_WAIT, self.gap):
            raise Withheld(f"the server asks to be left in peace for {spoken(left)}")
        while left > 0 and not self.stop.is_set():
            self.clock.wait(min(left, _SLICE))
            left = self._next_at[0] - self.clock.monotonic()

    def enforce(self, step: Step, session: Session) -> Outcome:
        if self.sentinel is not None and _is_there(self.sentinel):
            return Outcome(Result.WITHHELD, f"the file {self.sentinel} forbids it")
        self._next_at[0] = self.clock.monotonic() + self.gap
        try:
            self._ask(step.action, session)
        except NotFound:
            return Outcome(Result.ALREADY_GONE, "the server no longer knew it")
        except Conflict as refusal:
            return self._refused(step.action, session, refusal)
        except (Unreachable, ServerFault) as doubt:
            self._give_time(doubt)
            seen = self._watch(step, _SHORT_LOOK, f"the request was answered by: {doubt}")
            return replace(seen, trouble=True)
        except AccountError as error:
            self._give_time(error)
            return Outcome(Result.FAILED, str(error), trouble=isinstance(error, RateLimited))
        return self._watch(step, _SHORT_LOOK, f"the server accepted {step.action}")

    def confirm(self, step: Step) -> Outcome:
        return self._watch(step, self.patience, f"{step.action} was asked")

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

    def _give_time(self, error: AccountError) -> None:
        if isinstance(error, RateLimited | ServerFault) and error.retry_after is not None:
            self._next_at[0] = max(self._next_at[0], self.clock.monotonic() + error.retry_after)

    def _refused(self, action: Action, session: Session, refusal: Conflict) -> Outcome:
        try:
            now = self.source.read(session.kind, session.id)
        except NotFound:
            return Outcome(Result.ALREADY_GONE, "the server no longer knew it")
        except AccountError:
            return Outcome(Result.FAILED, str(refusal))
        if now.phase is Phase.OVER and action is not Action.DELETE:
            return Outcome(Result.ALREADY_GONE, f"it was {now.state} before the request")
        return Outcome(Result.FAILED, str(refusal))

    def _watch(self, step: Step, seconds: float, asked: str) -> Outcome:
        """Read until the session is seen to have ended, or the time is over; at least once."""
        seen, until = "", self.clock.monotonic() + seconds
        for pause in _pauses():
            left = until - self.clock.monotonic()
            if seen and (left <= 0 or (seconds > _SHORT_LOOK and self.stop.is_set())):
                break
            self.clock.wait(min(pause, max(left, 0.0)))
            try:
                now = self.source.read(step.session.kind, step.session.id)
            except NotFound:
                return Outcome(Result.DELETED if step.action is Action.DELETE else Result.TERMINATED, "seen gone")
            except AccountError as error:
                seen = f"could not be read: {error}"
                continue
            if now.phase is Phase.OVER and step.action is not Action.DELETE:
                return Outcome(Result.TERMINATED, f"seen {now.state}")
            seen = f"still {now.state}"
        return Outcome(Result.UNCONFIRMED, f"{asked}; {seen}")


def _is_there(file: Path) -> bool:
    """Whether there is anything of that name, be it a link to nowhere; where that cannot be told, there is."""
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


def settle_past(step: PastStep, source: SessionSource) -> Outcome | None:
    """What a look shows of a step that an earlier run left unsettled; None while it cannot be told."""
    try:
        state = source.read(step.kind, step.session_id)
    except NotFound:
        return _ended(step, "gone")
    except AccountError:
        return None
    if state.phase is Phase.UNKNOWN:
        return None
    if state.phase is Phase.OVER and step.action is not Action.DELETE:
        return _ended(step, str(state.state))
    return Outcome(Result.FAILED, f"still {state.state} when looked at by a later run")


def _ended(step: PastStep, state: str) -> Outcome:
    if step.asked:
        done = Result.DELETED if step.action is Action.DELETE else Result.TERMINATED
        return Outcome(done, f"seen {state} by a later run")
    return Outcome(
        Result.ALREADY_GONE, f"seen {state} by a later run; run {step.run_id} broke off before it could say by whom"
    )
