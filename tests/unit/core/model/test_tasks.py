"""Which task runs in a session, where that is certain, and what came since."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.core_builders import NOW, SECOND, a_session

from reaper.core.model.matching import Answer
from reaper.core.model.session import TaskKey
from reaper.core.model.tasks import BETWEEN_TASKS, SessionTasks, Task, tasks_in

SESSION = a_session("0a" * 16, kind="task")
HERE = SESSION.id


def a_task(
    id_: str = "t",
    state: str | None = "running",
    session: str | None = HERE,
    **more: Any,  # noqa: ANN401
) -> Task:
    return Task(TaskKey(id_, more.pop("group", 0)), state, session, **more)


def inside(*tasks: Task) -> SessionTasks:
    return tasks_in(SESSION, tasks)


OVER = a_task("over", "completed")
ELSEWHERE = a_task("elsewhere", session="another")
QUEUED = a_task("later", "queued", None)


@pytest.mark.parametrize("state", ["running", "solving"])
def test_one_task_that_runs_is_the_one(state: str) -> None:
    """Whatever is over, in another session or in the queue is none of it."""
    found = inside(OVER, a_task("x", state), ELSEWHERE, QUEUED)
    assert (found.the_one and found.the_one.key, found.at_work[0]) == (TaskKey("x", 0), Answer.YES)


@pytest.mark.parametrize(
    ("tasks", "why", "at_work"),
    [
        ([], "no unfinished task is in it", Answer.UNKNOWN),
        ([OVER, ELSEWHERE, QUEUED], "no unfinished task is in it", Answer.NO),
        ([a_task("a"), a_task("b", "queued")], "2 unfinished tasks are in it", Answer.YES),
        ([a_task("g"), a_task("g", group=1)], "2 unfinished tasks are in it", Answer.YES),
        ([a_task("a", "queued")], r"only task a \(queued\)", Answer.YES),
        ([a_task("a", "assigned")], r"only task a \(assigned\)", Answer.YES),
        ([a_task("a", "paused")], r"only task a \(paused\)", Answer.UNKNOWN),
        ([a_task("a", None)], "state not known", Answer.UNKNOWN),
        ([a_task("a", session=None)], "names no session and may be in this one", Answer.UNKNOWN),
        (
            [a_task("a", "assigned", None)],
            "names no session and may be in this one",
            Answer.UNKNOWN,
        ),
        (
            [a_task("a"), a_task("b", session=None)],
            "names no session and may be in this one",
            Answer.YES,
        ),
    ],
)
def test_anything_else_is_not_certain(tasks: list[Task], why: str, at_work: Answer) -> None:
    """None, several, one that waits, one of unknown state, or one of which nobody knows where it
    is.
    """
    found = inside(*tasks)
    assert (found.the_one, found.at_work[0]) == (None, at_work)
    assert re.search(why, found.why_not_one())


def test_what_could_not_be_read_is_not_known() -> None:
    """A problem is neither one task nor none."""
    found = SessionTasks(problem="the server failed")
    assert (found.the_one, found.at_work[0], found.between_tasks(NOW)) == (
        None,
        Answer.UNKNOWN,
        False,
    )
    assert "the server failed" in found.why_not_one()


@pytest.mark.parametrize(
    ("told", "same"),
    [
        ("0A" * 16, True),
        ("0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a", True),
        ("0a" * 15, False),
        ("0a" * 16 + " ", False),
    ],
)
def test_two_services_may_write_one_uuid_differently(told: str, same: bool) -> None:
    """With dashes or without, in capitals or not; no other id is taken for another."""
    assert (inside(a_task(session=told)).the_one is not None) is same
    short = a_session("a-b", kind="task")
    assert tasks_in(short, [a_task(session="ab")]) == SessionTasks()


def test_nothing_came_to_a_session_that_is_as_it_was() -> None:
    """The same tasks, or fewer."""
    before = inside(a_task("a", began_at=NOW - SECOND), a_task("b", session=None))
    for now in (before, inside(a_task("a", began_at=NOW - SECOND)), inside(), inside(OVER, QUEUED)):
        assert now.came_since(before, NOW) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], [a_task("new")]),
        ([], [a_task("new", "queued")]),
        ([], [a_task("new", "some-new-state")]),
        ([], [a_task("new", session=None)]),
        ([a_task("a")], [a_task("new")]),
        ([a_task("g", group=0)], [a_task("g", group=1)]),
        ([a_task("a", "queued")], [a_task("a", "running")]),
        ([a_task("a", began_at=NOW - SECOND)], [a_task("a", began_at=NOW - SECOND / 2)]),
        ([a_task("a", began_at=NOW + SECOND)], [a_task("a", began_at=NOW + SECOND)]),
    ],
    ids=str,
)
def test_what_came_to_it_since_the_plan(before: list[Task], after: list[Task]) -> None:
    """Another task, one that waited and now runs, one that began anew, one that perhaps
    began here.
    """
    came = inside(*after).came_since(inside(*before), NOW)
    assert came is not None
    assert "after the plan was made" in came


def test_it_is_between_tasks_for_a_moment() -> None:
    """So long after the end of its last task, and only where that is told and nothing else is in
    it.
    """
    done = a_task("a", "completed", ended_at=NOW)
    assert inside(done).between_tasks(NOW + BETWEEN_TASKS - SECOND)
    assert not inside(done).between_tasks(NOW + BETWEEN_TASKS)
    assert not inside(done, a_task("b")).between_tasks(NOW)
    assert not inside(replace(done, ended_at=None)).between_tasks(NOW + timedelta(0))


def test_all_are_newer_where_none_was_there_then() -> None:
    """Those that began later, and those that have yet to.

    One whose beginning is not told may have been there.
    """
    later, earlier = a_task("b", began_at=NOW + SECOND), a_task("a", began_at=NOW)
    assert inside(later, a_task("c", "queued"), OVER).all_newer_than(NOW)
    for found in (
        inside(later, earlier),
        inside(a_task("d")),
        inside(),
        inside(later, a_task("e", session=None)),
    ):
        assert not found.all_newer_than(NOW)
