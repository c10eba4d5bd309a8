"""One request, one answer: the only place that makes HTTP clients.

Nothing is kept between two exchanges but the connection: no cookie. A redirect is an answer like
any other, and where it leads is not even read.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpcore
import httpx

from reaper import __version__
from reaper.net import machine
from reaper.net.faults import NetError, NoAnswer, NotSent, no_answer
from reaper.net.limits import Bounds, Horizon, Limit
from reaper.net.packing import ASKED_FOR, first, unpacked
from reaper.net.wire import Wire

_LONGEST_REMARK = 64 * 1024  # bytes of an answer of which the status has said it all
_KEEP_ALIVE_SECONDS = 3.0
"""Servers close at 5 or later: a termination must not meet a connection that just closed."""

_TROUBLE = (
    httpcore.ConnectionNotAvailable,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpx.HTTPError,
    OSError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came. The body of anything but a success is as it came, and perhaps not whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def success(self) -> bool:
        return httpx.codes.is_success(self.status)

    @property
    def redirect(self) -> bool:
        return httpx.codes.is_redirect(self.status)


class Client:
    """Asks one server, one request at a time; each thread has its own."""

    def __init__(
        self, horizon: Horizon | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._limit = Limit(horizon or Horizon())
        self._transport = transport

    def exchange(
        self,
        method: str,
        url: str,
        bounds: Bounds,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to one request, sent once. Raises NetError, and nothing else."""
        with _told():
            request = _request(method, url, params, json, headers)
            self._limit.begin(bounds)
            if self._transport is None:
                self._transport = _Transport(request.url, self._limit)
            response = self._transport.handle_request(request)
            try:
                return self._answer(response, bounds.most)
            finally:
                response.close()

    def _answer(self, response: httpx.Response, most: int) -> Answer:
        """A success of which the body matters is taken whole or not at all."""
        parts = cast("Iterable[bytes]", response.stream)
        status, headers = response.status_code, response.headers
        if most and httpx.codes.is_success(status):
            return Answer(
                status, headers, unpacked(parts, headers.get("content-encoding", ""), most)
            )
        self._limit.hurry()
        body = b""
        with contextlib.suppress(NetError, *_TROUBLE):  # the status has said it all
            body = first(parts, _LONGEST_REMARK)
        return Answer(status, headers, body)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _request(
    method: str,
    url: str,
    params: Mapping[str, str | int] | None,
    json: object,
    headers: Mapping[str, str] | None,
) -> httpx.Request:
    common = {
        "User-Agent": f"reaper/{__version__}",
        "Accept": "application/json",
        "Accept-Encoding": ASKED_FOR,
    }
    try:
        return httpx.Request(
            method, url, params=params, json=json, headers={**common, **(headers or {})}
        )
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise NotSent("the address is not a valid web address") from None


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Whatever the libraries below raise is a NetError."""
    try:
        yield
    except NetError:
        raise
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol):
        raise NotSent("the request is not one that HTTP can carry") from None
    except _TROUBLE as error:
        raise no_answer(error) from error


class _Transport(httpx.BaseTransport):
    """httpx over connections that keep within a limit."""

    def __init__(self, url: httpx.URL, limit: Limit) -> None:
        self._pool = _pool(url, limit)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=_where(url),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return iter(cast("Iterable[bytes]", self._answer.stream))

    def close(self) -> None:
        self._answer.close()


def _where(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _pool(url: httpx.URL, limit: Limit) -> httpcore.ConnectionPool:
    """The one connection to the address, by way of this machine's proxy. Raises NotSent."""
    proxy = machine.proxy_to(url)
    through = "" if proxy is None else machine.variable_of(url)
    common: dict[str, Any] = {
        "ssl_context": machine.tls() if url.scheme == "https" else None,
        "max_connections": 1,
        "keepalive_expiry": _KEEP_ALIVE_SECONDS,
        "network_backend": _Backend(limit, through),
    }
    if proxy is None:
        return httpcore.ConnectionPool(**common)
    at = _where(proxy.url)
    if proxy.url.scheme in {"http", "https"}:
        secure = proxy.url.scheme == "https"
        return httpcore.HTTPProxy(
            at, proxy.raw_auth, proxy_ssl_context=machine.tls() if secure else None, **common
        )
    try:
        return httpcore.SOCKSProxy(at, proxy.raw_auth, **common)
    except RuntimeError:
        hint = "a SOCKS proxy needs the package socksio: install it"
        raise machine.unusable(through, hint) from None


class _Backend(httpcore.NetworkBackend):
    """`through` is the variable that names the proxy, where there is one."""

    def __init__(self, limit: Limit, through: str) -> None:
        self._limit, self._through = limit, through

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's; the limit's is narrower
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        try:
            return _Stream(Wire(host, port, self._limit))
        except NoAnswer as error:
            if not self._through:
                raise
            raise NoAnswer(f"the proxy that {self._through} names: {error}") from error


class _Stream(httpcore.NetworkStream):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._wire.receive(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        try:
            self._wire.send(buffer)
        except NoAnswer as error:
            if isinstance(error.__cause__, OSError):  # the server may have answered early
                raise httpcore.WriteError(str(error)) from error
            raise

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        self._wire.start_tls(ssl_context, server_hostname)
        return self

    def close(self) -> None:
        self._wire.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's
        return self._wire.is_readable() if info == "is_readable" else None
