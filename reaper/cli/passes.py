"""One pass over each of several accounts; one account's trouble never costs another its pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

from reaper import errors
from reaper.bootstrap import database, reaper_of
from reaper.core.plan import Reviewed
from reaper.core.policy import PolicySet
from reaper.run import Report, Tell
from reaper.settings import AccountSettings, Settings


@dataclass
class Done:
    """What came of it: the reports in the order of the accounts, and in words why others were skipped or broke off."""

    reports: list[Report] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    broken: list[errors.StoreError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The gravest: 4 the database failed a run, 3 an account could not be read, 5 halted, 1 not ended; else 0."""
        if self.broken:
            return errors.DATABASE
        return _exit_code(self.reports)


def run_accounts(
    settings: Settings,
    accounts: Sequence[AccountSettings],
    policies: PolicySet,
    *,
    enforce: bool,
    stop: Event,
    tell: Tell,
    reviewed: Mapping[str, frozenset[Reviewed]] | None = None,
    reread: Callable[[], PolicySet] | None = None,
) -> Done:
    """One after the other.

    Raises StoreError where the database cannot be opened, and ConfigurationError for a missing key.
    """
    for account in accounts:
        account.key()  # a missing key is told before anything is looked at
    done = Done()
    with database(settings) as store:
        for account in accounts:
            if stop.is_set():
                break
            only = None if reviewed is None else reviewed[account.name]
            wired = reaper_of(settings, account, policies, store, enforce=enforce, stop=stop, tell=tell, reread=reread)
            try:
                with wired as reaper:
                    done.reports.append(reaper.run_once(only))
            except errors.Held as held:
                done.skipped.append(str(held))
            except errors.StoreError as error:  # also a lost lease: the next account may fare better
                done.broken.append(error)
    return done


def _exit_code(reports: Sequence[Report]) -> int:
    if any(report.error is not None for report in reports):
        return errors.UNREACHABLE
    if any(report.plan.halted for report in reports):
        return errors.HALTED
    return errors.SOME_FAILED if any(report.failed for report in reports) else errors.DONE
