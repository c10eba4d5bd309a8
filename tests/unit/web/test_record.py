"""/api/v1: the record over HTTP, read-only."""

from __future__ import annotations

from typing import Any

import pytest
from support.cli_tools import IDLE
from support.web_tools import Ask, problem

from reaper.config.settings.model import Settings
from reaper.store import (
    HistoryFilter,
    decisions_page,
    list_runs,
    open_database,
    policies_page,
    steps_page,
)

LISTS = ("runs", "decisions", "steps", "sessions", "policies")


# query parameters
def everything(api: Ask, path: str, **asked: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    found: list[dict[str, Any]] = []
    while True:
        body = api.get(f"/api/v1/{path}", params=asked).raise_for_status().json()
        found += body["items"]
        if body["next"] is None:
            return found
        asked["cursor"] = body["next"]


def test_pages_of_any_size_tell_the_same(api: Ask) -> None:
    """`next` leads through each whole list, each entry once; the last page has none."""
    for path in LISTS:
        whole = everything(api, path)
        assert len(whole) >= 2, path
        assert everything(api, path, limit=1) == whole == everything(api, path, limit=len(whole))


def test_the_record_is_told_as_it_stands(api: Ask, recorded: Settings) -> None:
    """Runs, decisions, steps and policies are those of the database."""
    store = open_database(recorded.database_address())
    asked = HistoryFilter(limit=1000)
    assert (
        [r["id"] for r in everything(api, "runs")] == [r.id for r in list_runs(store)] == [3, 2, 1]
    )
    assert [d["reason"] for d in everything(api, "decisions")] == [
        d.reason for d in decisions_page(store, asked)
    ]
    assert [s["id"] for s in everything(api, "steps")] == [s.id for s in steps_page(store, asked)]
    assert [p["text"] for p in everything(api, "policies")] == [
        p.text for p in policies_page(store)
    ]
    store.close()


def test_one_run(api: Ask) -> None:
    """A run has its own address, with what it saw and what came of it."""
    run = api.get("/api/v1/runs/2").json()
    assert (run["account"], run["enforcing"], run["sessions"], run["outcomes"]) == (
        "acme",
        True,
        5,
        {"terminated": 1},
    )
    assert "there is no run 99" in problem(api.get("/api/v1/runs/99"), 404)


def test_sessions_are_shown_as_they_are_judged_now(api: Ask) -> None:
    """Each with its owner, its last activity, its gravest ruling, and the verdict of
    every policy.
    """
    told = {(s["account"], s["owner"]): s for s in everything(api, "sessions")}
    assert {key: s["ruling"] for key, s in told.items() if key[0] == "acme"} == {
        ("acme", "anna@Planning"): "offender",
        ("acme", "ben@Supply"): "compliant",
        ("acme", "admin@ROOT"): "exempt",
        ("acme", "eva@Supply"): "undetermined",
        ("acme", "carl@Supply"): "offender",
    }
    assert told["acme", "ben@Supply"]["last_activity"].endswith("Z")
    (verdict,) = told["acme", "carl@Supply"]["verdicts"]
    assert (verdict["policy"], verdict["ruling"]) == ("old-tasks", "offender")


FITS: list[tuple[str, dict[str, str], int]] = [
    ("runs", {"account": "globex"}, 1),
    ("runs", {"since": "2999-01-01T00:00:00Z"}, 0),
    ("steps", {"outcome": "terminated"}, 2),
    ("steps", {"outcome": "terminated", "account": "acme", "session": IDLE[:4]}, 1),
    ("decisions", {"ruling": "exempt"}, 2),
    ("decisions", {"owner": "*@Supply", "policy": "old-tasks"}, 2),
    ("decisions", {"until": "2001-01-01T00:00:00+01:00"}, 0),
    ("sessions", {"ruling": "undetermined"}, 2),
    ("policies", {"name": "old-tasks"}, 1),
]


def test_what_fits(api: Ask) -> None:
    """The lists take the filters of `reaper history`."""
    for path, asked, expected in FITS:
        assert len(everything(api, path, **asked)) == expected, (path, asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("limit=0", "limit: "),
        ("limit=1001", "limit: "),
        ("ruling=guilty", "one of compliant, offender, exempt, undetermined"),
        ("since=yesterday", "2026-11-23T10:00:00Z"),
        ("onwer=anna", "onwer: "),
        ("session=%00", "session: "),
        ("cursor=!!", "not a valid cursor of this list"),
        ("cursor=WzFd", "not a valid cursor of this list"),
        ("cursor=WzEsIlx1ZDgwMCIsIngiXQ", "not a valid cursor of this list"),
        ("cursor=WzEsIlx1MDAwMCIsIngiXQ", "not a valid cursor of this list"),
        ("cursor=Wzk5OTk5OTk5OTk5OTk5LCJ4IiwieSJd", "not a valid cursor of this list"),
    ],
)
def test_what_cannot_be_asked_is_a_problem(api: Ask, asked: str, said: str) -> None:
    """A parameter that is unknown or makes no sense is told in the body, which has the one shape of
    all errors.
    """
    assert said in problem(api.get(f"/api/v1/decisions?{asked}"), 422)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(api: Ask, method: str) -> None:
    """Every other method is refused."""
    answer = api.request(method, "/api/v1/runs")
    assert "read-only" in problem(answer, 405)
    assert answer.headers["allow"] == "GET"


def test_there_is_no_page_at_other_addresses(api: Ask) -> None:
    """Nor anything that documents itself with scripts from elsewhere."""
    for path in (
        "/",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/api/v1/",
        "/api/v1/runs/",
        "/api/v1/runs/0x1",
    ):
        assert api.get(path).status_code in (404, 422), path
