"""One task: what a task session runs.

Its id is not its session's, and a session runs several, one after another.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .session import OVER, Session, timestamp

Key = tuple[str, int]


@dataclass(eq=False)
class Task:
    """A task of a session. All tasks of a recurring group share an id and differ in `group_index`.

    While `own_state` is None the task is as its session is: queued, running, solving or over, since
    the same moments. `send` replaces fields on the wire, as a session's does.
    """

    id: str
    session: Session
    group_index: int = 0
    own_state: str | None = None
    created_at: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    message: str = ""
    send: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return self.id, self.group_index

    @property
    def state(self) -> str:
        return self.own_state or self.session.state

    @property
    def over(self) -> bool:
        return self.state.lower() in OVER

    @property
    def created(self) -> datetime:
        return self.created_at or self.session.created_at

    def become(self, state: str) -> None:
        """Change the state while it goes on: its session's, where the task is as that is."""
        if self.own_state is None:
            self.session.state = state
        else:
            self.own_state = state

    def finish(self, state: str, now: datetime, message: str) -> None:
        """It is over; its session is a matter of its own."""
        self.began_at, self.created_at = self._began, self.created
        self.own_state, self.ended_at, self.message = state, now, message

    @property
    def _began(self) -> datetime | None:
        return self.began_at or (self.session.started_at if self.own_state is None else None)

    def json(self, now: datetime, *, names_session: bool) -> dict[str, Any]:
        """As the Tasks API tells it; an older one does not name the session."""
        session, began = self.session, self._began
        ended = self.ended_at or (session.over_at if self.own_state is None else None)
        ran = ((ended or now) - began).total_seconds() if began else 0.0
        return {
            "id": self.id, "groupIndex": self.group_index, "appName": session.app_name,
            "appVersion": session.app_version, "serviceName": session.service_name, "state": self.state,
            "scheduleFor": None, "scheduleInterval": None, "createdAt": timestamp(self.created),
            "assignedAt": timestamp(self._assigned(began)), "runningAt": timestamp(began),
            "endedAt": timestamp(ended), "queueTime": session.waited(now), "runTime": round(ran, 3),
            "returnCode": self._return_code(), "errorMessage": self._message() or None,
            "userName": session.user_name, "userEnvironment": session.environment_name,
            **({"sessionId": session.id} if names_session else {}), **self.send,
        }  # fmt: skip

    def _assigned(self, began: datetime | None) -> datetime | None:
        if began is None or self.own_state is not None:
            return began
        return self.created + timedelta(seconds=self.session.queue_time)

    def _message(self) -> str:
        return self.session.message if self.own_state is None else self.message

    def _return_code(self) -> int | None:
        if self.own_state is None:
            return self.session.return_code
        return (0 if self.state == "completed" else 1) if self.over else None
