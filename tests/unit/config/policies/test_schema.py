"""The schema that editors complete by.

What it says is what the loader says, as far as a schema can.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from yamlcore import CoreLoader

from reaper.config.policies.load import ready_made
from reaper.config.policies.schema import SHIPPED, policy_schema, schema_text
from reaper.core.language.policy import PolicyDocument
from reaper.core.language.selector import Exemption

SCHEMA = policy_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
READY_MADE = sorted(ready_made().glob("*.yaml"))


def a_file(**policy: object) -> dict[str, Any]:
    usual = {"name": "p", "select": {"kind": "webui"}, "terminate_when": {"age": "1h"}}
    return {
        "policies": [
            {key: value for key, value in {**usual, **policy}.items() if value is not None}
        ]
    }


def loads(document: object) -> bool:
    try:
        PolicyDocument.model_validate(document)
    except ValidationError:
        return False
    return True


def test_it_is_a_schema() -> None:
    """Of the dialect of 2020-12, by the validator's own meta-schema."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_what_is_shipped_is_what_the_models_say() -> None:
    """`reaper policy schema -o policies/schema/policy.schema.json` renews it."""
    assert (ready_made() / SHIPPED).read_text("utf-8") == schema_text()


@pytest.mark.parametrize("path", READY_MADE, ids=lambda path: path.name)
def test_every_ready_made_policy_names_it_and_is_valid(path: Path) -> None:
    """The first line leads an editor to it, from where the file lies, and a foreign validator finds
    nothing.
    """
    text = path.read_text("utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={SHIPPED}\n")
    assert (path.parent / SHIPPED).is_file()
    read = yaml.load(text, CoreLoader)  # noqa: S506 - it makes plain values only
    assert [error.message for error in VALIDATOR.iter_errors(read)] == []


@pytest.mark.parametrize(
    "policy",
    [
        {"select": "all"},
        {"select": {"owner": {"not": ["svc-*@*", "/^x@/"]}}},
        {"select": {"owner": {"not": {"not": "a@b"}}}},
        {"terminate_when": {"any": [{"idle": "1h30m"}, {"not": {"all": [{"age": "2d"}]}}]}},
        {"select": {"kind": "task"}, "terminate_when": {"idle": {"over": "2h", "kinds": ["task"]}}},
        {"terminate_when": {"seats": {"high": 3, "low": 2, "floor": "30m"}}},
        {"terminate_when": {"gb_hours": 0.5}},
        {"terminate_when": None, "delete_when": {"ended": "14d"}, "select": {"kind": "solve"}},
        {"steps": "terminate"},
        {"steps": [{"interrupt_solve": "2m"}, "terminate"]},
        {"only_during": "Mon-Fri 19:00-07:00 Europe/Amsterdam"},
        {"only_during": {"windows": ["weekends UTC"], "except": ["2026-12-25"]}},
        {"from": "2026-01-01", "until": "2026-12-31", "after": {"observations": 3, "for": "15m"}},
        {"limits": {"sessions": 0, "percent": 5.5}},
        {"exempt": [{"app": "x", "reason": "y", "until": "2026-12-31"}]},
    ],
    ids=str,
)
def test_what_the_loader_takes_is_valid(policy: dict[str, object]) -> None:
    """An editor marks nothing that is right."""
    document = a_file(**policy)
    assert loads(document)
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    "policy",
    [
        {"termiate_when": {"age": "1h"}},
        {"name": "Upper Case"},
        {"name": None},
        {"select": None},
        {"select": "everything"},
        {"select": {"kind": 3}},
        {"select": {"kind": []}},
        {"select": {"knd": "webui"}},
        {"select": {"owner": {"no": "a@b"}}},
        {"terminate_when": None},
        {"terminate_when": {"age": 2}},
        {"terminate_when": {"age": "2 hours"}},
        {"terminate_when": {"aeg": "2h"}},
        {"terminate_when": {"age": "2h", "queued": "2h"}},
        {"terminate_when": {"any": []}},
        {"terminate_when": {"seats": {"high": 3, "low": 2}}},
        {"delete_when": {"ended": "14d"}},
        {"mode": "enforced"},
        {"exempt": [{"app": "x"}]},
        {"limits": {"sessions": -1}},
        {"steps": ["kill"]},
    ],
    ids=str,
)
def test_what_the_schema_refuses_the_loader_refuses(policy: dict[str, object]) -> None:
    """Misspelt keys, wrong types and missing parts are marked while one writes."""
    document = a_file(**policy)
    assert not VALIDATOR.is_valid(document)
    assert not loads(document)


def keys_at(*way: str) -> set[str]:
    """The keys that an editor offers there.

    Those of every object that the schema allows at the end of the way.
    """
    here = [SCHEMA]
    for step in way:
        here = [
            deeper for one in here for deeper in resolved(one.get("properties", {}).get(step, {}))
        ]
    return {key for one in here for key in one.get("properties", {})}


def resolved(schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        return resolved(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]])
    inner = (
        [*schema.get("anyOf", []), *schema.get("oneOf", [])] if "properties" not in schema else []
    )
    inner += [schema["items"]] if "items" in schema else []
    return [found for one in inner for found in resolved(one)] or [schema]


def test_an_editor_is_offered_the_language() -> None:
    """At each place the keys that may stand there, each with its description."""
    assert keys_at() == {"protect", "policies"}
    assert {"name", "select", "terminate_when", "only_during", "from", "exempt"} <= keys_at(
        "policies"
    )
    assert {"idle", "seats", "any", "not"} <= keys_at("policies", "terminate_when")
    assert keys_at("policies", "terminate_when", "seats") == {"high", "low", "floor"}
    assert keys_at("protect") == set(Exemption.model_fields)


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of every mapping, with what the schema says of it."""
    for name, whole in (("file", SCHEMA), *SCHEMA["$defs"].items()):
        for mapping in (whole, *whole.get("anyOf", [])):
            yield from (
                (f"{name}.{key}", told) for key, told in mapping.get("properties", {}).items()
            )


@pytest.mark.parametrize(
    ("key", "told"), list(properties()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_key_is_explained(key: str, told: dict[str, Any]) -> None:
    """What an editor shows of a key says what it means, and how it is written."""
    assert told["description"], key
    assert told["examples"], key
    own = Draft202012Validator({"$defs": SCHEMA["$defs"], **told})
    assert [
        error.message for example in told["examples"] for error in own.iter_errors(example)
    ] == []


@pytest.mark.parametrize(
    "key", ["mode", "from", "only_during", "after", "limits", "terminate_when", "exempt"]
)
def test_a_key_is_not_left_empty(key: str) -> None:
    """Neither an editor nor the loader takes nothing for something."""
    document = a_file(**{key: "1"})
    document["policies"][0][key] = None
    assert not VALIDATOR.is_valid(document)
    assert not loads(document)
