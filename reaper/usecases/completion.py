"""Names that a shell can complete: from the settings, the policies and the record.

No platform is asked, nothing is made or migrated, and what cannot be read completes to nothing.
"""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from reaper.config.policies.load import load_policies
from reaper.config.settings.model import Settings, load_settings
from reaper.errors import ReaperError
from reaper.store import is_empty, open_database, recorded
from reaper.usecases.configuration import today


def accounts(file: Path | None) -> list[str]:
    """Those of the settings."""
    settings = _settings(file)
    return [one.name for one in settings.accounts] if settings else []


def policies(file: Path | None) -> list[str]:
    """Those of the policy files that the settings name."""
    settings = _settings(file)
    with suppress(ReaperError):
        if settings is not None:
            return [one.name for one in load_policies(settings.policies, today()).policies.policies]
    return []


def sessions(file: Path | None, start: str) -> list[str]:
    """Ids on record that begin so, a few."""
    settings = _settings(file)
    with suppress(ReaperError):
        if settings is not None:
            address = settings.database_address()
            with closing(open_database(address, upgrade=False)) as store:
                return [] if is_empty(store) else [id_ for _, id_ in recorded(store, start)]
    return []


def _settings(file: Path | None) -> Settings | None:
    with suppress(ReaperError):
        return load_settings(file)
    return None
