"""One pass over each of several accounts; one account's trouble never costs another its pass."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from reaper import errors
from reaper.bootstrap import database, reaper_of
from reaper.core.policy import PolicySet
from reaper.run import Report, Tell
from reaper.settings import AccountSettings, Settings


def run_accounts(
    settings: Settings,
    accounts: Sequence[AccountSettings],
    policies: PolicySet,
    *,
    enforce: bool,
    stop: Event,
    tell: Tell,
) -> list[Report]:
    """The reports, in the order of the accounts. Raises StoreError, and ConfigurationError for a missing key."""
    for account in accounts:
        account.key()  # a missing key is told before anything is looked at
    reports = []
    with database(settings) as store:
        for account in accounts:
            with reaper_of(settings, account, policies, store, enforce=enforce, stop=stop, tell=tell) as reaper:
                reports.append(reaper.run_once())
            if stop.is_set():
                break
    return reports


def exit_code(reports: Sequence[Report]) -> int:
    """3 when an account could not be read, 1 when a session that was to be ended was not, else 0."""
    if any(report.error is not None for report in reports):
        return errors.UNREACHABLE
    return errors.SOME_FAILED if any(report.failed for report in reports) else errors.DONE
