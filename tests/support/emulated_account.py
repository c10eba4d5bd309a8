"""Accounts of a few sessions, at a fixed moment, where time stands still unless a test lets it
pass.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from reaper.emulator import Emulator, World

NO_TLS = ssl.SSLContext(
    ssl.PROTOCOL_TLS_CLIENT
)  # loading certificates for each client would cost more than the test
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SESSIONS = "/pro/session-manager/v1/sessions"
TASKS = "/pro-api/v2/tasks"


@dataclass
class Tenant:
    """An account on a loopback socket: its world, and a client that carries the key."""

    emulator: Emulator
    http: httpx.Client

    @property
    def world(self) -> World:
        return self.emulator.world

    # as httpx takes them
    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:  # noqa: ANN401
        return self.http.request(method, f"{SESSIONS}{path}", **arguments)

    def get(self, path: str, **params: object) -> Any:  # noqa: ANN401 - JSON
        response = self.call("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def ids(self, path: str, **params: object) -> list[str]:
        return [item["id"] for item in self.get(path, **params)["items"]]

    def status(self, method: str, path: str, **params: object) -> int:
        return self.call(method, path, params=params).status_code


Open = Callable[..., Tenant]
