"""How things stand now: what the daemon saw, and what the record says, read together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

from reaper.daemon.status import DaemonStatus
from reaper.errors import ReaperError
from reaper.logs import logger
from reaper.ports import Clock
from reaper.store import Condition, Database, conditions
from reaper.usecases.status import AccountStatus, Pace, account_status

_log = logger("web")
# seconds; a database that takes longer counts as unreachable, and the scraper has its answer
_PATIENCE = 2.0


@dataclass(frozen=True)
class StatusSnapshot:
    """`conditions` are by account, and empty where `trouble` says what is wrong with the database.

    `completed` is when the last run without a doubt began, as the record told it when it last
    answered.
    """

    now: datetime
    daemon: DaemonStatus
    key_notice: timedelta
    lease: timedelta
    conditions: Mapping[str, Condition]
    completed: Mapping[str, datetime]
    trouble: str | None

    def complete_at(self, account: str) -> datetime | None:
        """Start of the last complete run, by any replica as far as that is known."""
        moments = (self.daemon.complete_at.get(account), self.completed.get(account))
        return max((at for at in moments if at), default=None)

    def accounts(self) -> list[AccountStatus]:
        """How each account that is looked after here stands, as `reaper status` tells it."""
        with self.daemon.lock:
            monitored, due = dict(self.daemon.accounts), dict(self.daemon.next_at)
        return [
            account_status(
                name,
                self.conditions[name],
                Pace(next_at=due.get(name), within=one.within),
                key_expires=one.key_expires,
                key_notice=self.key_notice,
                lease=self.lease,
                now=self.now,
            )
            for name, one in monitored.items()
            if name in self.conditions
        ]


class StatusReader:
    """Tells how things stand. `store` gives the database, or raises StoreError."""

    def __init__(
        self,
        daemon: DaemonStatus,
        store: Callable[[], Database],
        clock: Clock,
        key_notice: timedelta,
        lease: timedelta = timedelta(minutes=2),
    ) -> None:
        self.daemon = daemon
        self._store, self._clock, self._key_notice, self._lease = store, clock, key_notice, lease
        self._lock = Lock()
        self._question: _Question | None = None
        self._completed: Mapping[str, datetime] = {}

    def now(self) -> StatusSnapshot:
        """Within a few seconds, whatever the database does."""
        with self._lock:
            if self._question is None or self._question.done.is_set():
                self._question = _Question(self._ask)
            question = self._question
        answered = question.done.wait(_PATIENCE)
        trouble = (
            question.trouble if answered else f"the database did not respond within {_PATIENCE:g} s"
        )
        by_account = question.conditions if answered else {}
        if trouble is None:
            self._completed = {
                name: one.complete_at for name, one in by_account.items() if one.complete_at
            }
        return StatusSnapshot(
            self._clock.now(),
            self.daemon,
            self._key_notice,
            self._lease,
            by_account,
            self._completed,
            trouble,
        )

    def _ask(self) -> dict[str, Condition]:
        return conditions(self._store(), list(self.daemon.accounts), self._clock.now())


class _Question:
    """Asked in a thread of its own, for nobody can take back what a database driver waits for."""

    def __init__(self, ask: Callable[[], dict[str, Condition]]) -> None:
        self.done = Event()
        self.conditions: dict[str, Condition] = {}
        self.trouble: str | None = "the database could not be queried; see the log"
        self._ask = ask
        Thread(target=self._run, name="status", daemon=True).start()

    def _run(self) -> None:
        try:
            self.conditions = self._ask()
            self.trouble = None
        except ReaperError as error:
            self.trouble = str(error)
        # a fault of this program, which nobody else would tell
        except Exception as error:  # noqa: BLE001
            _log.exception("database could not be asked", error=str(error))
        finally:
            self.done.set()
