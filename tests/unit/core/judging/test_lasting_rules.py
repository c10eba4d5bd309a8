"""`running_for`, `gb_hours`, `orphan` and `unreachable_for`.

What is measured, from when, and what is not known.
"""

from datetime import timedelta
from typing import Any

import pytest
from support.core_builders import NOW, SECOND, a_policy, a_session, active, ago, by_id

from reaper.core.judging.judge import judge, unresolved
from reaper.core.judging.persistence import Condition, conditions
from reaper.core.judging.verdict import Verdict
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Session

SOLVE = {"kind": "solve"}
JOBS = {"kind": ["solve", "task"]}
HOUR = timedelta(hours=1)


def a_solve(id_: str = "s1", **more: Any) -> Session:  # noqa: ANN401 - any field of a session
    return a_session(id_, **{"kind": "solve", "started_at": ago("2h"), **more})


def only(
    rule: object,
    session: Session,
    *others: Session,
    select: object = JOBS,
    **more: Any,  # noqa: ANN401
) -> Verdict:
    found = judge(
        PolicySet((a_policy(rule, select),)),
        [session, *others],
        more.get("known", {}),
        NOW,
        **_lasting(more),
    )
    return next(v for v in found if v.session is session)


def _lasting(more: dict[str, Any]) -> dict[str, Any]:
    return {"lasting": more["lasting"]} if "lasting" in more else {}


@pytest.mark.parametrize(
    ("session", "ruling", "reason"),
    [
        (a_solve(started_at=ago("2h")), "offender", "running_for 2h"),
        (a_solve(started_at=ago("2h") + SECOND), "compliant", "running_for 1h 59m"),
        (a_solve(state="queued", started_at=None), "compliant", "queued, not running"),
        (
            a_solve(started_at=None),
            "undetermined",
            "running_for 2h: unknown, how long it has been running is not known",
        ),
        (
            a_solve(started_at=NOW + SECOND),
            "undetermined",
            "running_for 2h: unknown, how long it has been running is not known",
        ),
    ],
)
def test_running_for_counts_from_the_start(session: Session, ruling: str, reason: str) -> None:
    """What it waited does not count; a start that is not told, or lies ahead, convicts nobody."""
    found = only({"running_for": "2h"}, session)
    assert (found.ruling, found.reason) == (ruling, reason)


@pytest.mark.parametrize(
    ("used", "ruling", "reason"),
    [
        (50.0, "offender", "gb_hours 50"),
        (49.99, "compliant", "gb_hours 49.99"),
        (None, "undetermined", "gb_hours 50: unknown, how much it has used is not known"),
    ],
)
def test_gb_hours_are_compared_as_told(used: float | None, ruling: str, reason: str) -> None:
    """At the threshold it is met; where nothing is told, nothing is known."""
    found = only({"gb_hours": 50}, a_solve(gb_hours=used))
    assert (found.ruling, found.reason) == (ruling, reason)


ALONE = {("s1", Condition.ALONE.value): ago("2h")}


@pytest.mark.parametrize(
    ("others", "lasting", "ruling"),
    [
        ([], ALONE, "offender"),
        ([], {("s1", "alone"): ago("2h") + SECOND}, "compliant"),
        ([], {}, "compliant"),
        ([a_session("tab")], ALONE, "compliant"),
        ([a_session("queued", kind="task", state="queued")], ALONE, "compliant"),
        ([a_session("over", kind="task", state="completed")], ALONE, "offender"),
        ([a_session("other", user="ben")], ALONE, "offender"),
        ([a_session("strange", state="dozing")], ALONE, "undetermined"),
        ([a_session("somebody", user=None)], ALONE, "undetermined"),
        ([a_session("elsewhere", user=None, environment="Supply")], ALONE, "offender"),
        ([a_session("tab", user="Anna")], ALONE, "compliant"),
    ],
)
def test_an_orphan_is_alone_in_every_look(others: list[Session], lasting: Any, ruling: str) -> None:  # noqa: ANN401
    """Since when is what earlier looks recorded.

    Any other session that is the owner's, or may be, keeps it.
    """
    assert only({"orphan": "2h"}, a_solve(), *others, lasting=lasting).ruling == ruling


