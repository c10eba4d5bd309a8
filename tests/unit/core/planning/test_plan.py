"""From verdicts to steps, and whether a step is still due when its turn comes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.core_builders import (
    NOW,
    a_policy,
    a_session,
    active,
    ago,
    by_id,
    house,
    plan_of,
    verdicts,
)

from reaper.core.judging.judge import judge
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.model.action import Action
from reaper.core.model.session import Activity, Session
from reaper.core.planning.memory import LastAction, Memory
from reaper.core.planning.plan import RecheckResult, Step, build_plan, judge_again

S = a_session()
IDLE = a_policy({"idle": "2h"}, name="idle")
OLD = a_policy({"age": "1h"}, name="old")
WATCHED = a_policy({"age": "1h"}, name="watched", mode="observe")


def the_step(rules: PolicySet, *known: Activity) -> Step:
    (step,) = plan_of(verdicts(rules, [S], by_id(*known))).steps
    return step


def look(
    step: Step, rules: PolicySet, session: Session, *known: Activity, later: str = "1m"
) -> RecheckResult:
    """A second look, a while after the first."""
    now = NOW + (NOW - ago(later))
    fresh = {one.session_id: replace(one, learnt_at=now) for one in known}
    return RecheckResult(now, session, None, judge_again(step, [session], fresh, rules, now))


def test_one_step_a_session() -> None:
    """A session that several policies convict is one step, with every verdict in policy order."""
    step = the_step(house(IDLE, OLD), active(S, ago("3h")))
    assert [v.policy.name for v in step.verdicts] == ["idle", "old"]
    assert step.policy == "idle"
    assert step.reason == "idle 3h (log line 7) and age 10h"


def test_observing_policies_plan_nothing() -> None:
    """What only an observing policy convicts is told, not planned."""
    plan = plan_of(verdicts(WATCHED, [S]))
    assert plan.steps == ()
    assert [v.session for v in plan.observed] == [S]


def test_an_observing_policy_adds_nothing_to_a_step() -> None:
    """A step is asked for by enforcing policies alone."""
    assert the_step(house(WATCHED, OLD)).policies == frozenset({"old"})


@pytest.mark.parametrize(
    ("rules", "known"),
    [(house(IDLE), ()), (house(OLD, protect=[{"app": "Planner", "reason": "x"}]), ())],
)
def test_undetermined_and_exempt_sessions_are_not_planned(
    rules: PolicySet, known: tuple[Activity, ...]
) -> None:
    """Only offenders are planned."""
    assert plan_of(verdicts(rules, [S], by_id(*known))).steps == ()


def test_steps_are_in_the_order_of_their_verdicts() -> None:
    """Equal verdicts give an equal plan, in the order the sessions were listed."""
    fleet = [a_session(f"s{number}") for number in (3, 1, 2)]
    assert [step.session.id for step in plan_of(verdicts(OLD, fleet)).steps] == ["s3", "s1", "s2"]


def test_a_step_is_still_due_when_nothing_changed() -> None:
    """A second look that sees the same silence finds the step due."""
    rules, silence = house(IDLE), active(S, ago("3h"))
    assert look(the_step(rules, silence), rules, S, silence).due


@pytest.mark.parametrize("at", [NOW, None])
def test_a_step_is_not_due_after_activity_or_a_failed_look(at: datetime | None) -> None:
    """A session that became active, or whose log can no longer be read, is not ended."""
    rules = house(IDLE)
    step = the_step(rules, active(S, ago("3h")))
    assert not look(step, rules, S, replace(active(S, None), at=at)).due


def test_a_step_is_not_due_by_an_earlier_look() -> None:
    """The activity that planned the step does not convict again.

    It was not learnt in the second look.
    """
    rules, silence = house(IDLE), active(S, ago("3h"))
    step, later = the_step(rules, silence), NOW + timedelta(minutes=1)
    assert not RecheckResult(
        later, S, None, judge_again(step, [S], by_id(silence), rules, later)
    ).due


@pytest.mark.parametrize(
    "changed", [{"state": "terminated"}, {"state": None}, {"kind": "task"}, {"app": "Night"}]
)
def test_a_step_is_not_due_when_its_session_changed(changed: dict[str, Any]) -> None:
    """A session that ended, cannot be read, is no longer selected or is exempt by now is
    not ended.
    """
    rules = house(OLD, protect=[{"app": "Night", "reason": "x"}])
    assert not look(the_step(rules), rules, replace(S, **changed)).due


def test_only_the_policies_of_the_step_are_asked_again() -> None:
    """A step that its own policy no longer asks for is not due, though another policy convicts by
    now.
    """
    step = the_step(house(IDLE, WATCHED), active(S, ago("3h")))
    both = house(IDLE, a_policy({"age": "1h"}, name="new"))
    assert not look(step, both, S, active(S, NOW)).due


def test_a_policy_that_only_observes_by_now_ends_nobody() -> None:
    """A policy whose mode was changed to observe since the plan no longer asks."""
    again = house(OLD.model_copy(update={"mode": "observe"}))
    assert not look(the_step(house(OLD)), again, S).due


def test_a_task_that_came_back_is_asked_gently_again() -> None:
    """The ladder begins anew: that it was forced once is no reason to force it at once now."""
    task = a_session("task", kind="task")
    memory = Memory(last_actions={"task": LastAction(Action.TERMINATE, ago("1h"), "came-back")})
    found = judge(house(a_policy({"age": "1h"}, select={"kind": "task"})), [task], {}, NOW)
    (step,) = build_plan(found, memory, Limits(), [task], NOW).steps
    assert step.action == "interrupt-solve"
