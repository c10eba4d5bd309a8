"""What a person asks of one run, instead of all that is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reaper.core.judging.verdict import Verdict
from reaper.core.language.order import Order
from reaper.core.planning.limiting import Measure, oldest_first
from reaper.core.planning.plan import Plan, Reviewed


@dataclass(frozen=True)
class Request:
    """All that is due, or only some of it.

    With `reviewed`, those that a person has reviewed; with `at_most`, the oldest few, which are
    held against the limits by themselves; with an `order`, only what that asks for.
    """

    reviewed: frozenset[Reviewed] | None = None
    at_most: int | None = None
    order: Order | None = None

    @property
    def attended(self) -> bool:
        """Whether a person answers for its very steps: then no earlier halt holds it, and a limit
        that it exceeds needs no other person to see it.
        """
        return self.at_most is not None or self.order is not None

    def __bool__(self) -> bool:
        """Whether it asks for less than all."""
        return self.attended or self.reviewed is not None

    def concerned(self, verdicts: Sequence[Verdict]) -> Sequence[Verdict]:
        """Those of the verdicts that its plan is made from."""
        if self.order is None:
            return verdicts
        return [verdict for verdict in verdicts if verdict.policy.name == self.order.name]

    def of(self, plan: Plan, measure: Measure) -> Plan:
        """The plan without the other steps; nobody is told of anything."""
        if not self:
            return plan
        chosen = plan.steps
        if self.reviewed is not None:
            chosen = tuple(step for step in chosen if step.reviewed in self.reviewed)
        if self.at_most is None:
            return replace(plan, steps=chosen, to_tell=())
        oldest = tuple(oldest_first(chosen))
        chosen, later = oldest[: self.at_most], oldest[self.at_most :]
        halted = measure.exceeded(chosen)
        room = measure.room(chosen) if halted else 0
        return replace(plan, steps=chosen, later=later, halted=halted, room=room, to_tell=())

    def __str__(self) -> str:
        """For the record."""
        if self.order is not None:
            return f"session {self.order.session}, {self.order.said}"
        reviewed = "" if self.reviewed is None else " of those reviewed"
        return f"the oldest {self.at_most}{reviewed}" if self.attended else "those reviewed"
