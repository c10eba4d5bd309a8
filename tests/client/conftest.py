"""A small web server on a real socket that answers as a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
import stamina
from pydantic import SecretStr

from reaper.client.connection import Connection
from reaper.core.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = Callable[["Asked"], Any]
    Serve = Callable[[Answer], "Served"]
    Connect = Callable[..., Connection]
    MakeItem = Callable[..., dict[str, Any]]
    InProcess = Callable[[Callable[[httpx.Request], httpx.Response]], Connection]


sys.path.append(str(Path(__file__).parent))

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = "s3cr3t-key-of-the-tests"


class StillClock:
    """A clock that stands where a test put it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    raw_path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(self.raw_path)


@dataclass
class Served:
    """A running server; `answer` may be changed while it runs.

    An answer is a body (JSON or bytes), or (status, body), or (status, body, headers), or None: hang up.
    """

    answer: Answer
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    served: Served

    def _reply(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        self.served.asked.append(asked)
        answer = self.served.answer(asked)
        if answer is None:
            self.close_connection = True
            return
        status, content, extra = (*answer, {})[:3] if isinstance(answer, tuple) else (200, answer, {})
        self._write(status, content if isinstance(content, bytes) else json.dumps(content).encode(), extra)

    def _write(self, status: int, content: bytes, extra: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(content)), **extra}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PATCH = do_PUT = do_DELETE = do_POST = _reply  # noqa: N815 - the names http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that goes away early is what some tests are about."""


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retries happen as often as in life, but at once."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> Served:
        served = Served(answer)
        handler = type("Handler", (_Handler,), {"served": served})
        server = _Server(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        served.url = f"http://127.0.0.1:{server.server_port}"
        return served

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def connect(clock: StillClock) -> Iterator[Connect]:
    """A connection to a server of `serve` (or to an address), closed after the test."""
    opened: list[Connection] = []

    def start(server: Any, **options: Any) -> Connection:  # noqa: ANN401 - a Served, an Emulator, or an address
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

    def make(number: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON, also wrong
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
            "created_at": (NOW - timedelta(hours=9) + timedelta(seconds=number)).isoformat().replace("+00:00", "Z"),
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
    """A connection to a function, for examples by the hundred; a session's fixture, for hypothesis to use."""

    def start(answer: Callable[[httpx.Request], httpx.Response]) -> Connection:
        transport = httpx.MockTransport(answer)
        key = SecretStr(KEY)
        return Connection(
            "acme", "http://x", key, clock=StillClock(), client_factory=lambda: httpx.Client(transport=transport)
        )

    return start
