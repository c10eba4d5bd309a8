"""DELETE ends a session in generation 1 and destroys its record in generation 2.

It is sent on proof alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support.hostile_documents import BASE, Document, as_yaml, document, of_another_service, renamed
from support.hostile_house import IDLE, House, Open
from support.hostile_server import shown, stamp
from support.hostile_wire import Answer, page, refusal

SECOND = document(2)
LINES = as_yaml(SECOND).splitlines(keepends=True)
BEFORE_TERMINATE = next(number for number, line in enumerate(LINES) if "terminate" in line)


def showing(found: Document) -> Callable[[str], Answer | None]:
    return lambda form: shown(found, form)


def only_yaml(text: str, status: int = 200) -> Callable[[str], Answer | None]:
    return lambda form: refusal(404) if form == "json" else Answer(status, text.encode())


def only(**verbs: Any) -> Document:  # noqa: ANN401 - an operation
    """A document of one path, which could be anybody's."""
    return {**SECOND, "paths": {"/sessions/webui/{session_id}": verbs}}


def with_older_logs_alone(found: Document) -> Document:
    """The same without the paths of logs that only the newer generation has."""
    return {
        **found,
        "paths": {
            path: verbs for path, verbs in found["paths"].items() if not path.endswith("/logs")
        },
    }


def like_the_older(found: Document) -> Document:
    """The same without solves and without the paths of logs that only the newer generation has."""
    left = with_older_logs_alone(found)
    return {**left, "paths": {p: v for p, v in left["paths"].items() if "/solve" not in p}}


def with_each(found: Document, path: str, verbs: Document) -> Document:
    """The same with more verbs at a path of each kind."""
    more = {path.format(kind): verbs for kind in ("webui", "task")}
    paths = found["paths"]
    return {**found, "paths": paths | {p: paths.get(p, {}) | v for p, v in more.items()}}


UNPROVEN: dict[str, Callable[[str], Answer | None]] = {
    "no document": lambda _: refusal(404),
    "a web page": lambda _: page(200, "please sign in"),
    "an empty document": lambda _: Answer(200, b""),
    "another service's document": showing(of_another_service()),
    "another service's document with our paths": showing(
        {
            **document(1),
            "info": of_another_service()["info"],
            "servers": of_another_service()["servers"],
        }
    ),
    "TERMINATE in capitals": showing(renamed(SECOND, "/terminate", "/TERMINATE")),
    "TERMINATE in capitals, and no newer path": showing(
        with_older_logs_alone(renamed(SECOND, "/terminate", "/TERMINATE"))
    ),
    "terminate spelt otherwise, and no newer path": showing(
        with_older_logs_alone(renamed(SECOND, "/terminate", "/end"))
    ),
    "terminate spelt otherwise, and nothing else that is newer": showing(
        like_the_older(renamed(SECOND, "/terminate", "/end"))
    ),
    "a session that can be patched": showing(
        with_each(document(1), "/sessions/{}/{{session_id}}", {"patch": {"responses": {}}})
    ),
    "a DELETE that is deprecated": showing(
        with_each(
            document(1),
            "/sessions/{}/{{session_id}}",
            {"delete": {"deprecated": True, "responses": {}}},
        )
    ),
    "Terminate with a slash": showing(renamed(SECOND, "/terminate", "/Terminate/")),
    "terminate spelt otherwise": showing(renamed(SECOND, "/terminate", "/actions:terminate")),
    "a document of one path": showing(only(get={}, delete={"operationId": "x", "responses": {}})),
    "a path that can only be deleted": showing(only(delete={"operationId": "x", "responses": {}})),
    "without a version": showing(
        {name: part for name, part in document(2).items() if name != "openapi"}
    ),
    "paths that are a list": showing({**SECOND, "paths": [*SECOND["paths"]]}),
    "a server whose address is a placeholder": showing(
        {**SECOND, "servers": [{"url": f"https://[tenant].aimms.cloud{BASE}"}]}
    ),
    "a failure with a document": only_yaml(as_yaml(document(1)), status=500),
}
CUTS = sorted({*range(8, BEFORE_TERMINATE, 12), *range(BEFORE_TERMINATE - 8, BEFORE_TERMINATE)})


