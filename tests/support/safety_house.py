"""An account, a record and a clock of a test's own, and passes over them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import pytest
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reaper import ports
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.planning import request
from reaper.core.planning.plan import Reviewed
from reaper.emulator import Config, Emulator, Faults, Scenario, SessionSpec, World
from reaper.run.pipeline import Reaper, Report
from reaper.store import Database, SqlLedger
from support.clock import NOW, Clock
from support.harness import wired
from support.policies import IDLE, rules

OLD = {
    "name": "old",
    "mode": "enforce",
    "select": {"kind": "webui"},
    "terminate_when": {"age": "8h"},
}
TASKS = {
    "name": "tasks",
    "mode": "enforce",
    "select": {"kind": "task"},
    "terminate_when": {"age": "8h"},
}
GENEROUS = Limits.model_validate(
    {name: {"sessions": 1000} for name in ("run", "hour", "policy", "delete")}
)
_ENDINGS = frozenset({"terminate", "delete", "interrupt-solve", "interrupt-execution"})


def idle(id_: str = "", owner: str = "anna@Planning", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a scenario's
    """A WebUI session that is nine hours old and five hours idle."""
    return {"id": id_ or owner.partition("@")[0], "owner": owner, "age": "9h", "idle": "5h", **more}


def task(id_: str = "task", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a scenario's
    """A task that has been solving for nine hours."""
    return {
        "id": id_,
        "owner": "svc@Planning",
        "kind": "task",
        "age": "9h",
        "solving": True,
        **more,
    }


def fleet(offenders: int, running: int) -> list[dict[str, Any]]:
    """So many running WebUI sessions of different owners, of which so many are idle."""
    busy = [idle(f"busy{n}", f"busy{n}@Supply", idle="1m") for n in range(running - offenders)]
    return [*(idle(f"idle{n}", f"idle{n}@Planning") for n in range(offenders)), *busy]


def ids(specs: Iterable[dict[str, Any]], start: str = "idle") -> list[str]:
    return [spec["id"] for spec in specs if spec["id"].startswith(start)]


class Asked(NamedTuple):
    """A request: `what` is list, read, log, tasks, user, openapi, or what is to be done with the session
    or task.
    """

    what: str
    id: str
    at: datetime


Hook = Callable[[Asked], object]
"""Whatever it does; a Response that it returns is the answer."""


class Gate:
    """Stands before the emulator, writes down what comes, and lets a test do something or answer in
    its place.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], datetime], generation: int) -> None:
        self.asked: list[Asked] = []
        self.hooks: list[Hook] = []
        self._app, self._clock, self._generation = app, clock, generation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body() if scope["method"] == "PUT" else b""
        asked = self._named(scope["method"], scope["path"], body)
        self.asked.append(asked)
        for hook in list(self.hooks):
            answer = hook(asked)
            if isinstance(answer, Response):
                await answer(scope, receive, send)
                return
        await self._app(scope, _again(body, receive), send)

    def _named(self, method: str, path: str, body: bytes) -> Asked:
        found = re.search(r"/sessions/(?:logs/)?(?:webui|task|solve)/([^/]+)", path)
        id_ = found[1] if found else path.rpartition("/")[2]
        return Asked(self._what(method, path, body, single=found is not None), id_, self._clock())

    def _what(self, method: str, path: str, body: bytes, *, single: bool) -> str:
        match method:
            case "GET" if "openapi" in path or "user-manager" in path:
                return "openapi" if "openapi" in path else "user"
            case "GET" if "pro-api" in path:
                return "tasks"
            case "GET":
                return ("log" if "logs" in path else "read") if single else "list"
            case "PUT":
                return str(json.loads(body)["setstatus"])
            case "DELETE" if self._generation == 2:
                return "delete"
            case _:
                return "terminate"


def _again(body: bytes, receive: Receive) -> Receive:
    left = [body] if body else []

    async def read() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return read


def refusal(status: int, **headers: str) -> Response:
    return JSONResponse({"message": "as the test says"}, status, headers=headers)


class Tripwire:
    """A ledger that lets something happen right after each intent is committed."""

    def __init__(self, ledger: SqlLedger, happens: Callable[[], object]) -> None:
        self._ledger, self._happens = ledger, happens

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the ledger has
        return getattr(self._ledger, name)

    @contextmanager
    def open_run(self, *given: Any, **more: Any) -> Iterator[Any]:  # noqa: ANN401 - the Protocol's
        with self._ledger.open_run(*given, **more) as record:
            inner = record.intend

            def intend(*intent: Any) -> None:  # noqa: ANN401 - the Protocol's
                inner(*intent)
                self._happens()

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(record, "intend", intend)
                yield record


