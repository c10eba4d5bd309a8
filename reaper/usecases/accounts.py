"""A look at, or a run over, each of several accounts.

One account's trouble never costs another its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Generic, TypeVar

from reaper import errors
from reaper.bootstrap import database, reaper_of
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import Settings
from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import PolicySet
from reaper.core.model.duration import spoken
from reaper.core.planning.request import Request
from reaper.ports import Clock, Tell
from reaper.run.pipeline import Reaper, Report, unread_parts
from reaper.store import MANY, Database, Unmatched, conditions, unmatched
from reaper.usecases.configuration import ChosenPolicies

__all__ = ["MANY", "NOBODY", "Observed", "Report", "Runs", "Unmatched", "observe_all", "run_all"]

T = TypeVar("T")
NOBODY: Mapping[str, tuple[Unmatched, ...]] = {}


@dataclass(frozen=True)
class Observed(Generic[T]):
    """What the looks gave, in the order of the accounts, and why others could not be read."""

    looks: tuple[T, ...]
    unread: tuple[errors.AccountError, ...]

    @property
    def exit_code(self) -> int:
        return exit_code_of(self.unread)


@dataclass(frozen=True)
class Runs:
    """The reports in the order of the accounts, and in words why others were skipped or
    broke off.

    `unmatched` are by account the policies that have selected nobody for many runs.
    `neglected` are those of `skipped` that nobody looks after: a person must be told.
    """

    reports: tuple[Report, ...]
    skipped: tuple[str, ...]
    broken: tuple[errors.StoreError, ...]
    neglected: tuple[str, ...] = ()
    unready: tuple[errors.AccountError, ...] = ()
    """Why accounts could not even be asked."""
    unmatched: Mapping[str, tuple[Unmatched, ...]] = field(default_factory=dict)

    @property
    def unread(self) -> tuple[errors.AccountError, ...]:
        """Why accounts, or parts of them that were needed, could not be read."""
        return tuple(error for report in self.reports for error in report.unread)

    @property
    def exit_code(self) -> int:
        """The gravest: 4 the database failed a run, 3 an account could not be read, 2 one has no
        key, 5 halted, 6 inconclusive, 1 not ended; else 0.
        """
        if self.broken:
            return errors.DATABASE
        if unread := (*self.unread, *self.unready):
            return exit_code_of(unread)
        if any(report.plan.halted for report in self.reports):
            return errors.HALTED
        if self.neglected or any(report.inconclusive for report in self.reports):
            return errors.INCONCLUSIVE
        failed = any(report.failed for report in self.reports)
        return errors.SOME_FAILED if failed else errors.DONE


def observe_all(
    settings: Settings,
    accounts: Sequence[AccountSettings],
    policies: PolicySet,
    look: Callable[[Reaper], T],
    store: Database,
    *,
    observation: Callable[[T], Observation],
    tell: Tell,
    clock: Clock = SYSTEM_CLOCK,
) -> Observed[T]:
    """What `look` gives of each account; nothing is recorded and nothing can be ended.

    `observation` gives the look that it rests on: of one that is not whole, why is in `unread`, too.

    Raises Unready where no account could even be asked, and StoreError.
    """
    looks: list[T] = []
    unread: list[errors.AccountError] = []
    for account in accounts:
        wired = reaper_of(
            settings, account, policies, store, enforce=False, stop=Event(), tell=tell, clock=clock
        )
        try:
            with wired as reaper:
                looks.append(look(reaper))
            unread += unread_parts(observation(looks[-1]))
        except errors.AccountError as error:
            unread.append(error)
    _raise_if_nobody_was_asked(accounts, unread)
    return Observed(tuple(looks), tuple(unread))


def run_all(
    settings: Settings,
    accounts: Sequence[AccountSettings],
    policies: ChosenPolicies,
    *,
    enforce: bool | None,
    stop: Event,
    tell: Tell,
    requests: Mapping[str, Request] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Runs:
    """One run over each account, one after the other; no more once `stop` is set.

    `enforce` overrides the settings unless it is None. With `requests`, nothing is done but what a
    person asks for, by account. Raises StoreError where the database cannot be opened, and Unready
    where no account could even be asked.
    """
    enforcing = settings.enforce if enforce is None else enforce
    reports: list[Report] = []
    skipped: list[str] = []
    neglected: list[str] = []
    broken: list[errors.StoreError] = []
    unready: list[errors.AccountError] = []
    idle: dict[str, tuple[Unmatched, ...]] = {}
    with database(settings) as store:
        for account in accounts:
            if stop.is_set():
                break
            wired = reaper_of(
                settings,
                account,
                policies.policies,
                store,
                enforce=enforcing,
                stop=stop,
                tell=tell,
                reread=policies.reread,
                clock=clock,
            )
            request = None if requests is None else requests[account.name]
            try:
                with wired as reaper:
                    reports.append(reaper.run_once(request))
                idle[account.name] = unmatched(store, account.name) if request is None else ()
            except errors.Unready as error:
                unready.append(error)
            except errors.LeaseHeld as held:
                skipped.append(str(held))
                if why := _neglect(settings, account, store, clock, asked=requests is not None):
                    neglected.append(f"{held}; {why}")
            except (
                errors.StoreError
            ) as error:  # also a lost lease: the next account may fare better
                broken.append(error)
    _raise_if_nobody_was_asked(accounts, unready)
    return Runs(
        tuple(reports), tuple(skipped), tuple(broken), tuple(neglected), tuple(unready), idle
    )


def _neglect(
    settings: Settings, account: AccountSettings, store: Database, clock: Clock, *, asked: bool
) -> str | None:
    """Why it matters that the account was left to another reaper, in words.

    What a person `asked` for was not done. Else the other one is expected to finish its runs.
    """
    if asked:
        return "nothing of the plan was done; apply it again"
    now = clock.now()
    within = account.overdue_after(settings.pace(account), now)
    try:
        at = conditions(store, [account.name], now)[account.name].complete_at
    except errors.StoreError as error:
        return f"and when the last complete run was is not known: {error}"
    if at is None or now - at <= within:
        return None
    age, most = spoken((now - at).total_seconds()), spoken(within.total_seconds())
    return f"but the last complete run began {age} ago, and {most} is the maximum"


def _raise_if_nobody_was_asked(
    accounts: Sequence[AccountSettings], unread: Sequence[errors.AccountError]
) -> None:
    unready = [error for error in unread if isinstance(error, errors.Unready)]
    if unready and len(unready) == len(accounts):
        raise unready[0]


def exit_code_of(unread: Sequence[errors.AccountError]) -> int:
    """The gravest of these; 0 where there is none."""
    return max((error.exit_code for error in unread), default=errors.DONE)
