"""What each rule tells of a session.

Its value against its threshold, or in words why there is none.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from support.core_builders import NOW, Activity, a_policy, a_session, active, ago, by_id, house

from reaper.core.judging.judge import judge
from reaper.core.judging.persistence import Condition
from reaper.core.judging.verdict import Finding
from reaper.core.model.matching import Answer
from reaper.core.model.session import Session

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
H = 3600.0
TAB, SOLVE = (
    a_session(started_at=ago("9h"), gb_hours=4.5),
    a_session(kind="solve", started_at=ago("9h")),
)
YOUNG = a_session(created_at=ago("1h"))
SILENT = Activity("s1", None, NOW, "503", unreachable=True)
ELSEWHERE = (a_session("two", user="ben"), active("two", NOW))
LASTING = {("s1", condition): ago("3h") for condition in Condition}
ORPHAN, LOST, IDLE = {"orphan": "2h"}, {"unreachable_for": "2h"}, {"idle": "2h"}
MINE = {"owner_sessions": {"over": 1, "keep": "newest"}}


def finding(
    rule: object,
    session: Session,
    *known: Activity,
    others: Sequence[Session] = (),
    lasting: Any = LASTING,  # noqa: ANN401
) -> Finding:
    select = "all" if session.kind == "external" else {"kind": session.kind}
    fleet = [session, *others]
    (verdict,) = (
        v
        for v in judge(house(a_policy(rule, select)), fleet, by_id(*known), NOW, lasting)
        if v.session is session
    )
    return verdict.findings[0]


@pytest.mark.parametrize(
    ("rule", "session", "known", "told"),
    [
        (IDLE, TAB, [active(TAB, ago("3h"))], ("idle 2h", YES, 3 * H, 2 * H, "log line 7")),
        (IDLE, TAB, [active(TAB, ago("1h"))], ("idle 2h", NO, H, 2 * H, "log line 7")),
        (
            IDLE,
            TAB,
            [active(TAB, None)],
            ("idle 2h", UNKNOWN, None, 2 * H, "its log could not be read"),
        ),
        (
            IDLE,
            TAB,
            [],
            ("idle 2h", UNKNOWN, None, 2 * H, "its last activity was not looked up", True),
        ),
        (IDLE, YOUNG, [], ("idle 2h", NO, None, 2 * H, "too young to be idle that long")),
        ({"age": "2h"}, YOUNG, [], ("age 2h", NO, H, 2 * H, "")),
        ({"running_for": "2h"}, TAB, [], ("running_for 2h", YES, 9 * H, 2 * H, "")),
        ({"running_for": "10h"}, TAB, [], ("running_for 10h", NO, 9 * H, 10 * H, "")),
        ({"gb_hours": 4.5}, TAB, [], ("gb_hours 4.5", YES, 4.5, 4.5, "")),
        ({"gb_hours": 5}, TAB, [], ("gb_hours 5", NO, 4.5, 5, "")),
        (LOST, TAB, [SILENT, ELSEWHERE[1]], ("unreachable_for 2h", YES, 3 * H, 2 * H, "")),
        (
            {"unreachable_for": "4h"},
            TAB,
            [SILENT, ELSEWHERE[1]],
            ("unreachable_for 4h", NO, 3 * H, 4 * H, ""),
        ),
        (LOST, TAB, [SILENT], ("unreachable_for 2h", UNKNOWN, None, 2 * H, "503")),
        (
            LOST,
            TAB,
            [active(TAB, ago("3h"))],
            ("unreachable_for 2h", NO, None, 2 * H, "its log answers"),
        ),
        (
            LOST,
            YOUNG,
            [SILENT],
            ("unreachable_for 2h", NO, None, 2 * H, "too young to be unreachable that long"),
        ),
        (
            LOST,
            a_session(created_at=ago("2h")),
            [SILENT, ELSEWHERE[1]],
            ("unreachable_for 2h", YES, 3 * H, 2 * H, ""),
        ),
        (
            LOST,
            TAB,
            [],
            (
                "unreachable_for 2h",
                UNKNOWN,
                None,
                2 * H,
                "whether its log answers was not looked up",
                True,
            ),
        ),
        (ORPHAN, SOLVE, [], ("orphan 2h", YES, 3 * H, 2 * H, "")),
        ({"orphan": "4h"}, SOLVE, [], ("orphan 4h", NO, 3 * H, 4 * H, "")),
    ],
)
def test_a_rule_tells_what_it_found(
    rule: object, session: Session, known: list[Activity], told: Finding
) -> None:
    """The rule as written, the answer, the value in seconds, the threshold, where it came from, and
    what could tell.
    """
    assert finding(rule, session, *known, others=ELSEWHERE[:1]) == Finding(*told)


def test_a_silent_log_of_what_computes_tells_nothing() -> None:
    """Only where its kind is named is silence a sign."""
    rule = {"idle": {"over": "2h", "kinds": ["webui", "task", "solve"]}}
    told = "a silent log of a session of kind external may mean that it computes"
    assert finding(rule, a_session(kind="external")) == Finding(
        "idle 2h", UNKNOWN, None, 2 * H, told
    )


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            a_session("x", kind="solve", app="Planner"),
            Finding(
                "idle 2h", NO, None, 2 * H, "its owner has a solve or task in flight for the app"
            ),
        ),
        (
            a_session("x", kind="solve", app=None),
            Finding(
                "idle 2h",
                UNKNOWN,
                None,
                2 * H,
                "its owner may have a solve or task in flight for the app",
            ),
        ),
        (
            a_session("x", kind="solve", app=None, user="ben"),
            Finding("idle 2h", YES, 3 * H, 2 * H, "log line 7"),
        ),
        (
            a_session("x", kind="solve", app="Planner", user="ANNA"),
            Finding(
                "idle 2h", NO, None, 2 * H, "its owner has a solve or task in flight for the app"
            ),
        ),
    ],
)
def test_a_solve_in_flight_explains_the_silence(other: Session, told: Finding) -> None:
    """Of the same owner, in upper or lower case, and of the same app.

    Where the app is not told it may be.
    """
    assert finding(IDLE, TAB, active(TAB, ago("3h")), others=[other]) == told


def test_an_orphan_with_company_tells_so() -> None:
    """Its owner is there."""
    other = a_session("x")
    assert finding(ORPHAN, SOLVE, others=[other]) == Finding(
        "orphan 2h", NO, None, 2 * H, "its owner has other sessions"
    )


@pytest.mark.parametrize(
    ("session", "others", "told"),
    [
        (TAB, [], (NO, "1 running of anna@Planning, 1 allowed")),
        (
            TAB,
            [a_session("b", created_at=ago("1h"))],
            (YES, "not among the newest 1 of 2 running of anna@Planning"),
        ),
        (
            TAB,
            [a_session("b", created_at=ago("20h"))],
            (NO, "among the newest 1 of 2 running of anna@Planning"),
        ),
        (
            TAB,
            [a_session("b", created_at=None)],
            (UNKNOWN, "which are the newest 1 of 2 running of anna@Planning is not known"),
        ),
        (a_session(user=None), [TAB], (UNKNOWN, "its owner is not known")),
        (a_session(state="queued"), [], (NO, "queued, not running")),
    ],
)
def test_a_quota_tells_who_stays(
    session: Session, others: list[Session], told: tuple[Answer, str]
) -> None:
    """How many run, how many may, and that no log would tell more where it is not about
    activity.
    """
    renamed = [
        a_session("b", created_at=s.created_at) if s is not TAB else a_session("b") for s in others
    ]
    found = finding(MINE, session, others=renamed)
    assert found == Finding("owner_sessions 1", told[0], None, 1, told[1])


def test_seats_tell_their_threshold() -> None:
    """Of which owner nothing is known, and which session holds none."""
    rule = {"seats": {"high": 3, "low": 2, "floor": "30m"}}
    assert finding(rule, a_session(user=None)) == Finding(
        "seats 3", NO, None, 3, "its owner is not known"
    )
    assert finding(rule, a_session(state="queued")) == Finding(
        "seats 3", NO, None, 3, "queued, not running"
    )
    four = [a_session(str(number), user=f"u{number}") for number in range(4)]
    (told,) = {finding(rule, one, others=[o for o in four if o is not one]) for one in four}
    assert told == Finding(
        "seats 3", UNKNOWN, None, 3, "which seats are the longest idle is not known", True
    )
