"""A task is not its session.

What is interrupted is the one task that certainly runs in it, and else nothing is.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.safety_house import TASKS, House, Open, refusal, rules, task

from reaper.core.language.policy import PolicySet
from reaper.run.pipeline import Report

HOUSE = rules(TASKS)
FORCE = rules({**TASKS, "steps": ["terminate"]})
LADDER = ["interrupt-solve", "interrupt-execution", "terminate"]
SILENT = rules(
    {
        **TASKS,
        "terminate_when": {"idle": {"over": "2h", "kinds": ["task"]}},
        "steps": ["terminate"],
    }
)


def running(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a scenario's
    """A task session of nine hours in which these tasks are."""
    return task("session", solving=False, tasks=list(tasks), **more)


def asked(house: House) -> list[str]:
    return [what for what, _ in house.endings()]


def outcome(report: Report) -> tuple[str, str]:
    (found,) = report.outcomes.values()
    return found.result.value, found.detail


ONE = {"id": "one"}
QUEUED = {"id": "two", "state": "queued", "age": "1h"}
DONE = {"id": "done", "state": "completed", "age": "9h", "ended": "7h"}


@pytest.mark.parametrize("generation", [1, 2])
def test_a_runaway_task_is_stopped_within_eight_runs(house: Open, generation: int) -> None:
    """It heeds nothing.

    Two interrupts of the task by its own id, then force for the session by that one's.
    """
    home = house(
        running(DONE, ONE), generation=generation, task_session_ids=True, faults="stubborn:1"
    )
    for _ in range(8):
        home.pass_once(HOUSE)
        home.later(minutes=3)
    assert home.endings() == [
        ("interrupt-solve", "one"),
        ("interrupt-execution", "one"),
        ("terminate", "session"),
    ]
    assert home.world.get("session").over
    intents = home.rows("SELECT evidence FROM step_events WHERE event = 'intended' ORDER BY id")
    assert [json.loads(evidence)["task"] for (evidence,) in intents] == ["one", "one", None]


def test_a_member_of_a_recurring_group_is_interrupted_by_its_index(house: Open) -> None:
    """The others of its id are over, or wait in the queue for another session."""
    group = {"id": "group", "state": "solving"}
    home = house(
        running({**DONE, "id": "group"}, {**group, "group_index": 1}),
        task("other", solving=False, tasks=[{**group, "group_index": 2}], age="1h"),
    )
    assert home.pass_once(HOUSE).outcomes.keys() == {"session"}
    home.later(minutes=1)
    states = {index: home.world.find_task("group", index).state for index in (0, 1, 2)}
    assert states == {0: "completed", 1: "completed", 2: "solving"}


UNCERTAIN = {
    "no task": ([], True, "no unfinished task is in it"),
    "only one that is over": ([DONE], True, "no unfinished task is in it"),
    "two tasks": ([ONE, QUEUED], True, "2 unfinished tasks are in it"),
    "two of a group": ([ONE, {**ONE, "group_index": 1}], True, "2 unfinished tasks are in it"),
    "one that waits": ([QUEUED], True, "nothing runs in it that could be interrupted"),
    "one of unknown state": (
        [{**ONE, "state": "dreaming"}],
        True,
        "nothing runs in it that could be interrupted",
    ),
    "an older account": ([ONE], False, "names no session and may be in this one"),
    "one that names no session": ([{**ONE, "send": {"sessionId": None}}], True, "names no session"),
    "one that names it unreadably": ([{**ONE, "send": {"sessionId": 7}}], True, "names no session"),
}


@pytest.mark.parametrize(("tasks", "named", "why"), list(UNCERTAIN.values()), ids=list(UNCERTAIN))
def test_what_is_not_certain_is_withheld_and_never_replaced_by_force(
    house: Open,
    caplog: pytest.LogCaptureFixture,
    tasks: list[dict[str, Any]],
    named: bool,
    why: str,
) -> None:
    """In no run: each says why, and that a person must see to it.

    One who writes `steps: terminate` has it ended.
    """
    home = house(running(*tasks), task_session_ids=named)
    caplog.set_level("WARNING")
    for _ in range(4):
        report = home.pass_once(HOUSE)
        result, detail = outcome(report)
        assert (result, why in detail, "write 'steps: terminate'" in detail) == (
            "withheld",
            True,
            True,
        )
        assert (report.failed, asked(home)) == (True, [])
        home.later(minutes=3)
    assert [event for _, _, event in home.events()] == ["withheld"] * 4
    assert caplog.text.count("step settled") == 4
    assert home.outcomes(FORCE) == {"session": "terminated"}


def test_generation_1_names_no_sessions_and_is_only_forced_where_a_person_says_so(
    house: Open,
) -> None:
    """Its tasks cannot be told apart by session: the default steps do nothing there, and say so."""
    home = house(task(), generation=1)
    assert outcome(home.pass_once(HOUSE))[0] == "withheld"
    assert home.outcomes(FORCE) == {"task": "terminated"}
    assert asked(home) == ["terminate"]


def test_between_two_tasks_a_session_is_left_alone_without_alarm(house: Open) -> None:
    """A task that heeded its interrupt leaves its session idle for five minutes.

    Nothing failed, nothing is asked.
    """
    home = house(running({"id": "one", "state": "solving"}))
    home.pass_once(HOUSE)
    home.later(minutes=2)
    report = home.pass_once(HOUSE)
    assert (outcome(report)[0], report.failed) == ("withheld", False)
    assert "idle between tasks" in outcome(report)[1]
    home.later(minutes=3)
    assert home.pass_once(HOUSE).plan.steps == ()
    assert (asked(home), home.ended()) == (["interrupt-solve"], [])


def test_the_next_task_of_a_session_begins_at_the_gentlest_step(house: Open) -> None:
    """The runaway is over, its session took up another one.

    What was asked of the one is not held against the other.
    """
    home = house(running({"id": "one", "state": "solving"}))
    home.pass_once(HOUSE)
    home.world.begin_task("session", "next", state="solving")
    home.faulty("stubborn:1")
    for _ in range(3):
        home.later(minutes=3)
        home.pass_once(HOUSE)
    assert home.endings() == [
        ("interrupt-solve", "one"),
        ("interrupt-solve", "next"),
        ("interrupt-execution", "next"),
        ("terminate", "session"),
    ]


def test_what_heeded_its_last_interrupt_is_not_forced(house: Open) -> None:
    """The task failed as it was asked to.

    Its session is about to end by itself, and gets the time for it.
    """
    home = house(running(ONE))
    for _ in range(4):
        home.pass_once(HOUSE)
        home.later(minutes=2)
    assert (asked(home), home.ended()) == (LADDER[:2], [])


BEGINS = {
    "another one after it": ([{"id": "one", "state": "solving"}], "session", True),
    "in an idle session": ([], "session", True),
    "on an older account": ([ONE], "session", False),
}


@pytest.mark.parametrize(("tasks", "session", "named"), list(BEGINS.values()), ids=list(BEGINS))
@pytest.mark.parametrize("policies", [HOUSE, FORCE], ids=["gently", "by force"])
def test_a_task_that_begins_between_the_plan_and_the_second_look_was_not_judged(
    house: Open, policies: PolicySet, tasks: list[dict[str, Any]], session: str, named: bool
) -> None:
    """Neither interrupted nor forced, whatever the plan says of its session."""
    home = house(running(*tasks), task_session_ids=named)

    def begin(_: object) -> None:
        for one in home.world.tasks_in(session):
            home.world.end_task(one)
        home.world.begin_task(session, "new")

    home.upon("read", begin)
    result, detail = outcome(home.pass_once(policies))
    assert (result, "is not what was judged" in detail) == ("no-longer-due", True)
    assert (asked(home), home.world.find_task("new").state) == ([], "running")


def test_a_task_that_begins_while_the_plan_is_made_was_not_judged_either(house: Open) -> None:
    """It is there when the tasks are first read, and began after the look that the plan
    rests on.
    """
    home = house(running())

    def begin(_: object) -> None:
        home.later(seconds=1)
        home.world.begin_task("session", "new")

    home.upon("tasks", begin)
    assert home.outcomes(FORCE) == {"session": "no-longer-due"}
    assert asked(home) == []


def test_a_queued_task_that_begins_meanwhile_was_not_judged(house: Open) -> None:
    """The session took it up after the plan was made."""
    home = house(running({"id": "one"}, QUEUED))
    home.upon("read", lambda _: home.world.end_task(home.world.find_task("one")))
    assert home.outcomes(FORCE) == {"session": "no-longer-due"}
    assert home.world.find_task("two").state == "running"


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("policies", [HOUSE, FORCE], ids=["gently", "by force"])
def test_tasks_that_cannot_be_read_are_not_known(
    house: Open, policies: PolicySet, status: int
) -> None:
    """Whether one began since the plan cannot be told: the session stays, and somebody is told."""
    home = house(running(ONE))
    home.upon("tasks", lambda _: refusal(status), nth=0)
    report = home.pass_once(policies)
    assert (outcome(report)[0], report.failed, asked(home)) == ("withheld", True, [])
    assert "which tasks are in it is not known" in outcome(report)[1]


def test_a_task_that_is_unknown_at_its_turn_says_nothing_of_its_session(house: Open) -> None:
    """404 to the interrupt: the session is looked at, runs on, and is not `already-gone`."""
    home = house(running(ONE))
    home.upon("interrupt-solve", lambda _: home.world.remove_task(home.world.find_task("one")))
    result, detail = outcome(home.pass_once(HOUSE))
    assert (result, "the server does not know the task one" in detail) == ("failed", True)


def test_a_session_that_is_gone_with_its_task_is_already_gone(house: Open) -> None:
    """404 to the interrupt, and the session's own address does not know it either."""
    home = house(running(ONE))
    home.upon("interrupt-solve", lambda _: home.world.remove(home.world.get("session")))
    assert outcome(home.pass_once(HOUSE))[0] == "already-gone"


