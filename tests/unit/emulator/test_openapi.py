"""The OpenAPI documents tell the truth: schemathesis finds nothing against them."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest
import schemathesis
import yaml
from hypothesis import settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.schemas import OpenApiSchema

from reaper.emulator import DEFAULT_KEY, Config, Emulator

SESSION_MANAGER = "/pro/session-manager/v1"
TASKS = "/pro-api/v2"
KEY = {"apiKey": DEFAULT_KEY}
# By contract a forced task answers 503, and a setstatus that is a mere word 405.
CHECKS: dict[str, Any] = {
    "not_a_server_error": {"expected-statuses": ["2xx", "4xx", "503"]},
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "401", "403", "404", "405", "409", "503"]
    },
}
ONLY_VALID = {"generation": {"mode": "positive"}, "phases": {"coverage": {"enabled": False}}}
OLD, NEW = (Emulator(Config(generation=generation, sessions=300)) for generation in (1, 2))
turns = itertools.count()


def document(emulator: Emulator, root: str, **more: object) -> OpenApiSchema:
    config = SchemathesisConfig.from_dict({"checks": CHECKS, **more})
    return schemathesis.openapi.from_asgi(f"{root}/openapi.json", app=emulator.app, config=config)


def examples(count: int) -> settings:
    return settings(max_examples=count, derandomize=True, database=None, deadline=None)


def answer(emulator: Emulator, path: str) -> httpx.Response:
    with emulator:
        return httpx.get(emulator.url + path, trust_env=False)


def aim(case: schemathesis.Case[Any], emulator: Emulator) -> None:
    """Put the id of a session that exists, of another state each time, into the path."""
    kind = next((kind for kind in ("solve", "webui") if f"/{kind}/" in case.path), "task")
    sessions = [session for session in emulator.world.sessions if session.kind == kind]
    ids = (
        [task.id for task in emulator.world.tasks]
        if case.path.startswith("/tasks")
        else [s.id for s in sessions]
    )
    case.path_parameters = {name: ids[next(turns) % len(ids)] for name in case.path_parameters}


old_sessions = document(OLD, SESSION_MANAGER)
new_sessions = document(NEW, SESSION_MANAGER)
tasks = document(NEW, TASKS)
old_aimed = document(OLD, SESSION_MANAGER, **ONLY_VALID).include(path_regex="{")
new_aimed = document(NEW, SESSION_MANAGER, **ONLY_VALID).include(path_regex="{")
tasks_aimed = document(NEW, TASKS, **ONLY_VALID).include(path_regex="{")


@pytest.mark.slow
@old_sessions.parametrize()
@examples(4)
def test_sessions_of_generation_1(case: schemathesis.Case[Any]) -> None:
    """What generation 1 answers to anything is what its document says."""
    case.call_and_validate(headers=KEY)


@pytest.mark.slow
@new_sessions.parametrize()
@examples(4)
def test_sessions_of_generation_2(case: schemathesis.Case[Any]) -> None:
    """What generation 2 answers to anything is what its document says."""
    case.call_and_validate(headers=KEY)


@pytest.mark.slow
@tasks.parametrize()
@examples(4)
def test_tasks(case: schemathesis.Case[Any]) -> None:
    """What the Tasks API answers to anything is what its document says."""
    case.call_and_validate(headers=KEY)


@pytest.mark.slow
@old_aimed.parametrize()
@examples(6)
def test_existing_sessions_of_generation_1(case: schemathesis.Case[Any]) -> None:
    """What generation 1 answers about sessions that exist is what its document says."""
    aim(case, OLD)
    case.call_and_validate(headers=KEY)


@pytest.mark.slow
@new_aimed.parametrize()
@examples(6)
def test_existing_sessions_of_generation_2(case: schemathesis.Case[Any]) -> None:
    """What generation 2 answers about sessions that exist is what its document says."""
    aim(case, NEW)
    case.call_and_validate(headers=KEY)


@pytest.mark.slow
@tasks_aimed.parametrize()
@examples(6)
def test_existing_tasks(case: schemathesis.Case[Any]) -> None:
    """What the Tasks API answers about tasks that exist is what its document says."""
    aim(case, NEW)
    case.call_and_validate(headers=KEY)


@pytest.mark.parametrize(("emulator", "terminates"), [(OLD, False), (NEW, True)])
def test_generations_differ(emulator: Emulator, terminates: bool) -> None:
    """Only the document of generation 2 knows an address for terminating, and it is OpenAPI 3.1."""
    document = answer(emulator, f"{SESSION_MANAGER}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert any(path.endswith("/terminate") for path in document["paths"]) is terminates
    assert ("/sessions/solve" in document["paths"]) is terminates


@pytest.mark.parametrize("root", [SESSION_MANAGER, TASKS])
def test_yaml_and_json_agree(root: str) -> None:
    """Both spellings of a document say the same, and need no key."""
    in_yaml = answer(NEW, f"{root}/openapi.yaml")
    assert in_yaml.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(in_yaml.text) == answer(NEW, f"{root}/openapi.json").json()


def test_old_log_address_is_deprecated() -> None:
    """Generation 2 still answers at the old address of logs, and says that it is deprecated."""
    paths = answer(NEW, f"{SESSION_MANAGER}/openapi.json").json()["paths"]
    assert paths["/sessions/logs/webui/{session_id}"]["get"]["deprecated"]
    assert "deprecated" not in paths["/sessions/webui/{session_id}/logs"]["get"]
