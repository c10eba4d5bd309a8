"""What of a pass needs a person, a line each; nothing at all of a good one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reaper.core.judging.concerns import Check
from reaper.core.planning.holds import by_hand
from reaper.core.planning.notice import DeliveryStatus
from reaper.core.planning.plan import Result
from reaper.run.pipeline import Report


def troubles(report: Report) -> Iterator[str]:
    """Why it ended nothing, ended less than was due, or is not sure."""
    account = report.observation.account
    if report.error is not None:
        yield str(report.error)
        return
    for doubt in report.observation.doubts:
        yield f"{account}: observed only: {doubt}"
    for concern in report.concerns:
        named = concern.check is Check.KEY  # by the client
        yield concern.reason if named else f"{account}: {concern.reason}"
    if report.plan.halted:
        yield from _of_halt(report)
        return
    yield from _of_sessions(report)
    for delivery in report.deliveries:
        if delivery.result is DeliveryStatus.NOT_TOLD:
            yield (
                f"{account}: could not notify {delivery.target}: {delivery.detail}; the next run "
                "tries again"
            )


def _of_halt(report: Report) -> Iterator[str]:
    """A pause first: it holds whatever else is wrong."""
    account, why = report.observation.account, "; ".join(report.plan.halted)
    if report.holds.pause is not None:
        yield f"{account}: {_due(len(report.plan.steps))} left alone: {report.holds.pause}"
        yield f"{account}: once that is over, a limit halts it: {why} ({report.way_on})"
    elif report.enforcing:
        yield f"{account}: run {report.run_id} was halted: {why} ({report.way_on})"
    else:
        yield f"{account}: dry run {report.run_id} is over a limit: {why} ({report.way_on})"


def _due(count: int) -> str:
    return f"{count} {'session' if count == 1 else 'sessions'} due but"


def _of_sessions(report: Report) -> Iterator[str]:
    account, withheld = report.observation.account, Counter[str]()
    for step in (*report.plan.steps, *report.plan.came_back):
        outcome = report.outcomes.get(step.session.id)
        if outcome is not None and outcome.result.is_grave:
            who = f"{step.session.kind} {step.session.id} of {step.session.owner or 'nobody known'}"
            yield f"{account}: {who}: {outcome.result.value}: {outcome.detail}"
        elif outcome is not None and outcome.result is Result.WITHHELD and report.enforcing:
            withheld[outcome.detail] += 1
    for why, count in withheld.items():
        latched = why == report.blocked and report.holds.pause is None
        more = f"; {by_hand(account, report.plan.takeable)}" if latched else ""
        yield f"{account}: {_due(count)} left alone: {why}{more}"
