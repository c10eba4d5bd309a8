"""What the client relies on of the services: its requests, and what it reads of the answers.

Stated once. A test records what the client sends and reads, and compares it with this; `reaper
doctor --openapi` compares a tenant's own document with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from reaper.core.model.kinds import OVER_STATES, RUNNING_STATES, TRAITS, WAITING_STATES
from reaper.platforms.aimms.address import SESSIONS, TASKS, USERS
from reaper.platforms.aimms.kinds import KINDS, SOLVE, TASK
from reaper.platforms.aimms.wire import AMOUNTS, FIELDS, TIMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    Generation = Literal[1, 2]
    Shape = Literal["text", "time", "number", "integer", "list"]

SERVICES = {
    "session-manager": SESSIONS,
    "tasks": TASKS.removesuffix("/tasks"),
    "user-manager": USERS,
}
"""By name, where each begins."""

HEADER = "apiKey"
"""By which the key travels; the name of a header has no case."""

_STATES = OVER_STATES | RUNNING_STATES | WAITING_STATES


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an answer or of a body.

    Where the service says which values it has, `needed_values` must be among them; one that is not
    in `values` is news. `fields` are those of a list's entries. One that is not `needed` is done
    without. `alias` is another name that will do.
    """

    name: str
    shape: Shape = "text"
    needed: bool = True
    values: frozenset[str] = frozenset()
    needed_values: frozenset[str] = frozenset()
    fields: tuple[Field, ...] = ()
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request: its query parameters and the fields of its body, its answer and its 404.

    The server may refuse `wishes`: the client then goes on without them. One that is not `needed`
    is done without.
    """

    service: str
    method: str
    path: str
    parameters: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    body: tuple[Field, ...] = ()
    answer: tuple[Field, ...] = ()
    denial: tuple[Field, ...] = ()
    needed: bool = True

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def relied_on(generation: Generation) -> tuple[Operation, ...]:
    """Every request that the client makes of a tenant of the generation."""
    kinds = [kind for kind in KINDS if generation == 2 or kind != SOLVE]  # noqa: PLR2004 - the newer
    sessions = [operation for kind in kinds for operation in _sessions(kind, generation)]
    return (*sessions, *_TASKS, *_USERS)


def _sessions(kind: str, generation: Generation) -> Iterator[Operation]:
    one, session = f"/sessions/{kind}/{{id}}", _session_fields(kind)
    page = (Field("total", "integer"), Field("items", "list", fields=session))
    ended = () if generation == 1 else ("state_in",)  # only there a record can be deleted
    wishes = ("limit", "sort", "state_not_in", *ended)
    ask = _asking("session-manager")
    yield replace(ask, path=f"/sessions/{kind}", parameters=("offset",), wishes=wishes, answer=page)
    yield replace(ask, path=one, answer=session, denial=_DENIAL)
    log = f"{one}/logs" if generation == 2 else f"/sessions/logs/{kind}/{{id}}"  # noqa: PLR2004
    yield replace(ask, path=log, parameters=("limit", "offset", "sort"), answer=_LOG)
    if generation == 1:
        yield replace(ask, method="delete", path=one)
    else:
        yield replace(ask, method="patch", path=f"{one}/terminate")
        yield replace(ask, method="delete", path=one, needed=False)


def _asking(service: str) -> Operation:
    return Operation(service, "get", "")


def _session_fields(kind: str) -> tuple[Field, ...]:
    special = {
        "kind": Field(
            "kind", alias="type", values=frozenset(KINDS), needed_values=frozenset({kind})
        ),
        "state": Field("state", values=_STATES, needed_values=frozenset(TRAITS[kind].running[:1])),
    }
    texts = (special.get(n) or Field(n, "time" if n in TIMES else "text") for n in FIELDS)
    amounts = (Field(name, "number", needed=False) for name in AMOUNTS)
    return (*(field for field in texts if field.name != "type"), *amounts)


_DENIAL = (Field("errorCode", "integer"), Field("errorId"), Field("message"))
_LOG = (
    Field("total", "integer"),
    Field(
        "items",
        "list",
        fields=(Field("index", "integer"), Field("timestamp", "time"), Field("message")),
    ),
)
_TASK = (
    Field("id"),
    Field("groupIndex", "integer", needed=False),
    Field("state", values=_STATES, needed_values=frozenset(TRAITS[TASK].running[:1])),
    Field("sessionId"),
    Field("assignedAt", "time", needed=False),
    Field("runningAt", "time", needed=False),
    Field("endedAt", "time", needed=False),
)
_INTERRUPTS = frozenset({"interrupt-solve", "interrupt-execution"})
_TASKS = (
    replace(
        _asking("tasks"),
        path="/tasks",
        parameters=("appName", "offset", "limit"),
        answer=(
            Field("total_tasks", "integer"),
            Field("current_batch", "list", fields=_TASK),
        ),
    ),
    Operation(
        "tasks",
        "put",
        "/tasks/{id}",
        wishes=("groupIndex",),
        body=(Field("setstatus", values=_INTERRUPTS, needed_values=_INTERRUPTS),),
    ),
)
_USERS = (
    replace(
        _asking("user-manager"),
        path="/user/@current/api-key",
        answer=(Field("expiration_date"), Field("scopes", "list")),
        needed=False,
    ),
    replace(
        _asking("user-manager"),
        path="/user/@current/info",
        answer=(Field("groups", "list"),),
        needed=False,
    ),
)

KNOWN = (
    ("session-manager", "get", "/sessions/logs/{kind}/{id}"),
    ("session-manager", "get", "/sessions/{kind}/{id}/logs"),
    ("session-manager", "get", "/sessions/{kind}/{id}/logs/download"),
    ("tasks", "get", "/tasks/{id}"),
    ("tasks", "post", "/tasks"),
    ("tasks", "delete", "/tasks/{id}"),
    ("tasks", "get", "/version"),
    ("tasks", "get", "/health-check"),
    ("user-manager", "get", "/user"),
    ("user-manager", "get", "/user/@current/authorization-scopes"),
)
"""What the vendor describes and the client does not use."""

KNOWN_FIELDS = frozenset(
    {"account_name", "queue_time", "launch_time", "appName", "appVersion", "serviceName",
     "scheduleFor", "scheduleInterval", "createdAt", "queueTime", "runTime", "returnCode",
     "errorMessage", "userName", "userEnvironment", "name", "email", "full_name", "user_name",
     "environment_name"}
)  # fmt: skip
"""What answers are known to hold besides what is read."""
