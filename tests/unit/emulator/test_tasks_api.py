"""The Tasks API: interrupting gently, and the vendor's own client."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aimms_openapi_client.exceptions import ApiException, NotFoundException
from aimmscloud.aimms_task import Task

from reaper.emulator import DEFAULT_KEY

if TYPE_CHECKING:
    from support.emulated_account import Open, Tenant

TASKS = "/pro-api/v2/tasks"
SOLVING = {
    "id": "x",
    "kind": "task",
    "solving": True,
    "owner": "svc@ROOT",
    "app": "Plan",
    "app_version": "2.0",
}


# as httpx
def put(account: "Tenant", task_id: str, body: object = None, **params: Any) -> int:  # noqa: ANN401
    return account.http.put(f"{TASKS}/{task_id}", json=body, params=params).status_code


def state(account: "Tenant", task_id: str = "task-x") -> str:
    return str(account.http.get(f"{TASKS}/{task_id}").json()["state"])


@pytest.mark.parametrize(
    ("order", "last"), [("interrupt-solve", "completed"), ("interrupt-execution", "failed")]
)
def test_interrupts(tenant: "Open", order: str, last: str) -> None:
    """An interrupted solve lets the task complete, an interrupted execution fails it.

    Neither at once.
    """
    account = tenant(SOLVING, interrupt_lag=10)
    assert put(account, "task-x", {"setstatus": order}) == 200
    assert state(account) in ("running", "solving")
    account.world.advance(timedelta(seconds=10))
    assert state(account) == last
    assert [task for task, _ in account.world.interrupted] == ["task-x"]


def test_a_task_is_not_its_session(tenant: "Open") -> None:
    """No task has a session's id; each names its session, unless the account is too old to tell."""
    account = tenant(SOLVING)
    (sent,) = account.http.get(TASKS, params={"appName": "Plan"}).json()["current_batch"]
    assert (sent["id"], sent["sessionId"], put(account, "x")) == ("task-x", "x", 404)
    account.world.task_session_ids = False
    assert "sessionId" not in account.http.get(f"{TASKS}/task-x").json()


def test_generation_1_tells_no_sessions(tenant: "Open") -> None:
    """Tasks name their session since 25.2.1."""
    account = tenant(SOLVING, generation=1)
    assert "sessionId" not in account.http.get(f"{TASKS}/task-x").json()


def test_a_session_outlives_its_task(tenant: "Open") -> None:
    """Without another task it is idle for five minutes and then over.

    With one it stays until that is over.
    """
    account = tenant(SOLVING, interrupt_lag=0)
    put(account, "task-x")
    account.world.advance(timedelta(minutes=4))
    account.world.begin_task("x", "next")
    account.world.advance(timedelta(minutes=10))
    assert (state(account), state(account, "next"), account.get("/task/x")["state"]) == (
        "completed", "running", "running",
    )  # fmt: skip
    account.world.end_task(account.world.find_task("next"))
    account.world.advance(timedelta(seconds=299))
    assert account.get("/task/x")["state"] == "running"
    account.world.advance(timedelta(seconds=1))
    assert account.get("/task/x")["state"] == "completed"


def test_a_session_runs_its_tasks_one_after_another(tenant: "Open") -> None:
    """When one is over the next one that was queued for it begins.

    Members of a group differ in their index.
    """
    group = [{"id": "g"}, {"id": "g", "group_index": 1, "state": "queued"}]
    account = tenant({**SOLVING, "solving": False, "tasks": group}, interrupt_lag=0)
    assert put(account, "g", {"setstatus": "interrupt-execution"}, groupIndex=1) == 409
    assert put(account, "g", {"setstatus": "interrupt-execution"}, groupIndex=0) == 200
    sent = account.http.get(TASKS, params={"appName": "Plan"}).json()["current_batch"]
    assert {(one["groupIndex"], one["state"]) for one in sent} == {(0, "failed"), (1, "running")}


@pytest.mark.parametrize(
    "tasks", [[], [{"id": "a", "state": "completed", "age": "3h", "ended": "1m"}]]
)
def test_a_session_may_run_nothing(tenant: "Open", tasks: list[dict[str, Any]]) -> None:
    """It is listed as running, and no unfinished task names it."""
    account = tenant({**SOLVING, "age": "9h", "solving": False, "tasks": tasks})
    sent = account.http.get(TASKS, params={"appName": "Plan"}).json()["current_batch"]
    assert (account.get("/task/x")["state"], [one["state"] for one in sent]) == (
        "running",
        ["completed"][: len(tasks)],
    )


