"""What people have written: settings and policies, from files and the environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reaper import files
from reaper.clock import SYSTEM_CLOCK
from reaper.config.policies.load import PolicyReader, load_policies
from reaper.config.settings.model import Settings, load_settings, variables_without_effect
from reaper.core.language.policy import PolicySet
from reaper.errors import ConfigurationError

__all__ = [
    "ChosenPolicies",
    "Settings",
    "nobody_to_tell",
    "read_policies",
    "read_settings",
    "strange_variables",
    "today",
]


@dataclass(frozen=True)
class ChosenPolicies:
    """The policies to judge by, where they are, what is doubtful about them, and what reads them
    again.
    """

    path: Path
    policies: PolicySet
    warnings: tuple[str, ...]
    reread: Callable[[], PolicySet]


def read_settings(file: Path | None) -> Settings:
    """The settings of a file (`reaper.yaml` where none is named) and the environment.

    Raises ConfigurationError.
    """
    return load_settings(file)


def strange_variables(file: Path | None) -> list[str]:
    """Which variables of the environment look like settings and are none, one line each."""
    return variables_without_effect(file)


def read_policies(settings: Settings, path: Path | None = None) -> ChosenPolicies:
    """The policies of a file or folder, or else those that the settings name.

    Raises FileProblems.
    """
    if path is None and files.missing(settings.policies):
        hint = "`reaper init` writes some to start from"
        raise ConfigurationError(f"{settings.policies}: no policies found; {hint}")
    where = path or settings.policies
    loaded = load_policies(where, today=today())
    warnings = (*map(str, loaded.warnings), *nobody_to_tell(loaded.policies, settings))
    return ChosenPolicies(where, loaded.policies, warnings, PolicyReader(where, today))


def nobody_to_tell(policies: PolicySet, settings: Settings) -> list[str]:
    """What is doubtful about policies that tell, where the settings name nobody."""
    silent = [policy.name for policy in policies.policies if policy.mode == "notify"]
    if not silent or settings.notify.targets:
        return []
    hint = "name a target under 'notify' in the settings"
    return [f"nobody is notified of what {', '.join(silent)} finds: {hint}"]


def today() -> date:
    """The day, in UTC."""
    return SYSTEM_CLOCK.now().date()
