"""One session, and how it is written on the wire."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .log import Log

WEBUI = "webui"
TASK = "task"
SOLVE = "solve"

WAITING = frozenset({"queued", "launching", "assigned"})
OVER = frozenset({"terminated", "finished", "completed", "failed", "crashed"})
ENDED_STATE = {WEBUI: "Terminated", TASK: "completed", SOLVE: "finished"}

SORTABLE = (
    "id", "kind", "name", "state", "account_name", "environment_name", "user_name", "app_name", "app_version",
    "description", "created_at", "started_at", "ended_at", "queue_time", "launch_time", "run_time", "gb_hours",
    "message",
)  # fmt: skip
COMPUTED = ("queue_time", "run_time", "gb_hours")
OMIT = object()


def timestamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds and `Z`; the moment is in UTC."""
    return (
        None
        if moment is None
        else f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    )


@dataclass(eq=False)
class Session:
    """A session of any kind. Times are in UTC, `queue_time` and `launch_time` in seconds.

    `over_at` is when it really ended, also for a WebUI session, whose `ended_at` is never told.
    `forced_at` is when the job of a task was killed while its scheduler still believes in it.
    `send` replaces fields on the wire (a value of OMIT leaves one out): for tests of clients, as it
    makes the OpenAPI document untrue.
    """

    id: str
    kind: str
    state: str
    created_at: datetime
    log: Log
    name: str = ""
    user_name: str | None = None
    environment_name: str | None = None
    app_name: str = ""
    app_version: str = ""
    description: str = ""
    account_name: str = "demo"
    message: str = ""
    started_at: datetime | None = None
    over_at: datetime | None = None
    forced_at: datetime | None = None
    queue_time: float = 0.0
    launch_time: float = 0.0
    memory_gb: float = 4.0
    service_name: str = ""
    return_code: int | None = None
    send: dict[str, Any] = field(default_factory=dict)
    _head: str | None = field(default=None, init=False, repr=False)

    def __setattr__(self, name: str, value: object) -> None:
        """Any change makes the cached text stale."""
        object.__setattr__(self, name, value)
        if name != "_head":
            object.__setattr__(self, "_head", None)

    @property
    def owner(self) -> str:
        return f"{self.user_name}@{self.environment_name}"

    @property
    def waiting(self) -> bool:
        return self.state.lower() in WAITING

    @property
    def over(self) -> bool:
        return self.state.lower() in OVER

    @property
    def ended_at(self) -> datetime | None:
        return None if self.kind == WEBUI else self.over_at

    def run_time(self, now: datetime) -> float:
        """Seconds in which it ran; 0 before it started."""
        if self.started_at is None:
            return 0.0
        return round(((self.over_at or now) - self.started_at).total_seconds(), 3)

    def waited(self, now: datetime) -> float:
        """Seconds in the queue, so far or in all."""
        if self.started_at is None and not self.over:
            return round((now - self.created_at).total_seconds(), 3)
        return self.queue_time

    def field(self, name: str, now: datetime) -> Any:  # noqa: ANN401 - as many types as fields
        """The value of a field of the wire, times as datetimes."""
        match name:
            case "run_time":
                return self.run_time(now)
            case "gb_hours":
                return self._gb_hours(now)
            case "queue_time":
                return self.waited(now)
            case _:
                return getattr(self, name)

    def _gb_hours(self, now: datetime) -> float:
        return round(self.run_time(now) / 3600 * self.memory_gb, 4)

    def json(self, now: datetime) -> str:
        """The session as one JSON object; all but the fields that time alone changes is cached."""
        if self.send:
            return self._json_with_replacements(now)
        head = self._head or self._render()
        times = f'"queue_time":{self.waited(now)},"run_time":{self.run_time(now)}'
        return f'{head},{times},"gb_hours":{self._gb_hours(now)}}}'

    def _render(self) -> str:
        text = json.dumps(self._lasting())[:-1]
        object.__setattr__(self, "_head", text)
        return text

    def _lasting(self) -> dict[str, Any]:
        return {
            "id": self.id, "kind": self.kind, "name": self.name, "state": self.state,
            "account_name": self.account_name, "environment_name": self.environment_name,
            "user_name": self.user_name, "app_name": self.app_name, "app_version": self.app_version,
            "description": self.description, "created_at": timestamp(self.created_at),
            "started_at": timestamp(self.started_at), "ended_at": timestamp(self.ended_at),
            "launch_time": self.launch_time, "message": "" if self.kind == WEBUI else self.message,
        }  # fmt: skip

    def _json_with_replacements(self, now: datetime) -> str:
        times = {name: self.field(name, now) for name in COMPUTED}
        fields = self._lasting() | times | self.send
        return json.dumps({name: value for name, value in fields.items() if value is not OMIT})
