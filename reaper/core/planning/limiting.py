"""Which limits the steps of a plan exceed, and how many of the oldest fit within all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from reaper.core.judging.verdict import Verdict
from reaper.core.language.limits import Limit, Limits
from reaper.core.language.policy import Policy
from reaper.core.model.action import Action
from reaper.core.model.session import Phase, Session
from reaper.core.planning.memory import Memory

_LAST = datetime.max.replace(tzinfo=UTC)


class Counted(Protocol):
    """A step, as far as limits look at it."""

    @property
    def session(self) -> Session: ...

    @property
    def action(self) -> Action: ...

    @property
    def verdicts(self) -> tuple[Verdict, ...]: ...

    @property
    def policies(self) -> frozenset[str]: ...


_Step = TypeVar("_Step", bound=Counted)


@dataclass(frozen=True)
class Measure:
    """The limits of one look.

    Percentages are of all `sessions` that run, and the hour is that of what `memory` knows to have
    been asked.
    """

    limits: Limits
    memory: Memory
    sessions: Sequence[Session]

    @property
    def running(self) -> int:
        return sum(1 for session in self.sessions if session.phase is Phase.RUNNING)

    def exceeded(self, steps: Sequence[Counted]) -> tuple[str, ...]:
        """Each limit that these steps exceed, in words."""
        return tuple(self._exceeded(steps, self.running))

    def room(self, steps: Sequence[Counted]) -> int:
        """How many of the oldest of these steps exceed none."""
        oldest, running = oldest_first(steps), self.running

        def too_many(count: int) -> bool:
            return any(self._exceeded(oldest[:count], running))

        return bisect_left(range(1, len(oldest) + 1), True, key=too_many)

    def _exceeded(self, steps: Sequence[Counted], running: int) -> Iterator[str]:
        ended = {step.session.id for step in steps if step.action is not Action.DELETE}
        policies = {v.policy.name: v.policy for step in steps for v in step.verdicts}
        counts = Counter(name for step in steps for name in step.policies)
        for name, policy in policies.items():
            if why := self._limit_of(policy).exceeded(counts[name], running):
                yield f"policy {name} would {'delete' if policy.deletes else 'end'} {why}"
        if why := self.limits.delete.exceeded(len(steps) - len(ended), running):
            yield f"this run would delete {why}"
        if ended and (why := self.limits.run.exceeded(len(ended), running)):
            yield f"this run would end {why}"
        hour = len(ended | self.memory.recent)
        if ended and (why := self.limits.hour.exceeded(hour, running)):
            yield f"within the hour this would make {why}"

    def _limit_of(self, policy: Policy) -> Limit:
        return policy.limits or (self.limits.delete if policy.deletes else self.limits.policy)


def oldest_first(steps: Sequence[_Step]) -> list[_Step]:
    """By when their sessions were created; one that does not tell comes last."""
    return sorted(steps, key=lambda step: (step.session.created_at or _LAST, step.session.id))
