"""What runs now, and what the policies say of it."""

from __future__ import annotations

from pathlib import Path

from reaper.bootstrap import database
from reaper.config.settings.model import Settings
from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import PolicySet
from reaper.ports import Tell
from reaper.run.observe import probe_also
from reaper.run.pipeline import Reaper
from reaper.usecases.accounts import Observed, observe_all
from reaper.usecases.snapshots import kept, write_fleets

__all__ = ["Observation", "Observed", "observe"]


def observe(
    settings: Settings,
    policies: PolicySet,
    names: tuple[str, ...] = (),
    *,
    keep: Path | None = None,
    tell: Tell = lambda _: None,
) -> Observed[Observation]:
    """One look at each of the named accounts, or at all; nothing is recorded and nothing is ended.

    With `keep` the log of every session is read, and the fleets are written there to be judged
    again. Raises ConfigurationError and StoreError.
    """
    accounts = settings.chosen(names)
    look = _look if keep is None else _look_at_all
    with database(settings) as store:
        observed = observe_all(
            settings, accounts, policies, look, store, observation=lambda look: look, tell=tell
        )
    if keep is not None and observed.looks:
        write_fleets(keep, map(kept, observed.looks))
    return observed


def _look(reaper: Reaper) -> Observation:
    return reaper.look()[0]


def _look_at_all(reaper: Reaper) -> Observation:
    """A look that learns the last activity of every session, not only where it decides."""
    observation = _look(reaper)
    return probe_also(reaper.source, observation, observation.snapshot.fleet)
