"""How things stand now: what the daemon saw, what the record says, and what the settings ask for, read together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

from reaper.errors import ReaperError
from reaper.ports import Clock
from reaper.settings import Settings
from reaper.store import Condition, Database, conditions
from reaper.watch import Watch

_PATIENCE = 2.0  # seconds; a database that takes longer counts as unreachable, and the scraper has its answer
_LEAST = timedelta(minutes=5)


@dataclass(frozen=True)
class Standing:
    """`conditions` are by account, and empty where `trouble` says what is wrong with the database."""

    now: datetime
    settings: Settings
    watch: Watch
    conditions: dict[str, Condition] = field(default_factory=dict)
    trouble: str | None = None

    def complete_at(self, account: str) -> datetime | None:
        """When the last run without a doubt began, by any replica as far as that is known."""
        recorded = self.conditions.get(account)
        known = (self.watch.complete_at.get(account), recorded and recorded.complete_at)
        return max((at for at in known if at), default=None)

    @property
    def ready_within(self) -> timedelta:
        """How old the last complete run of an account may be."""
        asked = self.settings.http.ready_within
        return asked.delta if asked else max(3 * self.settings.interval.delta, _LEAST)


class Standings:
    """Tells how things stand. `settings` gives those in force; `store` the database, or raises StoreError."""

    def __init__(
        self, watch: Watch, store: Callable[[], Database], settings: Callable[[], Settings], clock: Clock
    ) -> None:
        self.watch = watch
        self._store, self._settings, self._clock = store, settings, clock
        self._lock = Lock()
        self._question: _Question | None = None

    def now(self) -> Standing:
        """Within a few seconds, whatever the database does."""
        with self._lock:
            if self._question is None or self._question.done.is_set():
                self._question = _Question(self._ask)
            question = self._question
        settings, now = self._settings(), self._clock.now()
        if not question.done.wait(_PATIENCE):
            return Standing(now, settings, self.watch, trouble=f"it does not answer within {_PATIENCE:g} s")
        return Standing(now, settings, self.watch, question.found, question.trouble)

    def _ask(self) -> dict[str, Condition]:
        names = [account.name for account in self._settings().accounts]
        return conditions(self._store(), names, self._clock.now())


class _Question:
    """Asked in a thread of its own, for nobody can take back what a database driver waits for."""

    def __init__(self, ask: Callable[[], dict[str, Condition]]) -> None:
        self.done = Event()
        self.found: dict[str, Condition] = {}
        self.trouble: str | None = None
        self._ask = ask
        Thread(target=self._run, name="standing", daemon=True).start()

    def _run(self) -> None:
        try:
            self.found = self._ask()
        except ReaperError as error:
            self.trouble = str(error)
        finally:
            self.done.set()
