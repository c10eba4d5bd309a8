"""What the rooms promise each other. `run/` knows these and nothing behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from reaper.core.judging.verdict import Observation
    from reaper.core.language.manual_exemption import ManualExemption
    from reaper.core.model.session import Activity, Session, Snapshot
    from reaper.core.model.tasks import SessionTasks
    from reaper.core.planning.holds import Holds
    from reaper.core.planning.memory import LastAction, Memory
    from reaper.core.planning.notice import Delivery, Notice
    from reaper.core.planning.plan import Outcome, PastStep, Plan, RecheckResult, Step
    from reaper.core.planning.request import Request

Tell = Callable[[str], None]
"""Receives what is being done, in words, for whoever watches it."""

Secret = Callable[[], SecretStr]
"""Gives a secret when it is asked for. Raises ConfigurationError where it cannot be had."""


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds that only pass while this machine is awake.

        Their difference means something, they do not.
        """

    def wait(self, seconds: float) -> None:
        """Return after so many seconds."""


class SessionSource(Protocol):
    """Reads one account; nothing here changes anything there."""

    account: str

    @property
    def skew_seconds(self) -> float | None:
        """How far the server's clock was ahead of ours in the worst answer since the last `fetch`
        began.

        None where an answer that was read did not tell: then nobody knows whose clock is right.
        """

    def fetch(self, *, over: bool = False) -> Snapshot:
        """Every session that is not known to be over, or a snapshot that names its doubts.

        With `over` also those whose record could be deleted.

        Raises AccountError when nothing could be read at all.
        """

    def unseen(self) -> str:
        """Why sessions may be there that no list shows to this key; empty where none is known of.

        Raises nothing for what a server can do.
        """

    def probe(self, sessions: Sequence[Session]) -> dict[str, Activity]:
        """The last activity of each session asked for, by id, all learnt in this call.

        A session whose activity cannot be learnt has `at=None` and the cause as `source`; one bad
        log never costs the others. Raises nothing but programming errors.
        """

    def read(self, kind: str, session_id: str) -> Session:
        """One session as it is now.

        Raises Gone when the service says in its own form that it is no more, and the whole list of
        its kind does not hold it; another AccountError where that cannot be told.
        """

    def listed(self, kind: str, *, over: bool = False) -> tuple[Session, ...]:
        """The sessions of the kind that are not over, or with `over` those that are.

        Raises AccountError, also when the list could not be read completely.
        """

    def tasks(self, sessions: Sequence[Session]) -> Mapping[str, SessionTasks]:
        """The unfinished tasks of each of these task sessions, by the session's id, all learnt in
        this call.

        What could not be learnt is a problem of that session's. Raises nothing but programming
        errors.
        """

    def computing(self) -> tuple[Session, ...]:
        """Every solve and task that is not over, and somebody for each entry that could not be
        read.

        Raises AccountError, also when a list could not be read completely.
        """

    def owned_by(self, session: Session) -> tuple[Session, ...]:
        """The sessions of the same kind that are not over and may be of the same owner, read
        completely.

        And somebody for each entry that could not be read, for it may be one of them.

        Raises AccountError, also when the list could not be read completely.
        """


class RequestCount(Protocol):
    """Counts what is asked of the servers; threads share it."""

    def __call__(self, account: str, status: int | None, *, retried: bool) -> None:
        """A request was answered with this HTTP status, or with None not at all.

        `retried` when it was a repeated one.

        Raises nothing.
        """


class SessionEnder(Protocol):
    """What changes something there. Returning means: asked, not done.

    Each request is sent once and never repeated. Raises AccountError; after Unreachable and
    ServerFault it is unknown whether the request was carried out.
    """

    def terminate(self, session: Session) -> None:
        """Ask the server to end the session."""

    def delete(self, session: Session) -> None:
        """Ask the server to destroy the record of a session that is over.

        Refused where that is not possible.
        """

    def interrupt_solve(self, session: Session) -> None:
        """Ask the server to stop what the task that `session.task` names solves; the task goes on.

        Sends nothing where no task is named. That the server does not know the task is a Conflict:
        it tells nothing of the session.
        """

    def interrupt_execution(self, session: Session) -> None:
        """Ask the server to stop the task that `session.task` names; as `interrupt_solve`."""


class Enforcer(Protocol):
    """Settles a step that was seen to be due: by ending its session, or by leaving it alone."""

    @property
    def enforcing(self) -> bool:
        """Whether it ends anything."""

    def await_turn(self) -> None:
        """Wait until another session may be ended: no more than so many a minute.

        Raises Withheld when the server asked to be left in peace for longer than is waited.
        """

    def enforce(self, step: Step, session: Session) -> Outcome:
        """What came of it, as far as it was seen. Raises nothing for what a server can do."""

    def confirm(self, steps: Sequence[Step]) -> Iterator[tuple[Step, Outcome]]:
        """Watch the sessions that were asked to end and are not seen to have ended, all together
        and for longer than `enforce` does.

        Each step comes as soon as its outcome is known.
        """


