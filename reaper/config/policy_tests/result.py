"""Trying a case: judged and planned by what judges and plans a run."""

from __future__ import annotations

from dataclasses import dataclass

from reaper.config.policy_tests.assertions import (
    Mismatch,
    plan_mismatches,
    verdict_mismatches,
    windows,
)
from reaper.config.policy_tests.fleet import fleet_at
from reaper.config.policy_tests.model import Case
from reaper.core.judging.verdict import Verdict
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.planning.plan import Plan


@dataclass(frozen=True)
class CaseResult:
    """What became of a case."""

    case: Case
    verdicts: tuple[Verdict, ...]
    plan: Plan
    mismatches: tuple[Mismatch, ...]

    @property
    def passed(self) -> bool:
        return not self.mismatches


def run_case(case: Case, policies: PolicySet) -> CaseResult:
    """Judge the case's fleet at its moment, as a run with the usual limits would."""
    observation, plan = fleet_at(case.each(), policies, case.at).judged(policies, Limits())
    verdicts = tuple(verdict.materialized() for verdict in observation.verdicts)
    mismatches = (
        *verdict_mismatches(case, verdicts, policies.dormant(case.at)),
        *plan_mismatches(case, plan, windows(case, policies.policies)),
    )
    return CaseResult(case, verdicts, plan, mismatches)