def never_deletes(house: House) -> None:
    """A session is idle, another has ended since, and nothing is destroyed, whatever is
    concluded.
    """
    house.session("gone")
    house.session("over", "ben@Supply", state="terminated")
    house.run(IDLE)
    assert house.server.destroyed == []
    assert [request for request in house.server.requests if request.method == "DELETE"] == []


@pytest.mark.parametrize("name", UNPROVEN)
def test_without_proof_of_generation_1_nothing_is_deleted(house: House, name: str) -> None:
    """A tenant of generation 2 shows a document that proves nothing: DELETE is never sent."""
    house.may_end = {"gone"}
    house.server.switches.openapi = UNPROVEN[name]
    never_deletes(house)


@pytest.mark.parametrize("lines", CUTS)
def test_a_document_that_was_cut_off_proves_nothing(house: House, lines: int) -> None:
    """It broke off before the first line that names terminate, and is valid YAML.

    DELETE is never sent.
    """
    house.server.switches.openapi = only_yaml("".join(LINES[:lines]))
    never_deletes(house)


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_a_document_cut_off_within_a_line_proves_nothing(house: House, at: float) -> None:
    """The same in the middle of a word, with a length that says it was all."""
    text = "".join(LINES[:BEFORE_TERMINATE])
    house.server.switches.openapi = only_yaml(text[: int(len(text) * at)])
    never_deletes(house)


@pytest.mark.parametrize("told", [1, 2])
def test_a_told_generation_that_the_document_contradicts_is_a_doubt(
    tenant: Open, told: int
) -> None:
    """The settings say one generation and the tenant's document the other.

    Observed only, and said so.
    """
    house = tenant(3 - told)
    house.account["generation"] = told
    house.session("gone")
    house.session("over", "ben@Supply", state="terminated")
    run = house.run(IDLE)
    assert not run.complete
    assert "generation" in run.said
    assert house.server.asked("terminate", "delete") == []
    assert [request for request in house.server.requests if request.method != "GET"] == []


def test_a_told_generation_holds_where_there_is_no_document(house: House) -> None:
    """A tenant of generation 2 that keeps its document to itself is reaped as the settings say."""
    house.may_end = {"gone"}
    house.account["generation"] = 2
    house.server.switches.openapi = UNPROVEN["no document"]
    house.session("gone")
    assert house.run(IDLE).outcomes == {"gone": "terminated"}


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_one_whole_document_of_the_service_is_proof(
    tenant: Open, generation: int, form: str
) -> None:
    """Whichever of the two forms can be had, the tenant is reaped in the way of its generation."""
    house = tenant(generation)
    house.may_end = {"gone"}
    house.session("gone")
    house.server.switches.openapi = lambda asked: None if asked == form else refusal(404)
    assert house.run(IDLE).outcomes == {"gone": "terminated"}
    assert house.server.destroyed == []


def test_a_generation_that_is_not_known_is_told(house: House) -> None:
    """Nothing can be ended, and the run does not look like one that had nothing to do."""
    house.session("gone")
    house.server.switches.openapi = UNPROVEN["no document"]
    run = house.run(IDLE)
    assert not run.complete
    assert "generation" in run.said


@pytest.mark.parametrize("generation", [1, 2])
def test_the_record_of_a_session_that_just_ended_by_itself_is_kept(
    tenant: Open, generation: int
) -> None:
    """It ends between the second look and the request.

    Told as it is, and its record stays in both generations.
    """
    house = tenant(generation)
    hosted = house.session("gone")
    at = stamp(house.clock.true() - timedelta(seconds=1))
    house.server.upon("terminate", lambda _: hosted.sent.update(state="terminated", ended_at=at))
    assert house.run(IDLE).outcomes["gone"] in {"already-gone", "terminated"}
    assert house.server.destroyed == []
