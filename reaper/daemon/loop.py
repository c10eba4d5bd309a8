"""What the main thread does: it obeys signals, sees what was written, and tells that it lives."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from types import FrameType

from reaper.core.model.duration import spoken
from reaper.daemon import systemd
from reaper.daemon.database import DatabaseSupervisor
from reaper.daemon.keys import RejectedKeys
from reaper.daemon.reload import Configuration, LiveConfiguration
from reaper.daemon.scheduler import BEAT, Scheduler
from reaper.daemon.status import DaemonStatus
from reaper.logs import logger
from reaper.ports import Clock

_TURN = 1.0  # seconds between two looks at everything
_SET = timedelta(
    minutes=1
)  # a wall clock that goes this far from the time that passed was set, or the machine slept
_STILL = 5 * BEAT  # seconds without a beat, after which the scheduler hangs
_log = logger("daemon")


class Loop:
    """Goes on until SIGTERM or SIGINT.

    `follow` is called with each configuration that comes into force, the first one included.
    Accounts of `keys` are run as soon as their key has changed, or upon SIGHUP.
    """

    def __init__(
        self,
        configuration: LiveConfiguration,
        supervisor: DatabaseSupervisor,
        scheduler: Scheduler,
        *,
        status: DaemonStatus,
        keys: RejectedKeys,
        clock: Clock,
        follow: Callable[[Configuration], None],
    ) -> None:
        self._configuration, self._supervisor, self._scheduler = (
            configuration,
            supervisor,
            scheduler,
        )
        self._status, self._clock, self._follow = status, clock, follow
        self._keys = keys
        self._followed = configuration.current
        self._gone = self._drift()
        self._state = ""
        self._barked = -math.inf

    def run(self, numbers: SimpleQueue[int]) -> None:
        """Obey what stands in this queue."""
        self._follow(self._followed)
        systemd.notify("READY=1")
        while (number := _next(numbers)) not in (signal.SIGTERM, signal.SIGINT):
            self._reload(forced=number == signal.SIGHUP)
            if self._supervisor.try_again():
                self._scheduler.run_deferred()
            self._mind_the_clock()
            self._tell()
        systemd.notify("STOPPING=1")
        _log.info("stopping")

    def _reload(self, *, forced: bool) -> None:
        if forced:
            systemd.reloading(self._clock.monotonic())
        self._configuration.look(forced=forced)
        if self._configuration.current is not self._followed:  # a worker may have seen it first
            self._followed = self._configuration.current
            self._follow(self._followed)
        keys = self._keys.forgive() if forced else self._keys.renewed(self._followed.accounts)
        for account in keys:
            self._scheduler.run_now(account)
        if forced:
            systemd.notify("READY=1")

    def _drift(self) -> datetime:
        return self._clock.now() - timedelta(seconds=self._clock.monotonic())

    def _mind_the_clock(self) -> None:
        """APScheduler waits for moments: set back, it would wait for as long again."""
        drift = self._drift()
        moved, self._gone = drift - self._gone, drift
        if moved < -_SET:
            _log.warning("clock set back", by=spoken(moved.total_seconds()))
            self._scheduler.realign()

    def _tell(self) -> None:
        watched, now = systemd.watchdog_seconds(), self._clock.monotonic()
        if (
            watched
            and now - self._barked >= watched / 4
            and self._status.beat_age < max(_STILL, watched / 2)
        ):
            self._barked = now
            systemd.notify("WATCHDOG=1")
        if (state := self._summary()) != self._state:
            self._state = state
            systemd.notify(f"STATUS={state}")

    def _summary(self) -> str:
        if self._status.database_trouble:
            return f"waiting: {self._status.database_trouble}"
        count = len(self._followed.accounts)
        summary = f"monitoring {count} {'account' if count == 1 else 'accounts'}"
        if suspended := sorted(self._status.suspended):
            return f"{summary}; the key of {', '.join(suspended)} was rejected"
        if self._status.refused:
            return (
                f"{summary}; the latest settings or policies are invalid: "
                f"{self._status.refused.splitlines()[0]}"
            )
        return summary


@contextmanager
def signals() -> Iterator[SimpleQueue[int]]:
    """The signals that come while this is open, which do nothing else.

    Such a queue may be used amid anything.
    """
    numbers: SimpleQueue[int] = SimpleQueue()

    def take(number: int, _frame: FrameType | None) -> None:
        numbers.put(number)

    before = {
        number: signal.signal(number, take)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    try:
        yield numbers
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _next(numbers: SimpleQueue[int]) -> int | None:
    try:
        return numbers.get(timeout=_TURN)
    except Empty:
        return None
