"""The policies that many tests judge by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reaper.core.language.policy import PolicyDocument, PolicySet

IDLE: dict[str, Any] = {
    "name": "idle",
    "mode": "enforce",
    "select": {"kind": "webui"},
    "terminate_when": {"idle": "2h"},
}


def rules(*policies: dict[str, Any], protect: Iterable[dict[str, Any]] = ()) -> PolicySet:
    """A set of policies, as a file would hold them."""
    document = PolicyDocument.model_validate({"policies": list(policies), "protect": list(protect)})
    return PolicySet(document.policies, document.protect)
