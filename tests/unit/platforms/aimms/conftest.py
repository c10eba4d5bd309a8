"""A small web server on a real socket that answers as a test tells it to, and remembers what it was
asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from support.clock import NOW, Clock
from support.quick_retries import quick_retries
from support.scripted_server import (
    KEY,
    Answer,
    Connect,
    Handler,
    InProcess,
    MakeItem,
    Serve,
    Served,
    Server,
)

from reaper.core.model.session import Session
from reaper.net.client import Client
from reaper.platforms.aimms.connection import Connection


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retries happen as often as in life, but at once."""
    with quick_retries():
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> Served:
        served = Served(answer)
        handler = type("Handler", (Handler,), {"served": served})
        server = Server(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        served.url = f"http://127.0.0.1:{server.server_port}"
        return served

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def connect(clock: Clock) -> Iterator[Connect]:
    """A connection to a server of `serve` (or to an address), closed after the test."""
    opened: list[Connection] = []

    # a Served, an Emulator, or an address
    def start(server: Any, **options: Any) -> Connection:  # noqa: ANN401
        url = server if isinstance(server, str) else server.url
        key = SecretStr(options.pop("key", KEY))
        connection = Connection("acme", url, key, clock=options.pop("clock", clock), **options)
        opened.append(connection)
        return connection

    yield start
    for connection in opened:
        connection.close()


@pytest.fixture
def item() -> MakeItem:
    """A session as the API sends it; a field given as `...` is left out."""

    # any JSON, also wrong
    def make(number: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        sent: dict[str, Any] = {
            "id": f"00000000-0000-4000-8000-{number:012}",
            "kind": "webui",
            "name": f"Session {number}",
            "state": "Running",
            "account_name": "acme",
            "environment_name": "ROOT",
            "user_name": "ann",
            "app_name": "Planner",
            "app_version": "1.2",
            "description": None,
            "created_at": (NOW - timedelta(hours=9) + timedelta(seconds=number))
            .isoformat()
            .replace("+00:00", "Z"),
            "started_at": None,
            "ended_at": None,
            "gb_hours": 0.5,
            "message": "",
        }
        return {name: value for name, value in {**sent, **changes}.items() if value is not ...}

    return make


@pytest.fixture
def session() -> Session:
    created = NOW - timedelta(hours=9)
    return Session("s1", "webui", "running", "ann", "ROOT", created_at=created, started_at=created)


@pytest.fixture(scope="session")
def in_process() -> InProcess:
    """A connection to a function, for examples by the hundred.

    A session's fixture, for hypothesis to use.
    """

    def start(answer: Callable[[httpx.Request], httpx.Response]) -> Connection:
        transport = httpx.MockTransport(answer)
        key = SecretStr(KEY)
        return Connection(
            "acme",
            "http://x",
            key,
            clock=Clock(),
            client_factory=lambda: Client(transport=transport),
        )

    return start
