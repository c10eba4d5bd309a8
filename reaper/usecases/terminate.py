"""Ending one session by hand: which one is meant, whether it may be, and a run that does only
that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Event

from reaper import errors
from reaper.bootstrap import actor
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.core.judging.judge import judge
from reaper.core.judging.match import match_policy
from reaper.core.judging.verdict import Ruling
from reaper.core.language.order import Order
from reaper.core.language.selector import Exemption
from reaper.core.model.matching import SessionTest
from reaper.core.model.session import Phase
from reaper.core.planning.plan import Result
from reaper.core.planning.request import Request
from reaper.ports import Clock, Tell
from reaper.usecases.accounts import Runs, run_all
from reaper.usecases.configuration import ChosenPolicies
from reaper.usecases.explain import Explanation, Live, explain_now

_LEFT_ALONE = frozenset({Result.WITHHELD, Result.NO_LONGER_DUE, Result.CAME_BACK})


@dataclass(frozen=True)
class Ended:
    """What came of an order to end a session, `despite` an exemption that covers it."""

    runs: Runs
    session: str
    despite: Exemption | None

    @property
    def exit_code(self) -> int:
        """As of a run; 1 also where an enforcing one left the session alone."""
        return self.runs.exit_code or (errors.SOME_FAILED if self._left_alone else errors.DONE)

    @property
    def goes_on(self) -> bool:
        """Whether a gentler step was asked for, or is waited for, and another one may follow."""
        reports = [report for report in self.runs.reports if report.enforcing]
        return any(
            report.plan.waiting
            or any(
                s.action.interrupts and s.session.id in report.outcomes for s in report.plan.steps
            )
            for report in reports
        )

    @property
    def _left_alone(self) -> bool:
        if self.runs.skipped:
            return True
        (report,) = self.runs.reports or (None,)
        if report is None or not report.enforcing or report.plan.waiting:
            return False
        outcome = report.outcomes.get(self.session)
        return outcome is None or outcome.result in _LEFT_ALONE


def terminate(
    settings: Settings,
    policies: ChosenPolicies,
    start: str,
    account: str | None = None,
    *,
    reason: str,
    by: str | None = None,
    despite_exemption: bool = False,
    enforce: bool = False,
    stop: Event,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Ended:
    """Take the step that is due now towards the end of the session whose id begins so.

    Raises ConfigurationError unless there is exactly one that runs, is understood, and is not
    exempt; AccountError and StoreError.
    """
    explanation = explain_now(
        settings, policies.policies, start, account, running=True, tell=tell, clock=clock
    )
    live = _running(explanation, start, account)
    name, id_ = explanation.who
    exemption = _overridden(live, despite_exemption=despite_exemption)
    order = Order.to_end(id_, by=by or actor(), reason=reason, despite=exemption)
    if unknown := _unknown(order, live):
        raise errors.ConfigurationError(f"session {id_} of {name} is left alone: {unknown}")
    ordered = replace(
        policies,
        policies=order.among(policies.policies, live.session),
        reread=lambda: order.among(policies.reread(), live.session),
    )
    runs = run_all(
        settings,
        settings.chosen((name,)),
        ordered,
        enforce=enforce,
        stop=stop,
        tell=tell,
        requests={name: Request(order=order)},
        clock=clock,
    )
    return Ended(runs, id_, exemption)


def _running(explanation: Explanation, start: str, account: str | None) -> Live:
    """The session as it runs.

    Raises ConfigurationError where it is over, and AccountError where an account that did not
    answer may have it.
    """
    live, (name, id_) = explanation.live, explanation.who
    if explanation.unread and (live is None or account is None):
        hint = f"session '{start}' may be there; name the account that is meant with --account"
        raise errors.AccountError(f"{explanation.unread[0]}{'' if account else f'; {hint}'}")
    if live is not None and live.session.phase is not Phase.OVER:
        return live
    state = f"it is {live.session.state}" if live else "it is not among the sessions that run"
    raise errors.ConfigurationError(
        f"session {id_} of {name} is over already: {state}; `reaper explain {id_}` tells what was "
        "done to it"
    )


def _overridden(live: Live, *, despite_exemption: bool) -> Exemption | None:
    """The exemption that covers the session, or else one that may; None where none does.

    Raises ConfigurationError where the person does not override it.
    """
    policies, session, now = live.observation.policies, live.session, live.observation.now
    exemptions = (*policies.exemptions, *Order.exempt_by(policies, session))
    holding = [exemption for exemption in exemptions if exemption.holds_at(now)]
    match = match_policy(SessionTest({}, fold=False), holding, session)
    exemption = match.exemption or match.doubtful
    if exemption is not None and not despite_exemption:
        covers = "is" if match.exemption else "may be"
        raise errors.ConfigurationError(
            f"session {session.id} of {live.observation.account} {covers} exempt: {exemption}; "
            "--despite-exemption ends it all the same"
        )
    return exemption


def _unknown(order: Order, live: Live) -> str | None:
    """Why the session is not understood, and so cannot be ended; None where it is."""
    alone = order.among(live.observation.policies, live.session).only(frozenset({order.name}))
    (verdict,) = judge(alone, [live.session], {}, live.observation.now)
    return None if verdict.ruling is Ruling.OFFENDER else verdict.reason
