"""What a pass tells the log, and how long its parts took."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reaper.core.planning.notice import DeliveryStatus
from reaper.core.planning.plan import Result
from reaper.logs import BoundLogger, logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reaper.core.judging.verdict import Observation
    from reaper.core.planning.notice import Delivery
    from reaper.core.planning.plan import Outcome, PastStep, Plan, RecheckResult, Step
    from reaper.ports import Clock, RunRecord

_log = logger("run")
_GRAVE = frozenset({Result.FAILED, Result.UNCONFIRMED, Result.CAME_BACK})


class RunLog:
    """Tells of one pass over one account. `seconds` is how long each of its parts took so far."""

    def __init__(self, account: str, clock: Clock) -> None:
        self._log, self._clock = _log.bind(account=account), clock
        self._since = clock.monotonic()
        self.seconds: dict[str, float] = {}

    def lap(self, part: str) -> None:
        """The part that began with the lap before is over."""
        now = self._clock.monotonic()
        self.seconds[part], self._since = now - self._since, now

    def settled_past(self, step: PastStep, outcome: Outcome) -> None:
        self._log.info(
            "past step settled",
            run=step.run_id,
            session=step.session_id,
            kind=step.kind,
            action=step.action,
            outcome=outcome.result.value,
            detail=outcome.detail,
        )

    def begun(
        self,
        record: RunRecord,
        seen: Observation,
        plan: Plan,
        *,
        barred: str | None,
        enforcing: bool,
    ) -> LoggedRun:
        """Tell that the run is recorded; the record that tells of each step in turn."""
        log = self._log = self._log.bind(run=record.id)
        counts = {ruling.value: count for ruling, count in seen.count().items()}
        log.info(
            "run begun",
            enforcing=enforcing,
            sessions=len(seen.snapshot.fleet),
            **counts,
            steps=len(plan.steps),
        )
        if not seen.follows:
            log.info(
                "what lasts starts over",
                why="the last complete run is longer ago than ready_within, or ahead",
            )
        for doubt in seen.doubts:
            log.warning("observing only", doubt=doubt)
        if half_read := seen.half_read:
            why = "; ".join(map(str, half_read[0].problems))
            log.warning(
                "sessions read only in part", count=len(half_read), session=half_read[0].id, why=why
            )
        if barred is not None:
            log.warning("halted" if plan.halted else "barred", why=barred)
        return LoggedRun(record, self._log, enforcing=enforcing)

    def ended(self, result: str, outcomes: Mapping[str, Outcome]) -> None:
        counts = Counter(outcome.result.value for outcome in outcomes.values())
        seconds = round(sum(self.seconds.values()), 3)
        self._log.info("run ended", result=result, outcomes=dict(counts), seconds=seconds)


class LoggedRun:
    """A `RunRecord` that tells the log what it keeps."""

    def __init__(self, record: RunRecord, log: BoundLogger, *, enforcing: bool) -> None:
        self.id = record.id
        self.expired = record.expired
        self._record, self._log, self._enforcing = record, log, enforcing

    def intend(self, step: Step, look: RecheckResult) -> None:
        self._record.intend(step, look)
        if self._enforcing:
            self._log.info("step intended", **_of(step), reason=look.reason)

    def settle(self, step: Step, outcome: Outcome) -> None:
        """The log has it even where the database fails.

        What was withheld is small talk: it is withheld in each run anew, and `ended` counts it. Not
        where it will be until a person sees to it.
        """
        tell = self._log.info
        if outcome.result in _GRAVE or (outcome.needs_attention and self._enforcing):
            tell = self._log.warning
        elif outcome.result is Result.WITHHELD:
            tell = self._log.debug
        tell("step settled", **_of(step), outcome=outcome.result.value, detail=outcome.detail)
        self._record.settle(step, outcome)

    def told(self, receipt: Delivery) -> None:
        tell = self._log.info if receipt.result is DeliveryStatus.TOLD else self._log.warning
        about = len(receipt.notice.reported)
        tell(
            "notice",
            target=receipt.target,
            sessions=about,
            outcome=receipt.result.value,
            detail=receipt.detail,
        )
        self._record.told(receipt)


def _of(step: Step) -> dict[str, str | None]:
    session = step.session
    return {
        "session": session.id,
        "kind": session.kind,
        "owner": session.owner,
        "policy": step.policy,
        "action": step.action,
    }
