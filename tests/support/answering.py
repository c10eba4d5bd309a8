"""An account that answers some paths otherwise than it should."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from email.utils import format_datetime
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from reaper.clock import SYSTEM_CLOCK
from reaper.emulator import Config, Emulator, Scenario, SessionSpec

Answer = Callable[[], Response]
LOGS = r"/logs"


def refused(status: int, message: str = "as the test says") -> Answer:
    """A refusal in the service's own form."""
    body = {"errorCode": status, "errorId": "test", "message": message}
    return lambda: JSONResponse(body, status)


def text(body: str) -> Answer:
    """Success, with this for a body."""
    return lambda: Response(
        body,
        media_type="application/json",
        headers={"Date": format_datetime(SYSTEM_CLOCK.now(), usegmt=True)},
    )


class Instead:
    """Stands before an account. `answers` are given where the path has such a part."""

    def __init__(self, app: ASGIApp) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        self.asked.append(path)
        answer = next((a for part, a in self.answers.items() if re.search(part, path)), None)
        await (self._app if answer is None else answer())(scope, receive, send)

    def count(self, part: str) -> int:
        """How many requests had such a path."""
        return sum(1 for path in self.asked if re.search(part, path))


def tenant(
    stack: ExitStack,
    *sessions: dict[str, Any],
    **config: Any,  # noqa: ANN401 - of a Config
) -> tuple[Emulator, Instead]:
    """An account with these sessions, until the stack is closed, and what stands before it."""
    scenario = Scenario(sessions=[SessionSpec.model_validate(one) for one in sessions])
    emulator = Emulator(Config.model_validate(config), scenario)
    before = Instead(emulator.app)
    emulator.app = before
    return stack.enter_context(emulator), before
