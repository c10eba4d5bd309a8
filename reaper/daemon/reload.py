"""What people have written, as it holds now.

Read anew beside the old, checked, and taken whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from reaper.config.policies.load import digests
from reaper.config.settings.model import DEFAULT_FILE, AccountSettings, Settings
from reaper.core.language.policy import PolicySet
from reaper.daemon.status import DaemonStatus
from reaper.errors import ConfigurationError, FileProblems
from reaper.logs import logger
from reaper.usecases.configuration import read_policies, read_settings

_log = logger("daemon")
FIXED = ("database_url", "upgrade", "http", "log", "daemon")
"""Settings that hold until the daemon is started again."""

Stamp = Mapping[Path, bytes]
"""By path when a file was last changed, its size and its number.

Other than before when somebody wrote it.
"""


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


def load_orders(file: Path | None, policies: Path | None, names: tuple[str, ...]) -> Configuration:
    """What the settings file says of these accounts (of all where none is named), by these or its
    own policies.

    Raises ConfigurationError with everything that is wrong.
    """
    settings = read_settings(file)
    accounts = settings.chosen(names)
    read = read_policies(settings, policies)
    return Configuration(
        settings, accounts, read.policies, read.warnings, (file or DEFAULT_FILE, read.path)
    )


class LiveConfiguration:
    """The orders that hold. `load` reads them, and raises ConfigurationError for what is wrong.

    Threads share this.
    """

    def __init__(self, load: Callable[[], Configuration], watch: DaemonStatus) -> None:
        self._load, self._watch = load, watch
        self._lock = RLock()
        self.current = load()
        self._watched = self.current.written
        self._stamp = _stamp(self._watched)
        _warn(self.current)

    def look(self, *, asked: bool = False) -> bool:
        """Read anew what was written since, or all if `asked` to; whether other orders hold now.

        What is wrong is told the log and the watch, and the old orders stay whole.
        """
        with self._lock:
            stamp = _stamp(self._watched)
            if stamp == self._stamp and not asked:
                return False
            self._stamp = stamp
            try:
                loaded = self._load()
            except ConfigurationError as error:
                wrong = error.problems if isinstance(error, FileProblems) else []
                self._watch_for(
                    dict.fromkeys((*self.current.written, *(Path(one.file) for one in wrong)))
                )
                self._watch.reloaded(str(error))
                return False
            self.current = _as_far_as_possible(self.current, loaded)
            self._watch_for(self.current.written)
        self._watch.reloaded()
        _warn(self.current)
        return True

    def policies(self) -> PolicySet:
        """The policies as they stand now, for a second look."""
        self.look()
        return self.current.policies

    def _watch_for(self, files: Iterable[Path]) -> None:
        """Look at other files from now on.

        What changed of the same ones meanwhile is still to be seen.
        """
        if (watched := tuple(files)) != self._watched:
            self._watched = watched
            self._stamp = _stamp(watched)


def _as_far_as_possible(old: Configuration, new: Configuration) -> Configuration:
    kept = {name: getattr(old.settings, name) for name in FIXED}
    left = [name for name, value in kept.items() if value != getattr(new.settings, name)]
    if left:
        _log.warning(
            "restart needed",
            settings=left,
            hint="changes to these take effect when the daemon is restarted",
        )
    settings = new.settings.model_copy(update=kept)
    return Configuration(settings, new.accounts, new.policies, new.warnings, new.written)


def _warn(orders: Configuration) -> None:
    for warning in orders.warnings:
        _log.warning("policy doubtful", warning=warning)


def _stamp(written: Iterable[Path]) -> Stamp:
    return digests(inside for path in written for inside in _files(path))


def _files(path: Path) -> Iterator[Path]:
    yield path
    with suppress(OSError):
        if path.is_dir():
            yield from path.iterdir()