def test_only_a_solve_can_be_interrupted_as_one(tenant: "Open") -> None:
    """A task that runs without solving refuses interrupt-solve with 409, not
    interrupt-execution.
    """
    account = tenant({"id": "x", "kind": "task"})
    assert put(account, "task-x", {"setstatus": "interrupt-solve"}) == 409
    assert put(account, "task-x", {"setstatus": "interrupt-execution"}) == 200


def test_other_orders_are_not_possible(tenant: "Open") -> None:
    """Any other setstatus is answered with 405 and the methods that are allowed."""
    response = tenant(SOLVING).http.put(f"{TASKS}/task-x", json={"setstatus": "pause"})
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET, PUT")


def test_unknown_tasks(tenant: "Open") -> None:
    """A task or a group index that is unknown is answered with 404, before the order is
    looked at.
    """
    account = tenant(SOLVING)
    assert (put(account, "y", {"setstatus": "pause"}), put(account, "task-x", groupIndex=1)) == (
        404,
        404,
    )


def test_forced_while_interrupted(tenant: "Open") -> None:
    """Force overtakes an interrupt under way: the task fails when its scheduler notices."""
    account = tenant(SOLVING, interrupt_lag=10, force_lag="60s")
    put(account, "task-x", {"setstatus": "interrupt-solve"})
    account.call("PATCH", "/task/x/terminate")
    account.world.advance(timedelta(seconds=59))
    assert (state(account), put(account, "task-x", {"setstatus": "interrupt-execution"})) == (
        "running",
        503,
    )
    account.world.advance(timedelta(seconds=1))
    assert state(account) == "failed"


@pytest.mark.parametrize(
    ("before", "status"), [("queued", 200), ("completed", 200), ("running", 409), ("failed", 409)]
)
def test_delete(tenant: "Open", before: str, status: int) -> None:
    """Only a queued or completed task can be deleted; it is gone as a session too."""
    account = tenant({"id": "x", "kind": "task", "state": before})
    assert account.http.delete(f"{TASKS}/task-x").status_code == status
    assert account.status("GET", "/task/x") == (404 if status == 200 else 200)


@pytest.fixture
def vendor(tenant: "Open") -> tuple["Tenant", Task]:
    """The vendor's client, unchanged, at an account of three tasks."""
    queued = {
        "id": "q",
        "kind": "task",
        "state": "queued",
        "app": "Plan",
        "app_version": "2.0",
        "age": "2d",
    }
    account = tenant(SOLVING, queued, {"id": "other", "kind": "task", "app": "Else"})
    return account, Task(f"{account.emulator.url}/pro-api/v2", DEFAULT_KEY)


def test_vendor_lists(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client lists the tasks of an application, by their days too."""
    _, client = vendor
    answer = client.get_tasks("Plan", "2.0")
    assert (answer["total_tasks"], [task["id"] for task in answer["current_batch"]]) == (
        2,
        ["task-x", "task-q"],
    )
    assert client.get_tasks("Plan", "2.0", after_date=date(2026, 3, 1))["total_tasks"] == 1
    assert client.get_tasks("Plan", "2.0", before_date=date(2026, 3, 1))["total_tasks"] == 1


def test_vendor_gets(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client reads a task with all that it knows of it."""
    task = vendor[1].get_task("task-x")
    assert (task["id"], task["state"], task["appName"], task["groupIndex"]) == (
        "task-x",
        "solving",
        "Plan",
        0,
    )
    assert task["createdAt"] == "2026-03-02T08:00:00.000Z"


def test_vendor_interrupts(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client, which sends no body, interrupts the solve."""
    account, client = vendor
    client.interrupt_task("task-x")
    account.world.advance(timedelta(minutes=1))
    assert client.get_task("task-x")["state"] == "completed"


def test_vendor_deletes(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client deletes a queued task, after which it finds none."""
    _, client = vendor
    client.delete_task("task-q")
    with pytest.raises(NotFoundException):
        client.get_task("task-q")


def test_vendor_reads_errors(vendor: tuple["Tenant", Task]) -> None:
    """The vendor's client understands the body of an error."""
    with pytest.raises(ApiException) as raised:
        vendor[1].delete_task("task-x")
    assert raised.value.status == 409
    data: Any = raised.value.data
    assert data.error_code == 409
