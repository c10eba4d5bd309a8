"""An emulated account that answers from memory.

What the server costs must not hide what the reaper costs.

Each answer is made once by the emulator and then repeated, only with a new date, unless
`remembering` is false; `latency` is in seconds. Started as a process of its own: `python
fleet_server.py '{"count": 10000, "latency": 0, "remembering": true, "addresses": 1,
"session": {}}'`.
"""

import asyncio
import json
import socket
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import uvicorn
from starlette.types import Message, Receive, Scope, Send

from reaper.emulator import Config, Emulator, Scenario, SessionSpec


class Remembering:
    """An ASGI application that asks the one behind it each question once."""

    def __init__(self, emulator: Emulator, latency: float) -> None:
        self._app, self._latency = emulator.app, latency
        self._known: dict[tuple[str, bytes], list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question = (scope["path"], scope["query_string"])
        if question not in self._known:
            self._known[question] = await self._ask(scope, receive)
        if self._latency:
            await asyncio.sleep(self._latency)
        start, *rest = self._known[question]
        headers = [header for header in start["headers"] if header[0].lower() != b"date"]
        # a server's own clock
        now = format_datetime(datetime.now(UTC), usegmt=True).encode()  # noqa: TID251
        await send({**start, "headers": [*headers, (b"date", now)]})
        for message in rest:
            await send(message)

    async def _ask(self, scope: Scope, receive: Receive) -> list[Message]:
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(dict(message))

        await self._app(scope, receive, keep)
        return answer


def main(asked: dict[str, Any]) -> None:
    owners = max(1, asked["count"] // 3)
    specs = [
        SessionSpec.model_validate(
            {"owner": f"user{number % owners}@Planning", "name": f"n{number}", **asked["session"]}
        )
        for number in range(asked["count"])
    ]
    emulator = Emulator(Config(speed=0), Scenario(sessions=specs))
    first = listening(1, 0)
    port = first.getsockname()[1]
    more = [listening(number, port) for number in range(2, asked["addresses"] + 1)]
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    app = Remembering(emulator, asked["latency"]) if asked["remembering"] else emulator.app
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none", date_header=False
    )
    uvicorn.Server(config).run([first, *more])


def listening(number: int, port: int) -> socket.socket:
    """At 127.0.0.1 and, as other accounts, at 127.0.0.2 and so on."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind((f"127.0.0.{number}", port))
    listener.listen(128)
    return listener


main(json.loads(sys.argv[1]))
