"""What ports.py promises.

The account as one snapshot, its sessions' last activity, and the one way to end one.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Self

from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import (
    Activity,
    Phase,
    Snapshot,
    Unreadable,
    somebody,
)
from reaper.core.model.tasks import SessionTasks, tasks_in
from reaper.errors import (
    AccountError,
    Conflict,
    Gone,
    NotFound,
    Unauthorized,
    Unintelligible,
    rejects_key,
)
from reaper.platforms.aimms.clock import ServerClock
from reaper.platforms.aimms.generation import look
from reaper.platforms.aimms.key import PARTIAL, is_administrators
from reaper.platforms.aimms.kinds import SOLVE, TASK, WEBUI
from reaper.platforms.aimms.listing import MOST_ENTRIES
from reaper.platforms.aimms.refusals import RefusalGuard
from reaper.platforms.aimms.sessions import UNKNOWN, SessionManager, contradicted
from reaper.platforms.aimms.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reaper.core.model.session import Session, TaskKey
    from reaper.core.model.tasks import Task
    from reaper.platforms.aimms.connection import Connection
    from reaper.platforms.aimms.listing import Listing
    from reaper.platforms.aimms.log_tail import Ignore
    from reaper.ports import Clock

    Generation = Literal[1, 2]


class AccountSource:
    """Reads one account. `close()` ends its workers and the connection."""

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock,
        generation: Literal["auto", 1, 2] = "auto",
        ignore: Ignore = (),
        workers: int | None = None,
    ) -> None:
        self.account = connection.account
        self.connection = connection
        self._ignore, self._clock = ignore, clock
        self._workers = workers or connection.workers
        self._pool: ThreadPoolExecutor | None = None
        self._tasks = Tasks(connection)
        self._setting = None if generation == "auto" else generation
        self._contradicted = self._looked = False
        self._administrator: Answer | None = None
        self.manager = self._managing(self._setting)

    @property
    def skew_seconds(self) -> float | None:
        """As SessionSource promises. A clock that is the server's own cannot differ from it."""
        return 0.0 if isinstance(self._clock, ServerClock) else self.connection.skew_seconds

    @property
    def generation(self) -> Generation | None:
        return self.manager.generation

    def fetch(self, *, over: bool = False) -> Snapshot:
        """As SessionSource promises. A kind that cannot be read is a doubt.

        Only when none can be, an error.
        """
        self.connection.begin_look()
        gathered = _Gathered(self.account)
        if self._setting is not None:  # what a document says comes after whether the key is good
            self._gather(WEBUI, gathered)
        self.resolve()
        for kind in self.manager.kinds:
            if kind != WEBUI or self._setting is None:
                self._gather(kind, gathered)
            if over and self.generation == 2:  # noqa: PLR2004 - only there a record can be deleted
                self._gather(kind, gathered, over=True)
        return gathered.snapshot(tuple(self._doubts()))

    def unseen(self) -> str:
        """As SessionSource promises. The user of a key stays the same: asked once."""
        if self._administrator is None:
            self._administrator = is_administrators(self.connection)
        return PARTIAL if self._administrator is Answer.NO else ""

    def finished(self) -> Snapshot:
        """Every session that is over, as far as the tenant still lists it.

        A kind that cannot be read is a doubt. Raises AccountError when nothing could be read at
        all.
        """
        self.connection.begin_look()
        gathered = _Gathered(self.account)
        self.resolve()
        for kind in self.manager.kinds:
            self._gather(kind, gathered, over=True)
        return gathered.snapshot(())

    def probe(self, sessions: Sequence[Session]) -> dict[str, Activity]:
        """As SessionSource promises, with a bounded number of requests at a time."""
        if not sessions:
            return {}
        self.connection.begin_reading()
        try:
            self.resolve()
        except AccountError as error:
            now, refused = self._clock.now(), isinstance(error, Unauthorized)
            return {s.id: Activity(s.id, None, now, str(error), refused=refused) for s in sessions}
        if self._pool is None:
            self._pool = ThreadPoolExecutor(
                self._workers, thread_name_prefix=f"probe-{self.account}"
            )
        guard = RefusalGuard(self.manager.last_activity, self._clock)
        activities = list(self._pool.map(guard.last_activity, sessions))
        tasks = self.tasks(
            [
                s
                for s, one in zip(sessions, activities, strict=True)
                if s.kind == TASK and one.at is not None
            ]
        )
        return {one.session_id: _with_tasks(one, tasks.get(one.session_id)) for one in activities}

    def tasks(self, sessions: Sequence[Session]) -> dict[str, SessionTasks]:
        """As SessionSource promises.

        The tasks are asked for by app, for they cannot be by session.
        """
        self.connection.begin_reading()
        lists = {app: self._tasks_of(app) for app in {s.app for s in sessions}}
        return {
            s.id: listed
            if isinstance(listed := lists[s.app], SessionTasks)
            else tasks_in(s, listed)
            for s in sessions
        }

    def _tasks_of(self, app: str | None) -> tuple[Task, ...] | SessionTasks:
        """The tasks of the app, or why they are not known, as it holds for each session of it."""
        if app is None:
            return SessionTasks(problem="its app is not known")
        try:
            return self._tasks.of_app(app)
        except AccountError as error:
            return SessionTasks(problem=str(error), refused=isinstance(error, Unauthorized))

    def read(self, kind: str, session_id: str) -> Session:
        """As SessionSource promises.

        What its own address denies is still looked for in the whole list.
        """
        self.connection.begin_reading()
        try:
            return self.manager.read(kind, session_id)
        except NotFound as denied:
            return self._listed_as_over(kind, session_id, denied)

    def _listed_as_over(self, kind: str, session_id: str, denied: NotFound) -> Session:
        """The session as the list of its kind has it, where it is over there.

        Raises Gone where it has it not.
        """
        listing = self.manager.everything(kind)
        mine = [one for one in listing.sessions if one.id == session_id]
        if mine and mine[0].phase is Phase.OVER:
            return mine[0]
        why = f"{denied}; "
        if mine:
            raise Unintelligible(f"{why}yet its list shows it as {mine[0].state}")
        if listing.doubt:
            raise Unintelligible(f"{why}and its list cannot confirm it: {listing.doubt}")
        if any(one.id in (None, session_id) for one in listing.unreadable):
            raise Unintelligible(f"{why}and its list cannot confirm it: an entry cannot be read")
        raise Gone(f"{why}and its list does not hold it")

    def owned_by(self, session: Session) -> tuple[Session, ...]:
        """As SessionSource promises.

        The whole list is read, for no filter of the server's compares as people read.
        """
        self.connection.begin_reading()
        owner = Owner.of(session)
        if not owner.known:
            raise AccountError(
                self.connection.faults.line(f"the owner of session {session.id} is unknown")
            )
        listing = self.manager.list(session.kind)
        if listing.doubt:
            raise AccountError(self.connection.faults.line(listing.doubt))
        self._readable(listing, session)
        own = (s for s in listing.sessions if Owner.of(s).may_be(owner) is not Answer.NO)
        return (*own, *somebody(listing.unreadable))

    def listed(self, kind: str, *, over: bool = False) -> tuple[Session, ...]:
        """As SessionSource promises."""
        listing = self.manager.list(kind, over=over)
        if listing.doubt:
            raise AccountError(self.connection.faults.line(listing.doubt))
        return listing.sessions

    def computing(self) -> tuple[Session, ...]:
        """As SessionSource promises."""
        self.connection.begin_reading()
        listings = [self.manager.list(kind) for kind in self.manager.kinds if kind != WEBUI]
        for listing in listings:
            if listing.doubt:
                raise AccountError(self.connection.faults.line(listing.doubt))
        unreadable = (entry for listing in listings for entry in listing.unreadable)
        return (
            *(session for listing in listings for session in listing.sessions),
            *somebody(unreadable),
        )

    def _readable(self, listing: Listing, session: Session) -> None:
        """Raises AccountError where the entry of that very session could not be read."""
        for entry in listing.unreadable:
            if entry.id == session.id:
                raise self.connection.faults.unintelligible(
                    f"session {session.id} cannot be read: {entry.problem}"
                )

    def check_generation(self) -> None:
        """Read the tenant's document again: it may have been updated meanwhile."""
        self._looked = False
        if self._setting is None:
            self.manager = self._managing(None)
        with contextlib.suppress(AccountError):
            self.resolve()

    def close(self) -> None:
        self.connection.break_off()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _managing(self, generation: Generation | None) -> SessionManager:
        return SessionManager(self.connection, generation, self._ignore, self._clock)

    def resolve(self, *, again: bool = True) -> None:
        """Learn the generation from the tenant's document, or whether that contradicts the
        settings.

        With `again` one that could not be learnt before is asked for once more.

        Raises Unauthorized and Unreachable where the generation is not told by the settings,
        either.
        """
        if self._looked and (not again or self._setting is not None or self.generation is not None):
            return
        if self._setting is None:
            self.manager = self._managing(look(self.connection).generation)
        else:
            with contextlib.suppress(AccountError):
                self._contradicted = look(self.connection).contradicts(self._setting)
            self.manager = self._managing(None if self._contradicted else self._setting)
        self._looked = True

    def _doubts(self) -> Iterator[str]:
        if self._contradicted:
            yield contradicted(self._setting)
        elif self.generation is None:
            yield UNKNOWN

    def _gather(self, kind: str, gathered: _Gathered, *, over: bool = False) -> None:
        try:
            gathered.add(self.manager.list(kind, over=over))
        except NotFound as error:
            if kind != SOLVE or self.generation is not None:
                gathered.fail(kind, error)
        except AccountError as error:
            if rejects_key(error):
                raise
            gathered.fail(kind, error)


