"""What the daemon does, as it sees itself.

Its threads write it and it tells the log, health and metrics read it.

It raises nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Literal

from reaper.core.model.duration import spoken
from reaper.core.model.kinds import KINDS, OVER_STATES, RUNNING_STATES, WAITING_STATES
from reaper.daemon.counters import Counters
from reaper.errors import LeaseHeld
from reaper.logs import logger
from reaper.ports import Clock
from reaper.run.pipeline import Report

TRY_AGAIN = (
    "nothing is asked there until the key changes; reload the daemon (SIGHUP) to try this one again"
)
OTHER = "other"
_KNOWN_STATES = WAITING_STATES | RUNNING_STATES | OVER_STATES

Late = Literal["missed", "overlapped"]
"""A pass began late, maybe in the place of several.

Or it was still under way when the next one was due.
"""

Account = str
_log = logger("daemon")


@dataclass(frozen=True)
class MonitoredAccount:
    """An account to look after.

    How old its last complete run may be, and the day on which its key expires.
    """

    within: timedelta
    key_expires: date | None = None


class DaemonStatus:
    """How things stand, and what was counted since the daemon began.

    Hold `lock` to read what belongs together.
    """

    def __init__(self, clock: Clock) -> None:
        self.lock = Lock()
        self._clock = clock
        self._beat = clock.monotonic()
        self.refused: str | None = (
            None  # what is wrong with the settings or policies that a person wrote last
        )
        self.database_trouble: str | None = (
            None  # why nothing can be recorded, and therefore no pass is made
        )
        self.database_lost_at: datetime | None = None
        self.accounts: Mapping[Account, MonitoredAccount] = {}
        self.under_way: set[Account] = set()
        self.next_at: dict[
            Account, datetime
        ] = {}  # when this replica will see whether a pass is due
        self.troubles: dict[
            Account, str
        ] = {}  # what the last pass was broken off by, or could not be read for
        self.suspended: dict[
            Account, str
        ] = {}  # why this replica asks nothing there: the server rejected the key
        self.ended_at: dict[Account, datetime] = {}
        self.complete_at: dict[
            Account, datetime
        ] = {}  # when the last run that was not doubtful began
        self.fleets: dict[
            Account, Mapping[tuple[str, str, str], int]
        ] = {}  # by kind, state and gravest ruling
        self.counters = Counters()

    def beat(self) -> None:
        """The scheduler is alive."""
        self._beat = self._clock.monotonic()

    @property
    def beat_age(self) -> float:
        """Seconds since the scheduler last showed that it is alive."""
        return self._clock.monotonic() - self._beat

    @contextmanager
    def track_run(self, account: Account) -> Iterator[Callable[[Report], None]]:
        """A pass over the account is under way; call what is given with its report.

        A pass that raises Held was left to another reaper; any other that is left without a report
        ended in an error.
        """
        reports: list[Report] = []
        with self.lock:
            self.under_way.add(account)
        result = "error"
        try:
            yield reports.append
        except LeaseHeld:
            result = "skipped"
            raise
        except Exception as error:
            self._broke_off(account, str(error) or type(error).__name__)
            raise
        finally:
            with self.lock:
                self.under_way.discard(account)
                if reports:
                    self._ended(account, reports[0])
                else:
                    self.counters.runs.labels(account, result).inc()

    def _broke_off(self, account: Account, why: str) -> None:
        with self.lock:
            self.troubles[account] = why
        _log.error("pass failed", account=account, error=why)

    def _ended(self, account: Account, report: Report) -> None:
        self.ended_at[account] = self._clock.now()
        self.counters.runs.labels(account, report.result).inc()
        self.troubles.pop(account, None)
        if report.error is not None:
            self.troubles[account] = str(report.error)
        if report.observation.complete:
            self.complete_at[account] = report.observation.now
        self._count_observation(account, report)
        self._count_steps(account, report)

    def _count_observation(self, account: Account, report: Report) -> None:
        observation, rulings = report.observation, report.observation.rulings()
        counters, fleet = self.counters, observation.snapshot.fleet
        counters.doubts.labels(account).inc(len(observation.doubts))
        counters.halts.labels(account).inc(bool(report.plan.halted))
        if report.error is not None:
            return
        unread = max(len(fleet) - len(observation.learnt), 0)
        counters.probes.labels(account).inc(len(observation.learnt))
        counters.probes_saved.labels(account).inc(unread)
        self.fleets[account] = Counter(
            (
                session.kind if session.kind in KINDS else OTHER,
                session.state if session.state in _KNOWN_STATES else OTHER,
                rulings[session.id].value if session.id in rulings else "none",
            )
            for session in fleet
        )

    def _count_steps(self, account: Account, report: Report) -> None:
        counters = self.counters
        for phase, seconds in report.seconds.items():
            counters.seconds.labels(phase).observe(seconds)
        for step in (*report.plan.steps, *report.plan.came_back):
            outcome = report.outcomes.get(step.session.id)
            if outcome is not None:
                of = account, step.policy, step.action, outcome.result.value
                counters.steps.labels(*of).inc()
        for _, outcome in report.settled:
            counters.steps_settled_later.labels(account, outcome.result.value).inc()

    def count_request(self, account: str, status: int | None, *, retried: bool) -> None:
        """As `RequestCount` promises; a status that HTTP does not have is `other`."""
        word = "none" if status is None else str(status) if status in range(100, 600) else OTHER
        self.counters.requests.labels(account, word).inc()
        self.counters.retries.labels(account, word).inc(retried)

    def suspend(self, account: Account, why: str) -> None:
        """The server rejected the account's key; nothing is asked there until it changes."""
        with self.lock:
            self.suspended[account] = why
        _log.error("key rejected", account=account, error=why, hint=TRY_AGAIN)

    def end_suspension(self, account: Account) -> None:
        """The account is asked again, by another key or because a person said so."""
        with self.lock:
            self.suspended.pop(account, None)
        _log.info("key tried again", account=account)

    def due(self, account: Account, at: datetime) -> None:
        """This replica will see at that time whether a pass over the account is due."""
        with self.lock:
            self.next_at[account] = at

    def was_late(self, account: Account, how: Late, why: str) -> None:
        """A pass was missed, or still under way when the next one was due."""
        self.counters.late_runs.labels(account, how).inc()
        _log.warning(f"pass {how}", account=account, why=why)

    def reloaded(self, refused: str | None = None) -> None:
        """What a person wrote anew was taken, or refused for this reason."""
        with self.lock:
            self.refused = refused
        self.counters.reloads.labels("taken" if refused is None else "refused").inc()
        if refused is None:
            _log.info("reloaded")
        else:
            _log.error(
                "reload refused",
                error=refused,
                hint="the previous settings and policies stay in force",
            )

    def database_lost(self, why: str) -> None:
        """Nothing can be recorded; may be called again with each vain try."""
        with self.lock:
            first, self.database_trouble = self.database_trouble is None, why
            if first:
                self.database_lost_at = self._clock.now()
                self.counters.databases_lost.inc()
        (_log.error if first else _log.warning)("database lost", error=why)

    def database_back(self) -> None:
        """The database takes records again; may be called while it was never lost."""
        with self.lock:
            since, self.database_trouble, self.database_lost_at = self.database_lost_at, None, None
        if since is not None:
            _log.info("database back", after=spoken((self._clock.now() - since).total_seconds()))

    def set_accounts(self, accounts: Mapping[Account, MonitoredAccount]) -> None:
        """These accounts are looked after from now on, and no others."""
        self.counters.begin(accounts)
        with self.lock:
            gone, self.accounts = self.accounts.keys() - accounts.keys(), dict(accounts)
            for by_account in (
                self.next_at,
                self.troubles,
                self.suspended,
                self.fleets,
                self.ended_at,
                self.complete_at,
            ):
                for account in gone & by_account.keys():
                    del by_account[account]
