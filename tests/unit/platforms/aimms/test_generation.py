"""The generation is concluded from the tenant's document, and only when that is plain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.tenant_documents import a_document

from reaper.errors import Unauthorized, Unreachable
from reaper.platforms.aimms.generation import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.scripted_server import Connect, Serve

    from reaper.errors import AccountError

    Conclude = Callable[..., tuple[int | None, list[str]]]

OLD, NEW = a_document(1), a_document(2)


def without(document: dict[str, Any], path: str, verb: str | None = None) -> dict[str, Any]:
    """The document without a path, or without a verb of it."""
    paths = {name: dict(verbs) for name, verbs in document["paths"].items()}
    del (paths if verb is None else paths[path])[path if verb is None else verb]
    return {**document, "paths": paths}


def with_path(document: dict[str, Any], path: str) -> dict[str, Any]:
    return {**document, "paths": {**document["paths"], path: {"post": {}}}}


@pytest.fixture
def concluded(serve: Serve, connect: Connect) -> Conclude:
    def start(json_answer: object, yaml_answer: object = (404, {})) -> tuple[int | None, list[str]]:
        served = serve(lambda asked: json_answer if asked.path.endswith(".json") else yaml_answer)
        return look(connect(served)).generation, [asked.path for asked in served.asked]

    return start


@pytest.mark.parametrize(("document", "generation"), [(OLD, 1), (NEW, 2)])
def test_the_json_document_tells(
    concluded: Conclude, document: dict[str, object], generation: int
) -> None:
    """A terminate path is the newer generation, all that the older one has without it the older."""
    asked_for = ["/pro/session-manager/v1/openapi.json"]
    assert concluded(document) == (generation, asked_for)


@pytest.mark.parametrize(
    "answer",
    [(404, {}), (405, {}), (500, {}), b"<html>", b"{", b"[]", {"paths": []}, {"paths": {}}],
)
def test_the_yaml_document_serves_as_well(concluded: Conclude, answer: object) -> None:
    """Without a usable JSON document the YAML one is read."""
    for document, generation in ((OLD, 1), (NEW, 2)):
        body = yaml.safe_dump(document, sort_keys=False).encode()
        assert concluded(answer, body)[0] == generation


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}),
        (503, {}),
        b"<html>&nbsp;",
        b"a: [",
        b"- !!python/object:os.system x",
        b"[" * 50_000,
        json.dumps({**OLD, "paths": {"/sessions/webui": {"get": {}}}}).encode(),
        json.dumps({**OLD, "paths": {"/users/{id}": {"delete": {}}}}).encode(),
        json.dumps({**OLD, "paths": {"/sessions/{kind}/{id}": None, "/x": 5}}).encode(),
        json.dumps(OLD).encode() + b" " * (4 * 1024 * 1024),
        yaml.safe_dump(OLD, sort_keys=False).replace("get: {}", "get: &a {}", 1).encode()
        + b"x: *a\n",
        yaml.safe_dump(OLD, sort_keys=False).encode() + b"x: {<<: {a: 1}}\n",
        yaml.safe_dump(OLD, sort_keys=False).encode() + b"paths: {}\n",
    ],
)
def test_nothing_plain_is_no_generation(concluded: Conclude, answer: object) -> None:
    """Without a document, or with one that looks like neither generation, the generation stays
    unknown.
    """
    assert concluded((404, {}), answer)[0] is None


@pytest.mark.parametrize(
    "hint",
    [
        "/sessions/{kind}/{id}/logs",
        "/sessions/{kind}/terminate-all",
        "/sessions/{id}/terminate/",
        "/sessions/{kind}/{id}/TERMINATE",
        "/SESSIONS/{kind}/{id}/Terminate",
        "/pro/session-manager/v1/sessions/{kind}/{id}/logs/download",
        "/sessions/solve",
        "/sessions/logs/solve/{id}",
    ],
)
def test_a_hint_of_the_newer_generation_forbids_the_older(concluded: Conclude, hint: str) -> None:
    """The older generation, in which DELETE terminates, is not concluded beside anything newer."""
    assert concluded(with_path(OLD, hint))[0] != 1


@pytest.mark.parametrize(
    ("answer", "error"), [((401, {}), Unauthorized), ((403, {}), Unauthorized), (None, Unreachable)]
)
def test_trouble_with_key_or_network_is_not_hidden(
    concluded: Conclude, answer: object, error: type[AccountError]
) -> None:
    """A refused key or a dead network is an error, not an unknown generation."""
    with pytest.raises(error):
        concluded(answer)


@pytest.mark.parametrize(
    "path", ["/sessions/{kind}/{id}/TERMINATE", "/sessions/{kind}/{id}/terminate/"]
)
def test_a_terminate_path_in_any_spelling_is_the_newer(concluded: Conclude, path: str) -> None:
    """Capitals or a slash at the end hide no terminate path."""
    assert concluded(with_path(OLD, path))[0] == 2


@pytest.mark.parametrize(
    ("path", "verb"),
    [
        ("/sessions/webui", None),
        ("/sessions/task", "get"),
        ("/sessions/webui/{session-id}", "get"),
        ("/sessions/task/{session-id}", "delete"),
        ("/sessions/logs/webui/{session-id}", None),
        ("/sessions/logs/task/{session-id}", "get"),
    ],
)
def test_the_older_generation_is_its_whole_shape(
    concluded: Conclude, path: str, verb: str | None
) -> None:
    """Where anything is missing that the older generation has, it is not concluded."""
    assert concluded(without(OLD, path, verb))[0] is None


@pytest.mark.parametrize("document", [OLD, NEW])
@pytest.mark.parametrize(
    "changes",
    [
        {"info": {"title": "AIMMS PRO user-manager", "version": "1"}},
        {"info": None},
        {"openapi": 3},
        {"servers": [{"url": "/pro/user-manager/v1"}]},
        {"servers": [{"url": "https://x.example/pro/session-manager/v2"}]},
    ],
)
def test_the_document_of_another_service_tells_nothing(
    concluded: Conclude, document: dict[str, Any], changes: dict[str, object]
) -> None:
    """Whatever paths it has, a document must say that it is the session-manager's."""
    assert concluded({**document, **changes})[0] is None


def test_the_address_of_the_service_names_it_too(concluded: Conclude) -> None:
    """A document with another title is this service's by the server it names."""
    servers = [{"url": "https://acme.aimms.cloud/pro/session-manager/v1"}]
    assert (
        concluded({**OLD, "info": {"title": "Sessions", "version": "1"}, "servers": servers})[0]
        == 1
    )


@pytest.mark.parametrize("sort_keys", [True, False])
def test_a_document_cut_off_anywhere_is_never_the_older(
    concluded: Conclude, *, sort_keys: bool
) -> None:
    """What is left of the newer generation's document may be valid YAML, and is not a tenant that
    DELETE terminates.
    """
    paths = dict(
        sorted(
            NEW["paths"].items(),
            key=lambda item: "terminate" in item[0] or item[0].endswith("/logs"),
        )
    )
    lines = yaml.safe_dump({**NEW, "paths": paths}, sort_keys=sort_keys).splitlines(keepends=True)
    for count in range(len(lines)):
        assert concluded((404, {}), "".join(lines[:count]).encode())[0] != 1
