"""The tasks API: interrupts are sent once and exactly, answers read warily."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reaper.client.tasks import Task, Tasks
from reaper.errors import Conflict, NotFound, ServerFault, Unauthorized, Unintelligible

if TYPE_CHECKING:
    from conftest import Connect, Serve

    from reaper.errors import AccountError


@pytest.mark.parametrize("status", ["interrupt-solve", "interrupt-execution"])
def test_an_interrupt_is_one_put(serve: Serve, connect: Connect, status: str) -> None:
    """Each interrupt is one PUT of its setstatus to the task."""
    served = serve(lambda _: {})
    tasks = Tasks(connect(served))
    (tasks.interrupt_solve if status == "interrupt-solve" else tasks.interrupt_execution)("a:b")
    (asked,) = served.asked
    assert (asked.method, asked.raw_path) == ("PUT", "/pro-api/v2/tasks/a%3Ab")
    assert json.loads(asked.body) == {"setstatus": status}


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotFound), (405, Conflict), (403, Unauthorized), (500, ServerFault)]
)
def test_a_refused_interrupt_is_not_repeated(
    serve: Serve, connect: Connect, status: int, error: type[AccountError]
) -> None:
    """A failed interrupt is a typed error after one request."""
    served = serve(lambda _: (status, {}))
    with pytest.raises(error):
        Tasks(connect(served)).interrupt_solve("t")
    assert len(served.asked) == 1


def test_a_task_is_read(serve: Serve, connect: Connect) -> None:
    """A task's fields arrive, its state in lower case, what is missing or no text as None."""
    sent = {"id": "t", "state": "Running", "appName": "Planner", "appVersion": 3, "userName": "ann"}
    assert Tasks(connect(serve(lambda _: sent))).read("t") == Task("t", "running", "Planner", None, "ann", None, None)


@pytest.mark.parametrize("answer", [{}, {"id": "other"}, {"id": 5}, [], b"<html>"])
def test_another_task_is_unintelligible(serve: Serve, connect: Connect, answer: object) -> None:
    """An answer that is not the task asked for is none."""
    with pytest.raises(Unintelligible):
        Tasks(connect(serve(lambda _: answer))).read("t")


def test_tasks_are_listed(serve: Serve, connect: Connect) -> None:
    """The list is the current batch of an app's tasks, without what is no task."""
    served = serve(lambda _: {"total_tasks": 3, "current_batch": [{"id": "a"}, None, {"id": ""}, {"id": "b"}]})
    assert [task.id for task in Tasks(connect(served)).list("Planner", "1.0")] == ["a", "b"]
    assert (served.asked[0].params["appName"], served.asked[0].params["appVersion"]) == ("Planner", "1.0")
