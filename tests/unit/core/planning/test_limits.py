"""How many are too many: each limit to the session."""

from datetime import UTC, datetime
from typing import Any

import pytest
from support.core_builders import NOW, a_policy, a_session, house, verdicts

from reaper.core.language.limits import Limit, Limits
from reaper.core.language.policy import Policy
from reaper.core.model.action import Action
from reaper.core.model.session import Session
from reaper.core.planning.memory import LastAction, Memory
from reaper.core.planning.plan import build_plan

OLD = a_policy({"age": "1h"}, name="old")
BROOM = Policy.model_validate(
    {
        "name": "broom",
        "mode": "enforce",
        "select": {"kind": "webui"},
        "delete_when": {"ended": "1d"},
    }
)
OPEN: dict[str, dict[str, int]] = {name: {} for name in ("run", "hour", "policy", "delete")}


def limits(**strict: dict[str, Any]) -> Limits:
    return Limits.model_validate({**OPEN, **strict})


def running(count: int) -> list[Session]:
    return [a_session(f"s{number}") for number in range(count)]


def over(count: int) -> list[Session]:
    created, ended = datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    times = {"created_at": created, "ended_at": ended}
    return [a_session(f"o{number}", state="terminated", **times) for number in range(count)]


def halted(
    strict: Limits, fleet: list[Session], *policies: Policy, memory: Memory | None = None
) -> tuple[str, ...]:
    found = verdicts(house(*(policies or (OLD,))), fleet)
    return build_plan(found, memory or Memory(), strict, fleet, NOW).halted


@pytest.mark.parametrize(
    ("limit", "wanted", "fleet", "why"),
    [
        ({"sessions": 5}, 5, 100, None),
        ({"sessions": 5}, 6, 100, "6 sessions, and at most 5 are allowed"),
        ({"sessions": 0}, 1, 100, "1 session, and at most 0 are allowed"),
        ({"percent": 20}, 20, 100, None),
        ({"percent": 20}, 21, 100, "21 of 100 running sessions, and at most 20 (20 %) are allowed"),
        ({"percent": 20}, 21, 109, None),
        ({"percent": 20}, 3, 3, None),
        ({"percent": 20}, 4, 5, "4 of 5 running sessions, and at most 3 (20 %) are allowed"),
        ({"percent": 0}, 1, 100, "1 of 100 running sessions, and at most 0 (0 %) are allowed"),
        ({"percent": 1}, 3, 100, None),
        ({"percent": 1}, 4, 100, "4 of 100 running sessions, and at most 3 (1 %) are allowed"),
        (
            {"sessions": 9, "percent": 50},
            6,
            10,
            "6 of 10 running sessions, and at most 5 (50 %) are allowed",
        ),
        ({}, 1000, 1000, None),
    ],
)
def test_a_limit_to_the_session(
    limit: dict[str, Any], wanted: int, fleet: int, why: str | None
) -> None:
    """What is written may still be ended, one more may not.

    A share is rounded down, but never below three, save 0.
    """
    assert Limit.model_validate(limit).exceeded(wanted, fleet) == why


def test_within_all_limits_nothing_is_halted() -> None:
    """Exactly as many as are allowed, by the policy, the run and the hour."""
    exactly = limits(
        run={"sessions": 4}, hour={"sessions": 6}, policy={"sessions": 4}, delete={"sessions": 0}
    )
    assert halted(exactly, running(4), memory=Memory(recent=frozenset({"x", "y"}))) == ()


def test_each_limit_is_named_with_its_figures() -> None:
    """One too many for each of them."""
    strict = limits(run={"sessions": 3}, hour={"sessions": 5}, policy={"percent": 50})
    assert halted(strict, running(4), memory=Memory(recent=frozenset({"x", "y"}))) == (
        "policy old would end 4 of 4 running sessions, and at most 3 (50 %) are allowed",
        "this run would end 4 sessions, and at most 3 are allowed",
        "within the hour this would make 6 sessions, and at most 5 are allowed",
    )


def test_a_session_asked_again_counts_once_within_the_hour() -> None:
    """The next step of a session that was asked before is no other session."""
    fleet = running(2)
    assert (
        halted(
            limits(hour={"sessions": 2}),
            fleet,
            memory=Memory(recent=frozenset(s.id for s in fleet)),
        )
        == ()
    )


def test_percentages_are_of_all_that_run() -> None:
    """Neither of what a policy selects, nor of what waits or is over."""
    fleet = [
        *running(4),
        *(a_session(f"w{number}", state="queued", kind="task") for number in range(30)),
        *over(30),
    ]
    assert halted(limits(run={"percent": 50}), fleet) != ()
    busy = [a_session(f"b{number}", kind="task") for number in range(4)]
    assert halted(limits(run={"percent": 50}), [*fleet, *busy]) == ()


def test_deleted_records_count_by_themselves() -> None:
    """Against the limit of deletions, and against none of those for running sessions."""
    strict = limits(
        run={"sessions": 2}, hour={"sessions": 2}, policy={"sessions": 2}, delete={"sessions": 3}
    )
    both = [*running(2), *over(3)]
    assert halted(strict, both, OLD, BROOM) == ()
    (why, again) = halted(strict, [*running(2), *over(4)], OLD, BROOM)
    assert why == "policy broom would delete 4 sessions, and at most 3 are allowed"
    assert again == "this run would delete 4 sessions, and at most 3 are allowed"


def test_a_run_that_only_deletes_is_not_measured_by_what_was_ended_before() -> None:
    """A limit for the hour that is used up halts no deletion."""
    used_up = Memory(recent=frozenset({"x", "y", "z"}))
    assert (
        halted(limits(run={"sessions": 0}, hour={"sessions": 0}), over(2), BROOM, memory=used_up)
        == ()
    )


def test_a_policys_own_limit_takes_the_place_of_the_general_one() -> None:
    """Be it wider or narrower, also for deletions."""
    wide, narrow = OLD.model_copy(update={"limits": Limit(sessions=9)}), Limit(sessions=1)
    assert halted(limits(policy={"sessions": 1}), running(4), wide) == ()
    assert halted(limits(), running(2), OLD.model_copy(update={"limits": narrow})) == (
        "policy old would end 2 sessions, and at most 1 are allowed",
    )
    assert halted(limits(), over(2), BROOM.model_copy(update={"limits": narrow})) == (
        "policy broom would delete 2 sessions, and at most 1 are allowed",
    )


@pytest.mark.parametrize("result", ["terminated", "already-gone"])
def test_one_that_came_back_is_reported_and_not_ended(result: str) -> None:
    """It was seen to end and runs again: that is for a person to look at."""
    session = a_session()
    memory = Memory(last_actions={session.id: LastAction(Action.TERMINATE, NOW, result)})
    plan = build_plan(verdicts(house(OLD), [session]), memory, limits(), [session], NOW)
    assert [step.session for step in plan.came_back] == [session]
    assert plan.steps == ()


def test_a_record_is_deleted_although_its_session_was_ended_before() -> None:
    """That is how it became a record."""
    (record,) = over(1)
    memory = Memory(last_actions={record.id: LastAction(Action.TERMINATE, NOW, "terminated")})
    (step,) = build_plan(verdicts(house(BROOM), [record]), memory, limits(), [record], NOW).steps
    assert (step.session, step.action, step.policies) == (
        record,
        Action.DELETE,
        frozenset({"broom"}),
    )
