"""The session-manager's paths in both generations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from reaper.core.model.session import Activity, Phase, Session
from reaper.errors import AccountError, Refused
from reaper.platforms.aimms.address import SESSIONS, segment
from reaper.platforms.aimms.kinds import KINDS, TASK, WEBUI
from reaper.platforms.aimms.listing import Listing, read_list, shows_one
from reaper.platforms.aimms.logs import last_activity
from reaper.platforms.aimms.wire import read_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reaper.platforms.aimms.connection import Connection
    from reaper.platforms.aimms.log_tail import Ignore
    from reaper.ports import Clock

    Generation = Literal[1, 2]

UNKNOWN = (
    "the API generation is unknown (no OpenAPI document): set generation: 1 or 2 in the settings; "
    "until then this account is only observed"
)


def contradicted(setting: Generation | None) -> str:
    """Why an account is only observed whose document is that of another generation than the
    settings tell.
    """
    return (
        f"the settings tell generation {setting}, and the tenant's OpenAPI document shows another: "
        "leave generation to auto; until then this account is only observed"
    )


class SessionManager:
    """One tenant's sessions.

    Of an unknown generation (None) it reads what both have in common and ends nothing.
    """

    def __init__(
        self, connection: Connection, generation: Generation | None, ignore: Ignore, clock: Clock
    ) -> None:
        self.generation = generation
        self._connection, self._ignore, self._clock = connection, ignore, clock
        self._proven: set[str] = (
            set()
        )  # kinds whose empty list was no filter that the server does not know

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that can be listed; an unknown generation may lack the last."""
        return (WEBUI, TASK) if self.generation == 1 else KINDS

    def list(
        self, kind: str, filters: Mapping[str, str] | None = None, *, over: bool = False
    ) -> Listing:
        """Every session of the kind that is not over, or is.

        `filters` are wishes to the server, no more.
        """
        path = f"{SESSIONS}/sessions/{segment(kind)}"
        listing = read_list(self._connection, path, kind, filters, over=over)
        if over or kind in self._proven or listing.sessions or listing.unreadable or listing.doubt:
            return listing
        if shows_one(self._connection, path, kind):
            whole = self.everything(kind)
            return replace(
                whole, sessions=tuple(s for s in whole.sessions if s.phase is not Phase.OVER)
            )
        self._proven.add(kind)
        return listing

    def everything(self, kind: str) -> Listing:
        """Every session of the kind, over or not; the server is asked to leave nothing out."""
        return read_list(self._connection, f"{SESSIONS}/sessions/{segment(kind)}", kind, over=None)

    def read(self, kind: str, session_id: str) -> Session:
        """One session, over or not. Raises AccountError, NotFound when its own address says so."""
        refuse = self._connection.faults.unintelligible
        body = self._connection.get(self._path(kind, session_id))
        session = read_session(body, kind, refuse)
        if not isinstance(session, Session):
            raise refuse(f"session {session_id} cannot be read: {session.problem}", body)
        if session.id != session_id:
            raise refuse(
                f"asked for session {session_id}, the server answered with {session.id}", body
            )
        return session

    def last_activity(self, session: Session) -> Activity:
        """The session's last activity by its log; raises nothing for what a server can do."""
        try:
            path = self._log_path(session.kind, segment(session.id))
        except AccountError as error:
            return Activity(session.id, None, self._clock.now(), str(error))
        return last_activity(self._connection, path, session, self._ignore, self._clock)

    def terminate(self, session: Session) -> None:
        """Ask once that the session be ended. Raises AccountError.

        Sends nothing while the generation is unknown.
        """
        path = self._path(session.kind, session.id)
        match self.generation:
            case 1:
                self._connection.send("DELETE", path)
            case 2:
                self._connection.send("PATCH", f"{path}/terminate")
            case None:
                raise Refused(self._connection.faults.line(UNKNOWN))

    def delete(self, session: Session) -> None:
        """Ask once that the record of an ended session be destroyed; only generation 2 can.

        Raises AccountError.
        """
        if self.generation != 2:  # noqa: PLR2004 - in generation 1 the same verb ends a session
            raise Refused(
                self._connection.faults.line("its API cannot delete records; nothing was sent")
            )
        self._connection.send("DELETE", self._path(session.kind, session.id))

    def _path(self, kind: str, session_id: str) -> str:
        return f"{SESSIONS}/sessions/{segment(kind)}/{segment(session_id)}"

    def _log_path(self, kind: str, name: str) -> str:
        """Generation 2 still has the older path, so it serves an unknown one."""
        if self.generation == 2:  # noqa: PLR2004 - the second generation
            return f"{SESSIONS}/sessions/{kind}/{name}/logs"
        return f"{SESSIONS}/sessions/logs/{kind}/{name}"
