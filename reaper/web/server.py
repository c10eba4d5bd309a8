"""The face on a socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp

from reaper.errors import ConfigurationError
from reaper.logs import logger
from reaper.web.connections import BACKLOG, HEADER_BYTES, BoundedConnection

_log = logger("web")
_GRACE = 2.0  # seconds that answers under way have when the daemon ends
_THREADS = 4  # requests that read the database at a time; those of health have their own


@contextmanager
def serve(app: ASGIApp, listen: str) -> Iterator[str]:
    """Answer at `listen` (host:port, 0 takes a free port) while the context is open; gives the url.

    Raises ConfigurationError when the address cannot be listened on.
    """
    listener = _bound(listen)
    url = _url(listener)
    started = threading.Event()
    server = _Server(app, started)
    thread = threading.Thread(target=server.run, args=([listener],), name="http", daemon=True)
    thread.start()
    started.wait()
    _log.info("answering over HTTP", url=url)
    try:
        yield url
    finally:
        server.stop()
        thread.join()


class _Server(uvicorn.Server):
    """A uvicorn that leaves signals to the daemon, and stops as soon as it is told."""

    def __init__(self, app: ASGIApp, started: threading.Event) -> None:
        super().__init__(_config(app))
        self._started = started
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        current_default_thread_limiter().total_tokens = _THREADS
        self._started.set()
        await self._stop.wait()

    def stop(self) -> None:
        """Stop; may be called from any thread, once it has started."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=int(_GRACE),
    )


def _bound(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    try:
        addresses = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, _, _, address = addresses[0]
        listener = socket.socket(
            family, kind, socket.IPPROTO_TCP
        )  # asyncio knows it for TCP, and lets nothing wait
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ConfigurationError(
            f"http.listen: {listen} cannot be listened on: {error.strerror}; "
            "stop the program that uses it, or choose another port"
        ) from None
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
