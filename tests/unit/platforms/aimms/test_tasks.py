"""The Tasks API.

The list is read to its end or not at all, and an interrupt is sent once, to a task.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reaper.core.model.session import TaskKey
from reaper.core.model.tasks import Task
from reaper.errors import AccountError, Conflict, ServerFault, Unauthorized, Unintelligible
from reaper.platforms.aimms.tasks import ATTEMPTS, Tasks

if TYPE_CHECKING:
    from support.scripted_server import Asked, Connect, Serve


def sent(id_: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON, also wrong
    return {
        "id": id_,
        "groupIndex": 0,
        "state": "running",
        "appName": "Planner",
        "sessionId": f"s-{id_}",
        **more,
    }


class Pages:
    """A list of tasks in pages of at most `cap`, that tells `total` (`...`: the truth)."""

    def __init__(self, tasks: list[Any], cap: int = 1000, total: Any = ...) -> None:  # noqa: ANN401
        self.tasks, self.cap, self.total = tasks, cap, total

    def __call__(self, asked: Asked) -> Any:  # noqa: ANN401 - JSON
        offset, limit = int(asked.params["offset"]), int(asked.params["limit"])
        batch = self.tasks[offset : offset + min(limit, self.cap)]
        match self.total:
            case "page":
                return {"total_tasks": len(batch), "current_batch": batch}
            case _:
                total = len(self.tasks) if self.total is ... else self.total
                return {"total_tasks": total, "current_batch": batch}


@pytest.mark.parametrize("status", ["interrupt-solve", "interrupt-execution"])
@pytest.mark.parametrize("group", [None, 0, 3])
def test_an_interrupt_is_one_put(
    serve: Serve, connect: Connect, status: str, group: int | None
) -> None:
    """Each interrupt is one PUT of its setstatus to the task, which its group index helps
    to name.
    """
    served = serve(lambda _: {})
    tasks, key = Tasks(connect(served)), TaskKey("a:b", group)
    (tasks.interrupt_solve if status == "interrupt-solve" else tasks.interrupt_execution)(key)
    (asked,) = served.asked
    assert (asked.method, asked.raw_path) == ("PUT", "/pro-api/v2/tasks/a%3Ab")
    assert asked.params == ({} if group is None else {"groupIndex": str(group)})
    assert json.loads(asked.body) == {"setstatus": status}


@pytest.mark.parametrize(
    ("status", "error"), [(404, Conflict), (405, Conflict), (403, Unauthorized), (500, ServerFault)]
)
def test_a_refused_interrupt_is_not_repeated(
    serve: Serve, connect: Connect, status: int, error: type[AccountError]
) -> None:
    """One request, and a typed error.

    That no such task is known is no NotFound, for nobody asked for a session.
    """
    said = {"errorCode": status, "errorId": "Refused", "message": "no"}
    served = serve(lambda _: (status, said))
    with pytest.raises(error):
        Tasks(connect(served)).interrupt_solve(TaskKey("t"))
    assert len(served.asked) == 1


def test_a_task_is_read_with_its_session(serve: Serve, connect: Connect) -> None:
    """Its key, its state in lower case, its session and times; what is not told is not known."""
    full = sent("a", groupIndex=2, state="Solving", runningAt="2026-11-23T11:00:00.000Z")
    served = serve(
        Pages(
            [full, {"id": "b"}, sent("c", groupIndex=1.0, sessionId=7, state="", runningAt="noon")]
        )
    )
    assert Tasks(connect(served)).of_app("Planner") == (
        Task(TaskKey("a", 2), "solving", "s-a", datetime(2026, 11, 23, 11, tzinfo=UTC)),
        Task(TaskKey("b"), None),
        Task(TaskKey("c", 1), None),
    )
    assert served.asked[0].params == {"appName": "Planner", "offset": "0", "limit": "1000"}


@pytest.mark.parametrize("total", [..., "page", 0, 1, None, "7", -1])
@pytest.mark.parametrize("cap", [1000, 3, 2])
def test_the_list_is_read_to_where_it_was_seen_to_end(
    serve: Serve, connect: Connect, total: object, cap: int
) -> None:
    """Past a total that counts the page, is too small, or is none, and past pages that are shorter
    than was asked.
    """
    served = serve(Pages([sent(str(n)) for n in range(8)], cap, total))
    assert [task.key.id for task in Tasks(connect(served)).of_app("Planner")] == [
        str(n) for n in range(8)
    ]


@pytest.mark.parametrize("total", [..., "page", 0, 1, None, "7", -1])
def test_pages_of_one_task_do_not_hide_the_others(
    serve: Serve, connect: Connect, total: object
) -> None:
    """Where the overlap fills a page, the next page shows that there are more."""
    served = serve(Pages([sent(str(n)) for n in range(8)], 1, total))
    with pytest.raises(AccountError, match="could not be read completely"):
        Tasks(connect(served)).of_app("Planner")


def test_an_empty_list_is_one_request(serve: Serve, connect: Connect) -> None:
    """Nothing, and nothing to go on from."""
    served = serve(Pages([]))
    assert (Tasks(connect(served)).of_app("Planner"), len(served.asked)) == ((), 1)


def test_members_of_a_group_are_tasks_of_their_own(serve: Serve, connect: Connect) -> None:
    """They share an id and differ in their index."""
    served = serve(Pages([sent("g", groupIndex=n) for n in range(3)], cap=2))
    assert [task.key for task in Tasks(connect(served)).of_app("Planner")] == [
        TaskKey("g", n) for n in range(3)
    ]


@pytest.mark.parametrize(
    "pages",
    [
        Pages([sent("a"), sent("b")], total=3),
        Pages([], total=1),
        Pages([sent("a"), sent("a")]),
        lambda _: {"total_tasks": 4, "current_batch": [sent("a"), sent("b")]},
        lambda asked: {
            "current_batch": [sent("a"), sent("b")] if asked.params["offset"] == "0" else []
        },
    ],
    ids=["too few", "none of one", "twice", "offset ignored", "the last is gone"],
)
def test_a_list_that_cannot_be_read_completely_is_none(
    serve: Serve,
    connect: Connect,
    pages: Any,  # noqa: ANN401
) -> None:
    """Read again a few times, then given up with the reason."""
    served = serve(pages)
    with pytest.raises(AccountError, match="could not be read completely"):
        Tasks(connect(served)).of_app("Planner")
    assert ATTEMPTS <= len(served.asked) <= 2 * ATTEMPTS


def test_a_list_that_moves_is_read_again(serve: Serve, connect: Connect) -> None:
    """A task that is submitted between two pages shifts them: the second reading has it."""
    tasks = [sent(str(n)) for n in range(4)]
    pages = Pages(tasks, cap=2)

    def moving(asked: Asked) -> object:
        answer = pages(asked)
        if len(served.asked) == 1:
            pages.tasks = [sent("new"), *tasks]
        return answer

    served = serve(moving)
    assert [task.key.id for task in Tasks(connect(served)).of_app("Planner")] == [
        "new",
        "0",
        "1",
        "2",
        "3",
    ]


def test_an_endless_list_ends(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After more tasks than any app has."""
    monkeypatch.setattr("reaper.platforms.aimms.tasks.MOST_TASKS", 50)

    def endless(asked: Asked) -> object:
        first = int(asked.params["offset"])
        return {"total_tasks": 9, "current_batch": [sent(str(n)) for n in range(first, first + 10)]}

    with pytest.raises(AccountError, match="does not end"):
        Tasks(connect(serve(endless))).of_app("Planner")


@pytest.mark.parametrize(
    "bad",
    [None, 5, {}, {"id": ""}, {"id": 7}, sent("a", groupIndex="x"), sent("a", groupIndex=True)],
)
def test_a_task_that_cannot_be_read_leaves_the_list_unknown(
    serve: Serve, connect: Connect, bad: object
) -> None:
    """It may be the one that runs in the session in question.

    One that is over is in no session any more.
    """
    served = serve(Pages([sent("b"), bad]))
    with pytest.raises(AccountError, match="cannot be read"):
        Tasks(connect(served)).of_app("Planner")
    served.answer = Pages([sent("b"), {**sent("a"), "id": None, "state": "Completed"}])
    assert [task.key.id for task in Tasks(connect(served)).of_app("Planner")] == ["b"]


@pytest.mark.parametrize("answer", [{}, {"current_batch": 5}, [], b"<html>"])
def test_what_is_no_list_is_unintelligible(serve: Serve, connect: Connect, answer: object) -> None:
    """An answer of another shape is no empty list."""
    with pytest.raises(Unintelligible):
        Tasks(connect(serve(lambda _: answer))).of_app("Planner")
