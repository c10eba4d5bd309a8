"""What the tests of the face share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from reaper.daemon.status import DaemonStatus
from reaper.errors import StoreError
from reaper.store import Database
from support.clock import Clock

Ask = httpx.Client


def problem(answer: httpx.Response, status: int) -> str:
    """The detail of a problem, which has the shape and the type that it ought to have."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert set(body) == {"type", "title", "status", "detail"}
    return str(body["detail"])


@dataclass
class Stand:
    """A face over what a daemon saw, by a clock of the test's own that begins after the recorded
    runs.
    """

    api: Ask
    daemon: DaemonStatus
    clock: Clock
    store: Callable[[], Database]
    broken: list[StoreError] = field(default_factory=list)

    held: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.held.set()

    def break_database(self, error: StoreError) -> None:
        """From now on it answers nothing else."""
        self.broken.append(error)

    def database(self) -> Database:
        self.held.wait()
        for error in self.broken:
            raise error
        return self.store()
