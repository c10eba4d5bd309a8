"""What a verdict rested on, as it is kept: short, for there are many. And as it is told.

Each part by its name.
"""

from __future__ import annotations

from typing import Any

from reaper.core.judging.verdict import Finding, Verdict
from reaper.core.language.selector import Exemption
from reaper.core.model.matching import Answer

Evidence = dict[str, Any]

_ANSWERS = tuple(answer.name.lower() for answer in Answer)
_PARTS = ("rule", "answer", "value", "threshold", "note")
"""A rule, its answer, the value against the threshold, and where the value came from."""


def encode(verdict: Verdict) -> Evidence:
    """What the verdict rests on; times in seconds."""
    evidence: Evidence = {"findings": [_finding(f) for f in verdict.findings]}
    if verdict.exemption is not None:
        evidence["exemption"] = written(verdict.exemption)
    if verdict.unknowns:
        evidence["unknowns"] = list(verdict.unknowns)
    return evidence


def _finding(finding: Finding) -> list[Any]:
    return [finding.rule, _ANSWERS[finding.answer], finding.value, finding.threshold, finding.note]


def written(exemption: Exemption) -> Evidence:
    """The exemption as a person wrote it."""
    row: Evidence = exemption.model_dump(mode="json", exclude_none=True)
    return row


def decode(evidence: Evidence) -> Evidence:
    """What was kept of a verdict, for whoever reads it."""
    return {
        **evidence,
        "findings": [
            dict(zip(_PARTS, finding, strict=True)) for finding in evidence.get("findings", ())
        ],
    }


def decode_recheck(evidence: Evidence) -> Evidence | None:
    """What was kept of a second look, for whoever reads it, with what each policy found.

    None where there was none.
    """
    if not evidence:
        return None
    return {
        **evidence,
        "verdicts": {name: decode(verdict) for name, verdict in evidence["verdicts"].items()},
    }
