"""Requests to one account.

The key, time limits, retries of reads, and what was learnt on the way.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self

import httpx
import stamina

from reaper import __version__
from reaper.config.settings.urls import is_loopback
from reaper.errors import AccountError, RateLimited, ServerFault, Unreachable
from reaper.logs import logger
from reaper.platforms.aimms.address import checked_key, checked_url
from reaper.platforms.aimms.faults import Faults

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pydantic import SecretStr

    from reaper.ports import Clock, RequestCount

    Params = Mapping[str, str | int]

_log = logger("client")
LONGEST_WAIT = 60.0  # seconds; a server that asks for more is not asked again in this look
LONGEST_BODY = 64 * 1024 * 1024
LONGEST_REMARK = 64 * 1024  # of the answer to a request that changes something
CONNECT_SECONDS = 5.0
KEEP_ALIVE_SECONDS = (
    3.0  # servers close at 5 or later: a termination must not meet a connection that just closed
)
PATIENCE = 6  # a whole answer may take so many times the timeout, however slowly it drips
TICK = timedelta(seconds=1)  # the Date header counts whole seconds


def quiet_retries() -> None:
    """Keep the retry library from logging by itself.

    What came of a read is told where it matters.
    """
    stamina.instrumentation.set_on_retry_hooks(())


def pause(error: Exception) -> bool | float:
    """Shall a failed read be repeated, and after how many seconds where the server said so?"""
    if isinstance(error, RateLimited | ServerFault) and error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_WAIT else False
    return isinstance(error, RateLimited | ServerFault | Unreachable)


class Connection:
    """One account's server. Threads may share it.

    Each gets an httpx client of its own, which is faster.
    """

    def __init__(
        self,
        account: str,
        url: str,
        api_key: SecretStr,
        *,
        clock: Clock,
        timeout_seconds: float = 10.0,
        workers: int = 8,
        attempts: int = 4,
        client_factory: Callable[[], httpx.Client] | None = None,
        count: RequestCount | None = None,
    ) -> None:
        self.account = account
        self.url = checked_url(account, url)
        self.workers = workers
        self.faults = Faults(account, self.url, api_key)
        self.requests = 0
        self._lock = threading.Lock()
        self.last_skew: float | None = (
            None  # how far the server's clock was ahead of ours when it last told
        )
        self.begin_look()
        self._key, self._clock, self._attempts = checked_key(account, api_key), clock, attempts
        self._timeout, self._counted, self._log = timeout_seconds, count, _log.bind(account=account)
        self._new_client = client_factory or self._own_client
        self._local = threading.local()
        self._clients: list[httpx.Client] = []

    def begin_look(self) -> None:
        """Forget what the answers so far told of the server's clock."""
        with self._lock:
            self._worst_skew: float | None = None
            self._untold = False

    @property
    def skew_seconds(self) -> float | None:
        """By how much the server's clock was ahead of ours in the worst answer since the look
        began.

        None while nothing was answered, and as soon as an answer that was read did not tell.
        """
        return None if self._untold else self._worst_skew

    def get(self, path: str, params: Params | None = None) -> bytes:
        """The body of a successful answer; a failure that may pass is retried.

        Raises AccountError.
        """
        retry = stamina.retry_context(
            pause,
            attempts=self._attempts,
            timeout=None,
            wait_initial=0.2,
            wait_max=5.0,
            wait_jitter=0.5,
        )
        failed: AccountError | None = None
        for attempt in retry:
            if failed is not None:
                self._log.info(
                    "request repeated", attempt=attempt.num, path=path, because=str(failed)
                )
            with attempt:
                try:
                    return self._ask("GET", path, params, attempt=attempt.num)
                except AccountError as error:
                    failed = error
                    raise
        raise AssertionError("unreachable")

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, str] | None = None,
        params: Params | None = None,
    ) -> None:
        """Change something, once: never retried, whatever happens.

        Raises AccountError for all but a success.
        """
        self._ask(method, path, params, json=json)

    def close(self) -> None:
        with self._lock:
            clients, self._clients = self._clients, []
        for client in clients:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(
        self,
        method: str,
        path: str,
        params: Params | None,
        *,
        json: Mapping[str, str] | None = None,
        attempt: int = 1,
    ) -> bytes:
        asked_at = self._clock.now()
        status: int | None = None
        try:
            status, headers, body = self._exchange(method, path, params, json)
        finally:
            self._count(status, attempt)
        answered_at = self._clock.now()
        read = method == "GET" and httpx.codes.is_success(status)
        self._note_skew(_skew(headers.get("date"), asked_at, answered_at), read=read)
        if httpx.codes.is_success(status):
            return body
        raise self.faults.refused(status, headers, body, path, answered_at, changes=method != "GET")

    def _exchange(
        self, method: str, path: str, params: Params | None, json: Mapping[str, str] | None
    ) -> tuple[int, httpx.Headers, bytes]:
        try:
            with self._client().stream(
                method,
                self.url + path,
                params=params,
                json=json,
                headers={"apiKey": self._key.get_secret_value()},
                follow_redirects=False,
            ) as response:
                body = self._body(response) if method == "GET" else self._remark(response)
                return response.status_code, response.headers, body
        except httpx.TransportError as error:
            raise self.faults.unreachable(error, changes=method != "GET") from error
        except httpx.DecodingError as error:
            raise self.faults.unintelligible("the answer's compression is corrupt") from error
        except (httpx.InvalidURL, UnicodeError) as error:  # read even where it is not followed
            raise self.faults.unintelligible(
                "the address, or what the answer redirects to, is not a valid web address"
            ) from error

    def _body(self, response: httpx.Response) -> bytes:
        """The whole body, within a bound of time and size that no drip or flood can stretch."""
        deadline = time.monotonic() + PATIENCE * self._timeout
        parts, size = [], 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the answer arrives too slowly")
            if size > LONGEST_BODY:
                raise self.faults.unintelligible(
                    f"the answer is longer than {LONGEST_BODY:,} bytes"
                )
        return b"".join(parts)

    def _remark(self, response: httpx.Response) -> bytes:
        """The first bytes as they came, of a body of which nothing depends.

        The status has said it all.
        """
        deadline = time.monotonic() + self._timeout
        parts, size = [], 0
        with contextlib.suppress(httpx.TransportError):
            for part in response.iter_raw():
                parts.append(part)
                size += len(part)
                if size > LONGEST_REMARK or time.monotonic() > deadline:
                    break
        return b"".join(parts)

    def _client(self) -> httpx.Client:
        client: httpx.Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = self._new_client()
            with self._lock:
                self._clients.append(client)
        return client

    def _own_client(self) -> httpx.Client:
        return httpx.Client(
            headers={"User-Agent": f"reaper/{__version__}", "Accept": "application/json"},
            timeout=httpx.Timeout(self._timeout, connect=min(CONNECT_SECONDS, self._timeout)),
            limits=httpx.Limits(max_connections=1, keepalive_expiry=KEEP_ALIVE_SECONDS),
            trust_env=not is_loopback(self.url),
            verify=_tls(),
        )

    def _count(self, status: int | None, attempt: int) -> None:
        with self._lock:
            self.requests += 1
        if self._counted is not None:
            self._counted(self.account, status, retried=attempt > 1)

    def _note_skew(self, skew: float | None, *, read: bool) -> None:
        """Keep the worst.

        An answer that is read and does not tell the time is a doubt of its own.
        """
        with self._lock:
            if skew is None:
                self._untold = self._untold or read
                return
            self.last_skew = skew
            if abs(skew) >= abs(self._worst_skew or 0.0):
                self._worst_skew = skew


def _skew(date: str | None, asked_at: datetime, answered_at: datetime) -> float | None:
    """How far the server's date lies outside the time in which it was asked.

    0 inside, None where it is no date.
    """
    try:
        theirs = parsedate_to_datetime(date or "")
        if theirs.tzinfo is None:
            return None
        theirs = theirs.astimezone(UTC)
    except (
        ValueError,
        OverflowError,
        TypeError,
        IndexError,
    ):  # the last two: faults of the library
        return None
    early, late = theirs + TICK - asked_at, theirs - answered_at
    return max(late.total_seconds(), 0.0) or min(early.total_seconds(), 0.0)


@functools.cache
def _tls() -> ssl.SSLContext:
    """One for all clients: reading the certificates takes 40 ms."""
    return httpx.create_ssl_context()
