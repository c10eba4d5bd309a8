"""When each account is run.

APScheduler tells the moments, and a bounded number of workers makes the passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import uniform
from threading import Lock
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger

from reaper.config.settings.schedule import Cron, Every, Schedule
from reaper.core.model.duration import spoken
from reaper.daemon.backoff import Backoff
from reaper.daemon.status import DaemonStatus
from reaper.logs import logger
from reaper.ports import Clock

BEAT = 5.0  # seconds between two signs of life of the scheduler
_NOTED = timedelta(minutes=1)  # a pass that begins later than this after it was due is told
_LEAST, _MOST = 60.0, 900.0
_log = logger("daemon")


@dataclass(frozen=True)
class ScheduledRun:
    """A pass to make. `turn` and `extra_doubts` are as in `Reaper.run_once`."""

    account: str
    turn: timedelta
    extra_doubts: tuple[str, ...]


Wanted = Cron | timedelta
"""When an account is run: by a cron line, or at an interval."""

RunAccount = Callable[[ScheduledRun], datetime | None]
"""Makes the pass. Gives when to come again, where the account is another reaper's now.

Raises whatever went wrong.
"""


class Scheduler:
    """Runs accounts: one run at a time of each, several accounts side by side.

    While `ready` says no, what is due is deferred until `run_deferred` is called. What goes
    wrong in a pass is told by who makes it; the account is then run again sooner than its
    schedule says, but later each time.
    """

    def __init__(
        self,
        run_account: RunAccount,
        ready: Callable[[], bool],
        status: DaemonStatus,
        clock: Clock,
        workers: int,
    ) -> None:
        self._run_account, self._ready, self._status, self._clock = (
            run_account,
            ready,
            status,
            clock,
        )
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="pass")
        self._lock = Lock()
        self._wanted: dict[str, Wanted] = {}
        self._schedules: dict[str, Schedule] = {}
        self._due: dict[str, datetime] = {}
        self._in_progress: dict[str, Future[None]] = {}
        self._deferred: dict[str, datetime] = {}
        self._backoffs: dict[str, Backoff] = {}
        self._nightly: tuple[Callable[[], None], Schedule] | None = None
        self._maintenance_run: Future[None] | None = None
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": DebugExecutor()})
        self._scheduler.add_listener(_told, EVENT_JOB_ERROR | EVENT_JOB_MISSED)

    def start(self) -> None:
        self._scheduler.start()
        self._add("beat", self._status.beat, Every(timedelta(seconds=BEAT), self._clock.now()))

    def follow(self, wanted: Mapping[str, Wanted], splay: float) -> None:
        """Run these accounts and no others from now on, by a cron line or at an interval.

        At an interval, the first run is at a random moment within `splay` seconds: daemons that
        were started together do not all ask at once.
        """
        for account in self._wanted.keys() - wanted.keys():
            self._forget(account)
        for account in [name for name, how in wanted.items() if self._wanted.get(name) != how]:
            self._begin(account, wanted[account], splay)

    def nightly(self, maintenance: Callable[[], None], schedule: Schedule) -> None:
        """Do this as well, by one of the workers."""
        self._nightly = maintenance, schedule
        self._add(
            "nightly", self._run_maintenance, schedule, schedule.next_after(self._clock.now())
        )

    def realign(self) -> None:
        """The clock was set: every account is run when its schedule says by the new time."""
        now = self._clock.now()
        for account, schedule in self._schedules.items():
            self._at(account, schedule.next_after(now))
        self._add("beat", self._status.beat, Every(timedelta(seconds=BEAT), now))
        if self._nightly:
            self.nightly(*self._nightly)

    def run_deferred(self) -> None:
        """Make the runs that were deferred while the database could not be used."""
        with self._lock:
            deferred, self._deferred = self._deferred, {}
        for account, due in deferred.items():
            if account in self._schedules:
                self._submit(account, due)

    def run_now(self, account: str) -> None:
        """Make a run of the account now as well, if it is one of those that are run."""
        if account in self._schedules:
            self._submit(account, self._clock.now())

    def close(self, within: float) -> set[str]:
        """Begin no pass any more, and wait for those under way.

        The accounts of those that were not done in time.
        """
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            begun = [
                *self._in_progress.values(),
                *([self._maintenance_run] if self._maintenance_run else []),
            ]
        _, late = wait([one for one in begun if not one.cancelled()], within)
        with self._lock:
            return {account for account, future in self._in_progress.items() if future in late}

    def _begin(self, account: str, wanted: Wanted, splay: float) -> None:
        now = self._clock.now()
        if isinstance(wanted, timedelta):
            first = now + timedelta(seconds=uniform(0, splay))  # noqa: S311 - no secret
            self._schedules[account] = Every(wanted, first)
        else:
            self._schedules[account] = wanted
            first = wanted.next_after(now)
        self._wanted[account] = wanted
        self._at(account, first)

    def _at(self, account: str, at: datetime) -> None:
        self._is_due(account, at)
        self._add(f"account {account}", partial(self._tick, account), self._schedules[account], at)

    def _add(
        self, name: str, what: Callable[[], None], schedule: Schedule, first: datetime | None = None
    ) -> None:
        self._scheduler.add_job(
            what,
            _By(schedule),
            id=name,
            next_run_time=first or self._clock.now(),
            coalesce=True,
            misfire_grace_time=None,
            replace_existing=True,
        )

    def _is_due(self, account: str, at: datetime) -> None:
        self._due[account] = at
        self._status.due(account, at)

    def _tick(self, account: str) -> None:
        now, due = self._clock.now(), self._due[account]
        self._is_due(account, self._schedules[account].next_after(now))
        self._submit(account, min(due, now))

    def _run_maintenance(self) -> None:
        if self._nightly and (self._maintenance_run is None or self._maintenance_run.done()):
            self._maintenance_run = self._pool.submit(_spoken_of, self._nightly[0])

    def _submit(self, account: str, due: datetime) -> None:
        late = self._clock.now() - due
        with self._lock:
            under_way = account in self._in_progress
            if not under_way and self._ready():
                run = ScheduledRun(
                    account,
                    self._schedules[account].turn(late),
                    self._lateness_doubts(account, late),
                )
                self._in_progress[account] = self._pool.submit(self._run, run, due)
            elif not under_way:
                self._deferred[account] = due
        if under_way:
            self._status.was_late(
                account,
                "overlapped",
                "the previous run is still in progress, or waits for a worker",
            )

    def _lateness_doubts(self, account: str, late: timedelta) -> tuple[str, ...]:
        if late <= self._schedules[account].patience:
            return ()
        ago = spoken(late.total_seconds())
        cause = "the daemon was delayed or the machine suspended, so it only observes"
        return (f"this run was due {ago} ago; {cause}",)

    def _run(self, run: ScheduledRun, due: datetime) -> None:
        account, late = run.account, self._clock.now() - due
        if late > _NOTED:
            self._status.was_late(
                account,
                "missed",
                f"due at {due:%H:%M:%S}, begun {spoken(late.total_seconds())} later",
            )
        backoff = self._backoffs.setdefault(account, Backoff(_LEAST, _MOST))
        try:
            again = self._run_account(run)
            backoff.worked()
        except Exception:  # noqa: BLE001 - it was told; the next pass is made whatever it was
            again = self._clock.now() + timedelta(seconds=backoff.failed())
        with self._lock:
            del self._in_progress[account]
            if not self._ready():
                self._deferred[account] = due
        if again is not None and again < self._due.get(account, again):
            self._again(account, due, again)

    def _again(self, account: str, due: datetime, at: datetime) -> None:
        """Run it before its next time as well, in the place of the one that was due."""
        self._scheduler.add_job(
            partial(self._submit, account, due),
            DateTrigger(at),
            id=f"again {account}",
            misfire_grace_time=None,
            replace_existing=True,
        )

    def _forget(self, account: str) -> None:
        for by_account in (self._wanted, self._schedules, self._due):
            del by_account[account]
        for job in (f"account {account}", f"again {account}"):
            if self._scheduler.get_job(job):
                self._scheduler.remove_job(job)


def _spoken_of(maintenance: Callable[[], None]) -> None:
    try:
        maintenance()
    except Exception as error:  # noqa: BLE001 - nobody asks what became of it
        _log.error("scheduler failed", job="nightly", error=str(error) or type(error).__name__)


class _By(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """A schedule as APScheduler asks it; what was missed comes once."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return self._schedule.next_after(now)


def _told(event: JobEvent) -> None:
    error: Any = getattr(event, "exception", None)
    _log.error("scheduler failed", job=event.job_id, error=str(error or "it was missed"))
