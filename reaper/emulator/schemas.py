"""The shapes of the answers, for the OpenAPI document.

The answers themselves are written by hand, for speed.
"""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Error(_Shape):
    """What every error answers. `errorCode` repeats the status."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    error_code: int
    error_id: str
    message: str


class SessionShape(_Shape):
    """A session. Times are RFC 3339 in UTC; queue, launch and run time are in seconds."""

    model_config = ConfigDict(title="Session", extra="forbid")

    id: str
    kind: Literal["webui", "task", "solve"]
    name: str
    state: str
    account_name: str
    environment_name: str | None
    user_name: str | None
    app_name: str
    app_version: str
    description: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None = Field(description="Always null for a WebUI session.")
    queue_time: float
    launch_time: float
    run_time: float
    gb_hours: float
    message: str = Field(description="Always empty for a WebUI session.")


class SessionPage(_Shape):
    """`total` counts all that match, at the moment of this page."""

    total: int
    items: list[SessionShape]


class LogLine(_Shape):
    """`index` counts from 1 over the whole log."""

    index: int
    timestamp: datetime
    message: str


class LogPage(_Shape):
    """`total` counts all lines that match."""

    total: int
    items: list[LogLine]


class TaskShape(_Shape):
    """A task, as the Tasks API tells it. `queueTime` and `runTime` are in seconds."""

    model_config = ConfigDict(title="Task", alias_generator=to_camel, extra="forbid")

    id: str
    group_index: int
    app_name: str
    app_version: str
    service_name: str
    state: str
    schedule_for: date | None
    schedule_interval: str | None
    created_at: datetime
    assigned_at: datetime | None
    running_at: datetime | None
    ended_at: datetime | None
    queue_time: float
    run_time: float
    return_code: int | None
    error_message: str | None
    user_name: str | None
    user_environment: str | None
    session_id: str | None = Field(
        None, description="The session that runs it; not told by older versions."
    )


class TaskPage(_Shape):
    """The tasks, newest first."""

    total_tasks: int
    current_batch: list[TaskShape]


class KeyShape(_Shape):
    """A key, as the user-manager tells it."""

    model_config = ConfigDict(title="ApiKey", extra="forbid")

    name: str
    expiration_date: str | None
    scopes: list[str]


class UserShape(_Shape):
    """A user, as the user-manager tells it."""

    model_config = ConfigDict(title="User", extra="forbid")

    account_name: str
    environment_name: str
    user_name: str
    email: str
    full_name: str
    groups: list[str]


class SetStatus(_Shape):
    """What a running task shall do.

    The vendor's own client sends no body, which means `interrupt-solve`.
    """

    setstatus: str = Field(
        "interrupt-solve", description="`interrupt-solve` or `interrupt-execution`."
    )


Responses = dict[int | str, dict[str, Any]]

_WORDS = {
    401: "No key, or one that is unknown or expired",
    403: "The key lacks the scope",
    404: "There is none of that id",
    405: "Not possible here",
    409: "Not possible in the present state",
    422: "A bad parameter",
    429: "Too many requests",
    500: "The server failed",
    502: "The gateway failed",
    503: "The session cannot be reached",
}
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_ALWAYS = (401, 403, 422, 429, 500, 502, 503)
_BODY = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}


def refusals(*statuses: int) -> Responses:
    """The error answers of an operation: those given, and those that every operation has.

    Only 422 names the model, which puts it into the document; to build it for each would make up
    most of a start.
    """
    answers: Responses = {
        status: {"description": _WORDS[status], "content": _BODY}
        for status in sorted({*statuses, *_ALWAYS})
    }
    answers[422] = {"description": _WORDS[422], "model": Error}
    answers[429]["headers"] = _RETRY
    return answers
