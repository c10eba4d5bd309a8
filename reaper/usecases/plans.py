"""A plan for a person to review, and a reviewed plan that is applied, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from reaper import errors
from reaper.bootstrap import database
from reaper.clock import SYSTEM_CLOCK
from reaper.core.plan import Plan
from reaper.core.policy import PolicySet
from reaper.core.verdict import Pass
from reaper.plan_files import ReviewedPlan, read_plan, reviewable, write_plan
from reaper.ports import Clock
from reaper.run import Reaper, Report, Tell
from reaper.settings import Settings
from reaper.usecases.accounts import Runs, observe_all, run_all
from reaper.usecases.configuration import ChosenPolicies


@dataclass(frozen=True)
class Plans:
    """What a run would do in each account, and why others could not be read."""

    plans: tuple[tuple[Pass, Plan], ...]
    unread: tuple[errors.AccountError, ...]

    @property
    def exit_code(self) -> int:
        if self.unread:
            return errors.UNREACHABLE
        return errors.HALTED if any(plan.halted for _, plan in self.plans) else errors.DONE


@dataclass(frozen=True)
class Applied:
    """What came of the reviewed plans; `changes` tell one by one what differed from what was there to do."""

    runs: Runs
    changes: tuple[str, ...]


def make_plan(
    settings: Settings,
    policies: PolicySet,
    names: tuple[str, ...] = (),
    *,
    out: Path | None = None,
    tell: Tell = lambda _: None,
) -> Plans:
    """What a run would do now in the named accounts, or in all; nothing is recorded and nothing is ended.

    With `out` the plans are written there, sealed for `apply_plan`. Raises ConfigurationError and StoreError.
    """
    accounts = settings.chosen(names)
    with database(settings) as store:
        observed = observe_all(settings, accounts, policies, Reaper.look, store, tell=tell)
    if out is not None:
        by_name = {account.name: account for account in accounts}
        write_plan(
            out,
            [
                reviewable(seen, plan, by_name[seen.account].url, by_name[seen.account].key())
                for seen, plan in observed.looks
            ],
        )
    return Plans(observed.looks, observed.unread)


def apply_plan(
    settings: Settings,
    policies: ChosenPolicies,
    file: Path,
    *,
    enforce: bool | None,
    stop: Event,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Applied:
    """Take the steps of the file that are still due, and no others.

    Raises ConfigurationError unless each plan is the account's own, recent and unchanged, and made by these policies.
    """
    plans = {plan.account: plan for plan in read_plan(file).plans}
    accounts = settings.chosen(tuple(plans))
    for account in accounts:
        plans[account.name].refuse_unless(
            key=account.key(),
            url=account.url,
            policies=policies.policies,
            now=clock.now(),
            oldest=settings.plan_age,
        )
    reviewed = {
        name: frozenset((step.session, step.action) for step in plan.steps)
        for name, plan in plans.items()
    }
    runs = run_all(
        settings,
        accounts,
        policies,
        enforce=enforce,
        stop=stop,
        tell=tell,
        reviewed=reviewed,
        clock=clock,
    )
    changes = (_changes(report, plans[report.seen.account]) for report in runs.reports)
    return Applied(runs, tuple(line for lines in changes for line in lines))


def _changes(report: Report, reviewed: ReviewedPlan) -> Iterator[str]:
    now = {(step.session.id, step.action) for step in report.plan.steps}
    reasons = {verdict.session.id: verdict.reason for verdict in report.seen.verdicts}
    waits = {waiting.session.id: waiting.reason for waiting in report.plan.waiting}
    for step in reviewed.steps:
        if (step.session, step.action) not in now:
            gone = "it is not there any more"
            why = waits.get(step.session) or reasons.get(step.session) or gone
            yield f"no longer due: {step.kind} {step.session} of {step.owner}: {why}"
    for left in report.left_out:
        who = f"{left.session.kind} {left.session.id} of {left.session.owner}"
        yield f"not reviewed, left alone: {who}: {left.reason}"
