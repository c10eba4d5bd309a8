"""What a pass writes to the log."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reaper.core.judging.concerns import concerns
from reaper.core.planning.notice import DeliveryStatus
from reaper.core.planning.plan import Result
from reaper.logs import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reaper.core.judging.verdict import Observation
    from reaper.core.planning.notice import Delivery
    from reaper.core.planning.plan import Outcome, PastStep, Plan, RecheckResult, Step
    from reaper.ports import Tell

_log = logger("run")


class RunLog:
    """A `RunObserver` that writes the log of the passes over one account.

    `tell` receives their progress.
    """

    def __init__(self, account: str, tell: Tell = lambda _: None) -> None:
        self._account_log = self._log = _log.bind(account=account)
        self._tell = tell
        self._enforcing = False

    def progress(self, text: str) -> None:
        self._tell(text)

    def past_step_settled(self, step: PastStep, outcome: Outcome) -> None:
        self._account_log.info(
            "past step settled",
            run=step.run_id,
            session=step.session_id,
            kind=step.kind,
            action=step.action,
            outcome=outcome.result.value,
            detail=outcome.detail,
        )

    def run_begun(
        self,
        run: int,
        observation: Observation,
        plan: Plan,
        *,
        blocked_reason: str | None,
        enforcing: bool,
    ) -> None:
        log = self._log = self._account_log.bind(run=run)
        self._enforcing = enforcing
        counts = {ruling.value: count for ruling, count in observation.count().items()}
        log.info(
            "run begun",
            enforcing=enforcing,
            sessions=len(observation.snapshot.fleet),
            **counts,
            steps=len(plan.steps),
        )
        if not observation.follows:
            log.info(
                "what lasts starts over",
                why="the last complete run is older than ready_within, or in the future",
            )
        for doubt in observation.doubts:
            log.warning("observing only", doubt=doubt)
        for concern in concerns(observation, enforcing=enforcing):
            log.warning("needs a person", check=concern.check.value, why=concern.reason)
        if half_read := observation.half_read:
            why = "; ".join(map(str, half_read[0].problems))
            log.warning(
                "sessions read only in part", count=len(half_read), session=half_read[0].id, why=why
            )
        if blocked_reason is not None:
            log.warning("halted" if plan.halted else "barred", why=blocked_reason)

    def step_intended(self, step: Step, look: RecheckResult) -> None:
        if self._enforcing:
            self._log.info("step intended", **_of(step), reason=look.reason)

    def step_settled(self, step: Step, outcome: Outcome) -> None:
        """What was withheld is small talk: it is withheld in each run anew, and `run_ended` counts
        it. Not where it will be until a person sees to it.
        """
        write = self._log.info
        if outcome.result.is_grave or (outcome.needs_attention and self._enforcing):
            write = self._log.warning
        elif outcome.result is Result.WITHHELD:
            write = self._log.debug
        write("step settled", **_of(step), outcome=outcome.result.value, detail=outcome.detail)

    def notified(self, delivery: Delivery) -> None:
        delivered = delivery.result is DeliveryStatus.TOLD
        write = self._log.info if delivered else self._log.warning
        write(
            "notice",
            target=delivery.target,
            sessions=len(delivery.notice.reported),
            outcome=delivery.result.value,
            detail=delivery.detail,
        )

    def run_ended(
        self, result: str, outcomes: Mapping[str, Outcome], seconds: Mapping[str, float]
    ) -> None:
        counts = Counter(outcome.result.value for outcome in outcomes.values())
        total = round(sum(seconds.values()), 3)
        self._log.info("run ended", result=result, outcomes=dict(counts), seconds=total)


def _of(step: Step) -> dict[str, str | None]:
    session = step.session
    return {
        "session": session.id,
        "kind": session.kind,
        "owner": session.owner,
        "policy": step.policy,
        "action": step.action,
    }
