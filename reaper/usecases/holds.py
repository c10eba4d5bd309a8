"""What keeps sessions from being ended for a while.

A pause, a halt until a person acknowledges it, or the lease of another reaper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reaper import errors
from reaper import store as record
from reaper.bootstrap import actor, database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.ports import Clock
from reaper.store import Database, LeaseEntry, PauseEntry

__all__ = [
    "Acknowledged",
    "PauseEntry",
    "Paused",
    "Released",
    "Resumed",
    "Written",
    "acknowledge",
    "pause",
    "release",
    "resume",
]


@dataclass(frozen=True)
class Written:
    """Where a person's word was written down: by which settings, in which database, for which
    accounts, and when the last run of each began that is on record there.
    """

    settings: str
    database: str
    last_runs: Mapping[str, datetime | None]

    @property
    def without_run(self) -> tuple[str, ...]:
        """The accounts that no reaper ever looked at by this database."""
        return tuple(name for name, at in self.last_runs.items() if at is None)


@dataclass(frozen=True)
class Paused:
    """The pause, and those that hold beside it for the same accounts."""

    number: int
    others: Sequence[PauseEntry]
    written: Written


@dataclass(frozen=True)
class Resumed:
    """The pauses that were ended, and why accounts stay as they are, by name."""

    ended: Sequence[PauseEntry]
    still_held: Mapping[str, str]
    written: Written

    @property
    def exit_code(self) -> int:
        return errors.DONE if self.ended else errors.SOME_FAILED


@dataclass(frozen=True)
class Acknowledged:
    """The runs that were acknowledged, all of one account."""

    runs: Sequence[int]
    account: str
    written: Written


@dataclass(frozen=True)
class Released:
    """The lease that was ended; None where nobody held the account."""

    lease: LeaseEntry | None
    written: Written

    @property
    def exit_code(self) -> int:
        return errors.DONE if self.lease else errors.SOME_FAILED


def written_to(settings: Settings, store: Database, accounts: Sequence[str]) -> Written:
    """Where what is said of these accounts now stands."""
    found = record.last_runs(store, accounts)
    return Written(settings.origin, store.where, {name: found.get(name) for name in accounts})


def pause(
    settings: Settings,
    account: str | None = None,
    *,
    reason: str,
    until: datetime | None = None,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Paused:
    """Forbid every replica to end anything in the account, or anywhere.

    It holds at once, until resumed or `until`, beside every other pause.

    `by` is who says so, by default whoever runs this. Raises ConfigurationError and StoreError.
    """
    names = _names(settings, account)
    with database(settings) as store:
        now = clock.now()
        others = [one for one in record.pauses_that_hold(store, now) if any(map(one.covers, names))]
        number = record.pause(store, account, at=now, by=by or actor(), reason=reason, until=until)
        return Paused(number, others, written_to(settings, store, names))


def resume(
    settings: Settings,
    account: str | None = None,
    *,
    number: int | None = None,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Resumed:
    """End the pauses of the account, or those of all accounts; with a `number` that one alone.

    Raises ConfigurationError where there is no such account or pause, and StoreError.
    """
    names = _names(settings, account)
    with database(settings) as store:
        now, who = clock.now(), by or actor()
        ended = (
            record.resume(store, account, at=now, by=who)
            if number is None
            else [record.end_pause(store, number, at=now, by=who)]
        )
        held = {name: record.still_blocked(store, name, now) for name in names}
        return Resumed(
            ended,
            {name: why for name, why in held.items() if why},
            written_to(settings, store, names),
        )


def acknowledge(
    settings: Settings,
    run: int,
    *,
    reason: str = "",
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Acknowledged:
    """Let the account of a halted run be enforced again; the runs that this acknowledges.

    Raises ConfigurationError where nothing is to be acknowledged, and StoreError.
    """
    settings.chosen()
    with database(settings) as store:
        done = record.acknowledge(store, run, at=clock.now(), by=by or actor(), reason=reason)
        (about,) = record.list_runs(store, below=run + 1, limit=1)
        return Acknowledged(done, about.account, written_to(settings, store, [about.account]))


def release(
    settings: Settings, account: str, *, by: str | None = None, clock: Clock = SYSTEM_CLOCK
) -> Released:
    """Take the account from the reaper that holds it, so that any other may work on it at once.

    The one that held it can begin no step any more. Raises ConfigurationError and StoreError.
    """
    settings.chosen((account,))
    with database(settings) as store:
        lease = record.end_lease(store, account, now=clock.now(), by=by or actor())
        return Released(lease, written_to(settings, store, [account]))


def _names(settings: Settings, account: str | None) -> list[str]:
    """The accounts that a word about this one, or about all, is for. Raises ConfigurationError."""
    chosen = settings.chosen(() if account is None else (account,))
    return [one.name for one in chosen]
