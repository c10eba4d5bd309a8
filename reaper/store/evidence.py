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
    found: Evidence = {"findings": [_finding(f) for f in verdict.findings]}
    if verdict.exemption is not None:
        found["exemption"] = written(verdict.exemption)
    if verdict.unknowns:
        found["unknowns"] = list(verdict.unknowns)
    return found


def _finding(found: Finding) -> list[Any]:
    return [found.rule, _ANSWERS[found.answer], found.value, found.threshold, found.note]


def written(found: Exemption) -> Evidence:
    """The exemption as a person wrote it."""
    row: Evidence = found.model_dump(mode="json", exclude_none=True)
    return row


def decode(evidence: Evidence) -> Evidence:
    """What was kept of a verdict, for whoever reads it."""
    return {
        **evidence,
        "findings": [
            dict(zip(_PARTS, found, strict=True)) for found in evidence.get("findings", ())
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
        "verdicts": {name: decode(found) for name, found in evidence["verdicts"].items()},
    }
