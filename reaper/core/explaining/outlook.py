"""What the next enforcing run would do about one session, if it saw what this look saw."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from reaper.core.judging.verdict import Observation
from reaper.core.model.session import Session
from reaper.core.planning.plan import Plan


class Outlook(NamedTuple):
    """`what` is one word.

    Step, halted, withheld, waits, came-back, told, observed, doubtful or nothing.

    `due` is when a wait is over, where that can be told.
    """

    what: str
    words: str
    due: datetime | None = None


def outlook(
    observation: Observation, plan: Plan, session: Session, blocked_reason: str | None
) -> Outlook:
    """`forbidden` says why nothing may be ended of the account now."""
    if observation.doubts:
        return Outlook("doubtful", f"it would only observe: {observation.doubts[0]}")
    return _step(plan, session, blocked_reason) or _rest(plan, session)


def _step(plan: Plan, session: Session, blocked_reason: str | None) -> Outlook | None:
    step = next((s for s in plan.steps if s.session.id == session.id), None)
    if step is None:
        return None
    action = f"{step.action} by {', '.join(sorted(step.policies))}"
    if plan.halted:
        return Outlook("halted", f"a limit would halt it before {action}: {'; '.join(plan.halted)}")
    if blocked_reason is not None:
        return Outlook("withheld", f"{action} would be withheld: {blocked_reason}")
    return Outlook("step", f"{action}: {step.reason}")


def _rest(plan: Plan, session: Session) -> Outlook:
    for waiting in plan.waiting:
        if waiting.session.id == session.id:
            return Outlook(
                "waits", f"it would wait, by {waiting.policy}: {waiting.reason}", waiting.due
            )
    if any(s.session.id == session.id for s in plan.came_back):
        return Outlook(
            "came-back", "it was seen to end and runs again; it would be reported, and not ended"
        )
    if names := [c.verdict.policy.name for c in plan.to_tell if c.verdict.session.id == session.id]:
        return Outlook("told", f"it would be left alone; people are notified by {', '.join(names)}")
    if observed := [v.policy.name for v in plan.observed if v.session.id == session.id]:
        return Outlook("observed", f"it would be left alone: {', '.join(observed)} only observes")
    return Outlook("nothing", "it would be left alone")