class Notifier(Protocol):
    """Tells people at one target."""

    @property
    def target(self) -> str:
        """What the settings call it."""

    def fits(self, notice: Notice) -> bool:
        """Whether one message to it holds all of the notice."""

    def tell(self, notice: Notice) -> Delivery:
        """What became of it. Raises nothing for what a server, or a missing secret, can do."""


class RunRecord(Protocol):
    """An open run; everything it was opened with is already committed.

    `holds` is what held the account then, and the run itself where it was halted.
    """

    id: int
    holds: Holds

    def intend(self, step: Step, look: RecheckResult) -> None:
        """Commit that the step is due by this second look and will now be acted upon.

        Renews the lease in the same transaction. Raises LeaseLost when another reaper took the
        account over, and Withheld while a person forbids it (a pause, a halted run that nobody
        acknowledged), or when no policy asks for it any more, for its hours are over.
        """

    def expired(self) -> bool:
        """Whether the lease has run out since it was last renewed, or another reaper took over.

        This reaper was held up, and may end nothing.
        """

    def settle(self, step: Step, outcome: Outcome) -> None:
        """Commit what came of the step, and renew the lease.

        Raises LeaseLost once it is committed, when another reaper has taken the account over.
        """

    def record_delivery(self, delivery: Delivery) -> None:
        """Commit what became of a notice, and renew the lease; raises LeaseLost like `settle`."""


class RunObserver(Protocol):
    """Hears what a pass over one account does, while it does it. Raises nothing."""

    def progress(self, text: str) -> None:
        """What is being done, in words, for whoever waits for it."""

    def past_step_settled(self, step: PastStep, outcome: Outcome) -> None:
        """A step of an earlier run has been settled by looking."""

    def run_begun(
        self,
        run: int,
        observation: Observation,
        plan: Plan,
        *,
        blocked_reason: str | None,
        enforcing: bool,
    ) -> None:
        """The run is recorded, and none of its steps is taken; `blocked_reason` as in `open_run`."""

    def step_intended(self, step: Step, look: RecheckResult) -> None:
        """It is committed that the step is due and will be acted upon."""

    def step_settled(self, step: Step, outcome: Outcome) -> None:
        """What came of the step, before it is committed: the database may fail."""

    def notified(self, delivery: Delivery) -> None:
        """What became of a notice, before it is committed."""

    def run_ended(
        self, result: str, outcomes: Mapping[str, Outcome], seconds: Mapping[str, float]
    ) -> None:
        """The run is over; `seconds` is how long each part of it took."""


class NullObserver:
    """A `RunObserver` that ignores all it hears."""

    def _ignore(self, *_: object, **__: object) -> None:
        pass

    progress = past_step_settled = run_begun = _ignore
    step_intended = step_settled = notified = run_ended = _ignore


class Ledger(Protocol):
    """The append-only memory. Every method raises StoreError when the database will not do it."""

    def lease(
        self, account: str, *, since: datetime | None = None, enforcing: bool = False
    ) -> AbstractContextManager[None]:
        """Hold the account while the context is open. Raises Held while another reaper does.

        With `since`, raises NotDue when a run that began then or later serves in the place of this
        one.
        """

    def recall(self, account: str) -> Memory:
        """What earlier passes left behind."""

    def last_actions(self, account: str, sessions: Sequence[str]) -> Mapping[str, LastAction]:
        """What the server was last asked to do with each of the sessions, of those for which it was
        asked at all.
        """

    def granted(self, account: str) -> tuple[ManualExemption, ...]:
        """The exemptions by hand that hold for the account now."""

    def holds(self, account: str) -> Holds:
        """What keeps the account's sessions from being ended now."""

    def unsettled(self, account: str) -> list[PastStep]:
        """Steps that were acted upon (or may have been) and whose end nobody has seen yet, oldest
        first.
        """

    def settle_past(self, step: PastStep, outcome: Outcome) -> None:
        """Commit what a later look showed of an unsettled step."""

    def open_run(
        self,
        observation: Observation,
        plan: Plan,
        *,
        enforcing: bool,
        blocked_reason: str | None = None,
        request: Request | None = None,
    ) -> AbstractContextManager[RunRecord]:
        """Commit the run, its new decisions and its steps in one transaction, before anything is
        ended.

        `blocked_reason` says why none of the steps will be taken, `request` what a person asked of the run.
        Steps that an earlier run withheld for the same reason, upon the very same decisions, are
        not written again; nor are those of a dry run: what a run planned is counted in the run.
        """
