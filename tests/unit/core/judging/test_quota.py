"""How many running sessions an owner may have, and which of them stay."""

from datetime import timedelta

import pytest
from support.core_builders import NOW, WEBUI, a_policy, a_session, active, ago, by_id, rulings

from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import Policy
from reaper.core.model.session import Activity, Session

EARLIER = NOW - timedelta(minutes=5)


def at_most(over: int, keep: str, select: object = WEBUI, **more: object) -> Policy:
    return a_policy({"owner_sessions": {"over": over, "keep": keep}}, select, **more)


def fleet(*lengths: str) -> list[Session]:
    """Sessions of one owner, created so long ago; the first is s1."""
    return [
        a_session(f"s{number}", created_at=ago(length)) for number, length in enumerate(lengths, 1)
    ]


def ended(rules: Policy, sessions: list[Session], *known: Activity) -> set[str]:
    found = rulings(rules, sessions, by_id(*known))
    return {id_ for (_, id_), one in found.items() if one is Ruling.OFFENDER}


def undetermined(rules: Policy, sessions: list[Session], *known: Activity) -> set[str]:
    found = rulings(rules, sessions, by_id(*known))
    return {id_ for (_, id_), one in found.items() if one is Ruling.UNDETERMINED}


@pytest.mark.parametrize(
    ("keep", "expected"),
    [("newest", {"s1", "s4"}), ("oldest", {"s2", "s3"}), ("most_recently_active", {"s2", "s3"})],
)
def test_which_stay(keep: str, expected: set[str]) -> None:
    """Of four sessions under a quota of two, the two stay that `keep` says."""
    sessions = fleet("9h", "2h", "3h", "5h")
    known = [
        active("s1", NOW),
        active("s2", ago("2h")),
        active("s3", ago("3h")),
        active("s4", ago("1h")),
    ]
    assert ended(at_most(2, keep), sessions, *known) == expected


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_quota_that_is_kept_ends_nobody(count: int) -> None:
    """An owner with as many sessions as allowed, or fewer, loses none, also when no log
    was read.
    """
    sessions = fleet(*["2h"] * count)
    assert not ended(at_most(2, "most_recently_active"), sessions)
    assert not undetermined(at_most(2, "most_recently_active"), sessions)


def test_zero_means_zero() -> None:
    """A quota of 0 leaves no running session."""
    assert ended(at_most(0, "newest"), fleet("1h", "2h")) == {"s1", "s2"}


def test_owners_are_counted_apart() -> None:
    """The same user in another environment is another owner."""
    sessions = [
        *fleet("1h", "2h"),
        a_session("s9", environment="ROOT"),
        a_session("s8", user="bob"),
    ]
    assert ended(at_most(2, "newest"), sessions) == set()


def test_an_unknown_order_ends_nobody() -> None:
    """While nobody knows which were active last, every session over the quota stays."""
    assert ended(at_most(2, "most_recently_active"), fleet("1h", "2h", "3h")) == set()
    unknown = [a_session(f"s{n}", created_at=None) for n in range(4)]
    assert ended(at_most(2, "newest"), unknown) == set()


def test_a_partly_known_order_ends_who_is_last_in_any_case() -> None:
    """One whose activity is surely older than that of enough others is ended, though their order is
    not known.
    """
    sessions = fleet("9h", "8h", "7h")
    known = [
        active("s1", ago("5h")),
        active("s2", ago("2h"), EARLIER),
        active("s3", ago("1h"), EARLIER),
    ]
    assert ended(at_most(2, "most_recently_active"), sessions, *known) == {"s1"}
    assert undetermined(at_most(1, "most_recently_active"), sessions, *known) == {"s2", "s3"}


def test_a_failed_look_keeps_who_could_be_first() -> None:
    """A session whose log cannot be read stays, and takes nobody's place with certainty before its
    creation.
    """
    sessions = fleet("9h", "8h", "7h")
    known = [active("s1", ago("1h")), active("s2", ago("7h30m")), active("s3", None)]
    assert ended(at_most(2, "most_recently_active"), sessions, *known) == {"s2"}
    assert undetermined(at_most(1, "most_recently_active"), sessions, *known) == {"s1", "s3"}


