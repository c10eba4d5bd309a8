"""The gentlest step that works.

A running task is interrupted before it is forced, each step after its own wait.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.safety_house import IDLE, TASKS, House, Open, idle, refusal, rules, task

from reaper.core.language.limits import Limits
from reaper.core.model.session import Session
from reaper.errors import AccountError
from reaper.platforms.aimms import AccountEnder

HOUSE = rules(TASKS)
LADDER = ["interrupt-solve", "interrupt-execution", "terminate"]
SOLVES = {
    "name": "solves",
    "mode": "enforce",
    "select": {"kind": "solve"},
    "terminate_when": {"age": "8h"},
}
DELETE = {
    "name": "records",
    "mode": "enforce",
    "select": {"kind": "solve"},
    "delete_when": {"ended": "2h"},
}


def asked(house: House) -> list[str]:
    return [what for what, _ in house.endings()]


@pytest.mark.parametrize("generation", [1, 2])
def test_a_task_is_interrupted_twice_before_it_is_forced(house: Open, generation: int) -> None:
    """A deaf task gets the three steps in three runs, one step a run."""
    home = house(task(), generation=generation, task_session_ids=True, faults="stubborn:1")
    for number in (1, 2, 3):
        home.pass_once(HOUSE)
        assert asked(home) == LADDER[:number]
        home.later(minutes=2)
    assert home.world.get("task").over


def test_no_step_comes_before_its_wait_is_over(house: Open) -> None:
    """A second before the wait ends nothing is asked and the record says what is waited for.

    At its end it is.
    """
    home = house(task(), faults="stubborn:1")
    for number in (1, 2):
        home.pass_once(HOUSE)
        since = home.asked[-1].at if home.asked[-1].what in LADDER else _last(home)
        home.later(seconds=119 - (home.clock.at - since).total_seconds())
        (waiting,) = home.pass_once(HOUSE).plan.waiting
        assert "the next step comes in 1s" in waiting.reason
        assert asked(home) == LADDER[:number]
        home.later(seconds=1)
    home.pass_once(HOUSE)
    assert asked(home) == LADDER


def _last(house: House) -> Any:  # noqa: ANN401
    return [a.at for a in house.asked if a.what in LADDER][-1]


@pytest.mark.parametrize(("solving", "steps"), [(True, LADDER[:1]), (False, LADDER[:2])])
def test_it_stops_as_soon_as_the_task_ended(house: Open, solving: bool, steps: list[str]) -> None:
    """A task that heeds an interrupt gets no further step.

    One that does not solve refuses the first.
    """
    home = house(task(solving=solving), rest_idle=0)
    for _ in range(4):
        home.pass_once(HOUSE)
        home.later(minutes=3)
    assert (asked(home), home.ended()) == (steps, [])
    assert home.events()[-1][1:] == (steps[-1], "terminated")


def test_a_refused_interrupt_goes_on_to_the_next_step(house: Open) -> None:
    """405 to each interrupt.

    After its wait the next step is taken, and at last the task is forced.
    """
    home = house(task())
    for what in LADDER[:2]:
        home.upon(what, lambda _: refusal(405), nth=0)
    for _ in range(3):
        home.pass_once(HOUSE)
        home.later(minutes=3)
    assert asked(home) == LADDER
    assert [event for _, action, event in home.events() if action != "terminate"] == [
        "intended",
        "failed",
    ] * 2


def test_a_policy_may_name_its_own_steps(house: Open) -> None:
    """`steps:` without the solve and with another wait."""
    home = house(task(), faults="stubborn:1")
    own = rules({**TASKS, "steps": [{"interrupt_execution": "30m"}, "terminate"]})
    for minutes in (0, 20, 5):
        home.later(minutes=minutes)
        home.pass_once(own)
        assert asked(home) == ["interrupt-execution"]
    home.later(minutes=4)
    home.pass_once(own)
    assert asked(home) == ["interrupt-execution", "terminate"]


def test_without_terminate_at_the_end_nothing_is_forced(house: Open) -> None:
    """A policy that only interrupts never ends a task by force, nor a session that cannot be
    interrupted.
    """
    home = house(task(), idle(), faults="stubborn:1")
    own = {"steps": [{"interrupt_solve": "2m"}]}
    for _ in range(4):
        report = home.pass_once(rules({**TASKS, **own}, {**IDLE, **own}))
        home.later(minutes=3)
    assert asked(home) == ["interrupt-solve"]
    assert [w.reason for w in report.plan.waiting] == [
        "interrupt-solve was its policy's last step",
        "its policy only interrupts, and it is not a running task",
    ]


@pytest.mark.parametrize(
    ("generation", "spec"),
    [
        (1, idle("s")),
        (2, idle("s")),
        (2, idle("s", kind="solve", idle=None)),
        (1, task("s", solving=False, state="queued")),
        (2, task("s", solving=False, state="queued")),
    ],
)
def test_all_but_running_tasks_are_terminated_at_once(
    house: Open, generation: int, spec: dict[str, Any]
) -> None:
    """WebUI sessions, solves and waiting tasks know no gentler step."""
    home = house(spec, generation=generation)
    assert home.outcomes(rules(IDLE, SOLVES, TASKS)) == {"s": "terminated"}
    assert home.endings() == [("terminate", "s")]


def test_a_step_outlasts_the_reaper(house: Open) -> None:
    """The ladder is in the record: each pass here is another reaper's, with another name."""
    home = house(task(), faults="stubborn:1")
    for name in ("anna@desk", "ben@replica", "cron@host"):
        home.pass_once(HOUSE, actor=name)
        home.later(minutes=3)
    assert asked(home) == LADDER


