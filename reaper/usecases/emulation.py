"""An emulated AIMMS PRO account on this machine.

To try things against, or to tell the whole story.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from reaper import emulator
from reaper.config.policies.load import PolicyReader, load_policies, ready_made
from reaper.config.settings.accounts import EMULATED_CLOCK
from reaper.config.settings.model import OwnSettings, Settings
from reaper.emulator import DEFAULT_KEY, Config, Emulator, Faults, ScenarioError
from reaper.errors import ConfigurationError
from reaper.usecases.configuration import ChosenPolicies, today

__all__ = ["Config", "Demonstration", "Faults", "Invitation", "demonstration", "emulate"]


@dataclass(frozen=True)
class Invitation:
    """Where the account answers, and the variables by which another shell's `reaper` looks after
    it.
    """

    url: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Demonstration:
    """Settings that know an emulated account alone, and the ready-made policies."""

    settings: Settings
    policies: ChosenPolicies


def emulate(config: Config, announce: Callable[[Invitation], None]) -> None:
    """Serve an account until SIGINT, and announce it once it answers.

    Raises ConfigurationError for a scenario that is not right, and a port that cannot be used.
    """
    try:
        emulator.serve(config, lambda url: announce(_invitation(url, config.speed)))
    except ScenarioError as error:
        raise ConfigurationError(str(error)) from None
    except OSError as error:
        why = f"port {config.port} cannot be used: {error.strerror}; choose another, or 0"
        raise ConfigurationError(why) from None


def _invitation(url: str, speed: float) -> Invitation:
    account = {"name": "demo", "url": url, "api_key": DEFAULT_KEY}
    variables = {
        "REAPER_ACCOUNTS": json.dumps([account]),
        "REAPER_POLICIES": str(ready_made()),
        "REAPER_DATABASE_URL": f"sqlite:///{Path.cwd() / 'reaper-emulated.db'}",
    }
    if speed != 1:
        variables[EMULATED_CLOCK] = url
    return Invitation(url, variables)


@contextmanager
def demonstration(generation: Literal[1, 2] = 2) -> Iterator[Demonstration]:
    """An emulated account with a small fleet, which is gone when the context is left."""
    scenario = Path(emulator.__file__).parent / "demo.yaml"
    config = Config(scenario=scenario, generation=generation)
    with TemporaryDirectory(prefix="reaper-demo-") as folder, Emulator(config) as account:
        loaded = load_policies(ready_made(), today=account.world.now().date())
        reader = PolicyReader(ready_made(), today)
        policies = ChosenPolicies(ready_made(), loaded.policies, (), reader)
        yield Demonstration(_settings(account.url, Path(folder)), policies)


def _settings(url: str, folder: Path) -> Settings:
    return OwnSettings.model_validate(
        {
            "accounts": [{"name": "demo", "url": url, "api_key": DEFAULT_KEY}],
            "database_url": f"sqlite:///{folder / 'reaper.db'}",
            "confirm_within": "20s",
            "per_minute": 600,
        }
    )