class AccountEnder:
    """Ends sessions of the account that `source` reads, by the generation which that has learnt."""

    def __init__(self, source: AccountSource) -> None:
        self._source = source
        self._tasks = Tasks(source.connection)

    def interrupt_solve(self, session: Session) -> None:
        """As SessionEnder promises."""
        self._tasks.interrupt_solve(self._task_of(session))

    def interrupt_execution(self, session: Session) -> None:
        """As SessionEnder promises."""
        self._tasks.interrupt_execution(self._task_of(session))

    def _task_of(self, session: Session) -> TaskKey:
        if session.task is None:
            what = f"which task runs in session {session.id} is not known; nothing was sent"
            raise AccountError(self._source.connection.faults.line(what))
        return session.task

    def delete(self, session: Session) -> None:
        """As SessionEnder promises; refused where the generation is not known to have it."""
        self._source.resolve(again=False)
        self._source.manager.delete(session)

    def terminate(self, session: Session) -> None:
        """As SessionEnder promises; sends nothing while the generation is unknown."""
        self._source.resolve(again=False)
        try:
            self._source.manager.terminate(session)
        except Conflict:
            # before another DELETE: it may no longer mean to terminate
            self._source.check_generation()
            raise


def _with_tasks(activity: Activity, tasks: SessionTasks | None) -> Activity:
    """The silence of a log means nothing while a task is in the session, or may be."""
    if tasks is None:
        return activity
    answer, why = tasks.at_work
    match answer:
        case Answer.YES:
            return replace(activity, at=activity.learnt_at, source=why)
        case Answer.UNKNOWN:
            return replace(activity, at=None, source=why, refused=tasks.refused)
        case Answer.NO:
            return activity