@dataclass
class House:
    """An account that answers over a socket, a database, and a clock.

    `asked` are the requests so far.
    """

    emulator: Emulator
    clock: Clock
    gate: Gate
    database: Database
    limits: Limits = field(default_factory=Limits)
    said: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.emulator.world

    @property
    def asked(self) -> list[Asked]:
        return self.gate.asked

    def endings(self) -> list[tuple[str, str]]:
        """What was asked to be done, with whom."""
        return [(a.what, a.id) for a in self.asked if a.what in _ENDINGS]

    def ended(self) -> list[str]:
        """The sessions that the API ended."""
        return [id_ for id_, _ in self.world.terminated]

    def later(self, **by: float) -> None:
        self.clock.wait(timedelta(**by).total_seconds())

    def faulty(self, spec: str) -> None:
        self.world.faults = Faults.parse(spec)

    def upon(
        self,
        what: str,
        do: Hook,
        *,
        id_: str | None = None,
        nth: int = 1,
    ) -> None:
        """Call `do` before the nth such request (0: each) is answered.

        What it returns is the answer.
        """
        met = 0

        def hook(asked: Asked) -> object:
            nonlocal met
            if asked.what != what or id_ not in (None, asked.id):
                return None
            met += 1
            return do(asked) if nth in (0, met) else None

        self.gate.hooks.append(hook)

    @contextmanager
    def reaper(
        self,
        policies: PolicySet,
        *,
        limits: Limits | None = None,
        database: Database | None = None,
        url: str = "",
        clock: ports.Clock | None = None,
        tell: Callable[[str], None] | None = None,
        ledger: Callable[[SqlLedger], Any] = lambda made: made,
        generation: Literal["auto", 1, 2] | None = None,
        **more: Any,  # noqa: ANN401 - what `wired` takes
    ) -> Iterator[Reaper]:
        with wired(
            url or self.emulator.url,
            policies,
            database or self.database,
            clock or self.clock,
            limits=limits or self.limits,
            generation=generation or self.world.generation,
            tell=tell or self.said.append,
            **more,
        ) as made:
            given: Any = made.ledger
            yield replace(made, ledger=ledger(given))

    def pass_once(
        self,
        policies: PolicySet,
        *,
        reviewed: frozenset[Reviewed] | None = None,
        extra_doubts: Sequence[str] = (),
        **more: Any,  # noqa: ANN401 - what `reaper` takes
    ) -> Report:
        with self.reaper(policies, **more) as reaper:
            return reaper.run_once(request.Request(reviewed), extra_doubts)

    # what `reaper` takes
    def outcomes(self, policies: PolicySet, **more: Any) -> dict[str, str]:  # noqa: ANN401
        """One pass, and what came of each session."""
        return {id_: o.result.value for id_, o in self.pass_once(policies, **more).outcomes.items()}

    def rows(self, statement: str) -> list[Any]:
        with self.database.reading() as db:
            return [tuple(row) for row in db.execute(sa.text(statement))]

    def events(self, session_id: str = "%") -> list[tuple[int, str, str]]:
        """What the record says of the steps: run, action, event."""
        return self.rows(
            "SELECT s.run_id, s.action, e.event FROM steps s JOIN step_events e ON e.step_id = s.id "  # noqa: S608
            f"WHERE s.session_id LIKE '{session_id}' ORDER BY e.id"
        )


@contextmanager
def open_house(
    database: Database,
    *specs: dict[str, Any],
    generation: int = 2,
    **more: Any,  # noqa: ANN401
) -> Iterator[House]:
    """A house with these sessions.

    `more` is what a Config or a Scenario of the emulator can say.
    """
    about = {name: more.pop(name) for name in list(more) if name in Scenario.model_fields}
    scenario = Scenario(sessions=[SessionSpec.model_validate(spec) for spec in specs], **about)
    config = Config.model_validate({"generation": generation, "start": NOW, "speed": 0, **more})
    emulator = Emulator(config, scenario)
    clock = Clock(NOW, emulator.world.advance)
    gate = emulator.app = Gate(emulator.app, clock.now, generation)
    with emulator:
        yield House(emulator, clock, gate, database)


Open = Callable[..., House]