def test_a_dry_run_does_not_climb(house: Open) -> None:
    """Dry runs between the steps neither take one nor count as one."""
    home = house(task(), faults="stubborn:1")
    for enforce in (False, True, False, False, True):
        home.pass_once(HOUSE, enforce=enforce)
        home.later(minutes=3)
    assert asked(home) == LADDER[:2]


def over(id_: str = "solve", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a scenario's
    return {
        "id": id_,
        "owner": "anna@Planning",
        "kind": "solve",
        "state": "finished",
        "age": "9h",
        "ended": "3h",
    } | more


def deleting(**more: Any) -> Any:  # noqa: ANN401 - a policy's
    return rules({**DELETE, **more})


def test_records_are_deleted_and_never_terminated(house: Open) -> None:
    """`delete_when` destroys the record of what is over for long enough, and nothing else."""
    young, runs = over("young", ended="1h"), over("runs", state="running", ended=None)
    home = house(over(idle="4h"), {**young, "idle": "2h"}, runs)
    assert home.outcomes(deleting()) == {"solve": "deleted"}
    assert (home.endings(), home.world.lookup("solve")) == ([("delete", "solve")], None)
    assert home.ended() == []


def test_where_the_end_is_not_told_it_counts_from_the_first_look(house: Open) -> None:
    """A WebUI session never tells when it ended.

    Two hours after it was first seen over, not before.
    """
    home, policy = (
        house(over(kind="webui", state="terminated", idle="4h")),
        deleting(select={"kind": "webui"}),
    )
    for hours in (0, 1, 0.99):
        home.later(hours=hours)
        assert home.pass_once(policy).plan.steps == ()
    home.later(minutes=1)
    assert home.outcomes(policy) == {"solve": "deleted"}


def test_a_record_that_runs_again_is_not_deleted(house: Open) -> None:
    """At the second look it is no longer over.

    Nothing is asked, and it is not terminated either.
    """
    home = house(over(idle="4h"))
    session = home.world.get("solve")
    home.upon("read", lambda _: setattr(session, "state", "running"))
    assert (home.outcomes(deleting()), home.endings()) == ({"solve": "no-longer-due"}, [])


@pytest.mark.parametrize(("allowed", "done"), [(1, 0), (2, 2)])
def test_deletions_have_a_limit_of_their_own(house: Open, allowed: int, done: int) -> None:
    """They count towards `delete` and towards no other limit."""
    home = house(over("a", idle="4h"), over("b", idle="4h"))
    none = {"sessions": 0}
    report = home.pass_once(
        deleting(),
        limits=Limits.model_validate({"delete": {"sessions": allowed}, "run": none, "hour": none}),
    )
    assert (len(home.endings()), bool(report.plan.halted)) == (done, not done)


def test_deletions_leave_the_hour_to_terminations(house: Open) -> None:
    """A deletion does not use up what may be ended within the hour."""
    home = house(over(idle="4h"), idle())
    limits = Limits.model_validate({"hour": {"sessions": 1}})
    assert home.outcomes(deleting(), limits=limits) == {"solve": "deleted"}
    assert home.outcomes(rules(IDLE), limits=limits) == {"anna": "terminated"}


def test_generation_1_is_never_sent_a_delete_for_a_record(house: Open) -> None:
    """There the same verb ends a session.

    No such step is planned, and the client refuses to send it.
    """
    home = house(
        over(kind="task", state="completed", idle="4h"), task("runs"), idle(), generation=1
    )
    home.later(hours=5)
    assert home.pass_once(deleting(select="all")).plan.steps == ()
    with (
        home.reaper(HOUSE) as reaper,
        pytest.raises(AccountError, match="cannot delete records; nothing was sent"),
    ):
        AccountEnder(reaper.source).delete(Session("solve", "task", "completed"))  # type: ignore[arg-type]
    assert home.endings() == []


def test_an_empty_house_deletes_nothing(house: Open) -> None:
    """Without a policy that asks for it no record is deleted, and those that are over are not even
    listed.
    """
    home = house(over(idle="4h"))
    assert (home.pass_once(rules(IDLE, SOLVES)).plan.steps, home.endings()) == ((), [])
