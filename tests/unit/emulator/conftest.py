"""Accounts of a few sessions, at a fixed moment, where time stands still unless a test lets it
pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from support.emulated_account import NO_TLS, START, Open, Tenant

from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec


@pytest.fixture
def tenant() -> Iterator[Open]:
    """Open an account.

    Sessions in brief, a generation, and whatever else a scenario or a config can say.
    """
    with ExitStack() as stack:

        def open_tenant(
            *sessions: dict[str, Any],
            generation: int = 2,
            speed: float = 0,
            **more: Any,  # noqa: ANN401
        ) -> Tenant:
            about = {name: more.pop(name) for name in list(more) if name in Scenario.model_fields}
            scenario = Scenario(
                sessions=[SessionSpec.model_validate(spec) for spec in sessions], **about
            )
            config = Config.model_validate(
                {"start": START, "speed": speed, "generation": generation, **more}
            )
            emulator = Emulator(config, scenario)
            stack.enter_context(emulator)
            client = httpx.Client(
                base_url=emulator.url,
                headers={"apiKey": DEFAULT_KEY},
                verify=NO_TLS,
                trust_env=False,
            )
            return Tenant(emulator, stack.enter_context(client))

        yield open_tenant
