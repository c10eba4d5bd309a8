"""What the daemon does when its time has come: a pass over one account, and the nightly tidying."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from reaper.bootstrap import ledger_of, reaper_of
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import Settings
from reaper.daemon.database import DatabaseSupervisor
from reaper.daemon.keys import RejectedKeys, credentials
from reaper.daemon.reload import LiveConfiguration
from reaper.daemon.scheduler import ScheduledRun
from reaper.daemon.status import DaemonStatus
from reaper.errors import LeaseHeld, LeaseLost, LeaseStuck, StoreError, rejects_key
from reaper.logs import logger
from reaper.ports import Clock
from reaper.run.pipeline import Report
from reaper.store import Database, SqlLedger, prune

_ITSELF = "(database)"  # leased like an account, which cannot be called so
_log = logger("daemon")


@dataclass
class Worker:
    """Does the work of the daemon by the configuration that is in force when the work begins.

    `enforce` overrides the settings unless it is None, and `every` the time between two passes.
    """

    configuration: LiveConfiguration
    status: DaemonStatus
    clock: Clock
    enforce: bool | None
    every: timedelta | None = None
    stop: Event = field(default_factory=Event)
    keys: RejectedKeys = field(init=False)

    def __post_init__(self) -> None:
        self.keys = RejectedKeys(self.status)

    def enforcing(self, settings: Settings) -> bool:
        return settings.enforce if self.enforce is None else self.enforce

    def run_account(self, supervisor: DatabaseSupervisor, run: ScheduledRun) -> datetime | None:
        """Make the pass; when to come again, where the account is another reaper's.

        Raises what went wrong, told.
        """
        store = supervisor.database
        accounts = {account.name: account for account in self.configuration.current.accounts}
        account = accounts.get(run.account)
        if store is None or account is None or account.name in self.keys:
            return None
        used = credentials(account)
        try:
            report = self._run(store, account, run)
        except LeaseHeld as held:
            _log.info("skipped", account=account.name, why=str(held))
            return held.until
        except (LeaseLost, LeaseStuck):  # of this account; the database is well
            raise
        except StoreError as error:
            supervisor.lost(store, error)
            raise
        finally:
            gc.collect()  # what the pass made; the process looks for garbage seldom by itself
        if report.error is not None:
            if used is not None and rejects_key(report.error):
                self.keys.reject(account.name, used, str(report.error))
            raise report.error
        return None

    def _run(self, store: Database, account: AccountSettings, run: ScheduledRun) -> Report:
        current = self.configuration.current
        wired = reaper_of(
            current.settings,
            account,
            current.policies,
            store,
            enforce=self.enforcing(current.settings),
            stop=self.stop,
            tell=_log.debug,
            reread=self.configuration.policies,
            count=self.status.count_request,
            every=self.every,
            clock=self.clock,
        )
        with self.status.track_run(account.name) as ended, wired as reaper:
            report = reaper.run_once(None, run.extra_doubts, run.turn)
            ended(report)
            return report

    def tidy(self, supervisor: DatabaseSupervisor) -> None:
        """Delete what is older than the settings keep, unless another replica is just doing so."""
        store = supervisor.database
        keep = self.configuration.current.settings.keep
        if store is None:
            _log.warning("not pruned", why="the database cannot be used")
            return
        try:
            with self._ledger(store).lease(_ITSELF):
                gone = prune(store, self.clock.now() - keep.delta)
        except (LeaseHeld, LeaseStuck):
            _log.info("not pruned", why="another replica is doing it")
        except StoreError as error:
            _log.error("prune failed", error=str(error))
            supervisor.lost(store, error)
        else:
            _log.info("pruned", **gone)

    def probe(self, store: Database) -> None:
        """Have the database take a record. Raises StoreError."""
        try:
            with self._ledger(store).lease(_ITSELF):
                pass
        except (LeaseHeld, LeaseStuck):
            pass  # somebody has just written there

    def _ledger(self, store: Database) -> SqlLedger:
        return ledger_of(self.configuration.current.settings, store, self.clock)
