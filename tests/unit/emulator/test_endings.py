"""How sessions end through the API, in both generations."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.emulated_account import Open


def test_terminated_webui(tenant: "Open") -> None:
    """A WebUI session is Terminated at once.

    When it ended is never told, and there is no message.
    """
    account = tenant({"id": "x"})
    assert account.status("PATCH", "/webui/x/terminate") == 200
    item = account.get("/webui/x")
    assert (item["state"], item["ended_at"], item["message"]) == ("Terminated", None, "")
    assert account.world.terminated == [("x", account.world.now())]


def test_terminated_solve(tenant: "Open") -> None:
    """A solve is terminated at once, with the time and a message."""
    account = tenant({"id": "x", "kind": "solve"})
    account.call("PATCH", "/solve/x/terminate")
    item = account.get("/solve/x")
    assert (item["state"], item["ended_at"]) == ("terminated", "2026-03-02T09:00:00.000Z")
    assert item["message"]


def test_forced_task_is_unreachable_but_listed(tenant: "Open") -> None:
    """A forced task answers 503 at once, is listed as running for a while, and then as failed."""
    account = tenant({"id": "x", "kind": "task", "solving": True}, force_lag="45s")
    assert account.status("PATCH", "/task/x/terminate") == 200
    assert [
        account.status("GET", path) for path in ("/task/x", "/task/x/logs", "/logs/task/x")
    ] == [503] * 3
    account.world.advance(timedelta(seconds=44))
    assert account.get("/task")["items"][0]["state"] == "running"
    account.world.advance(timedelta(seconds=1))
    item = account.get("/task/x")
    assert (item["state"], item["ended_at"]) == ("failed", "2026-03-02T09:00:45.000Z")
    assert item["message"]


def test_queued_task_fails_at_once(tenant: "Open") -> None:
    """A queued task has no job to kill, so its scheduler knows at once."""
    account = tenant({"id": "x", "kind": "task", "state": "queued"})
    account.call("PATCH", "/task/x/terminate")
    assert account.get("/task/x")["state"] == "failed"


@pytest.mark.parametrize("kind", ["webui", "task", "solve"])
def test_what_is_over_cannot_be_terminated(tenant: "Open", kind: str) -> None:
    """Terminating a session that has ended is refused with 409."""
    account = tenant({"id": "x", "kind": kind, "state": "terminated"})
    assert account.status("PATCH", f"/{kind}/x/terminate") == 409
    assert account.world.terminated == []


def test_delete_terminates_in_generation_1(tenant: "Open") -> None:
    """In generation 1 DELETE ends a session and keeps its record.

    There is no address for terminating.
    """
    account = tenant({"id": "x"}, generation=1)
    assert account.status("PATCH", "/webui/x/terminate") == 404
    assert account.status("DELETE", "/webui/x") == 200
    assert account.get("/webui/x")["state"] == "Terminated"
    assert account.status("DELETE", "/webui/x") == 409


def test_delete_destroys_the_record_in_generation_2(tenant: "Open") -> None:
    """In generation 2 DELETE refuses what is active, and removes the record of what is over."""
    account = tenant({"id": "x"})
    assert account.status("DELETE", "/webui/x") == 409
    account.world.end("x")
    assert account.status("DELETE", "/webui/x") == 204
    assert account.status("GET", "/webui/x") == 404
    assert account.world.terminated == []


def test_records_vanish(tenant: "Open") -> None:
    """Thirty days after its end the record of a session is gone."""
    account = tenant({"id": "x"})
    account.world.end("x")
    account.world.advance(timedelta(days=29))
    assert account.status("GET", "/webui/x") == 200
    account.world.advance(timedelta(days=1))
    assert account.status("GET", "/webui/x") == 404


def test_generation_1_knows_no_solves(tenant: "Open") -> None:
    """Solve sessions have no address in generation 1."""
    assert tenant(generation=1).status("GET", "/solve") == 404


def test_kinds_do_not_mix(tenant: "Open") -> None:
    """A session is found under its own kind only."""
    account = tenant({"id": "x", "kind": "task"})
    assert (account.status("GET", "/webui/x"), account.status("GET", "/task/x")) == (404, 200)
