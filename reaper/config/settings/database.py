"""Which database an installation has: the same one, whoever calls and from which folder."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from reaper.errors import ConfigurationError

NAME = "reaper.db"
_RELATIVE = re.compile(r"(sqlite(?:\+\w+)?:///)((?!/|:memory:|file:)[^?]+)(.*)", re.DOTALL)
_UNNAMED = (
    "cannot determine the database: there is no settings file {file}; set "
    "REAPER_SETTINGS (or --settings) to the settings file, or REAPER_DATABASE_URL to the database"
)
_LEFT = (
    "the database {new} does not exist, but {old} does, where earlier versions stored it; to keep "
    "it there, set `database_url: sqlite:///{old}` in {settings}; to move it, run `mv {old}* "
    "{folder}/` while no reaper runs; to start without its history, set `database_url: "
    "sqlite:///{new}`"
)


@dataclass(frozen=True)
class DatabaseAddress:
    """`url` is None where nothing names a database.

    `former` is where a version before kept what belongs into `file` now.
    """

    url: str | None
    file: Path | None = None
    former: Path | None = None

    def checked(self, settings: Path | None) -> str:
        """The address. Raises ConfigurationError where none is named, and where a record that was
        kept elsewhere would silently be left behind.
        """
        if self.url is None:
            raise ConfigurationError(_UNNAMED.format(file=here() / "reaper.yaml"))
        file, former = self.file, self.former
        if file is None or former is None or _is_there(file) or not _is_there(former):
            return self.url
        raise ConfigurationError(
            _LEFT.format(
                new=file, old=former, settings=settings or "the settings", folder=file.parent
            )
        )


def _is_there(file: Path) -> bool:
    """Not where this user may not look: such a file is of no use."""
    with suppress(OSError):
        return file.exists()
    return False


def _former() -> Path | None:
    """Where versions before kept it; nowhere, for a user without a home."""
    try:
        return user_data_path("reaper") / NAME
    except RuntimeError:
        return None


def here() -> Path:
    """The present folder; one that is gone has no name."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


def address_of(written: str | None, settings: Path | None) -> DatabaseAddress:
    """The database of a settings file, by what is written as `database_url`.

    A relative file is beside the settings, like every other path; by default it is `reaper.db`.
    Without a settings file it is in this folder.
    """
    folder = settings.parent.resolve() if settings else here()
    if written is None:
        if settings is None:
            return DatabaseAddress(None)
        file = folder / NAME
        return DatabaseAddress(f"sqlite:///{file}", file, _former())
    relative = _RELATIVE.fullmatch(written)
    if relative is None:
        return DatabaseAddress(written)
    begin, name, options = relative.groups()
    file = folder / name
    return DatabaseAddress(f"{begin}{file}{options}", file, here() / name)
