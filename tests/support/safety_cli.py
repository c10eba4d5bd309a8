"""What the tests of whole commands share.

A person's desk, with settings, policies and accounts on it.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec
from support.command import Cli, Result

__all__ = [
    "POLICIES",
    "Cli",
    "Desk",
    "Result",
    "ended",
]

POLICIES = """\
policies:
  - name: idle
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
"""


@dataclass
class Desk:
    """Settings and policies in this folder; the accounts answer in real time."""

    stack: ExitStack
    database_url: str
    settings: dict[str, Any] = field(default_factory=dict)

    # what a Config can say
    def account(self, *specs: dict[str, Any], **more: Any) -> Emulator:  # noqa: ANN401
        about = {name: more.pop(name) for name in list(more) if name in Scenario.model_fields}
        scenario = Scenario(sessions=[SessionSpec.model_validate(spec) for spec in specs], **about)
        return self.stack.enter_context(Emulator(Config.model_validate(more), scenario))

    def write(
        self, policies: str = POLICIES, *, key: str = DEFAULT_KEY, **accounts: Emulator | str
    ) -> None:
        """The settings that name these accounts, and the policies."""
        named = [
            {"name": name, "url": one if isinstance(one, str) else one.url, "api_key": key}
            for name, one in accounts.items()
        ]
        usual = {
            "database_url": self.database_url,
            "timeout": "2s",
            "confirm_within": "1s",
            "per_minute": 60000,
        }
        written = {"accounts": named, **usual, **self.settings}
        Path("reaper.yaml").write_text(json.dumps(written), "utf-8")
        Path("policies").mkdir(exist_ok=True)
        Path("policies/all.yaml").write_text(policies, "utf-8")

    # what a Config can say
    def acme(self, *specs: dict[str, Any], **more: Any) -> Emulator:  # noqa: ANN401
        """An account named acme, with settings and policies that speak of it."""
        account = self.account(*specs, **more)
        self.write(acme=account)
        return account


def ended(account: Emulator) -> list[str]:
    """The sessions that were ended over the API."""
    return [session for session, _ in account.world.terminated]
