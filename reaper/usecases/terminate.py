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
from reaper.core.planning.plan import Result, Step
from reaper.core.planning.request import Request
from reaper.ports import Clock, Tell
from reaper.run.pipeline import Report
from reaper.usecases.accounts import Runs, run_all
from reaper.usecases.configuration import ChosenPolicies
from reaper.usecases.explain import Explanation, Live, explain_now


@dataclass(frozen=True)
class Ended:
    """What came of an order to end a session, `despite` an exemption that covers it."""

    runs: Runs
    session: str
    despite: Exemption | None

    @property
    def exit_code(self) -> int:
        """As of a run, and 1 also where an enforcing one left the session alone.

        0 where the session ended, or a gentler step was taken, whatever else a run would be told of.
        """
        if self.runs.broken or not self._reached:
            return self.runs.exit_code or (errors.DONE if self._dry else errors.SOME_FAILED)
        return errors.DONE

    @property
    def goes_on(self) -> bool:
        """Whether a gentler step was asked for, or is waited for, and another one may follow."""
        return any(
            report.plan.waiting or any(step.action.interrupts for step in _taken(report))
            for report in self.runs.reports
            if report.enforcing
        )

    @property
    def _dry(self) -> bool:
        return any(not report.enforcing for report in self.runs.reports)

    @property
    def _reached(self) -> bool:
        """Whether the session is seen to be over, or is on its way."""
        outcomes = [report.outcomes.get(self.session) for report in self.runs.reports]
        return self.goes_on or any(o is not None and o.result.is_over for o in outcomes)


def _taken(report: Report) -> list[Step]:
    """The steps that were asked for."""
    left_alone = (Result.WITHHELD, Result.NO_LONGER_DUE, Result.FAILED)
    outcomes = {id_: outcome.result for id_, outcome in report.outcomes.items()}
    return [
        step
        for step in report.plan.steps
        if outcomes.get(step.session.id, Result.WITHHELD) not in left_alone
    ]


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
