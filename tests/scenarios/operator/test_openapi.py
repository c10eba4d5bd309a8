"""`doctor --openapi`: a tenant's own document against what the reaper relies on, as a report that
can be mailed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from support.safety_cli import Cli, Desk

from reaper.emulator import Config, Emulator

LIST = "/sessions/webui"
ONE = "/sessions/webui/{session_id}"
Change = Callable[[dict[str, Any]], object]


def own() -> dict[str, Any]:
    """The document that the emulator hands out."""
    with Emulator(Config(sessions=0)) as emulator:
        answer = httpx.get(f"{emulator.url}/pro/session-manager/v1/openapi.json", trust_env=False)
    document: dict[str, Any] = answer.json()
    return document


TENANT = own()


def session(document: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = document["components"]["schemas"]["SessionShape"]["properties"]
    return fields


def save(change: Change = lambda _: None, name: str = "theirs.json") -> str:
    document = deepcopy(TENANT)
    change(document)
    Path(name).write_text(json.dumps(document), "utf-8")
    return name


def of(document: dict[str, Any], path: str, method: str = "get") -> Any:  # noqa: ANN401 - JSON
    return document["paths"][path][method]


def rename(fields: dict[str, Any], old: str, new: str) -> None:
    fields[new] = fields.pop(old)


@pytest.mark.parametrize("generation", [1, 2])
def test_the_emulator_fits(reaper: Cli, desk: Desk, generation: int) -> None:
    """The report of an account that is as expected has no finding but what is not handed out."""
    desk.acme(generation=generation)
    report = reaper("doctor", "--openapi", "-o", "json")
    assert (report.code, report.err) == (0, "")
    assert (report.json["fits"], report.json["generation"]) == (True, generation)
    assert [f for f in report.json["findings"] if f["service"] == "session-manager"] == []
    assert reaper("doctor", "--openapi").out.count("fits: all that reaper relies on is there") == 1


BROKEN: list[tuple[Change, str]] = [
    (lambda d: rename(d["paths"], LIST, "/sessions/gui"), "GET /sessions/webui: the whole request"),
    (
        lambda d: d["paths"].pop(f"{ONE}/terminate"),
        "PATCH /sessions/webui/{id}/terminate: the whole request",
    ),
    (
        lambda d: of(d, LIST).update(parameters=[]),
        "GET /sessions/webui: parameter offset",
    ),
    (
        lambda d: of(d, LIST)["parameters"].append(
            {"name": "tenant", "in": "query", "required": True}
        ),
        "GET /sessions/webui: parameter tenant is required",
    ),
    (
        lambda d: of(d, LIST)["parameters"].append(
            {"name": "X-Tenant", "in": "header", "required": True}
        ),
        "GET /sessions/webui: header X-Tenant is required",
    ),
    (
        lambda d: of(d, f"{ONE}/terminate", "patch").update(requestBody={"required": True}),
        "PATCH /sessions/webui/{id}/terminate: a body is required",
    ),
    (
        lambda d: rename(session(d), "user_name", "owner"),
        "field user_name of the items[]",
    ),
    (
        lambda d: session(d)["created_at"].update(type="integer"),
        "field created_at of the answer is integer, not time",
    ),
    (
        lambda d: session(d)["created_at"].update(format="date"),
        "field created_at of the answer is a date, not a date-time",
    ),
    (
        lambda d: session(d)["state"].update(enum=["Active", "Terminated"]),
        "field state of the answer is never running",
    ),
    (
        lambda d: d["components"]["schemas"]["Error"]["properties"].pop("errorId"),
        "field errorId of the answer 404",
    ),
    (
        lambda d: d["components"]["securitySchemes"]["APIKeyHeader"].update(name="Authorization"),
        "every request: the key is not expected in the header apiKey",
    ),
]


@pytest.mark.parametrize(("change", "finding"), BROKEN, ids=[finding for _, finding in BROKEN])
def test_what_is_missing_or_different_is_told(reaper: Cli, change: Change, finding: str) -> None:
    """Whatever the reaper relies on and the document has not, or otherwise, is exit code 1."""
    report = reaper("doctor", "--openapi", save(change))
    assert (report.code, report.err) == (1, "")
    assert any(
        line.startswith("! session-manager ") and finding in line
        for line in report.out.splitlines()
    ), report.out


SPARED: list[tuple[Change, str]] = [
    (
        lambda d: of(d, LIST)["parameters"].__delitem__(
            [p["name"] for p in of(d, LIST)["parameters"]].index("state_not_in")
        ),
        "parameter state_not_in (reaper does without: it reads more)",
    ),
    (lambda d: session(d).pop("run_time"), "field run_time of the answer (reaper does without)"),
    (
        lambda d: session(d).update(last_activity={"type": "string"}),
        "field last_activity of the answer: it may tell activity",
    ),
    (
        lambda d: session(d)["state"].update(enum=["running", "terminated", "hibernating"]),
        "field state of the answer may be hibernating",
    ),
    (
        lambda d: d["paths"].update({f"{ONE}/metrics": {"get": {}}}),
        "GET /sessions/webui/{session_id}/metrics: the whole request: it may tell activity",
    ),
    (
        lambda d: d["paths"].update({"/sessions/external": {"get": {}}}),
        "GET /sessions/external: the whole request",
    ),
    (lambda d: of(d, LIST).update(deprecated=True), "the whole request is deprecated"),
    (lambda d: of(d, LIST).pop("responses"), "GET /sessions/webui: the fields of the answer"),
]


@pytest.mark.parametrize(("change", "finding"), SPARED, ids=[finding for _, finding in SPARED])
def test_what_is_new_or_done_without_is_told(reaper: Cli, change: Change, finding: str) -> None:
    """What costs nothing but requests, or is only news, is in the report, and it fits."""
    report = reaper("doctor", "--openapi", save(change))
    assert (report.code, report.err) == (0, "")
    assert any(line.startswith("- ") and finding in line for line in report.out.splitlines())


def as_openapi_3_0(document: dict[str, Any]) -> None:
    """The same in the words of OpenAPI 3.0, with a path parameter in the place of each kind."""
    document["openapi"] = "3.0.3"
    for field in session(document).values():
        if "anyOf" in field:
            field.update(field.pop("anyOf")[0], nullable=True)
    kinds = {"type": "string", "enum": ["webui", "task", "solve"]}
    parameter = {"name": "kind", "in": "path", "required": True, "schema": kinds}
    document["components"]["parameters"] = {"Kind": parameter}
    paths = document["paths"]
    for path in list(paths):
        if "/task" in path or "/solve" in path:
            paths.pop(path)
    for path in list(paths):
        item = paths.pop(path)
        item["parameters"] = [{"$ref": "#/components/parameters/Kind"}]
        paths[path.replace("webui", "{kind}")] = item


def in_yaml(name: str) -> str:
    document = json.loads(Path(name).read_text("utf-8"))
    Path("theirs.yaml").write_text(yaml.safe_dump(document), "utf-8")
    return "theirs.yaml"


def test_other_ways_to_write_the_same(reaper: Cli) -> None:
    """OpenAPI 3.0, `nullable`, one path for all kinds, references everywhere, YAML: it fits."""
    name = save(as_openapi_3_0)
    for file in (name, in_yaml(name)):
        report = reaper("doctor", "--openapi", file, "-o", "json")
        assert (report.code, report.json["findings"]) == (0, [])


def test_a_path_without_one_of_the_kinds(reaper: Cli) -> None:
    """A kind that the path's parameter does not list is missing."""

    def change(document: dict[str, Any]) -> None:
        as_openapi_3_0(document)
        document["components"]["parameters"]["Kind"]["schema"]["enum"] = ["webui", "task"]

    out = reaper("doctor", "--openapi", save(change)).out
    assert "! session-manager GET /sessions/solve: the whole request" in out
    assert "! session-manager GET /sessions/webui" not in out


