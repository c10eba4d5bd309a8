"""The whole daemon.

What people have written, a database, a schedule and workers, until it is asked to stop.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from functools import partial

from reaper.bootstrap import open_store
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import Settings
from reaper.daemon.database import DatabaseSupervisor, reopen_store
from reaper.daemon.loop import Loop, signals
from reaper.daemon.readiness import monitored_accounts
from reaper.daemon.reload import Configuration, LiveConfiguration
from reaper.daemon.scheduler import Scheduler
from reaper.daemon.status import DaemonStatus
from reaper.daemon.worker import Worker
from reaper.errors import ConfigurationError
from reaper.logs import logger
from reaper.ports import Clock

_log = logger("daemon")

Face = Callable[[Settings, DaemonStatus], AbstractContextManager[None]]
"""Answers over HTTP while its context is open, where the settings say so."""


def serve(
    load: Callable[[], Configuration],
    *,
    face: Face,
    every: timedelta | None = None,
    enforce: bool | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> frozenset[str]:
    """Look at the accounts whenever they are due, until SIGTERM or SIGINT.

    `load` reads what people have written, now and again whenever it changes. `every` overrides when
    the accounts are due, and `enforce` whether sessions are ended. Gives the accounts over which a
    pass was still under way when the time to stop had run out: their threads cannot be called back.
    Raises ConfigurationError.
    """
    status = DaemonStatus(clock)
    configuration = LiveConfiguration(load, status)
    settings = configuration.current.settings
    accounts = configuration.current.accounts
    _ask_for_a_key(accounts)
    worker = Worker(configuration, status, clock, enforce, every)
    first, again = partial(open_store, settings), partial(reopen_store, settings)
    supervisor = DatabaseSupervisor(first, again, worker.probe, status, clock)
    with signals() as numbers, face(settings, status), closing(supervisor):
        run_account, ready = (
            partial(worker.run_account, supervisor),
            lambda: supervisor.database is not None,
        )
        scheduler = Scheduler(run_account, ready, status, clock, settings.daemon.workers)
        scheduler.start()
        scheduler.nightly(partial(worker.tidy, supervisor), settings.daemon.prune)
        gc.freeze()  # what was imported and wired is there until the end
        names = [account.name for account in accounts]
        _log.info("daemon begun", accounts=names, enforcing=worker.enforcing(settings))
        follow = partial(_follow, scheduler, status, every)
        loop = Loop(
            configuration,
            supervisor,
            scheduler,
            status=status,
            keys=worker.keys,
            clock=clock,
            follow=follow,
        )
        loop.run(numbers)
        worker.stop.set()
        late = scheduler.close(settings.daemon.stop_within.seconds)
    if late:
        hint = "the next run settles unfinished steps"
        _log.error("stopped amid a step", accounts=sorted(late), hint=hint)
    else:
        _log.info("daemon ended")
    return frozenset(late)


def _ask_for_a_key(accounts: Sequence[AccountSettings]) -> None:
    """Raises ConfigurationError before anything is looked at where no account has its key.

    One that lacks it is its own trouble: each of its passes says so.
    """
    missing: list[ConfigurationError] = []
    for account in accounts:
        try:
            account.key()
        except ConfigurationError as error:
            missing.append(error)
    if missing and len(missing) == len(accounts):
        raise missing[0]


def _follow(
    scheduler: Scheduler,
    status: DaemonStatus,
    every: timedelta | None,
    configuration: Configuration,
) -> None:
    settings = configuration.settings
    paces = {account.name: every or settings.pace(account) for account in configuration.accounts}
    status.set_accounts(monitored_accounts(configuration.accounts, paces))
    scheduler.follow(paces, settings.daemon.splay.seconds if settings.daemon.splay else 0)
