"""The generation is concluded from the tenant's document, and only when that is plain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from reaper.client.generation import detect
from reaper.errors import Unauthorized, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Connect, Serve

    from reaper.errors import AccountError

    Conclude = Callable[..., tuple[int | None, list[str]]]

OLD = {
    "/sessions/webui": {"get": {}},
    "/sessions/webui/{session-id}": {"get": {}, "delete": {}},
    "/sessions/logs/webui/{session-id}": {"get": {}},
}
NEW = {
    "/sessions/{kind}/{id}": {"get": {}, "delete": {}},
    "/sessions/{kind}/{id}/logs": {"get": {}},
    "/sessions/{kind}/{id}/terminate": {"patch": {}},
}


@pytest.fixture
def concluded(serve: Serve, connect: Connect) -> Conclude:
    def start(json_answer: object, yaml_answer: object = (404, {})) -> tuple[int | None, list[str]]:
        served = serve(lambda asked: json_answer if asked.path.endswith(".json") else yaml_answer)
        return detect(connect(served)), [asked.path for asked in served.asked]

    return start


@pytest.mark.parametrize(("paths", "generation"), [(OLD, 1), (NEW, 2)])
def test_the_json_document_tells(concluded: Conclude, paths: dict[str, object], generation: int) -> None:
    """A terminate path is the newer generation, a session that can be deleted without one the older."""
    asked_for = ["/pro/session-manager/v1/openapi.json"]
    assert concluded({"openapi": "3.1.0", "paths": paths}) == (generation, asked_for)


@pytest.mark.parametrize(
    "answer", [(404, {}), (405, {}), (500, {}), b"<html>", b"{", b"[]", {"paths": []}, {"paths": {}}]
)
def test_the_yaml_document_serves_as_well(concluded: Conclude, answer: object) -> None:
    """Without a usable JSON document the YAML one is read."""
    body = yaml.safe_dump({"paths": NEW}).encode()
    assert concluded(answer, body)[0] == 2


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}),
        (503, {}),
        b"<html>&nbsp;",
        b"a: [",
        b"- !!python/object:os.system x",
        b"[" * 50_000,
        json.dumps({"paths": {"/sessions/webui": {"get": {}}}}).encode(),
        json.dumps({"paths": {"/users/{id}": {"delete": {}}}}).encode(),
        json.dumps({"paths": {"/sessions/{kind}/{id}": None, "/x": 5}}).encode(),
    ],
)
def test_nothing_plain_is_no_generation(concluded: Conclude, answer: object) -> None:
    """Without a document, or with one that looks like neither generation, the generation stays unknown."""
    assert concluded((404, {}), answer)[0] is None


@pytest.mark.parametrize(
    "hint", ["/sessions/{kind}/{id}/logs", "/sessions/{kind}/terminate-all", "/sessions/{id}/terminate/"]
)
def test_a_hint_of_the_newer_generation_forbids_the_older(concluded: Conclude, hint: str) -> None:
    """The older generation, in which DELETE terminates, is not concluded beside anything newer."""
    assert concluded({"paths": {**OLD, hint: {"post": {}}}})[0] != 1


@pytest.mark.parametrize(
    ("answer", "error"), [((401, {}), Unauthorized), ((403, {}), Unauthorized), (None, Unreachable)]
)
def test_trouble_with_key_or_network_is_not_hidden(
    concluded: Conclude, answer: object, error: type[AccountError]
) -> None:
    """A refused key or a dead network is an error, not an unknown generation."""
    with pytest.raises(error):
        concluded(answer)
