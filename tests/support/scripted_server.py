"""A small web server on a real socket that answers as a test tells it to, and remembers what it was
asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from reaper.platforms.aimms.connection import Connection

KEY = "s3cr3t-key-of-the-tests"


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

    An answer is a body (JSON or bytes), or (status, body), or (status, body, headers), or None:
    hang up.
    """

    answer: Answer
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
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
        status, content, extra = (
            (*answer, {})[:3] if isinstance(answer, tuple) else (200, answer, {})
        )
        self._write(
            status, content if isinstance(content, bytes) else json.dumps(content).encode(), extra
        )

    def _write(self, status: int, content: bytes, extra: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(content)), **extra}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    # the names http.server looks for
    do_GET = do_PATCH = do_PUT = do_DELETE = do_POST = _reply  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that goes away early is what some tests are about."""


Answer = Callable[["Asked"], Any]
Serve = Callable[[Answer], "Served"]
Connect = Callable[..., Connection]
MakeItem = Callable[..., dict[str, Any]]
InProcess = Callable[[Callable[[httpx.Request], httpx.Response]], Connection]