class _Gathered:
    """What the lists of the kinds showed so far."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._sessions: dict[str, Session] = {}
        self._unreadable: list[Unreadable] = []
        self._unlisted: list[str] = []
        self._errors: list[AccountError] = []
        self._answers = self._entries = 0

    def add(self, listing: Listing) -> None:
        """Where it is too much, nobody is taken in: the doubt keeps all of them."""
        self._answers += 1
        if listing.doubt:
            self._unlisted.append(listing.doubt)
        self._entries += len(listing.sessions) + len(listing.unreadable)
        if self._entries > MOST_ENTRIES:
            self._unlisted.append(f"more than {MOST_ENTRIES:,} entries were listed in one look")
            return
        self._unreadable.extend(listing.unreadable)
        self._unreadable.extend(self._twice(listing.sessions))

    def fail(self, kind: str, error: AccountError) -> None:
        self._errors.append(error)
        self._unlisted.append(f"{kind}: not listed: {error}")

    def snapshot(self, doubts: tuple[str, ...]) -> Snapshot:
        """Raises the first error when no list could be read."""
        if self._errors and not self._answers:
            raise self._errors[0]
        return Snapshot(
            self._account,
            tuple(self._sessions.values()),
            tuple(self._unreadable),
            (*self._unlisted, *doubts),
            tuple(self._unlisted),
        )

    def _twice(self, sessions: Iterable[Session]) -> Iterable[Unreadable]:
        """Take the sessions in.

        Yield those whose id another kind already has, for an id must mean one session.
        """
        for session in sessions:
            first = self._sessions.setdefault(session.id, session)
            if first is not session:
                yield Unreadable(
                    session.kind, session.id, f"the same id is listed as {first.kind}", session
                )