def test_nobody_is_known_to_be_alone_where_not_everybody_is_seen() -> None:
    """A list that failed, or an entry that could not be read, may be of a session of the
    owner's.
    """
    found = only({"orphan": "2h"}, a_solve(), lasting=None)
    assert (found.ruling, found.reason) == (
        "undetermined",
        "orphan 2h: unknown, whether its owner has other sessions is not known",
    )


def test_a_solve_of_an_unknown_owner_is_undetermined() -> None:
    """Whose orphan it would be is not known."""
    assert only({"orphan": "2h"}, a_solve(user=None), lasting=ALONE).ruling == "undetermined"


def test_a_webui_session_is_nobodys_orphan() -> None:
    """Also where a policy selects all kinds."""
    found = only({"orphan": "2h"}, a_session(), select="all", lasting=ALONE)
    assert (found.ruling, found.reason) == ("compliant", "a webui session is never an orphan")


def silent(id_: str, learnt_at: Any = NOW) -> Activity:  # noqa: ANN401 - a moment
    return Activity(id_, None, learnt_at, "HTTP 503", unreachable=True)


WITNESS = a_session("witness", user="ben")
SPOKE = active(WITNESS, ago("5m"))
SINCE = {("s1", Condition.UNREACHABLE.value): ago("1h")}


@pytest.mark.parametrize(
    ("known", "lasting", "ruling"),
    [
        ([silent("s1"), SPOKE], SINCE, "offender"),
        ([silent("s1"), SPOKE], {("s1", "unreachable"): ago("1h") + SECOND}, "compliant"),
        ([silent("s1"), SPOKE], {}, "compliant"),
        ([silent("s1")], SINCE, "undetermined"),
        ([silent("s1"), silent("witness")], SINCE, "undetermined"),
        ([silent("s1", ago("1m")), SPOKE], SINCE, "undetermined"),
        ([active("s1", None), SPOKE], SINCE, "undetermined"),
        ([active("s1", ago("5h")), SPOKE], SINCE, "compliant"),
        ([SPOKE], SINCE, "undetermined"),
    ],
)
def test_unreachable_needs_a_log_that_answers(
    known: list[Activity],
    lasting: Any,  # noqa: ANN401
    ruling: str,
) -> None:
    """Only a fresh silence beside another log that answers, and in every look since, is one.

    An outage is none.
    """
    found = only(
        {"unreachable_for": "1h"}, a_solve(), WITNESS, known=by_id(*known), lasting=lasting
    )
    assert found.ruling == ruling


def test_an_unreachable_log_is_asked_for_where_it_can_matter() -> None:
    """With one more, whose log answered before, as a witness.

    And not for those younger than the threshold.
    """
    rules = PolicySet((a_policy({"unreachable_for": "1h"}, JOBS),))
    young, other = a_solve("young", created_at=ago("59m")), a_session("other", user="eva")
    before = by_id(active(WITNESS, ago("5h"), ago("4h")))
    assert [s.id for s in unresolved(rules, [a_solve(), young, other, WITNESS], before, NOW)] == [
        "s1",
        "witness",
    ]
    assert unresolved(rules, [young, WITNESS], {}, NOW) == []


def test_what_a_look_shows_of_conditions() -> None:
    """Solves and tasks alone, silent logs beside one that answers, and nothing of WebUI sessions or
    of the past.
    """
    fleet = [
        a_solve(),
        a_solve("two", user="ben"),
        WITNESS,
        a_solve("over", state="finished", user="eva"),
    ]
    learnt = by_id(silent("two"), SPOKE)
    assert conditions(fleet, learnt) == {("s1", "alone"), ("two", "unreachable")}
    assert conditions(fleet, by_id(silent("two"))) == {("s1", "alone")}
    assert conditions(fleet, learnt, everybody=False) == {("two", "unreachable")}


@pytest.mark.parametrize("rule", [{"orphan": "2h"}, {"unreachable_for": "2h"}])
def test_what_lasts_is_unknown_in_a_look_that_may_not_show_everybody(rule: dict[str, str]) -> None:
    """Neither it nor its contrary convicts then."""
    known = by_id(silent("s1"), SPOKE)
    for asked in (rule, {"not": rule}):
        assert only(asked, a_solve(), WITNESS, known=known, lasting=None).ruling == "undetermined"
