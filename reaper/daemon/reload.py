"""What people have written, as it holds now.

Read anew beside the old, checked, and taken whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from reaper.config.file_watch import FileWatch
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import DEFAULT_FILE, Settings
from reaper.core.language.policy import PolicySet
from reaper.daemon.status import DaemonStatus
from reaper.errors import ConfigurationError, FileProblems
from reaper.logs import logger
from reaper.usecases.configuration import read_policies, read_settings

_log = logger("daemon")
_FIXED = ("database_url", "upgrade", "http", "log", "daemon")
"""Settings that hold until the daemon is started again."""


@dataclass(frozen=True)
class Configuration:
    """The settings, the accounts of them that are looked after, and the policies.

    `warnings` are doubts about them.

    `written` are the files and folders that they came from.
    """

    settings: Settings
    accounts: tuple[AccountSettings, ...]
    policies: PolicySet
    warnings: tuple[str, ...] = ()
    written: tuple[Path, ...] = ()


def load_configuration(
    file: Path | None, policies: Path | None, names: tuple[str, ...]
) -> Configuration:
    """What the settings file says of these accounts (of all where none is named), by these or its
    own policies.

    Raises ConfigurationError with everything that is wrong.
    """
    settings = read_settings(file)
    accounts = settings.chosen(names)
    # told before anything begins where it cannot be determined, and the same until the end
    settings = settings.model_copy(update={"database_url": settings.database_address()})
    read = read_policies(settings, policies)
    return Configuration(
        settings, accounts, read.policies, read.warnings, (file or DEFAULT_FILE, read.path)
    )


class LiveConfiguration:
    """The configuration in force. `load` reads it, and raises ConfigurationError for what is wrong.

    Threads share this.
    """

    def __init__(self, load: Callable[[], Configuration], status: DaemonStatus) -> None:
        self._load, self._status = load, status
        self._lock = RLock()
        self.current = load()
        self._files = FileWatch(self.current.written)
        _warn(self.current)

    def look(self, *, forced: bool = False) -> bool:
        """Read anew what was written since, or all if `forced` to; whether another one is in force now.

        What is wrong goes to the log and the status, and the old configuration stays in force.
        """
        with self._lock:
            if not self._files.changed() and not forced:
                return False
            try:
                loaded = self._load()
            except ConfigurationError as error:
                wrong = error.problems if isinstance(error, FileProblems) else []
                files = (*self.current.written, *(Path(one.file) for one in wrong))
                self._files.follow(dict.fromkeys(files))
                self._status.reloaded(str(error))
                return False
            self.current = _as_far_as_possible(self.current, loaded)
            self._files.follow(self.current.written)
        self._status.reloaded()
        _warn(self.current)
        return True

    def policies(self) -> PolicySet:
        """The policies as they stand now, for a second look."""
        self.look()
        return self.current.policies


def _as_far_as_possible(old: Configuration, new: Configuration) -> Configuration:
    kept = {name: getattr(old.settings, name) for name in _FIXED}
    ignored = [name for name, value in kept.items() if value != getattr(new.settings, name)]
    if ignored:
        _log.warning(
            "restart needed",
            settings=ignored,
            hint="changes to these take effect when the daemon is restarted",
        )
    settings = new.settings.model_copy(update=kept)
    return Configuration(settings, new.accounts, new.policies, new.warnings, new.written)


def _warn(configuration: Configuration) -> None:
    for warning in configuration.warnings:
        _log.warning("policy doubtful", warning=warning)
