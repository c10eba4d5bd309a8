"""A plan for a person to review, and a reviewed plan that is applied, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from reaper import errors
from reaper.bootstrap import database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.core.judging.concerns import concerns
from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Session
from reaper.core.planning.holds import Holds
from reaper.core.planning.plan import Plan
from reaper.core.planning.request import Request
from reaper.ports import Clock, Tell
from reaper.run.pipeline import Reaper, Report
from reaper.usecases.accounts import Runs, exit_code_of, observe_all, run_all
from reaper.usecases.configuration import ChosenPolicies
from reaper.usecases.review import ReviewedPlan, ReviewedStep, read_plan, reviewable, write_plan


@dataclass(frozen=True)
class Plans:
    """What a run would do in each account, why others could not be read, and by account what holds
    it now.
    """

    plans: tuple[tuple[Observation, Plan], ...]
    unread: tuple[errors.AccountError, ...]
    holds: Mapping[str, Holds]

    @property
    def exit_code(self) -> int:
        if self.unread:
            return exit_code_of(self.unread)
        if any(plan.halted for _, plan in self.plans):
            return errors.HALTED
        unclear = any(concerns(observation, enforcing=False) for observation, _ in self.plans)
        return errors.INCONCLUSIVE if unclear else errors.DONE


@dataclass(frozen=True)
class Applied:
    """What came of the reviewed plans.

    `changes` tell one by one what differed from what was there to do.
    """

    runs: Runs
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Tranche:
    """A part of what is due: in the named accounts, or in all; of each, the oldest few."""

    accounts: tuple[str, ...] = ()
    at_most: int | None = None


WHOLE = Tranche()


def make_plan(
    settings: Settings,
    policies: PolicySet,
    names: tuple[str, ...] = (),
    *,
    out: Path | None = None,
    tell: Tell = lambda _: None,
) -> Plans:
    """What a run would do now in the named accounts, or in all.

    Nothing is recorded and nothing is ended.

    With `out` the plans are written there, sealed for `apply_plan`. Raises ConfigurationError and
    StoreError.
    """
    accounts = settings.chosen(names)
    with database(settings) as store:
        observed = observe_all(
            settings,
            accounts,
            policies,
            _look,
            store,
            observation=lambda look: look[0],
            tell=tell,
        )
    if out is not None:
        by_name = {account.name: account for account in accounts}
        write_plan(
            out,
            [
                reviewable(
                    observation,
                    plan,
                    by_name[observation.account].url,
                    by_name[observation.account].key(),
                )
                for observation, plan, _ in observed.looks
            ],
        )
    looks = tuple((observation, plan) for observation, plan, _ in observed.looks)
    return Plans(looks, observed.unread, {o.account: holds for o, _, holds in observed.looks})


def _look(reaper: Reaper) -> tuple[Observation, Plan, Holds]:
    return *reaper.look(), reaper.holds()


def apply_plan(
    settings: Settings,
    policies: ChosenPolicies,
    file: Path | None,
    tranche: Tranche = WHOLE,
    *,
    enforce: bool | None,
    stop: Event,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Applied:
    """Take the steps of the file that are still due, and no others; without a file, the oldest of
    those that are due now.

    Raises ConfigurationError unless each plan is the account's own, recent and unchanged, and made
    by these policies.
    """
    plans = {} if file is None else {plan.account: plan for plan in read_plan(file).plans}
    if strangers := [name for name in tranche.accounts if file and name not in plans]:
        raise errors.ConfigurationError(
            f"{file} has no plan for account '{strangers[0]}'; it has {', '.join(plans)}"
        )
    accounts = settings.chosen(tranche.accounts or tuple(plans))
    for account in accounts if plans else ():
        plans[account.name].refuse_unless(
            key=account.key(),
            url=account.url,
            policies=policies.policies,
            now=clock.now(),
            oldest=settings.plan_age,
        )
    runs = run_all(
        settings,
        accounts,
        policies,
        enforce=enforce,
        stop=stop,
        tell=tell,
        requests={a.name: _request(plans.get(a.name), tranche) for a in accounts},
        clock=clock,
    )
    changes = (_changes(report, plans.get(report.observation.account)) for report in runs.reports)
    return Applied(runs, tuple(line for lines in changes for line in lines))


def _request(reviewed: ReviewedPlan | None, tranche: Tranche) -> Request:
    steps = None if reviewed is None else frozenset(step.reviewed for step in reviewed.steps)
    return Request(steps, tranche.at_most)


def _changes(report: Report, reviewed: ReviewedPlan | None) -> Iterator[str]:
    if reviewed is not None:
        yield from _no_longer_due(report, reviewed)
    for left in report.left_out:
        who = f"{left.session.kind} {left.session.id} of {left.session.owner}"
        yield f"not reviewed, left alone: {who}: {left.reason}"
    if later := len(report.plan.later):
        due = "1 more session is" if later == 1 else f"{later} more sessions are"
        yield f"{report.observation.account}: {due} due; the same command takes the oldest of them next"


def _no_longer_due(report: Report, reviewed: ReviewedPlan) -> Iterator[str]:
    now = {step.reviewed for step in (*report.plan.steps, *report.plan.later)}
    there = {session.id: session for session in report.observation.snapshot.sessions}
    reasons = {verdict.session.id: verdict.reason for verdict in report.observation.verdicts}
    waits = {waiting.session.id: waiting.reason for waiting in report.plan.waiting}
    for step in reviewed.steps:
        if step.reviewed not in now:
            another = _another(step, there.get(step.session))
            why = another or waits.get(step.session) or reasons.get(step.session)
            why = why or "it no longer exists"
            yield f"no longer due: {step.kind} {step.session} of {step.owner}: {why}"


def _another(step: ReviewedStep, now: Session | None) -> str | None:
    """In which way the session of that id is not the one that was reviewed; None when it is."""
    if now is None:
        return None
    pairs = {
        "kind": (step.kind, now.kind),
        "owner": (step.owner, now.owner),
        "creation": (step.created_at, now.created_at),
    }
    differs = [
        f"its {what} was {old} and is {new}" for what, (old, new) in pairs.items() if old != new
    ]
    return f"another session has this id now: {', '.join(differs)}" if differs else None
