"""What ports.py promises: the account as one snapshot, its sessions' last activity, and the one way to end one."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, Self

from reaper.client.clock import ServerClock
from reaper.client.faults import MissingScope
from reaper.client.generation import look
from reaper.client.sessions import UNKNOWN, SessionManager, contradicted
from reaper.client.tasks import Tasks
from reaper.core.session import SOLVE, WEBUI, Activity, Snapshot, Unreadable, somebody
from reaper.errors import AccountError, Conflict, NotFound, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reaper.client.connection import Connection
    from reaper.client.listing import Listing
    from reaper.client.log_tail import Ignore
    from reaper.core.session import Session
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
        self._setting = None if generation == "auto" else generation
        self._contradicted = self._looked = False
        self.manager = self._managing(self._setting)

    @property
    def requests(self) -> int:
        """How many requests went out on this connection so far, repeated ones included."""
        return self.connection.requests

    @property
    def skew_seconds(self) -> float | None:
        """How far the server's clock was ahead of ours in its last answer; None while it has not told.

        A clock that is the server's own cannot differ from it.
        """
        return None if isinstance(self._clock, ServerClock) else self.connection.skew_seconds

    @property
    def generation(self) -> Generation | None:
        return self.manager.generation

    def fetch(self, *, over: bool = False) -> Snapshot:
        """As SessionSource promises. A kind that cannot be read is a doubt; only when none can be, an error."""
        self.resolve()
        gathered = _Gathered(self.account)
        for kind in self.manager.kinds:
            self._gather(kind, gathered)
            if over and self.generation == 2:  # noqa: PLR2004 - only there a record can be deleted
                self._gather(kind, gathered, over=True)
        return gathered.snapshot(tuple(self._doubts()))

    def probe(self, sessions: Sequence[Session]) -> dict[str, Activity]:
        """As SessionSource promises, with a bounded number of requests at a time."""
        if not sessions:
            return {}
        try:
            self.resolve()
        except AccountError as error:
            now = self._clock.now()
            return {session.id: Activity(session.id, None, now, str(error)) for session in sessions}
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix=f"probe-{self.account}")
        return {found.session_id: found for found in self._pool.map(self.manager.last_activity, sessions)}

    def read(self, kind: str, session_id: str) -> Session:
        return self.manager.read(kind, session_id)

    def owned_by(self, session: Session) -> tuple[Session, ...]:
        """As SessionSource promises; the filters are asked of the server and checked here."""
        if session.user is None or session.environment is None:
            raise AccountError(self.connection.faults.line(f"the owner of session {session.id} is unknown"))
        filters = {"user_name_equal_cs": session.user, "environment_name_equal_cs": session.environment}
        listing = self.manager.list(session.kind, filters)
        if listing.doubt:
            raise AccountError(self.connection.faults.line(listing.doubt))
        self._readable(listing, session)
        own = (found for found in listing.sessions if found.owner == session.owner)
        return (*own, *somebody(listing.unreadable))

    def computing(self) -> tuple[Session, ...]:
        """As SessionSource promises."""
        listings = [self.manager.list(kind) for kind in self.manager.kinds if kind != WEBUI]
        for listing in listings:
            if listing.doubt:
                raise AccountError(self.connection.faults.line(listing.doubt))
        unreadable = (entry for listing in listings for entry in listing.unreadable)
        return (*(found for listing in listings for found in listing.sessions), *somebody(unreadable))

    def _readable(self, listing: Listing, session: Session) -> None:
        """Raises AccountError where the entry of that very session could not be read."""
        for entry in listing.unreadable:
            if entry.id == session.id:
                raise self.connection.faults.unintelligible(f"session {session.id} cannot be read: {entry.problem}")

    def check_generation(self) -> None:
        """Read the tenant's document again: it may have been updated meanwhile."""
        self._looked = False
        if self._setting is None:
            self.manager = self._managing(None)
        with contextlib.suppress(AccountError):
            self.resolve()

    def close(self) -> None:
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
        """Learn the generation from the tenant's document, or whether that contradicts the settings.

        With `again` one that could not be learnt before is asked for once more.

        Raises Unauthorized and Unreachable where the generation is not told by the settings, either.
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
            if isinstance(error, Unauthorized) and not isinstance(error, MissingScope):
                raise
            gathered.fail(kind, error)


class AccountEnder:
    """Ends sessions of the account that `source` reads, by the generation which that has learnt."""

    def __init__(self, source: AccountSource) -> None:
        self._source = source
        self._tasks = Tasks(source.connection)

    def interrupt_solve(self, session: Session) -> None:
        """As SessionEnder promises, of the task that the session is."""
        self._tasks.interrupt_solve(session.id)

    def interrupt_execution(self, session: Session) -> None:
        """As SessionEnder promises, of the task that the session is."""
        self._tasks.interrupt_execution(session.id)

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
            self._source.check_generation()  # before another DELETE: it may no longer mean to terminate
            raise


class _Gathered:
    """What the lists of the kinds showed so far."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._sessions: dict[str, Session] = {}
        self._unreadable: list[Unreadable] = []
        self._doubts: list[str] = []
        self._errors: list[AccountError] = []
        self._answers = 0

    def add(self, listing: Listing) -> None:
        self._answers += 1
        self._unreadable.extend(listing.unreadable)
        self._unreadable.extend(self._twice(listing.sessions))
        if listing.doubt:
            self._doubts.append(listing.doubt)

    def fail(self, kind: str, error: AccountError) -> None:
        self._errors.append(error)
        self._doubts.append(f"{kind}: not listed: {error}")

    def snapshot(self, doubts: tuple[str, ...]) -> Snapshot:
        """Raises the first error when no list could be read."""
        if self._errors and not self._answers:
            raise self._errors[0]
        return Snapshot(
            self._account,
            tuple(self._sessions.values()),
            tuple(self._unreadable),
            (*self._doubts, *doubts),
        )

    def _twice(self, sessions: Iterable[Session]) -> Iterable[Unreadable]:
        """Take the sessions in; yield those whose id another kind already has, for an id must mean one session."""
        for session in sessions:
            first = self._sessions.setdefault(session.id, session)
            if first is not session:
                yield Unreadable(session.kind, session.id, f"the same id is listed as {first.kind}", session)
