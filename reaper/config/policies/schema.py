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


def policy_schema() -> dict[str, Any]:
    """What a policy file may hold, as far as a schema can say it.

    The loader knows more: that a selector can match nothing, that two rules contradict, that a
    window never opens.
    """
    made = PolicyDocument.model_json_schema(by_alias=True)
    definitions = made["$defs"]
    for whole in (*definitions.values(), made):
        if "description" in whole:
            whole["description"] = _unwrapped(whole["description"])
        for part in _objects(whole):
            _explain(part)
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


def _explain(mapping: dict[str, Any]) -> None:
    """Say of each key what it means, and that it is left out rather than left empty."""
    for key, schema in mapping["properties"].items():
        schema["title"] = key
        if _NOTHING in schema.get("anyOf", []):
            _written(schema)
        if len(mapping["properties"]) == 1:
            schema.setdefault("description", mapping["description"])


def _written(schema: dict[str, Any]) -> None:
    """Take out that nothing may stand there."""
    schema["anyOf"].remove(_NOTHING)
    schema.pop("default", None)
    if len(schema["anyOf"]) == 1:
        (only,) = schema.pop("anyOf")
        schema.update({**only, **schema})
