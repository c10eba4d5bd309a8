"""Which step comes next, to the second; and how a ladder may be written."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from support.core_builders import NOW, SECOND, UNLIMITED, a_policy, a_session, ago, house, verdicts

from reaper.core.language.policy import Policy
from reaper.core.model.action import Action
from reaper.core.planning.memory import LastAction, Memory
from reaper.core.planning.next_action import next_action
from reaper.core.planning.plan import Plan, build_plan
from reaper.core.planning.waiting import Wait

TASK = a_session("task", kind="task")
WEBUI = a_session("tab")


def steps(*rungs: Any) -> Policy:  # noqa: ANN401 - what a person may write
    return a_policy({"age": "1h"}, "all", steps=list(rungs))


LADDER = steps({"interrupt_solve": "2m"}, {"interrupt_execution": "5m"}, "terminate").steps
SOFT = steps({"interrupt_solve": "2m"}).steps


@pytest.mark.parametrize(
    ("asked", "since", "next_"),
    [
        (None, "0s", "interrupt-solve"),
        (Action.INTERRUPT_SOLVE, "2m", "interrupt-execution"),
        (Action.INTERRUPT_EXECUTION, "5m", "terminate"),
        (Action.TERMINATE, "1s", "terminate"),
        (Action.DELETE, "1m", "interrupt-solve"),
    ],
)
def test_the_next_step_comes_when_the_wait_is_over(
    asked: Action | None, since: str, next_: str
) -> None:
    """On the second; and after the last step it is the last again."""
    last = LastAction(asked, ago(since), "failed") if asked else None
    assert next_action(LADDER, TASK, last, NOW) == next_


def test_a_second_before_it_is_waited_for() -> None:
    """What was asked, how long ago, and when the next step comes."""
    asked = LastAction(Action.INTERRUPT_EXECUTION, ago("5m") + SECOND, "failed")
    assert next_action(LADDER, TASK, asked, NOW) == Wait(
        "interrupt-execution was asked 4m 59s ago; the next step comes in 1s",
        NOW + timedelta(seconds=1),
    )


def test_to_terminate_again_needs_no_wait() -> None:
    """In the same second, even: it has no wait of its own."""
    assert (
        next_action(LADDER, TASK, LastAction(Action.TERMINATE, NOW, "failed"), NOW) == "terminate"
    )


def test_a_ladder_that_ends_with_an_interrupt_stays_there() -> None:
    """Nobody wrote that the task may be forced."""
    asked = LastAction(Action.INTERRUPT_SOLVE, ago("9h"), "failed")
    assert next_action(SOFT, TASK, asked, NOW) == Wait("interrupt-solve was its policy's last step")


@pytest.mark.parametrize(
    "session",
    [WEBUI, a_session("waits", kind="task", state="queued"), a_session("s", kind="solve")],
)
def test_only_a_running_task_is_interrupted(session: Any) -> None:  # noqa: ANN401 - a session
    """Anything else goes to the last step at once, and where only interrupts are written,
    nowhere.
    """
    assert next_action(LADDER, session, None, NOW) == "terminate"
    assert next_action(SOFT, session, None, NOW) == Wait(
        "its policy only interrupts, and it is not a running task"
    )


def test_a_single_step_needs_no_list() -> None:
    """`steps: terminate` is what it says."""
    assert a_policy({"age": "1h"}, "all", steps="terminate").steps == ("terminate",)
    assert a_policy({"age": "1h"}, "all", steps={"interrupt_solve": "2m"}).steps == SOFT
    assert steps(*LADDER).steps == LADDER


SOLVE, EXECUTION = {"interrupt_solve": "2m"}, {"interrupt_execution": "2m"}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ([], "an empty list requests nothing; write like"),
        (["terminate", SOLVE], "'interrupt_solve' is gentler than 'terminate' and comes before it"),
        (
            [SOLVE, "terminate", EXECUTION],
            "'interrupt_execution' is gentler than 'terminate' and comes before it",
        ),
        (
            [EXECUTION, SOLVE, "terminate"],
            "'interrupt_solve' is gentler than 'interrupt_execution'",
        ),
        (["terminate", "terminate"], "'terminate' is listed twice; keep one"),
        (
            [SOLVE, {"interrupt_solve": "5m"}, "terminate"],
            "'interrupt_solve' is listed twice; keep one",
        ),
        ([{"interrupt_solve": "0s"}, "terminate"], "'0s' is out of range"),
        ([{"interrupt_execution": 2}], "'2' is not a valid duration; write a number with its unit"),
        ([SOLVE, {**EXECUTION, "terminate": "1m"}], "one step has one key"),
        (["interrupt_solve", "terminate"], "'interrupt_solve' needs a wait after it"),
    ],
    ids=str,
)
def test_the_gentlest_step_comes_first(written: list[Any], why: str) -> None:
    """Each once, the next one never gentler: what is asked twice would never get beyond it."""
    with pytest.raises(ValidationError, match=why):
        steps(*written)


@pytest.mark.parametrize(
    "written", ["stop", {"interrupt_solve": "2m", "x": 1}, {"interrupt": "2m"}, 7]
)
def test_what_is_no_step_is_refused(written: Any) -> None:  # noqa: ANN401 - what a person may write
    """With what a step is."""
    with pytest.raises(ValidationError, match=r"a step is 'terminate', \{interrupt_solve: 2m\} or"):
        steps(written)


def planned(policy: Policy, memory: Memory) -> Plan:
    return build_plan(verdicts(house(policy), [TASK]), memory, UNLIMITED, [TASK], NOW)


def test_what_was_asked_and_is_not_seen_to_end_is_waited_for() -> None:
    """A step without a result is under way: nothing more is asked, and the plan says since when."""
    (waiting,) = planned(
        steps("terminate"),
        Memory(last_actions={"task": LastAction(Action.TERMINATE, ago("1m"), None)}),
    ).waiting
    assert (waiting.session, waiting.policy, waiting.due) == (TASK, "p", None)
    assert waiting.reason == "terminate was asked at 11:59:00 and its end is not seen yet"


def test_the_wait_for_the_next_step_is_in_the_plan() -> None:
    """With the policy whose ladder it is, and when it is over."""
    gentle = a_policy({"age": "1h"}, "all", steps=list(LADDER))
    (waiting,) = planned(
        gentle,
        Memory(last_actions={"task": LastAction(Action.INTERRUPT_SOLVE, ago("1m"), "failed")}),
    ).waiting
    assert (waiting.session, waiting.policy, waiting.due) == (TASK, "p", NOW + timedelta(minutes=1))
