"""A fleet that is given, in a saved file or in a case, and judged without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reaper.core.judging.judge import judge
from reaper.core.judging.verdict import Observation
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Snapshot
from reaper.core.planning.memory import Memory
from reaper.core.planning.plan import Plan, build_plan


@dataclass(frozen=True)
class Fleet:
    """Everything that a pass would know of an account at a moment; `doubts` besides those of the
    snapshot.
    """

    now: datetime
    snapshot: Snapshot
    activity: Mapping[str, Activity]
    memory: Memory
    doubts: tuple[str, ...] = ()

    def judged(self, policies: PolicySet, limits: Limits) -> tuple[Observation, Plan]:
        """What a run would have concluded then by these policies."""
        snapshot, now = self.snapshot, self.now
        known = self.activity, self.activity, self.memory.lasting, self.doubts
        observation = Observation(snapshot.account, now, snapshot, policies, (), *known)
        verdicts = judge(
            policies,
            snapshot.everybody,
            self.activity,
            now,
            observation.past,
            unseen=snapshot.unseen,
        )
        plan = build_plan(verdicts, self.memory, limits, snapshot.sessions, now)
        return replace(observation, verdicts=verdicts), plan
