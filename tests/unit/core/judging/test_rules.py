"""Each rule by example, with its exact boundaries."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from support.core_builders import (
    NOW,
    SECOND,
    WEBUI,
    a_policy,
    a_session,
    active,
    ago,
    house,
    ruling,
    the_verdict,
    verdicts,
)

from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import Policy
from reaper.core.model.kinds import OVER_STATES, RUNNING_STATES
from reaper.core.model.session import Session

OFFENDER, COMPLIANT, UNDETERMINED = Ruling.OFFENDER, Ruling.COMPLIANT, Ruling.UNDETERMINED
IDLE_2H = a_policy({"idle": "2h"})
AGE_2H = a_policy({"age": "2h"})
QUEUED_2H = a_policy({"queued": "2h"}, {"kind": "task"})
S = a_session()


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(0), OFFENDER),
        (-SECOND, COMPLIANT),
        (SECOND, OFFENDER),
        (timedelta(microseconds=-1), COMPLIANT),
    ],
)
def test_idle_is_due_at_exactly_its_duration(before: timedelta, expected: Ruling) -> None:
    """A session idle for exactly 2h is due; for any less it is not."""
    assert ruling(IDLE_2H, S, active(S, ago("2h", plus=before))) is expected


def test_idle_is_unknown_without_a_look() -> None:
    """A session whose activity nobody looked up is undetermined, and says so."""
    verdict = the_verdict(IDLE_2H, S)
    assert verdict.ruling is UNDETERMINED
    assert verdict.reason == "idle 2h: unknown, its last activity was not looked up"


def test_idle_is_unknown_when_the_look_failed() -> None:
    """A log that cannot be read convicts nobody, and the verdict tells the cause."""
    verdict = the_verdict(IDLE_2H, S, active(S, None))
    assert verdict.ruling is UNDETERMINED
    assert "its log could not be read" in verdict.reason


def test_an_old_look_acquits_but_does_not_convict() -> None:
    """What an earlier pass learnt can show that a session is not idle, never that it is."""
    earlier = NOW - timedelta(minutes=5)
    assert ruling(IDLE_2H, S, active(S, ago("1h"), earlier)) is COMPLIANT
    assert ruling(IDLE_2H, S, active(S, ago("3h"), earlier)) is UNDETERMINED


def test_a_young_session_is_not_idle() -> None:
    """A session younger than 2h is not idle for 2h, also when nothing is known of it or its log's
    clock is wrong.
    """
    young = a_session(created_at=ago("2h", plus=-SECOND))
    assert ruling(IDLE_2H, young) is COMPLIANT
    assert ruling(IDLE_2H, young, active(young, None)) is COMPLIANT
    assert ruling(IDLE_2H, young, active(young, ago("5h"))) is COMPLIANT


def test_a_session_silent_since_its_creation_is_idle_since_then() -> None:
    """A session created exactly 2h ago that never did anything is due."""
    silent = a_session(created_at=ago("2h"))
    assert ruling(IDLE_2H, silent, active(silent, ago("2h"))) is OFFENDER


def test_activity_in_the_future_is_activity() -> None:
    """A log line from the future, by a clock that goes fast, keeps its session."""
    assert ruling(IDLE_2H, S, active(S, NOW + timedelta(hours=5))) is COMPLIANT


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [
        ("solve", "running", COMPLIANT),
        ("solve", "queued", COMPLIANT),
        ("task", "running", COMPLIANT),
        ("task", "solving", COMPLIANT),
        ("task", "assigned", COMPLIANT),
        ("task", "launching", COMPLIANT),
        ("task", "queued", OFFENDER),
        ("task", "dozing", UNDETERMINED),
        ("solve", "finished", OFFENDER),
        ("solve", "hibernating", UNDETERMINED),
        ("task", None, UNDETERMINED),
    ],
)
def test_a_session_that_waits_for_its_solve_is_not_idle(
    kind: str, state: str | None, expected: Ruling
) -> None:
    """A solve, or a task that left the queue, of the same owner and app keeps a silent WebUI
    session.

    One in doubt acquits none. A queued task may be scheduled for later, which nobody waits for.
    """
    solve = a_session("s2", kind=kind, state=state)
    assert ruling(IDLE_2H, S, active(S, ago("3h")), others=[solve]) is expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"app": "Router"}, OFFENDER),
        ({"user": "bob"}, OFFENDER),
        ({"environment": "ROOT"}, OFFENDER),
        ({"app": None}, UNDETERMINED),
        ({"user": None}, UNDETERMINED),
    ],
)
def test_only_a_solve_of_the_same_owner_and_app_keeps(
    other: dict[str, str | None], expected: Ruling
) -> None:
    """Somebody else's solve keeps nobody; a solve that may be the owner's leaves it open."""
    solve = a_session("s2", kind="solve", **other)
    assert ruling(IDLE_2H, S, active(S, ago("3h")), others=[solve]) is expected


def test_idle_judges_other_kinds_once_they_are_named() -> None:
    """A silent task is due by `idle` where the policy names tasks."""
    rule = {"idle": {"over": "2h", "kinds": ["task"]}}
    task = a_session(kind="task")
    assert ruling(a_policy(rule, {"kind": "task"}), task, active(task, ago("2h"))) is OFFENDER


@pytest.mark.parametrize(
    ("before", "expected"), [(timedelta(0), OFFENDER), (-SECOND, COMPLIANT), (SECOND, OFFENDER)]
)
def test_age_is_due_at_exactly_its_duration(before: timedelta, expected: Ruling) -> None:
    """A session created exactly 2h ago is due; one second later it is not."""
    assert ruling(AGE_2H, a_session(created_at=ago("2h", plus=before))) is expected


def test_a_session_created_just_now_has_an_age() -> None:
    """A session that was created this very moment is young, not of unknown age."""
    assert ruling(AGE_2H, a_session(created_at=NOW)) is COMPLIANT


@pytest.mark.parametrize("created", [None, NOW + SECOND])
def test_age_is_unknown_without_a_credible_creation_time(created: object) -> None:
    """A creation time that is missing or in the future convicts nobody, also not of being young."""
    session = a_session(created_at=created)
    assert ruling(AGE_2H, session) is UNDETERMINED
    assert ruling(a_policy({"not": {"age": "2h"}}), session) is UNDETERMINED


@pytest.mark.parametrize("state", ["queued", "assigned", "launching"])
def test_queued_is_due_at_exactly_its_duration(state: str) -> None:
    """A task that waits and was created 2h ago is due; one second younger it is not."""
    old = a_session(kind="task", state=state, created_at=ago("2h"))
    young = a_session(kind="task", state=state, created_at=ago("2h", plus=-SECOND))
    assert (ruling(QUEUED_2H, old), ruling(QUEUED_2H, young)) == (OFFENDER, COMPLIANT)


@pytest.mark.parametrize("state", sorted(RUNNING_STATES))
def test_what_runs_is_not_queued(state: str) -> None:
    """A task that runs is not queued, however old it is."""
    assert ruling(QUEUED_2H, a_session(kind="task", state=state)) is COMPLIANT


@pytest.mark.parametrize("rule", [{"age": "2h"}, {"queued": "2h"}, {"owner_sessions": {"over": 0}}])
@pytest.mark.parametrize("state", ["hibernating", None])
def test_an_unknown_state_convicts_nobody(rule: object, state: str | None) -> None:
    """A session in a state that nobody knows is undetermined by every rule."""
    assert ruling(a_policy(rule), a_session(state=state)) is UNDETERMINED


@pytest.mark.parametrize("state", sorted(OVER_STATES))
def test_what_is_over_is_not_judged(state: str) -> None:
    """A session that has ended has no verdict."""
    assert verdicts(AGE_2H, [a_session(state=state)]) == []


YES, NO, UNKNOWN = {"age": "1h"}, {"age": "100h"}, {"idle": "2h"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"any": [NO, YES]}, OFFENDER),
        ({"any": [UNKNOWN, YES]}, OFFENDER),
        ({"any": [UNKNOWN, NO]}, UNDETERMINED),
        ({"any": [NO, NO]}, COMPLIANT),
        ({"all": [YES, YES]}, OFFENDER),
        ({"all": [YES, UNKNOWN]}, UNDETERMINED),
        ({"all": [NO, UNKNOWN]}, COMPLIANT),
        ({"all": [YES, NO]}, COMPLIANT),
        ({"not": YES}, COMPLIANT),
        ({"not": NO}, OFFENDER),
        ({"not": UNKNOWN}, UNDETERMINED),
        ({"not": {"not": YES}}, OFFENDER),
        ({"all": [{"not": {"any": [NO, UNKNOWN]}}, YES]}, UNDETERMINED),
    ],
)
def test_any_all_and_not_are_kleenes(rule: object, expected: Ruling) -> None:
    """An unknown decides nothing, and leaves open what depends on it."""
    assert ruling(a_policy(rule), S) is expected


def test_a_reason_names_what_was_met() -> None:
    """An offender's reason is the rule that it met with the measured value and where it
    was learnt.
    """
    rule = {"any": [{"idle": "2h"}, {"age": "24h"}]}
    verdict = the_verdict(a_policy(rule), S, active(S, ago("2h30m")))
    assert verdict.reason == "idle 2h 30m (log line 7)"


def test_what_may_not_run_has_no_running_time() -> None:
    """A session in an unknown state that says when it started tells nothing of how long it runs."""
    odd = a_session(state="hibernating", started_at=ago("9h"))
    assert the_verdict(house(a_policy({"running_for": "2h"})), odd).findings[0].value is None


def test_what_started_this_moment_runs() -> None:
    """For no time at all, which is known."""
    verdict = the_verdict(house(a_policy({"running_for": "2h"})), a_session(started_at=NOW))
    assert (verdict.ruling, verdict.findings[0].value) == (Ruling.COMPLIANT, 0.0)


def test_nothing_runs_for_longer_than_it_exists() -> None:
    """A start from before the session was created is no reason to end it."""
    odd = a_session(created_at=ago("1h"), started_at=ago("5h"))
    verdict = the_verdict(house(a_policy({"running_for": "2h"})), odd)
    assert (verdict.ruling, verdict.findings[0].value) == (Ruling.COMPLIANT, 3600.0)


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        ({"created_at": ago("1h")}, (Ruling.UNDETERMINED, None)),
        ({"created_at": None, "started_at": ago("1h")}, (Ruling.COMPLIANT, 3600.0)),
    ],
)
def test_nothing_is_over_for_longer_than_it_exists(
    begun: dict[str, Any], expected: tuple[Ruling, float | None]
) -> None:
    """An end from before the session was created, or started, is no reason to delete its record."""
    broom = Policy.model_validate(
        {"name": "broom", "select": WEBUI, "delete_when": {"ended": "2d"}}
    )
    verdict = the_verdict(house(broom), a_session(state="terminated", ended_at=ago("9d"), **begun))
    assert (verdict.ruling, verdict.findings[0].value) == expected


def test_only_what_is_over_can_be_deleted() -> None:
    """And what is over is judged by no other policy."""
    record, running = (
        a_session("o", state="terminated", created_at=ago("9d"), ended_at=ago("3d")),
        a_session("r", ended_at=ago("3d")),
    )
    broom = Policy.model_validate(
        {"name": "broom", "select": WEBUI, "delete_when": {"ended": "2d"}}
    )
    found = verdicts(house(broom, a_policy({"age": "1h"}, name="old")), [record, running])
    assert [(v.policy.name, v.session.id, v.ruling) for v in found] == [
        ("broom", "o", "offender"),
        ("old", "r", "offender"),
    ]


@pytest.mark.parametrize(
    ("ended_at", "expected"),
    [
        (ago("2d"), OFFENDER),
        (ago("2d") + SECOND, COMPLIANT),
        (ago("2d") - SECOND, OFFENDER),
        (None, UNDETERMINED),
        (ago("10d"), UNDETERMINED),
    ],
)
def test_a_record_is_due_at_exactly_its_time(ended_at: datetime | None, expected: Ruling) -> None:
    """To the second; of one that does not tell when it ended, or that ended before it was created,
    nothing is known.
    """
    record = a_session(state="terminated", created_at=ago("9d"), ended_at=ended_at)
    broom = Policy.model_validate(
        {"name": "broom", "select": WEBUI, "delete_when": {"ended": "2d"}}
    )
    assert the_verdict(house(broom), record).ruling is expected


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], OFFENDER),
        ([a_session("x", kind="solve", user="ben")], OFFENDER),
        ([a_session("x", kind="solve")], UNDETERMINED),
    ],
)
def test_a_session_of_an_unknown_app_may_wait_for_a_solve_of_its_owner(
    others: list[Session], expected: Ruling
) -> None:
    """Of any app; and for none of another owner."""
    tab = a_session(app=None)
    assert the_verdict(IDLE_2H, tab, active(tab, ago("3h")), others=others).ruling is expected