def circular(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["SessionShape"] = {
        "allOf": [
            {"$ref": "#/components/schemas/SessionShape"},
            {"$ref": "#/components/schemas/Loop"},
        ]
    }
    document["components"]["schemas"]["Loop"] = {"$ref": "#/components/schemas/Loop"}


def wide(document: dict[str, Any]) -> None:
    for n in range(6_000):
        document["paths"][f"/sessions/x{n}"] = {"get": {}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"swagger": "2.0", "paths": {}}', "it is written in Swagger 2, which is not compared"),
        ("[1, 2]", "it is not an OpenAPI document"),
        ('{"paths": {}}', "it does not say which OpenAPI it is"),
        ('{"openapi": "3.0.0", "paths": {"/x": {"get": {}}}}', "it describes no service"),
        ('{"openapi": "3.0.0", "openapi": "3.0.0", "paths": {}}', "a key comes twice"),
        ('{"a":' * 100_000, "it is not valid JSON"),
        ("{" + " " * 5_000_000 + "}", "cannot be read"),
        ("a: &a [*a]", "with aliases"),
        ("a: [" * 200, "it is nested too deeply"),
        ("paths: ]\x00", "it is not valid YAML"),
    ],
    ids=lambda text: text[:20],
)
def test_a_file_that_is_no_such_document(reaper: Cli, text: str, why: str) -> None:
    """Whatever the file holds, one line says what is wrong with it, and the exit code is 2."""
    Path("bad").write_text(text, "utf-8")
    report = reaper("doctor", "--openapi", "bad")
    assert (report.code, report.one_line, report.out) == (2, True, "")
    assert why in report.err


