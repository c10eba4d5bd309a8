"""Accounts of a few sessions, at a fixed moment, where time stands still unless a test lets it pass."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec, World

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading certificates for each client would cost more than the test
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

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes them
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


@pytest.fixture
def tenant() -> Iterator[Open]:
    """Open an account: sessions in brief, a generation, and whatever else a scenario or a config can say."""
    with ExitStack() as stack:

        def open_tenant(*sessions: dict[str, Any], generation: int = 2, speed: float = 0, **more: Any) -> Tenant:  # noqa: ANN401
            about = {name: more.pop(name) for name in list(more) if name in Scenario.model_fields}
            scenario = Scenario(sessions=[SessionSpec.model_validate(spec) for spec in sessions], **about)
            config = Config.model_validate({"start": START, "speed": speed, "generation": generation, **more})
            emulator = Emulator(config, scenario)
            stack.enter_context(emulator)
            client = httpx.Client(
                base_url=emulator.url, headers={"apiKey": DEFAULT_KEY}, verify=NO_TLS, trust_env=False
            )
            return Tenant(emulator, stack.enter_context(client))

        yield open_tenant
