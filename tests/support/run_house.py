"""The house of tests/unit/run/pipeline with a name for each session, and a view of what it asked
the account for.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from reaper.emulator import Config, Emulator, Recorded, Scenario, SessionSpec
from reaper.store import open_database
from support.clock import NOW, Clock
from support.pass_house import House
from support.policies import IDLE

ROOT = {"owner": "admin@ROOT", "reason": "operations"}


@contextmanager
def open_house(
    record: Path,
    *sessions: dict[str, Any],
    generation: int = 2,
    **more: Any,  # noqa: ANN401
) -> Iterator[House]:
    """An account with these sessions, whose names are their ids, and a copy of the empty record."""
    usual = {"owner": "anna@Planning", "age": "5h"}
    specs = [
        SessionSpec.model_validate({**usual, "name": session["id"], **session})
        for session in sessions
    ]
    config = Config.model_validate({"generation": generation, "start": NOW, "speed": 0})
    with TemporaryDirectory(prefix="reaper-run-") as folder:
        store = open_database(f"sqlite:///{shutil.copy(record, folder)}")
        try:
            with Emulator(config, Scenario(sessions=specs, **more)) as emulator:
                yield House(emulator, store, Clock(NOW, emulator.world.advance))
        finally:
            store.close()


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