@pytest.mark.parametrize("change", [circular, wide])
def test_a_hostile_document_ends(reaper: Cli, change: Change) -> None:
    """References in circles and endless paths cost no more than any other document."""
    report = reaper("doctor", "--openapi", save(change))
    assert report.code in (0, 2)
    assert "Traceback" not in report.err


def test_nothing_of_the_tenant_is_in_the_report(reaper: Cli) -> None:
    """Names, addresses, texts and keys of a document that is full of them are not passed on."""
    digest = "abc123def456ghi789jkl0"

    def change(document: dict[str, Any]) -> None:
        document["info"] |= {"version": "of Contoso", "description": "ask bob@contoso.com"}
        document["servers"] = [{"url": "https://contoso.aimms.cloud/pro/session-manager/v1"}]
        document["paths"][f"/sessions/{digest}/list"] = {"get": {"summary": "Contoso's"}}
        document["paths"]["/sessions/Anna Adler/x"] = {"get": {}}
        session(document)["state"]["enum"] = ["running", "anna@contoso.com", "\x1b[31mred"]
        session(document)[digest] = {"type": "string", "example": "Contoso"}

    out = reaper("doctor", "--openapi", save(change)).out
    for name in ("ontoso", digest, "Anna", "anna", "\x1b", "Adler"):
        assert name not in out
    assert out.count("(not shown)") >= 4


def test_the_account_is_not_named(reaper: Cli, desk: Desk) -> None:
    """What the account is called and where it is stays here, also where a path has its name."""
    account = desk.account()
    desk.write(contoso=account)
    report = reaper("doctor", "--openapi")
    assert report.code == 0
    for name in ("contoso", account.url, "127.0.0.1", "demo-key"):
        assert name not in report.out


def test_without_a_document_the_account_is_in_trouble(reaper: Cli, desk: Desk) -> None:
    """A server that hands out none is exit code 3, and one of several accounts is to be chosen."""
    desk.write(acme="http://127.0.0.1:9")
    report = reaper("doctor", "--openapi")
    assert (report.code, report.one_line) == (3, True)
    desk.write(acme="http://127.0.0.1:9", beta="http://127.0.0.1:10")
    several = reaper("doctor", "--openapi")
    assert (several.code, "choose it with --account" in several.err) == (2, True)
