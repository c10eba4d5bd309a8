"""Requests and answers over raw sockets.

What a session-manager, or whatever stands before it, can put on the wire.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

CHUNK = 1 << 16


@dataclass(frozen=True)
class Request:
    """One request. `what` is list, read, log, openapi, tasks or task, or what is asked to
    be done.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    at: datetime
    what: str = ""
    kind: str = ""
    id: str = ""


@dataclass(frozen=True)
class Answer:
    """One answer. `claims` is another Content-Length than the true one.

    `raw` goes out instead of everything.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    claims: int | None = None
    raw: bytes | None = None
    cut: bool = False

    def encoded(self, date: str | None) -> tuple[bytes, bytes]:
        if self.raw is not None:
            return self.raw, b""
        length = len(self.body) if self.claims is None else self.claims
        lines = [f"HTTP/1.1 {self.status} Answer", f"Content-Length: {length}"]
        lines += [f"Date: {date}"] if date is not None else []
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1"), self.body


def as_json(content: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status, json.dumps(content).encode(), {"Content-Type": "application/json", **named}
    )


def refusal(status: int, **headers: str) -> Answer:
    """An error in the service's own form."""
    return as_json(
        {"errorCode": status, "errorId": "e-1", "message": "as the test says"}, status, **headers
    )


def page(status: int, words: str = "nothing here") -> Answer:
    """What a gateway or sign-in page says in the service's place."""
    return Answer(
        status, f"<html><body>{words}</body></html>".encode(), {"Content-Type": "text/html"}
    )


CUT = Answer(raw=b"", cut=True)
"""The connection is closed without a word."""


class RawServer:
    """Answers on loopback, each connection in a thread.

    `respond` gives the answer and what its Date header says.
    """

    def __init__(self, respond: Callable[[str, str, bytes], tuple[Answer, str | None]]) -> None:
        self.sent = 0
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while (asked := _read(self.rfile)) is not None:
                    answer, date = respond(*asked)
                    if not outer._write(self.wfile, answer, date) or answer.cut:
                        return

        self._server = socketserver.ThreadingTCPServer(
            ("127.0.0.1", 0), Handler, bind_and_activate=True
        )
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    # socketserver's
    def _write(self, to: Any, answer: Answer, date: str | None) -> bool:  # noqa: ANN401
        """Send it; False when the client would not have all of it."""
        head, body = answer.encoded(date)
        try:
            to.write(head)
            for start in range(0, len(body), CHUNK):
                to.write(body[start : start + CHUNK])
                self.sent += CHUNK
        except OSError:
            return False
        return True


def _read(stream: Any) -> tuple[str, str, bytes] | None:  # noqa: ANN401 - socketserver's
    """The next request's method, target and body; None when the client is gone."""
    try:
        line = stream.readline().decode("latin-1").split()
        length = 0
        while (header := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            length = int(value) if name.lower() == "content-length" else length
        return (line[0], line[1], stream.read(length)) if line else None
    except OSError:
        return None


def parted(target: str, *, decodes: bool) -> tuple[str, dict[str, str]]:
    """The path and the query of a target.

    A server that `decodes` takes %2F and ../ for parts of the path.
    """
    path, _, query = target.partition("?")
    if decodes:
        path = _walked(unquote(path))
    return path, dict(parse_qsl(query, keep_blank_values=True))


def _walked(path: str) -> str:
    parts: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == "..":
            parts[-1:] = []
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