SILENCE = {
    "a task runs": ([ONE], True, None),
    "a task waits in it": ([QUEUED], True, None),
    "nothing is in it": ([DONE], True, "terminated"),
    "perhaps a task runs": ([ONE], False, None),
    "nothing is told of its app at all": ([], True, None),
    "nothing runs on an older account": ([DONE], False, "terminated"),
    "a task of unknown state": ([{**ONE, "state": "dreaming"}], True, None),
}


@pytest.mark.parametrize(("tasks", "named", "end"), list(SILENCE.values()), ids=list(SILENCE))
def test_a_session_with_a_task_in_it_is_not_idle(
    house: Open, tasks: list[dict[str, Any]], named: bool, end: str | None
) -> None:
    """A solver computes for hours without a line.

    Only a session that certainly has no task is idle by its log.
    """
    home = house(running(*tasks, idle="5h"), task_session_ids=named)
    assert home.outcomes(SILENT).get("session") == end


def test_a_dry_run_finds_out_the_same_and_is_no_failure(house: Open) -> None:
    """It says what would be withheld, and why."""
    report = house(running(ONE, QUEUED)).pass_once(HOUSE, enforce=False)
    assert (outcome(report)[0], report.failed) == ("withheld", False)
    assert "2 unfinished tasks are in it" in outcome(report)[1]
