"""Cases: small fleets at a moment with the verdicts that are expected, tried by judging them as a run does."""

from reaper.policy_cases.comparing import Mismatch
from reaper.policy_cases.coverage import Coverage, coverage
from reaper.policy_cases.reading import CaseFile, Suite, load_cases
from reaper.policy_cases.trial import Trial, try_case

__all__ = ["CaseFile", "Coverage", "Mismatch", "Suite", "Trial", "coverage", "load_cases", "try_case"]
