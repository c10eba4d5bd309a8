"""Offenders whose time has not come.

Until when they are left alone, and that nothing is ended before.
"""

from datetime import datetime, timedelta

import pytest
from support.core_builders import NOW, SECOND, UNLIMITED, a_policy, a_session, ago, house, verdicts

from reaper.core.language.policy import Policy
from reaper.core.model.action import Action
from reaper.core.planning.memory import LastAction, Memory, Streak
from reaper.core.planning.plan import Plan, RecheckResult, Waiting, build_plan, judge_again

S = a_session()
TASK = a_session("t1", kind="task")
NIGHT = "Mon-Fri 19:00-07:00 Europe/Amsterdam"
SEVEN = datetime.fromisoformat("2026-11-23T18:00Z")
"""When the clocks of Amsterdam show 19:00."""


def policy(**more: object) -> Policy:
    return a_policy({"age": "1h"}, "all", **more)


def plan(*policies: Policy, now: datetime = NOW, memory: Memory | None = None) -> Plan:
    return build_plan(verdicts(house(*policies), [S]), memory or Memory(), UNLIMITED, (), now)


def waits(found: Plan) -> Waiting:
    assert not found.steps
    (waiting,) = found.waiting
    return waiting


def offender(for_: str, of: Policy, looks: int = 1) -> Memory:
    return Memory(streaks={(S.id, of.name): Streak(of.hash, ago(for_), looks)})


def test_outside_its_window_an_offender_waits() -> None:
    """It waits until the window opens, which is told on the clock of its place, and is ended from
    then on.
    """
    waiting = waits(plan(policy(only_during=NIGHT)))
    assert waiting.due == SEVEN
    assert (
        waiting.reason == f"outside its window ({NIGHT}); due Mon 2026-11-23 19:00 Europe/Amsterdam"
    )
    assert waits(plan(policy(only_during=NIGHT), now=SEVEN - SECOND)).due == SEVEN
    assert plan(policy(only_during=NIGHT), now=SEVEN).steps


@pytest.mark.parametrize(
    ("after", "hours", "due"),
    [
        ({"for": "15m"}, None, NOW + timedelta(minutes=5)),
        ({"for": "15m"}, "daily 12:00-13:00 UTC", NOW + timedelta(minutes=5)),
        ({"for": "15m"}, "daily 11:00-12:05 UTC", NOW + timedelta(hours=23)),
        ({"for": "15m"}, "daily 13:00-14:00 UTC", NOW + timedelta(hours=1)),
        ({"observations": 9}, None, None),
        ({"observations": 9}, NIGHT, None),
    ],
)
def test_after_and_a_window(
    after: dict[str, object], hours: str | None, due: datetime | None
) -> None:
    """An offender is due as soon as it was one for long enough and the window is open.

    Of runs nobody can tell when.
    """
    strict = policy(after=after, **({"only_during": hours} if hours else {}))
    waiting = waits(plan(strict, memory=offender("10m", strict)))
    assert waiting.due == due
    assert ("due" in waiting.reason) is (due is not None)


def test_both_reasons_are_told() -> None:
    """Where two things are missing, both are told."""
    strict = policy(after={"for": "15m"}, only_during="daily 13:00-14:00 UTC")
    reason = (
        "an offender for 10m of 15m; outside its window (daily 13:00-14:00 UTC); due Mon "
        "2026-11-23 13:00 UTC"
    )
    assert waits(plan(strict, memory=offender("10m", strict))).reason == reason
    patient = policy(after={"for": "15m"})
    assert waits(plan(patient, memory=offender("10m", patient))).reason == (
        "an offender for 10m of 15m; due 2026-11-23 12:05 UTC"
    )


def test_of_runs_nobody_can_tell_when() -> None:
    """Where runs are counted, what is told is when the window opens."""
    patient = policy(after={"observations": 9}, only_during=NIGHT)
    reason = waits(plan(patient, memory=offender("10m", patient))).reason
    assert reason.startswith(
        f"an offender in 2 of 9 consecutive runs; outside its window ({NIGHT}); "
    )
    assert reason.endswith("; it opens Mon 2026-11-23 19:00 Europe/Amsterdam")


def test_a_policy_whose_time_has_come_does_not_wait_for_another() -> None:
    """A session is ended in the name of those policies alone whose window is open."""
    found = plan(policy(name="night", only_during=NIGHT), policy(name="day"))
    assert [step.policies for step in found.steps] == [frozenset({"day"})]


def test_of_several_it_waits_for_the_soonest() -> None:
    """What is told is the policy that will ask first; one of which nobody can tell comes last."""
    patient = policy(name="patient", after={"observations": 3})
    late, soon = (
        policy(name=f"at-{at}", only_during=f"daily {at}:00-{at}:30 UTC") for at in (20, 18)
    )
    assert waits(plan(patient, late, soon)).policy == "at-18"


def test_a_gentle_step_waits_for_the_window() -> None:
    """A task that was interrupted before the window closed is asked for nothing more until it opens
    again.
    """
    gentle = policy(only_during="daily 10:00-11:55 UTC")
    memory = Memory(
        last_actions={TASK.id: LastAction(Action.INTERRUPT_SOLVE, ago("10m"), "failed")}
    )
    found = [
        build_plan(verdicts(house(gentle), [TASK]), memory, UNLIMITED, (), now)
        for now in (NOW, NOW + timedelta(hours=22))
    ]
    assert waits(found[0]).due == NOW + timedelta(hours=22)
    assert [step.action for step in found[1].steps] == ["interrupt-execution"]


def test_a_gentle_step_tells_when_the_next_one_comes() -> None:
    """While a step is waited for, the next one is due when its wait is over."""
    memory = Memory(
        last_actions={TASK.id: LastAction(Action.INTERRUPT_SOLVE, ago("30s"), "failed")}
    )
    waiting = waits(build_plan(verdicts(house(policy()), [TASK]), memory, UNLIMITED, (), NOW))
    assert waiting.due == NOW + timedelta(seconds=90)


def test_a_window_that_closed_since_the_plan() -> None:
    """In a second look after the window has closed, a step is no longer due, and it is told why."""
    rules = house(policy(only_during="daily 11:00-12:01 UTC"))
    (step,) = plan(*rules.policies).steps
    looks = []
    for late in (timedelta(seconds=59), timedelta(minutes=1)):
        now = NOW + late
        looks.append(RecheckResult(now, S, None, judge_again(step, [S], {}, rules, now)))
    assert [look.due for look in looks] == [True, False]
    assert looks[1].reason == "the window of policy p has closed (daily 11:00-12:01 UTC)"


def test_an_observing_policy_has_no_use_for_a_window() -> None:
    """What only observes tells of its offenders at any time."""
    assert [v.session for v in plan(policy(mode="observe", only_during=NIGHT)).observed] == [S]
