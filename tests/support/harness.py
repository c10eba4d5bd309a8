"""A reaper as bootstrap wires it, with the clock, the database and the name that a test gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Literal

import pytest

from reaper import bootstrap
from reaper.config.settings.model import OwnSettings
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.model.duration import Duration
from reaper.emulator import DEFAULT_KEY
from reaper.ports import Clock
from reaper.run.pipeline import Reaper
from reaper.store import Database


@contextmanager
def wired(
    url: str,
    policies: PolicySet,
    database: Database,
    clock: Clock,
    *,
    enforce: bool = True,
    limits: Limits | None = None,
    stop: Event | None = None,
    reread: Callable[[], PolicySet] | None = None,
    tell: Callable[[str], None] = lambda _: None,
    actor: str = "anna@desk",
    generation: Literal["auto", 1, 2] = "auto",
    timeout: float = 1.0,
    patience: float = 90.0,
    per_minute: int = 0,
    sentinel: Path | None = None,
) -> Iterator[Reaper]:
    """A reaper of the account at this address; what lasts may go unseen for an hour."""
    account = {
        "name": "acme",
        "url": url,
        "api_key": DEFAULT_KEY,
        "generation": generation,
        "ready_within": "1h",
    }
    settings = OwnSettings.model_validate(
        {
            "accounts": [account],
            "limits": limits or Limits(),
            "timeout": _span(timeout),
            "confirm_within": _span(patience),
            "per_minute": per_minute or None,
            "stop_file": sentinel,
            "activity": {"workers": 2},
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "actor", lambda: actor)
        with bootstrap.reaper_of(
            settings,
            settings.accounts[0],
            policies,
            database,
            enforce=enforce,
            stop=stop or Event(),
            tell=tell,
            reread=reread,
            clock=clock,
        ) as reaper:
            yield reaper


def _span(seconds: Any) -> Duration:  # noqa: ANN401 - a float: shorter than a person could write
    return Duration(f"{seconds}s", seconds)
