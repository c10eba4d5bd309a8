"""What the tests of the face share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from reaper.errors import StoreError
from reaper.store import Database
from reaper.watch import Watch

Ask = httpx.Client

POLICIES = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
    exempt:
      - {owner: admin@ROOT, reason: operations}
  - name: old-tasks
    select: {kind: task}
    terminate_when: {age: 24h}
"""
IDLE = "11111111-1111-4111-8111-111111111111"

FLEET: tuple[dict[str, Any], ...] = (
    {"id": IDLE, "owner": "anna@Planning", "age": "9h", "idle": "5h"},
    {"owner": "ben@Supply", "age": "3h", "idle": "5m"},
    {"owner": "admin@ROOT", "age": "8h", "idle": "6h"},
    {"owner": "eva@Supply", "age": "5h", "log_entries": 0},
    {"owner": "carl@Supply", "kind": "task", "age": "30h"},
)


def problem(answer: httpx.Response, status: int) -> str:
    """The detail of a problem, which has the shape and the type that it ought to have."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert set(body) == {"type", "title", "status", "detail"}
    return str(body["detail"])


class HandClock:
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.awake = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.awake

    def wait(self, seconds: float) -> None:
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.awake += seconds


@dataclass
class Stand:
    """A face over what a daemon saw, by a clock of the test's own that begins after the recorded runs."""

    api: Ask
    watch: Watch
    clock: HandClock
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
