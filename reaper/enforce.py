"""Ending sessions, or not: `Terminator` and `DryRun` keep one Protocol, and only one of them could terminate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import ClassVar

from reaper.core.duration import spoken
from reaper.core.ladder import DELETE
from reaper.core.plan import DRY_RUN, Look, Outcome, PastStep, Result, Step, judge_again
from reaper.core.policy import PolicySet
from reaper.core.session import Phase, Session
from reaper.core.verdict import Pass
from reaper.errors import AccountError, Conflict, NotFound, RateLimited, ServerFault, Unreachable, Withheld
from reaper.ports import Clock, SessionEnder, SessionSource

_SHORT_LOOK = 3.0  # seconds; a WebUI session is gone by then, a forced task is waited for after all other steps
_LONGEST_PAUSE = 5.0
_LONGEST_WAIT = 60.0  # a server that asks for more is left alone for the rest of the run
_SLICE = 1.0  # whoever waits looks so often whether it is to stop
_IN_FLIGHT_SERVES = timedelta(seconds=5)


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

    def _ask(self, action: str, session: Session) -> None:
        match action:
            case "interrupt-solve":
                self.ender.interrupt_solve(session)
            case "interrupt-execution":
                self.ender.interrupt_execution(session)
            case "delete":
                self.ender.delete(session)
            case _:
                self.ender.terminate(session)

    def _give_time(self, error: AccountError) -> None:
        if isinstance(error, RateLimited | ServerFault) and error.retry_after is not None:
            self._next_at[0] = max(self._next_at[0], self.clock.monotonic() + error.retry_after)

    def _refused(self, action: str, session: Session, refusal: Conflict) -> Outcome:
        try:
            now = self.source.read(session.kind, session.id)
        except NotFound:
            return Outcome(Result.ALREADY_GONE, "the server no longer knew it")
        except AccountError:
            return Outcome(Result.FAILED, str(refusal))
        if now.phase is Phase.OVER and action != DELETE:
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
                return Outcome(Result.DELETED if step.action == DELETE else Result.TERMINATED, "seen gone")
            except AccountError as error:
                seen = f"could not be read: {error}"
                continue
            if now.phase is Phase.OVER and step.action != DELETE:
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


class SecondLook:
    """Looks again, immediately before a session would be ended: a plan goes stale.

    A look costs two requests: the session (or its owner's, where a policy compares them) and its log. Which solves
    and tasks are in flight is read for several looks together, every few seconds.
    """

    def __init__(self, source: SessionSource, clock: Clock, seen: Pass, reread: Callable[[], PolicySet]) -> None:
        self._source = source
        self._clock = clock
        self._seen = seen
        self._reread = reread
        self._computing: tuple[Session, ...] = ()
        self._computing_read_at: datetime | None = None
        self._whole_fleet: list[Session] = []
        self._fleet_read_at: datetime | None = None

    def at(self, step: Step) -> Look | Outcome:
        """The look, or the outcome where there is nothing left to look at or no way to look."""
        try:
            return self._look(step)
        except NotFound:
            return Outcome(Result.ALREADY_GONE, "the server no longer knew it before its turn")
        except AccountError as error:
            why = f"nothing was asked, for the second look failed: {error}"
            return Outcome(Result.FAILED, why, trouble=isinstance(error, RateLimited | ServerFault | Unreachable))

    def _look(self, step: Step) -> Look | Outcome:
        now = self._clock.now()
        fleet = self._fleet(step, now)
        session = next((s for s in fleet if s.id == step.session.id), None)
        if session is None or (session.phase is Phase.OVER and step.action != DELETE):
            return Outcome(Result.ALREADY_GONE, "it had ended by itself before its turn")
        if session.phase is Phase.OVER and session.ended_at is None:
            fleet = [replace(s, ended_at=step.session.ended_at) if s is session else s for s in fleet]
        probed = [session, *self._witness(step, fleet)]
        activity = self._source.probe(probed) if step.asks_for_activity else {}
        known = {**self._seen.activity, **activity}
        again = judge_again(step, fleet, known, self._policies(step), now, self._seen.lasting)
        return Look(now, session, activity.get(session.id), again)

    def _fleet(self, step: Step, now: datetime) -> list[Session]:
        """The session as it is now, among those that its policies weigh it against."""
        session = step.session
        if step.needs_everyone:
            return self._everyone(step, now)
        if step.compares_sessions:
            own = self._source.owned_by(session)
        else:
            own = (self._source.read(session.kind, session.id),)
        computing = self._in_flight(now) if step.asks_for_activity else ()
        return [*own, *(s for s in computing if s.id not in {mine.id for mine in own})]

    def _policies(self, step: Step) -> PolicySet:
        """The policies as they stand now, with every exemption added meanwhile; one that changed asks for nothing."""
        now = self._reread()
        same = {v.policy.name for v in step.verdicts if any(p.hash == v.policy.hash for p in now.policies)}
        return now.only(frozenset(same))

    def _everyone(self, step: Step, now: datetime) -> list[Session]:
        """The whole fleet, read for several looks together, and the session as it is now.

        One that may be unreachable is taken from the list. Raises AccountError when that is not read completely.
        """
        if self._fleet_read_at is None or now - self._fleet_read_at > _IN_FLIGHT_SERVES:
            snapshot = self._source.fetch()
            if snapshot.doubts:
                raise AccountError(f"{snapshot.account}: {snapshot.doubts[0]}")
            self._whole_fleet, self._fleet_read_at = list(snapshot.sessions), now
        if step.asks_for_reach:
            return self._whole_fleet
        own = self._source.read(step.session.kind, step.session.id)
        return [own, *(s for s in self._whole_fleet if s.id != own.id)]

    def _witness(self, step: Step, fleet: list[Session]) -> list[Session]:
        """A session whose log answered in the first look: an outage makes its log silent, too."""
        if not step.asks_for_reach:
            return []
        answered = {id_ for id_, found in self._seen.learnt.items() if found.at is not None}
        return [s for s in fleet if s.id in answered and s.id != step.session.id][:1]

    def _in_flight(self, now: datetime) -> tuple[Session, ...]:
        if self._computing_read_at is None or now - self._computing_read_at > _IN_FLIGHT_SERVES:
            self._computing, self._computing_read_at = self._source.computing(), now
        return self._computing


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
    if state.phase is Phase.OVER and step.action != DELETE:
        return _ended(step, str(state.state))
    return Outcome(Result.FAILED, f"still {state.state} when looked at by a later run")


def _ended(step: PastStep, state: str) -> Outcome:
    if step.asked:
        done = Result.DELETED if step.action == DELETE else Result.TERMINATED
        return Outcome(done, f"seen {state} by a later run")
    return Outcome(
        Result.ALREADY_GONE, f"seen {state} by a later run; run {step.run_id} broke off before it could say by whom"
    )
