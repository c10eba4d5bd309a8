"""The schema of a policy file, for editors.

JSON Schema 2020-12, made from the models that read the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reaper.core.language.policy import PolicyDocument
from reaper.core.language.rules import RULES

SHIPPED = "schema/policy.schema.json"
"""Where it stands, relative to a folder of policies."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:reaper:policy-file"
_NOTHING = {"type": "null"}
_POLICY = {"name": "old-webui", "select": {"kind": "webui"}, "terminate_when": {"age": "24h"}}
_EXEMPTION = {"owner": "admin@ROOT", "reason": "operations"}
_EXAMPLES: dict[str, dict[str, list[Any]]] = {
    "PolicyDocument": {"protect": [[_EXEMPTION]], "policies": [[_POLICY]]},
    "Policy": {
        "name": ["idle-webui"],
        "description": ["Free the client seats that forgotten browser tabs hold."],
        "mode": ["observe"],
        "select": ["all", {"kind": "webui", "state": "running"}],
        "terminate_when": [{"idle": "2h"}, {"any": [{"idle": "2h"}, {"age": "24h"}]}],
        "delete_when": [{"ended": "14d"}],
        "exempt": [[_EXEMPTION]],
        "from": ["2026-12-21"],
        "until": ["2027-01-03"],
        "only_during": [
            "Mon-Fri 19:00-07:00 Europe/Amsterdam",
            ["weekends UTC", "daily 22:00-06:00"],
        ],
        "after": [{"observations": 3}, {"for": "15m"}],
        "steps": [
            [{"interrupt_solve": "2m"}, {"interrupt_execution": "2m"}, "terminate"],
            "terminate",
        ],
        "limits": [{"sessions": 3, "percent": 5}],
    },
    "Exemption": {"reason": ["operations"], "until": ["2026-12-31"]},
    "Unlike": {"not": ["svc-*@*", ["svc-*@*", "admin@ROOT"]]},
    "OnlyDuring": {"except": [["2026-12-24", "2026-12-31"]], "holidays": ["NL", ["NL", "DE-BY"]]},
    "After": {"observations": [3], "for": ["15m"]},
    "Limit": {"sessions": [3], "percent": [5]},
    "Idle": {"idle": ["2h", {"over": "12h", "kinds": ["task"]}]},
    "IdleOf": {"kinds": [["webui", "task"]]},
    "GbHours": {"gb_hours": [200]},
    "OwnerSessions": {"owner_sessions": [{"over": 3, "keep": "most_recently_active"}]},
    "Quota": {"over": [3], "keep": ["most_recently_active"]},
    "SeatPressure": {"seats": [{"high": 40, "low": 36, "floor": "30m"}]},
    "Pressure": {"high": [40], "low": [36]},
    "Always": {"always": [True]},
    "AnyOf": {"any": [[{"idle": "2h"}, {"age": "24h"}]]},
    "AllOf": {"all": [[{"idle": "2h"}, {"age": "24h"}]]},
    "Not": {"not": [{"idle": "10m"}]},
}


def policy_schema() -> dict[str, Any]:
    """What a policy file may hold, as far as a schema can say it.

    The loader knows more: that a selector can match nothing, that two rules contradict, that a
    window never opens.
    """
    made = PolicyDocument.model_json_schema(by_alias=True)
    definitions = made["$defs"]
    for name, whole in (*definitions.items(), ("PolicyDocument", made)):
        if "description" in whole:
            whole["description"] = _unwrapped(whole["description"])
        for part in _objects(whole):
            _explain(part, _EXAMPLES.get(name, {}))
    for key, rule in RULES.items():
        definitions[rule.__name__]["title"] = key
    definitions["Policy"]["oneOf"] = [
        {"required": ["terminate_when"]},
        {"required": ["delete_when"]},
    ]
    return {"$schema": _DIALECT, "$id": _ID, **made, "title": "Policies of reaper"}


def schema_text() -> str:
    """The schema as it is shipped."""
    return json.dumps(policy_schema(), indent=2) + "\n"


def _objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The mappings that a definition allows, each in one way of writing it."""
    return (one for one in (schema, *schema.get("anyOf", [])) if "properties" in one)


def _unwrapped(docstring: str) -> str:
    """Each paragraph in one line, however the source is wrapped."""
    return "\n\n".join(" ".join(part.split()) for part in docstring.split("\n\n"))


def _explain(mapping: dict[str, Any], examples: dict[str, list[Any]]) -> None:
    """Say of each key what it means, with examples, and that it is left out rather than
    left empty.
    """
    for key, schema in mapping["properties"].items():
        schema["title"] = key
        if _NOTHING in schema.get("anyOf", []):
            _written(schema)
        if len(mapping["properties"]) == 1:
            schema.setdefault("description", mapping["description"])
        if key in examples:
            schema["examples"] = examples[key]


def _written(schema: dict[str, Any]) -> None:
    """Take out that nothing may stand there."""
    schema["anyOf"].remove(_NOTHING)
    schema.pop("default", None)
    if len(schema["anyOf"]) == 1:
        (only,) = schema.pop("anyOf")
        schema.update({**only, **schema})
