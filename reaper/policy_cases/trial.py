"""Trying a case: judged and planned by what judges and plans a run."""

from __future__ import annotations

from dataclasses import dataclass

from reaper.core.judge import judge
from reaper.core.limits import Limits
from reaper.core.plan import Plan, build_plan
from reaper.core.policy import PolicySet
from reaper.core.verdict import Verdict
from reaper.policy_cases.comparing import Mismatch, plan_mismatches, verdict_mismatches
from reaper.policy_cases.fleet import fleet_at
from reaper.policy_cases.model import Case


@dataclass(frozen=True)
class Trial:
    """What became of a case."""

    case: Case
    verdicts: tuple[Verdict, ...]
    plan: Plan
    mismatches: tuple[Mismatch, ...]

    @property
    def passed(self) -> bool:
        return not self.mismatches


def try_case(case: Case, policies: PolicySet) -> Trial:
    """Judge the case's fleet at its moment, as a run with the usual limits would."""
    fleet = fleet_at(case.fleet, policies, case.at)
    verdicts = [v.worked_out() for v in judge(policies, fleet.sessions, fleet.activity, case.at, fleet.memory.lasting)]
    plan = build_plan(verdicts, fleet.memory, Limits(), fleet.sessions, case.at)
    found = (*verdict_mismatches(case, verdicts, policies.dormant(case.at)), *plan_mismatches(case, plan))
    return Trial(case, tuple(verdicts), plan, found)