@pytest.mark.parametrize("keep", ["newest", "oldest", "most_recently_active"])
def test_ties_are_broken_the_same_way_every_time(keep: str) -> None:
    """Of sessions with equal merit exactly how many seats may stay in use as allowed, the same whatever order they
    are listed in.
    """
    sessions = fleet("2h", "2h", "2h", "2h")
    known = [active(session, ago("1h")) for session in sessions]
    first = ended(at_most(3, keep), sessions, *known)
    assert len(first) == 1
    assert ended(at_most(3, keep), sessions[::-1], *known) == first


def test_waiting_and_unselected_sessions_do_not_count() -> None:
    """Only running sessions that the policy selects count towards its quota."""
    others = [a_session("s8", state="launching"), a_session("s9", kind="task")]
    assert ended(at_most(2, "newest"), [*fleet("1h", "2h"), *others]) == set()


def test_exempt_sessions_count_and_stay() -> None:
    """An exempt session takes a place, and is not ended though it is last."""
    rules = at_most(1, "newest", exempt=[{"app": "Planner", "reason": "tested"}])
    sessions = [*fleet("3h"), a_session("s2", app="Router", created_at=ago("1h"))]
    sessions += [a_session("s3", app="Router", created_at=ago("2h"))]
    found = rulings(rules, sessions)
    assert found["p", "s1"] is Ruling.EXEMPT
    assert ended(rules, sessions) == {"s3"}


def test_a_session_in_doubt_takes_nobodys_place() -> None:
    """A session in an unknown state, or of an unknown owner, never pushes another over
    the quota.
    """
    for doubt in ({"state": "hibernating"}, {"user": None}, {"app": None}):
        doubtful = a_session("s3", **doubt)
        newest = [*fleet("2h", "3h"), doubtful]
        assert ended(at_most(2, "oldest", select={"app": "Planner"}), newest) == set()
        assert ended(at_most(1, "oldest", select={"app": "Planner"}), newest) == {"s1"}


def test_an_unknown_owner_may_be_anyone() -> None:
    """A session of an unknown owner leaves open who is within the quota, so `not` convicts nobody
    by it.
    """
    within = a_policy({"not": {"owner_sessions": {"over": 1, "keep": "newest"}}})
    stranger = a_session("s2", user=None, created_at=ago("1h"))
    assert ended(within, fleet("2h")) == {"s1"}
    assert undetermined(within, [*fleet("2h"), stranger]) == {"s1", "s2"}
    for other in ({"user": None, "environment": "ROOT"}, {"user": "bob", "environment": None}):
        assert ended(within, [*fleet("2h"), a_session("s2", created_at=ago("1h"), **other)]) == {
            "s1"
        }


def test_activity_before_its_creation_counts_from_its_creation() -> None:
    """A log whose clock is wrong does not put a session behind those that were used before it was
    created.
    """
    known = active("s1", ago("9h")), active("s2", ago("2h"))
    assert ended(at_most(1, "most_recently_active"), fleet("1h", "9h"), *known) == {"s2"}


def test_a_repeated_session_counts_once() -> None:
    """A list that shows a session twice does not push another over the quota."""
    sessions = fleet("1h", "2h", "3h")
    assert ended(at_most(3, "newest"), [*sessions, sessions[0]]) == set()


def test_one_of_unknown_age_and_activity_takes_nobodys_place_for_certain() -> None:
    """It may be the first to go: while that is not known, neither it nor the other is ended."""
    sessions = [a_session("s1", created_at=None), a_session("s2", created_at=None)]
    known = [active("s1", None), active("s2", ago("3h"))]
    assert ended(at_most(1, "most_recently_active"), sessions, *known) == set()
    assert undetermined(at_most(1, "most_recently_active"), sessions, *known) == {"s1", "s2"}


def test_of_two_of_unknown_age_the_less_active_goes() -> None:
    """What they did last tells enough."""
    sessions = [a_session("s1", created_at=None), a_session("s2", created_at=None)]
    known = [active("s1", ago("1h")), active("s2", ago("3h"))]
    assert ended(at_most(1, "most_recently_active"), sessions, *known) == {"s2"}
