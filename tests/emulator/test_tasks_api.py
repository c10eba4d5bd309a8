"""The Tasks API: interrupting gently, and the vendor's own client."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aimms_openapi_client.exceptions import ApiException, NotFoundException
from aimmscloud import Task

from reaper.emulator import DEFAULT_KEY

if TYPE_CHECKING:
    from conftest import Open, Tenant

TASKS = "/pro-api/v2/tasks"
SOLVING = {"id": "x", "kind": "task", "solving": True, "owner": "svc@ROOT", "app": "Plan", "app_version": "2.0"}


def put(account: "Tenant", task_id: str, body: object = None, **params: Any) -> int:  # noqa: ANN401 - as httpx
    return account.http.put(f"{TASKS}/{task_id}", json=body, params=params).status_code


def state(account: "Tenant", task_id: str = "x") -> str:
    return str(account.http.get(f"{TASKS}/{task_id}").json()["state"])


@pytest.mark.parametrize(("order", "last"), [("interrupt-solve", "completed"), ("interrupt-execution", "failed")])
def test_interrupts(tenant: "Open", order: str, last: str) -> None:
    """An interrupted solve lets the task complete, an interrupted execution fails it; neither at once."""
    account = tenant(SOLVING, interrupt_lag=10)
    assert put(account, "x", {"setstatus": order}) == 200
    assert state(account) in ("running", "solving")
    account.world.advance(timedelta(seconds=10))
    assert (state(account), account.get("/task/x")["state"]) == (last, last)
    assert [task for task, _ in account.world.interrupted] == ["x"]


def test_only_a_solve_can_be_interrupted_as_one(tenant: "Open") -> None:
    """A task that runs without solving refuses interrupt-solve with 409, not interrupt-execution."""
    account = tenant({"id": "x", "kind": "task"})
    assert put(account, "x", {"setstatus": "interrupt-solve"}) == 409
    assert put(account, "x", {"setstatus": "interrupt-execution"}) == 200


def test_other_orders_are_not_possible(tenant: "Open") -> None:
    """Any other setstatus is answered with 405 and the methods that are allowed."""
    response = tenant(SOLVING).http.put(f"{TASKS}/x", json={"setstatus": "pause"})
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET, PUT")


def test_unknown_tasks(tenant: "Open") -> None:
    """A task or a group index that is unknown is answered with 404, before the order is looked at."""
    account = tenant(SOLVING)
    assert (put(account, "y", {"setstatus": "pause"}), put(account, "x", groupIndex=1)) == (404, 404)


def test_forced_while_interrupted(tenant: "Open") -> None:
    """Force overtakes an interrupt under way: the task fails when its scheduler notices."""
    account = tenant(SOLVING, interrupt_lag=10, force_lag="60s")
    put(account, "x", {"setstatus": "interrupt-solve"})
    account.call("PATCH", "/task/x/terminate")
    account.world.advance(timedelta(seconds=59))
    assert (state(account), put(account, "x", {"setstatus": "interrupt-execution"})) == ("running", 503)
    account.world.advance(timedelta(seconds=1))
    assert state(account) == "failed"


@pytest.mark.parametrize(("before", "status"), [("queued", 200), ("completed", 200), ("running", 409), ("failed", 409)])
def test_delete(tenant: "Open", before: str, status: int) -> None:
    """Only a queued or completed task can be deleted; it is gone as a session too."""
    account = tenant({"id": "x", "kind": "task", "state": before})
    assert account.http.delete(f"{TASKS}/x").status_code == status
    assert account.status("GET", "/task/x") == (404 if status == 200 else 200)


@pytest.fixture
def vendor(tenant: "Open") -> tuple["Tenant", Task]:
    """The vendor's client, unchanged, at an account of three tasks."""
    queued = {"id": "q", "kind": "task", "state": "queued", "app": "Plan", "app_version": "2.0", "age": "2d"}
    account = tenant(SOLVING, queued, {"id": "other", "kind": "task", "app": "Else"})
    return account, Task(f"{account.emulator.url}/pro-api/v2", DEFAULT_KEY)


def test_vendor_lists(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client lists the tasks of an application, by their days too."""
    _, client = vendor
    answer = client.get_tasks("Plan", "2.0")
    assert (answer["total_tasks"], [task["id"] for task in answer["current_batch"]]) == (2, ["x", "q"])
    assert client.get_tasks("Plan", "2.0", after_date=date(2026, 3, 1))["total_tasks"] == 1
    assert client.get_tasks("Plan", "2.0", before_date=date(2026, 3, 1))["total_tasks"] == 1


def test_vendor_gets(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client reads a task with all that it knows of it."""
    task = vendor[1].get_task("x")
    assert (task["id"], task["state"], task["appName"], task["groupIndex"]) == ("x", "solving", "Plan", 0)
    assert task["createdAt"] == "2026-03-02T08:00:00.000Z"


def test_vendor_interrupts(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client, which sends no body, interrupts the solve."""
    account, client = vendor
    client.interrupt_task("x")
    account.world.advance(timedelta(minutes=1))
    assert client.get_task("x")["state"] == "completed"


def test_vendor_deletes(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client deletes a queued task, after which it finds none."""
    _, client = vendor
    client.delete_task("q")
    with pytest.raises(NotFoundException):
        client.get_task("q")


def test_vendor_reads_errors(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client understands the body of an error."""
    with pytest.raises(ApiException) as raised:
        vendor[1].delete_task("x")
    assert raised.value.status == 409
    assert raised.value.data.error_code == 409
