"""A webhook and a mail server on this machine, which keep what they are sent."""

from __future__ import annotations

import json
import socketserver
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any

CERTIFICATE = Path(__file__).with_name("loopback.pem")
"""A certificate of localhost, with its key: worth nothing anywhere else."""


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Hook:
    """Answers with `status`; `held` are the messages it got, `paths` where they were sent to.

    A message of more than `most` bytes is refused, as chat services do; `sizes` are those of all.
    After so many as `patience` it fails.
    """

    def __init__(self) -> None:
        self.status = 200
        self.held: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.most = 28 * 1024
        self.patience = 1_000_000
        self.sizes: list[int] = []

    @contextmanager
    def open(self) -> Iterator[str]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.paths.append(self.path)
                size = int(self.headers["Content-Length"])
                hook.sizes.append(size)
                hook.held.append(json.loads(self.rfile.read(size)))
                failed = 500 if len(hook.held) > hook.patience else hook.status
                self.send_response(failed if size <= hook.most else 413)
                if hook.status in (301, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        with _serving(server):
            yield f"http://127.0.0.1:{server.server_port}/services/T0/s3cret-hook"


class Post:
    """Takes mail. `answers` replace its usual ones, by the word that begins a command.

    `said` is what it was told.
    """

    def __init__(self, *, tls: bool = False) -> None:
        self.tls = tls
        self.answers: dict[str, str] = {}
        self.said: list[str] = []
        self.mails: list[str] = []
        self.encrypted: list[bool] = []

    @contextmanager
    def open(self) -> Iterator[int]:
        post = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):  # who does not trust the certificate hangs up
                    self.wfile.write(b"220 post\r\n")
                    _answer(post, self.request)

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
            yield server.server_address[1]


def _answer(post: Post, stream: socket) -> None:
    lines = stream.makefile("rwb", buffering=0)

    def say(text: str) -> None:
        lines.write(f"{text}\r\n".encode())

    while line := lines.readline():
        said = line.decode().strip()
        post.said.append(said)
        word = said.upper().split(" ")[0]
        if word in post.answers:
            say(post.answers[word])
            continue
        match word:
            case "EHLO":
                say(
                    "250-post\r\n250-AUTH PLAIN"
                    + ("\r\n250 STARTTLS" if post.tls else "\r\n250 HELP")
                )
            case "STARTTLS":
                say("220 go on")
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(CERTIFICATE)
                with closing(context.wrap_socket(stream, server_side=True)) as encrypted:
                    _answer(post, encrypted)
                return
            case "AUTH":
                say("235 welcome")
            case "DATA":
                say("354 go on")
                post.mails.append("".join(_body(lines.readline)))
                post.encrypted.append(isinstance(stream, ssl.SSLSocket))
                say("250 kept")
            case "QUIT":
                say("221 bye")
                return
            case _:
                say("250 fine")


def _body(line: Callable[[], bytes]) -> Iterator[str]:
    while (text := line().decode()) not in (".\r\n", ""):
        yield text
