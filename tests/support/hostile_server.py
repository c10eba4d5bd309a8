"""A session-manager that tells the truth until a switch is thrown.

Written from the contract, sharing nothing.

Whatever it answers, it remembers what was truly done: `ended`, `destroyed`, `interrupted`, and
every request.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from support.hostile_documents import BASE, Document, as_yaml, document
from support.hostile_wire import Answer, RawServer, Request, as_json, page, parted, refusal

KINDS = ("webui", "task", "solve")
OVER = {"terminated", "finished", "completed", "failed", "crashed"}
TASKS = "/pro-api/v2/tasks"
_TASK_OVER = {"failed", "completed"}
_FILTER = re.compile(r"(.+?)_(equal_cs|equal_ci|contain_cs|contain_ci|in|not_in|from|to)")

Dates = Callable[[datetime], str | None]
"""What a Date header says at this moment; None: there is none."""

Log = list[tuple[datetime, str]]
Hook = Callable[[Request], object]
"""Whatever it does; an Answer that it returns goes out."""


def true_date(at: datetime) -> str | None:
    return format_datetime(at, usegmt=True)


def no_date(at: datetime) -> str | None:  # noqa: ARG001 - a Dates
    return None


def date_saying(words: str) -> Dates:
    return lambda _: words


def date_off_by(**by: float) -> Dates:
    return lambda at: true_date(at + timedelta(**by))


@dataclass
class Switches:
    """Each switch is one misbehaviour.

    As they stand here, the server tells nothing but the truth.
    """

    dates: Mapping[str, Dates] = field(default_factory=dict)
    """What the Date header says on list, read, log, openapi, …; `*` for all that are not named."""

    page_cap: int = 1000
    """A list or log serves at most so many entries a page, whatever limit was asked for."""

    list_total_counts_the_page: bool = False
    """`total` of a list is the number of entries on this page."""

    list_ignores_offset: bool = False
    """Every page of a list is the first."""

    list_ignores_filters: bool = False
    """Every filter is passed over in silence."""

    filters_answer_nothing: tuple[str, ...] = ()
    """These query parameters are not known, and a list that is asked with one of them is empty."""

    log_total_counts_the_page: bool = False
    """`total` of a log is the number of lines on this page."""

    log_ignores: tuple[str, ...] = ()
    """These query parameters of a log are passed over in silence: sort, offset, limit."""

    log_numbers_the_page: bool = False
    """Line numbers of a log begin with 1 on each page."""

    decodes_ids: bool = False
    """%2F and ../ in an id are taken for parts of the path."""

    vanishes: bool = False
    """A session that was ended is no longer known, instead of being shown as over."""

    ignores_endings: bool = False
    """Every request to end something is accepted and not carried out."""

    ending: Callable[[Request], Answer | None] | None = None
    """What is answered to a request to end something, instead of what came of it."""

    gateway: Callable[[Request], Answer | None] | None = None
    """Stands before the service: what it answers never reaches the service."""

    openapi: Callable[[str], Answer | None] | None = None
    """What is answered for `json` and `yaml`; None: the truth."""


@dataclass
class Hosted:
    """A session as it is sent, and its log."""

    sent: dict[str, Any]
    log: Log = field(default_factory=list)

    @property
    def over(self) -> bool:
        return str(self.sent.get("state")).lower() in OVER


@dataclass
class Tenant:
    """Sessions by kind and id, tasks, and what became of them."""

    generation: int
    sessions: dict[tuple[str, str], Hosted] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    destroyed: list[str] = field(default_factory=list)
    interrupted: list[tuple[str, int, str]] = field(default_factory=list)

    def end(self, kind: str, id_: str, at: datetime, *, vanishes: bool) -> None:
        hosted = self.sessions[kind, id_]
        self.ended.append(id_)
        if vanishes:
            del self.sessions[kind, id_]
        else:
            over = {"state": "failed" if kind == "task" else "terminated"}
            hosted.sent |= over if kind == "webui" else {**over, "ended_at": stamp(at)}
        for task in self.tasks:
            if task.get("sessionId") == id_ and task["state"] not in _TASK_OVER:
                task |= {"state": "failed", "endedAt": stamp(at)}


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class HostileServer:
    """One tenant's session-manager and Tasks API on loopback, with a clock of the test's."""

    def __init__(self, generation: int, now: Callable[[], datetime]) -> None:
        self.tenant, self.now = Tenant(generation), now
        self.switches = Switches()
        self.requests: list[Request] = []
        self.hooks: list[Hook] = []
        self._lock = threading.RLock()
        self._raw = RawServer(self._respond)
        self._stack = ExitStack()

    @property
    def url(self) -> str:
        return self._raw.url

    @property
    def port(self) -> int:
        return self._raw.port

    @property
    def sent(self) -> int:
        """Bytes of bodies that the client took, roughly."""
        return self._raw.sent

    @property
    def ended(self) -> list[str]:
        return self.tenant.ended

    @property
    def destroyed(self) -> list[str]:
        return self.tenant.destroyed

    def asked(self, *whats: str) -> list[Request]:
        with self._lock:
            return [request for request in self.requests if request.what in whats]

    def upon(self, what: str, do: Hook, *, id_: str | None = None, nth: int = 1) -> None:
        """Call `do` before the nth such request (0: each) is answered.

        An Answer of its own goes out instead.
        """
        met = 0

        def hook(request: Request) -> object:
            nonlocal met
            if request.what != what or id_ not in (None, request.id):
                return None
            met += 1
            return do(request) if nth in (0, met) else None

        self.hooks.append(hook)

    def __enter__(self) -> Self:
        self._stack.enter_context(self._raw)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stack.close()

    def _respond(self, method: str, target: str, body: bytes) -> tuple[Answer, str | None]:
        path, query = parted(target, decodes=self.switches.decodes_ids)
        with self._lock:
            request = self._named(Request(method, path, query, body, self.now()))
            self.requests.append(request)
            answer = self._answered(request)
            dates = self.switches.dates
            says = dates.get(request.what) or dates.get("*") or true_date
            return answer, says(self.now())

    def _answered(self, request: Request) -> Answer:
        for hook in list(self.hooks):
            if isinstance(instead := hook(request), Answer):
                return instead
        gateway = self.switches.gateway
        if gateway is not None and (instead := gateway(request)) is not None:
            return instead
        if request.what == "openapi":
            return self._openapi(request)
        if request.path.startswith(TASKS):
            return self._tasks(request)
        return self._sessions(request) if request.path.startswith(BASE) else refusal(404)

    def _named(self, request: Request) -> Request:
        """The request with what it means in this generation."""
        if "/openapi." in request.path:
            return replace(request, what="openapi", id=request.path.rpartition(".")[2])
        if request.path.startswith(TASKS):
            id_ = unquote(request.path.removeprefix(TASKS).strip("/"))
            what = "task" if id_ else "tasks"
            return replace(
                request, what=_status(request.body) if request.method == "PUT" else what, id=id_
            )
        what, kind, id_ = self._meant(request)
        return replace(request, what=what, kind=kind, id=id_)

    def _meant(self, request: Request) -> tuple[str, str, str]:
        first = self.tenant.generation == 1
        match [unquote(part) for part in request.path.removeprefix(f"{BASE}/sessions/").split("/")]:
            case ["logs", kind, id_] | [kind, id_, "logs"]:
                return "log", kind, id_
            case [kind, id_, "terminate"] if not first:
                return "terminate", kind, id_
            case [kind, id_]:
                verb = "terminate" if first else "delete"
                return verb if request.method == "DELETE" else "read", kind, id_
            case [kind]:
                return "list", kind, ""
        return "unknown", "", ""

    def _openapi(self, request: Request) -> Answer:
        told = self.switches.openapi
        if told is not None and (instead := told(request.id)) is not None:
            return instead
        return shown(document(self.tenant.generation), request.id)

    def _sessions(self, request: Request) -> Answer:
        if request.kind not in KINDS[: 2 if self.tenant.generation == 1 else 3]:
            return refusal(404)
        if request.what == "list":
            return self._list(request)
        hosted = self.tenant.sessions.get((request.kind, request.id))
        if request.what in ("terminate", "delete"):
            return self._end(request, hosted)
        if hosted is None:
            return refusal(404)
        return as_json(hosted.sent) if request.what == "read" else self._log(request, hosted)

    def _end(self, request: Request, hosted: Hosted | None) -> Answer:
        instead = self.switches.ending(request) if self.switches.ending else None
        if self.switches.ignores_endings:
            return instead or Answer(204)
        answer = self._carry_out(request, hosted)
        return instead or answer

    def _carry_out(self, request: Request, hosted: Hosted | None) -> Answer:
        if hosted is None:
            return refusal(404)
        if hosted.over is (request.what == "terminate"):
            return refusal(409)
        if request.what == "terminate":
            self.tenant.end(request.kind, request.id, self.now(), vanishes=self.switches.vanishes)
        else:
            self.tenant.destroyed.append(request.id)
            del self.tenant.sessions[request.kind, request.id]
        return Answer(204)

    def _list(self, request: Request) -> Answer:
        if set(self.switches.filters_answer_nothing) & set(request.query):
            return as_json({"total": 0, "items": []})
        items = [h.sent for (kind, _), h in self.tenant.sessions.items() if kind == request.kind]
        if not self.switches.list_ignores_filters:
            items = [item for item in items if _passes(item, request.query)]
        items = _sorted(items, request.query.get("sort", "-created_at"))
        offset = 0 if self.switches.list_ignores_offset else _number(request, "offset", 0)
        batch = items[offset : offset + min(_number(request, "limit", 100), self.switches.page_cap)]
        total = len(batch) if self.switches.list_total_counts_the_page else len(items)
        return as_json({"total": total, "items": batch})

    def _log(self, request: Request, hosted: Hosted) -> Answer:
        query = {k: v for k, v in request.query.items() if k not in self.switches.log_ignores}
        lines = [
            {"index": number, "timestamp": stamp(at), "message": text}
            for number, (at, text) in enumerate(hosted.log, 1)
            if query.get("contains", "") in text
        ]
        lines = lines[::-1] if query.get("sort") == "-index" else lines
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 100))
        batch = lines[offset : offset + min(limit, self.switches.page_cap)]
        if self.switches.log_numbers_the_page:
            batch = [{**line, "index": number} for number, line in enumerate(batch, 1)]
        return as_json(
            {
                "total": len(batch if self.switches.log_total_counts_the_page else lines),
                "items": batch,
            }
        )

    def _tasks(self, request: Request) -> Answer:
        if request.what == "tasks":
            return self._task_list(request)
        index = request.query.get("groupIndex")
        found = [
            t
            for t in self.tenant.tasks
            if t["id"] == request.id and index in (None, str(t["groupIndex"]))
        ]
        if not found:
            return refusal(404)
        if request.method == "GET":
            return as_json(found[0])
        if request.method != "PUT":
            return refusal(405)
        return self._interrupt(request, found[0])

    def _task_list(self, request: Request) -> Answer:
        wanted = {k: v for k, v in request.query.items() if k in ("appName", "appVersion")}
        found = [task for task in self.tenant.tasks if all(task[k] == v for k, v in wanted.items())]
        offset, limit = _number(request, "offset", 0), _number(request, "limit", 100)
        batch = found[offset : offset + min(limit, self.switches.page_cap)]
        return as_json({"total_tasks": len(found), "current_batch": batch})

    def _interrupt(self, request: Request, task: dict[str, Any]) -> Answer:
        if request.what not in ("interrupt-solve", "interrupt-execution"):
            return refusal(405)
        self.tenant.interrupted.append((task["id"], task["groupIndex"], request.what))
        if not self.switches.ignores_endings:
            state = "completed" if request.what == "interrupt-solve" else "failed"
            task |= {"state": state, "endedAt": stamp(self.now())}
            self._after_its_tasks(task)
        return as_json({})

    def _after_its_tasks(self, task: dict[str, Any]) -> None:
        """A session whose last task is over ends with it here.

        The idle time between tasks is none.
        """
        own = [t for t in self.tenant.tasks if t.get("sessionId") == task.get("sessionId")]
        hosted = self.tenant.sessions.get(("task", str(task.get("sessionId"))))
        if hosted is not None and all(t["state"] in _TASK_OVER for t in own):
            hosted.sent |= {"state": task["state"], "ended_at": stamp(self.now())}


def shown(found: Document, form: str) -> Answer:
    """The document as it is sent in this form."""
    if form == "json":
        return as_json(found)
    return Answer(200, as_yaml(found).encode(), {"Content-Type": "application/yaml"})


def _status(body: bytes) -> str:
    try:
        return str(json.loads(body)["setstatus"])
    except (ValueError, KeyError, TypeError):
        return "unknown status"


def _number(request: Request, name: str, usual: int) -> int:
    return int(request.query.get(name, usual))


def _passes(item: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    for name, wanted in query.items():
        found = _FILTER.fullmatch(name)
        if found is not None and not _HOLDS[found[2]](str(item.get(found[1]) or ""), wanted):
            return False
    return True


_HOLDS: dict[str, Callable[[str, str], bool]] = {
    "equal_cs": lambda value, wanted: value == wanted,
    "equal_ci": lambda value, wanted: value.lower() == wanted.lower(),
    "contain_cs": lambda value, wanted: wanted in value,
    "contain_ci": lambda value, wanted: wanted.lower() in value.lower(),
    "in": lambda value, wanted: value in wanted.split(","),
    "not_in": lambda value, wanted: value not in wanted.split(","),
    "from": lambda value, wanted: value >= wanted,
    "to": lambda value, wanted: value < wanted,
}


def _sorted(items: Iterable[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    found = list(items)
    for name in reversed(by.split(",")):
        key = name.lstrip("-")
        found.sort(key=lambda item: str(item.get(key) or ""), reverse=name.startswith("-"))
    return found


NOT_FOUND_PAGE = page(404)
"""A gateway's own 404, which says nothing of any session."""
