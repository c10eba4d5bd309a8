"""Which logs are worth reading: those that can change a ruling, and no others."""

from datetime import timedelta

from support.core_builders import NOW, a_policy, a_session, active, ago, by_id, house

from reaper.core.judging.judge import judge, unresolved
from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import Policy
from reaper.core.model.session import Session

S = a_session()


def asked(rules: Policy, *sessions: Session) -> list[str]:
    return sorted(session.id for session in unresolved(house(rules), sessions, {}, NOW))


def test_unresolved_asks_only_where_it_matters() -> None:
    """A probe is wanted for the silent and undetermined, and for none whose ruling is settled."""
    fleet = [
        a_session("open"),
        a_session("young", created_at=ago("1h")),
        a_session("seen"),
        a_session("exempt", user="bob"),
        a_session("task", kind="task", user="carl"),
        a_session("over", state="terminated"),
        a_session("odd", state="hibernating"),
    ]
    rules = house(a_policy({"idle": "2h"}, exempt=[{"owner": "bob@*", "reason": "x"}]))
    known = by_id(active("seen", ago("1h"), NOW - timedelta(minutes=5)))
    assert [s.id for s in unresolved(rules, fleet, known, NOW)] == ["open", "odd"]


def test_unresolved_asks_for_a_window_of_idleness() -> None:
    """Two thresholds of one session's silence are two questions, not one that answers both."""
    rules = house(a_policy({"all": [{"idle": "2h"}, {"not": {"idle": "4h"}}]}))
    assert unresolved(rules, [S], {}, NOW) == [S]
    assert judge(rules, [S], by_id(active(S, ago("3h"))), NOW)[0].ruling is Ruling.OFFENDER


def test_unresolved_asks_nothing_for_rules_of_age() -> None:
    """Policies that need no activity cause no look at a log."""
    young = a_policy(
        {
            "any": [
                {"age": "1h"},
                {"queued": "1h"},
                {"owner_sessions": {"over": 0, "keep": "newest"}},
            ]
        }
    )
    assert unresolved(house(young), [S, a_session("s2", created_at=None)], {}, NOW) == []


def test_a_rule_settled_by_age_needs_no_look() -> None:
    """Where another rule decides, no log is read."""
    assert unresolved(house(a_policy({"any": [{"idle": "2h"}, {"age": "1h"}]})), [S], {}, NOW) == []


def test_a_rule_that_only_a_look_can_decide_is_asked() -> None:
    """A look is wanted when it can convict, also where it could not acquit for want of something
    else.
    """
    rule = {"any": [{"idle": "2h"}, {"age": "2h"}]}
    assert asked(a_policy(rule), a_session(created_at=None)) == ["s1"]


def test_a_session_that_may_wait_for_a_solve_is_asked() -> None:
    """A look is wanted that can only acquit: its owner may have a solve in flight."""
    assert asked(a_policy({"idle": "2h"}), S, a_session("s2", kind="solve", app=None)) == ["s1"]


def test_a_quota_asks_for_all_that_count() -> None:
    """A quota by activity wants a look at each session that may count towards an owner in question,
    and no other.
    """
    fleet = [
        S,
        a_session("s2"),
        a_session("stranger", user=None),
        a_session("odd", state="hibernating"),
    ]
    fleet += [
        a_session("waits", state="launching"),
        a_session("bob", user="bob", environment="ROOT"),
    ]
    rule = {"owner_sessions": {"over": 1, "keep": "most_recently_active"}}
    assert asked(a_policy(rule), *fleet) == ["odd", "s1", "s2", "stranger"]
    assert asked(a_policy({"owner_sessions": {"over": 9}}), *fleet) == []


def test_the_questions_of_all_policies_are_asked() -> None:
    """Each policy asks for its own."""
    tab, task = a_session("tab"), a_session("task", kind="task", user="ben")
    tabs = a_policy({"idle": "2h"}, name="tabs")
    tasks = a_policy({"idle": {"over": "2h", "kinds": ["task"]}}, {"kind": "task"}, name="tasks")
    assert [s.id for s in unresolved(house(tabs, tasks), [tab, task], {}, NOW)] == ["tab", "task"]


def test_what_was_just_looked_at_is_not_asked_again() -> None:
    """Of an owner's sessions only those are asked whose last activity is not known as of now."""
    fleet = [a_session(id_) for id_ in ("a", "b", "c")]
    rules = house(a_policy({"owner_sessions": {"over": 1, "keep": "most_recently_active"}}))
    known = by_id(active("a", ago("1h")), active("b", ago("2h"), ago("1m")))
    assert [s.id for s in unresolved(rules, fleet, known, NOW)] == ["b", "c"]


def test_the_witness_of_an_outage_runs_and_is_another() -> None:
    """First of all one whose log could be read before; one that waits has no log."""
    lost = a_policy({"unreachable_for": "2h"}, {"kind": "task"})
    task, tabs = a_session("task", kind="task"), [a_session("x"), a_session("y")]
    queued = a_session("q", state="queued", kind="solve")
    known = by_id(active("y", ago("5h"), ago("1h")), active("q", ago("5h"), ago("1h")))
    assert [s.id for s in unresolved(house(lost), [queued, task, *tabs], known, NOW)] == [
        "task",
        "y",
    ]
    assert [s.id for s in unresolved(house(lost), [queued, task], {}, NOW)] == ["task"]
