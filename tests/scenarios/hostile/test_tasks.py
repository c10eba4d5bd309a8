"""A task is not its session.

Gentle steps go to the one unfinished task of a session, or nowhere.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.hostile_house import IDLE, OLD_TASKS, House
from support.hostile_server import NOT_FOUND_PAGE, stamp
from support.hostile_wire import Answer, refusal

GENTLE = ("interrupt-solve", "interrupt-execution")
DONE = {"terminated", "already-gone"}


# fields as they are sent
def old_session(house: House, id_: str = "session-1", **more: Any) -> None:  # noqa: ANN401
    house.session(id_, kind="task", log=[], **more)


def asked(house: House) -> list[tuple[str, str]]:
    """Every request that was to change something, with the id it named."""
    return [(r.what, r.id) for r in house.server.requests if r.method != "GET"]


def test_the_gentle_step_goes_to_the_task(house: House) -> None:
    """The session's only unfinished task has another id.

    That is the one that is interrupted, and ends it.
    """
    house.may_end = {"task-7"}
    old_session(house)
    house.task("task-6", "session-1", "completed")
    house.task("task-7", "session-1")
    assert house.run(OLD_TASKS).outcomes == {"session-1": "terminated"}
    assert [id_ for what, id_ in asked(house) if what in GENTLE] == ["task-7"]


def test_a_task_of_a_recurring_group_is_named_by_its_index(house: House) -> None:
    """All of the group share one id.

    The one that runs in this session is meant, and only that is interrupted.
    """
    house.may_end = {"group"}
    old_session(house)
    house.task("group", "session-0", "running", 0)
    house.task("group", "session-1", "running", 3)
    house.run(OLD_TASKS)
    assert {(id_, index) for id_, index, _ in house.server.tenant.interrupted} == {("group", 3)}


UNCERTAIN: dict[str, list[tuple[str, str | None, str]]] = {
    "no task at all": [],
    "no task names it": [("task-7", "session-2", "running")],
    "a task without a session": [("task-7", None, "running")],
    "two unfinished ones": [("task-7", "session-1", "running"), ("task-8", "session-1", "queued")],
    "finished ones alone": [
        ("task-7", "session-1", "completed"),
        ("task-8", "session-1", "failed"),
    ],
    "one of the session's own id elsewhere": [("session-1", "session-2", "running")],
}


@pytest.mark.parametrize("name", UNCERTAIN)
def test_where_the_task_is_not_certain_the_step_is_withheld(house: House, name: str) -> None:
    """Not exactly one unfinished task names the session.

    Nothing is asked, neither gently nor by force.
    """
    old_session(house)
    for id_, session, state in UNCERTAIN[name]:
        house.task(id_, session or "", state, sessionId=session)
    assert house.run(OLD_TASKS).outcomes == {"session-1": "withheld"}
    assert asked(house) == []


@pytest.mark.parametrize(
    "answer", [refusal(500), refusal(403), NOT_FOUND_PAGE, Answer(200, b"[]"), Answer(200, b"{}")]
)
def test_where_the_tasks_cannot_be_read_nothing_is_asked(house: House, answer: Answer) -> None:
    """The list of tasks is an error, a page, or another shape.

    Neither gently nor by force, and not said to be gone.
    """
    old_session(house)
    house.task("task-7", "session-1")
    house.server.upon("tasks", lambda _: answer, nth=0)
    house.server.upon("task", lambda _: answer, nth=0)
    assert house.run(OLD_TASKS).outcomes.get("session-1") not in DONE
    assert asked(house) == []


def test_the_task_on_page_two_is_found_before_anything_is_asked(house: House) -> None:
    """The tasks' list is longer than a page, and its second page names another unfinished task of
    the session.
    """
    house.server.switches.page_cap = 2
    old_session(house)
    house.task("task-1", "session-1")
    for number in range(2, 5):
        house.task(f"task-{number}", "elsewhere", "completed")
    house.task("task-5", "session-1", "queued")
    assert house.run(OLD_TASKS).outcomes["session-1"] not in DONE
    assert asked(house) == []


def test_a_404_for_the_task_is_not_the_end_of_its_session(house: House) -> None:
    """The Tasks API does not know what it is asked to interrupt.

    The session runs on, and is not said to be gone.
    """
    house.may_end = {"session-1"}
    old_session(house)
    house.task("task-7", "session-1")
    for what in GENTLE:
        house.server.upon(what, lambda _: refusal(404), nth=0)
    assert house.run(OLD_TASKS).outcomes["session-1"] != "already-gone"


@pytest.mark.slow
def test_a_runaway_task_is_stopped_within_a_few_runs(house: House) -> None:
    """Interrupts are accepted and come to nothing.

    By force at last, and no run does two steps at once.
    """
    house.may_end = {"session-1", "task-7"}
    old_session(house)
    house.task("task-7", "session-1")
    for what in GENTLE:
        house.server.upon(what, lambda _: Answer(200, b"{}"), nth=0)
    for _ in range(8):
        before = len(asked(house))
        house.run(OLD_TASKS)
        assert len(asked(house)) - before <= 1
        house.later("10m")
    assert house.server.ended == ["session-1"]


def test_a_task_that_began_after_the_plan_is_not_what_was_judged(house: House) -> None:
    """At the second look the session runs the next task: nothing is asked."""
    old_session(house)
    first = house.task("task-7", "session-1")
    now = stamp(house.clock.true())

    def next_task(_: object) -> None:
        first["state"] = "completed"
        house.task("task-8", "session-1", createdAt=now, assignedAt=now, runningAt=now)

    house.server.upon("read", next_task)
    assert house.run(OLD_TASKS).outcomes["session-1"] not in DONE
    assert asked(house) == []


@pytest.mark.parametrize(
    "state", ["assigned", "launching", "running", "solving", "Assigned", "hibernating"]
)
def test_work_in_flight_keeps_its_owners_session(house: House, state: str) -> None:
    """A task that is being begun, runs, or is in a state that nobody knows.

    His WebUI session stays.
    """
    house.session("waiting")
    house.session("work", kind="task", log=[], state=state)
    assert house.run(IDLE).planned == set()


@pytest.mark.parametrize("state", ["completed", "failed", "terminated"])
def test_work_that_is_over_keeps_nobody(house: House, state: str) -> None:
    """A task that has ended is not in flight."""
    house.may_end = {"waiting"}
    house.session("waiting")
    house.session("work", kind="task", log=[], state=state)
    assert house.run(IDLE).outcomes == {"waiting": "terminated"}
