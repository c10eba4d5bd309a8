"""The house of the safety tests as those of one pass use it: a session's id is its name, nothing is
limited, and a test may change the world just before each second look.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from reaper.core.language.limits import Limit, Limits
from reaper.core.language.policy import PolicySet
from reaper.emulator import Recorded
from reaper.ports import RunObserver
from reaper.run.log import RunLog
from reaper.run.pipeline import Report
from reaper.store import HistoryFilter, entries, open_database
from support import safety_house
from support.policies import IDLE

__all__ = ["IDLE", "OLD", "ROOT", "House", "Open", "Undocumented", "asked", "open_house", "results"]

OLD = {"name": "old", "mode": "enforce", "select": "all", "terminate_when": {"age": "1d"}}
ROOT = {"owner": "admin@ROOT", "reason": "operations"}
UNLIMITED = Limits(run=Limit(), hour=Limit(), policy=Limit(), delete=Limit(), fleet_change=None)


@dataclass
class House(safety_house.House):
    """An account, a record, and passes over the one into the other."""

    stop: Event = field(default_factory=Event)
    per_minute: int = 0
    reread: Callable[[], PolicySet] | None = None
    before_step: Callable[[], object] = lambda: None
    observer: RunObserver = field(default_factory=lambda: RunLog("acme"))

    def once(self, rules: PolicySet, *, enforce: bool = True, **options: Any) -> Report:  # noqa: ANN401 - of run_once
        """One pass by a reaper made for it, a second after whatever was before."""
        self.clock.wait(1)
        with self.reaper(
            rules,
            generation="auto",
            enforce=enforce,
            stop=self.stop,
            reread=self.reread,
            per_minute=self.per_minute,
        ) as made:
            enforcer: Any = _Meanwhile(made.enforcer, self)
            return replace(made, enforcer=enforcer, observer=self.observer).run_once(**options)

    def history(self, **wanted: Any) -> list[str]:  # noqa: ANN401 - of a history filter
        every = entries(self.database, HistoryFilter(limit=1000, **wanted))
        return [entry.event for entry in every]

    def requests(self, method: str) -> int:
        return sum(1 for request in self.emulator.requests if request.method == method)


class _Meanwhile:
    """An enforcer that lets a test change the world just before each second look."""

    def __init__(self, enforcer: Any, house: House) -> None:  # noqa: ANN401 - either enforcer
        self._enforcer = enforcer
        self._house = house

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the enforcer has
        return getattr(self._enforcer, name)

    def await_turn(self) -> None:
        self._enforcer.await_turn()
        self._house.before_step()


def results(report: Report) -> dict[str, str]:
    """What came of each step, by its session."""
    return {id_: outcome.result.value for id_, outcome in report.outcomes.items()}


@contextmanager
def open_house(
    record: Path,
    *sessions: dict[str, Any],
    generation: int = 2,
    **more: Any,  # noqa: ANN401
) -> Iterator[House]:
    """An account with these sessions, whose names are their ids, and a copy of the empty record."""
    usual = {"owner": "anna@Planning", "age": "5h"}
    named = ({"name": one["id"], **usual, **one} for one in sessions)
    with TemporaryDirectory(prefix="reaper-run-") as folder:
        store = open_database(f"sqlite:///{shutil.copy(record, folder)}")
        opened = safety_house.open_house(store, *named, generation=generation, **more)
        with closing(store), opened as made:
            yield House(made.emulator, made.clock, made.gate, store, UNLIMITED)


def asked(requests: Sequence[Recorded]) -> list[str]:
    """What was asked, each in two words.

    `list webui`, `log s1`, `read s1`, `end s1`, or `openapi`.
    """
    return [_named(request) for request in requests]


def _named(request: Recorded) -> str:
    name = [part for part in request.path.split("/") if part != "logs"][-1]
    if "openapi" in name:
        return "openapi"
    if request.method != "GET":
        return f"end {request.path.removesuffix('/terminate').rpartition('/')[2]}"
    if "logs" in request.path:
        return f"log {name}"
    return f"list {name}" if name in ("webui", "task", "solve") else f"read {name}"


class Undocumented:
    """Stands before an account and keeps its OpenAPI documents to itself while `hidden`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self.hidden = app, True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hide = self.hidden and "openapi" in scope.get("path", "")
        await (Response(status_code=404) if hide else self._app)(scope, receive, send)


Open = Callable[..., House]
