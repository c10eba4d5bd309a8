"""The schema of a policy file, for editors: JSON Schema 2020-12, made from the models that read the files."""

from __future__ import annotations

import json
from typing import Any

from reaper.core.language import RULES
from reaper.core.policy import PolicyDocument

SHIPPED = "schema/policy.schema.json"
"""Where it stands, relative to a folder of policies."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:reaper:policy-file"


def policy_schema() -> dict[str, Any]:
    """What a policy file may hold, as far as a schema can say it.

    The loader knows more: that a selector can match nothing, that two rules contradict, that a window never opens.
    """
    made = PolicyDocument.model_json_schema(by_alias=True)
    known = made["$defs"]
    for key, rule in RULES.items():
        known[rule.__name__]["title"] = key
    known["Policy"]["oneOf"] = [{"required": ["terminate_when"]}, {"required": ["delete_when"]}]
    return {"$schema": _DIALECT, "$id": _ID, **made, "title": "Policies of reaper"}


def schema_text() -> str:
    """The schema as it is shipped."""
    return json.dumps(policy_schema(), indent=2) + "\n"
