"""Requests to one account.

The key, time limits, retries of reads, and what was learnt on the way.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from itertools import count as counting
from random import uniform
from typing import TYPE_CHECKING, Self

from reaper.errors import AccountError, NotAsked, RateLimited, ServerFault, Unreachable
from reaper.logs import logger
from reaper.net.client import Client
from reaper.net.faults import NetError
from reaper.net.limits import Bounds, Horizon
from reaper.platforms.aimms.address import checked_key, checked_url
from reaper.platforms.aimms.crowding import refuse_crowds
from reaper.platforms.aimms.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from threading import Event

    from pydantic import SecretStr

    from reaper.net.client import Answer
    from reaper.ports import Clock, RequestCount

    Params = Mapping[str, str | int]

_log = logger("client")
LONGEST_WAIT = 60.0  # seconds; a server that asks for more is not asked again in this look
_LONGEST_BODY = 8 * 1024 * 1024
_ANSWERED = 3  # a whole answer may take so many times the timeout, however slowly it drips
_REPEATED = 6  # and a read with all its repetitions so many times
ATTEMPTS = 4
FIRST_WAIT, WAIT_MOST = 0.2, 5.0  # seconds between two attempts of a read
TICK = timedelta(seconds=1)  # the Date header counts whole seconds


def pause(error: Exception) -> bool | float:
    """Shall a failed read be repeated, and after how many seconds where the server said so?"""
    if isinstance(error, RateLimited | ServerFault) and error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_WAIT else False
    return isinstance(error, RateLimited | ServerFault | Unreachable) and not isinstance(
        error, NotAsked
    )


class Connection:
    """One account's server. Threads may share it.

    Each gets a client of its own, which is faster. A look takes no longer than `look_seconds`, and
    all that is done over the connection no longer than `pass_seconds`; `stop` breaks reads off.
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
        attempts: int | None = None,
        client_factory: Callable[[], Client] | None = None,
        count: RequestCount | None = None,
        look_seconds: float = 300.0,
        pass_seconds: float = 1800.0,
        stop: Event | None = None,
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
        self._look_seconds, self._horizon = look_seconds, Horizon(pass_seconds, stop)
        self.begin_look()
        self._key, self._clock, self._attempts = (
            checked_key(account, api_key),
            clock,
            attempts or ATTEMPTS,
        )
        self._timeout, self._counted, self._log = timeout_seconds, count, _log.bind(account=account)
        self._new_client = client_factory or self._own_client
        self._local = threading.local()
        self._clients: list[Client] = []

    def begin_look(self) -> None:
        """Forget what the answers so far told of the server's clock."""
        self.begin_reading()
        with self._lock:
            self._worst_skew: float | None = None
            self._untold = False

    def begin_reading(self) -> None:
        """What is read from now on has the time of a whole look."""
        self._horizon.begin_look(self._look_seconds)

    @property
    def skew_seconds(self) -> float | None:
        """By how much the server's clock was ahead of ours in the worst answer since the look
        began.

        None while nothing was answered, and as soon as an answer that was read did not tell.
        """
        return None if self._untold else self._worst_skew

    def get(self, path: str, params: Params | None = None, *, most: int = _LONGEST_BODY) -> bytes:
        """The body of a successful answer, of at most so many bytes; a failure that may pass is
        retried.

        Raises AccountError.
        """
        ends_at = time.monotonic() + _REPEATED * self._timeout
        for attempt in counting(1):
            left = max(ends_at - time.monotonic(), 0.0)
            bounds = Bounds(min(_ANSWERED * self._timeout, left), self._timeout, most)
            try:
                return self._ask("GET", path, params, bounds, attempt=attempt)
            except AccountError as error:
                if attempt == self._attempts or not self._rest(error, attempt, ends_at):
                    raise
                self._log.info(
                    "request repeated", attempt=attempt + 1, path=path, because=str(error)
                )
        raise AssertionError("unreachable")

    def _rest(self, error: AccountError, attempt: int, ends_at: float) -> bool:
        """Wait as is fit after such a failure; whether it may be tried again then."""
        wait = pause(error)
        if wait is True:
            wait = min(FIRST_WAIT * 2**attempt, WAIT_MOST) * uniform(0.5, 1)  # noqa: S311 - no secret
        if wait is False or time.monotonic() + wait >= ends_at:
            return False
        return self._horizon.rest(wait)

    def get_once(self, path: str) -> bytes:
        """As `get`, for what can be done without: never repeated."""
        return self._ask(
            "GET", path, None, Bounds(_ANSWERED * self._timeout, self._timeout, _LONGEST_BODY)
        )

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
        bounds = Bounds(_ANSWERED * self._timeout, self._timeout, patient=True)
        self._ask(method, path, params, bounds, json=json)

    def break_off(self) -> None:
        """Let nobody wait for an answer any longer that only would be read."""
        self._horizon.break_off()

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
        bounds: Bounds,
        *,
        json: Mapping[str, str] | None = None,
        attempt: int = 1,
    ) -> bytes:
        asked_at, changes = self._clock.now(), bounds.patient
        answer: Answer | None = None
        try:
            answer = self._client().exchange(
                method,
                self.url + path,
                bounds,
                params=params,
                json=json,
                headers={"apiKey": self._key.get_secret_value()},
            )
        except NetError as error:
            raise self.faults.failed(error, changes=changes) from error
        finally:
            self._count(None if answer is None else answer.status, attempt)
        answered_at, status, headers = self._clock.now(), answer.status, answer.headers
        read = answer.success and not changes
        self._note_skew(_skew(headers.get("date"), asked_at, answered_at), read=read)
        if not answer.success:
            raise self.faults.refused(
                status, headers, answer.body, path, answered_at, changes=changes
            )
        refuse_crowds(answer.body, self.faults.unintelligible)
        return answer.body

    def _client(self) -> Client:
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = self._new_client()
            with self._lock:
                self._clients.append(client)
        return client

    def _own_client(self) -> Client:
        return Client(self._horizon)

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
