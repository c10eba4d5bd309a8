"""Cases: small fleets at a moment with the verdicts that are expected, tried by judging them as a run does."""

from reaper.policy_cases.reading import CaseFile, load_cases
from reaper.policy_cases.trial import Mismatch, Trial, try_case

__all__ = ["CaseFile", "Mismatch", "Trial", "load_cases", "try_case"]
