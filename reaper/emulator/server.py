"""The emulator on a real socket: in a thread for tests, in the foreground for people."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from .account import Recorded
from .app import create_app
from .config import Config
from .scenario import Scenario
from .world import World

_BACKLOG = 2048
_GRACE = 0.2  # real seconds that answers under way have when the server stops


class _Server(uvicorn.Server):
    """A uvicorn that stops when told, at once, instead of looking every tenth of a second whether
    it was.
    """

    def __init__(self, app: ASGIApp, on_started: Callable[[], None]) -> None:
        super().__init__(_settings(app))
        self._on_started = on_started
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`: uvicorn would raise them again once it has stopped."""
        yield

    async def main_loop(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._on_started()
        await self._stop.wait()

    def stop(self) -> None:
        """Stop; may be called from any thread, once it has started."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := list(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=_GRACE)
            for task in late:
                task.cancel()
        await asyncio.sleep(0)
        for listener in sockets or []:
            listener.close()


def _settings(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app, loop="asyncio", http="h11", ws="none", lifespan="off", log_config=None, log_level="critical",
        access_log=False, server_header=False, date_header=False, backlog=_BACKLOG,
    )  # fmt: skip


def _listen(config: Config) -> socket.socket:
    """A bound socket that names TCP, as asyncio else leaves Nagle's algorithm on.

    40 ms an answer.
    """
    family, kind, _, _, address = socket.getaddrinfo(
        config.host, config.port, type=socket.SOCK_STREAM
    )[0]
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Emulator:
    """An account that answers on a loopback socket while the context is open.

    `world` and `app` exist before: `app` also runs under Starlette's TestClient, without a socket.
    """

    def __init__(self, config: Config | None = None, scenario: Scenario | None = None) -> None:
        self.config = config or Config()
        self.world = World(self.config, scenario)
        front = create_app(self.world)
        self.app: ASGIApp = front
        self.requests: list[Recorded] = front.requests
        self._url: str | None = None
        self._thread: threading.Thread | None = None
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """The root of the tenant, as in http://127.0.0.1:43210."""
        if self._url is None:
            raise RuntimeError("the emulator is not running: open it with `with`")
        return self._url

    def __enter__(self) -> Self:
        listener = _listen(self.config)
        self._url = _url(listener)
        started = threading.Event()
        self._server = _Server(self.app, started.set)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="emulator", daemon=True
        )
        self._thread.start()
        started.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
        self._url = None


def serve(config: Config, on_ready: Callable[[str], None]) -> None:
    """Answer in the foreground until SIGINT or SIGTERM; `on_ready` gets the url once it answers.

    Raises:
        OSError: the address cannot be listened on.
        ScenarioError: the scenario cannot be followed.
    """
    app = create_app(World(config))
    listener = _listen(config)
    url = _url(listener)

    def ready() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stop)
        on_ready(url)

    server = _Server(app, ready)
    server.run([listener])
