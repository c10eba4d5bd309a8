"""Cases: small fleets at a moment with the verdicts that are expected, tried by judging them as a
run does.
"""

from reaper.config.policy_tests.assertions import Mismatch
from reaper.config.policy_tests.coverage import Coverage, coverage
from reaper.config.policy_tests.reading import CaseFile, Suite, load_cases
from reaper.config.policy_tests.result import CaseResult, run_case

__all__ = [
    "CaseFile",
    "CaseResult",
    "Coverage",
    "Mismatch",
    "Suite",
    "coverage",
    "load_cases",
    "run_case",
]
