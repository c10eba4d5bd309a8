"""`seats`: whose client seats are freed under pressure, and whose never."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core_builders import (
    NOW,
    WEBUI,
    a_policy,
    a_session,
    active,
    ago,
    house,
    rulings,
    verdicts,
)

from reaper.core.judging.judge import judge, unresolved
from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Session

RULE = {"seats": {"high": 3, "low": 2, "floor": "30m"}}
PRESSED = a_policy(RULE)


def seat(owner: str, **more: Any) -> Session:  # noqa: ANN401 - any field of a session
    return a_session(more.pop("id", owner), user=owner, **more)


def known(**idle: str | None) -> dict[str, Activity]:
    return {who: active(who, ago(since) if since else None) for who, since in idle.items()}


def freed(rules: PolicySet, fleet: list[Session], learnt: dict[str, Activity]) -> dict[str, str]:
    return {session: ruling.value for (_, session), ruling in rulings(rules, fleet, learnt).items()}


FOUR = [seat("anna"), seat("ben"), seat("carl"), seat("dora")]
IDLE = known(anna="4h", ben="3h", carl="2h", dora="1h")


def test_the_longest_idle_are_freed_down_to_low() -> None:
    """Four seats of three: two stay, those of the two whose owners were active last."""
    assert freed(house(PRESSED), FOUR, IDLE) == {
        "anna": "offender", "ben": "offender", "carl": "compliant", "dora": "compliant",
    }  # fmt: skip
    (first, *_) = verdicts(house(PRESSED), FOUR, IDLE)
    assert first.reason == "4 of 3 seats in use; anna@Planning is among the longest idle (4h)"


def test_at_high_nobody_is_asked_or_freed() -> None:
    """As many seats as may be held are no pressure, and no log is read for them."""
    three = FOUR[:3]
    assert set(freed(house(PRESSED), three, {}).values()) == {"compliant"}
    assert unresolved(house(PRESSED), three, {}, NOW) == []


def test_under_pressure_every_seat_is_looked_at() -> None:
    """Who is the longest idle takes everybody's log."""
    assert {s.id for s in unresolved(house(PRESSED), FOUR, {}, NOW)} == {
        "anna",
        "ben",
        "carl",
        "dora",
    }


def test_an_owner_holds_one_seat_and_is_as_idle_as_the_latest_session() -> None:
    """Two sessions of one owner are one seat; being active in one of them keeps both."""
    fleet = [*FOUR[:3], seat("anna", id="anna-2")]
    assert set(freed(house(PRESSED), fleet, IDLE).values()) == {"compliant"}
    fleet = [*FOUR, seat("anna", id="anna-2")]
    found = freed(house(PRESSED), fleet, {**IDLE, "anna-2": active("anna-2", ago("1m"))})
    assert [who for who, ruling in found.items() if ruling == "offender"] == ["ben", "carl"]


def test_all_sessions_of_a_freed_owner_end() -> None:
    """A seat is free only when none of them is left."""
    fleet = [*FOUR, seat("anna", id="anna-2")]
    found = freed(house(PRESSED), fleet, {**IDLE, "anna-2": active("anna-2", ago("5h"))})
    assert (found["anna"], found["anna-2"]) == ("offender", "offender")


def test_nobody_idle_for_less_than_the_floor_is_freed() -> None:
    """Pressure ends nobody's work: the floor holds to the second."""
    learnt = known(anna="30m", ben="29m59s", carl="10m", dora="1m")
    assert freed(house(PRESSED), FOUR, learnt) == {
        "anna": "offender", "ben": "compliant", "carl": "compliant", "dora": "compliant",
    }  # fmt: skip


@pytest.mark.parametrize("where", ["exempt", "protect"])
def test_an_exempt_owner_is_passed_over(where: str) -> None:
    """The exempt seat counts as held, and the next ones are freed in its place."""
    exemption = [{"owner": "anna@Planning", "reason": "x"}]
    rules = (
        house(a_policy(RULE, exempt=exemption))
        if where == "exempt"
        else house(PRESSED, protect=exemption)
    )
    assert freed(rules, FOUR, IDLE) == {
        "anna": "exempt", "ben": "offender", "carl": "offender", "dora": "compliant",
    }  # fmt: skip


def test_one_exempt_session_keeps_its_owners_seat() -> None:
    """Ending the owner's other session would free nothing, so it stays, and the next longest idle
    goes.
    """
    fleet = [*FOUR, seat("anna", id="anna-2", app="Night Planner")]
    rules = house(PRESSED, protect=[{"app": "Night Planner", "reason": "x"}])
    found = freed(rules, fleet, {**IDLE, "anna-2": active("anna-2", ago("5h"))})
    assert (found["anna"], found["anna-2"]) == ("compliant", "exempt")
    assert [who for who, ruling in found.items() if ruling == "offender"] == ["ben", "carl"]


def test_one_session_that_may_be_exempt_keeps_its_owners_seat() -> None:
    """Whether the seat could be freed is not known, and so nothing of it is ended."""
    fleet = [*FOUR, seat("anna", id="anna-2", app=None)]
    rules = house(PRESSED, protect=[{"app": "Night Planner", "reason": "x"}])
    found = freed(rules, fleet, {**IDLE, "anna-2": active("anna-2", ago("5h"))})
    assert (found["anna"], found["anna-2"]) == ("undetermined", "undetermined")


def test_one_who_waits_for_a_solve_is_not_idle() -> None:
    """The owner's own solve of the same app keeps the seat."""
    found = freed(house(PRESSED), [*FOUR, seat("anna", id="solve", kind="solve")], IDLE)
    assert [who for who, ruling in found.items() if ruling == "offender"] == ["ben", "carl"]


def test_an_unread_log_saves_a_seat() -> None:
    """Who may be the longest idle of all takes the place of another, and is not freed either."""
    found = freed(house(PRESSED), FOUR, {**IDLE, "dora": active("dora", None)})
    assert found == {
        "anna": "offender",
        "ben": "undetermined",
        "carl": "compliant",
        "dora": "undetermined",
    }


def test_a_waiting_session_holds_no_seat() -> None:
    """A seat is taken by what runs."""
    fleet = [*FOUR[:3], seat("dora", state="queued")]
    assert set(freed(house(PRESSED), fleet, IDLE).values()) == {"compliant"}


def test_upper_and_lower_case_are_one_owner() -> None:
    """Anna holds one seat, however her sessions write it, and being active in one of them keeps
    both.
    """
    fleet = [*FOUR, seat("Anna", id="anna-2")]
    found = freed(house(PRESSED), fleet, {**IDLE, "anna-2": active("anna-2", ago("1m"))})
    assert [who for who, ruling in found.items() if ruling == "offender"] == ["ben", "carl"]
    solve = seat("ANNA", id="solve", kind="solve")
    assert freed(house(PRESSED), [*FOUR, solve], IDLE)["anna"] == "compliant"


STRANGE = [a_session(f"strange-{number}", user=None) for number in range(2)]


@pytest.mark.parametrize(
    ("fleet", "ruling"),
    [
        (FOUR[:2] + STRANGE[:1], "compliant"),
        (FOUR[:2] + STRANGE, "undetermined"),
        (STRANGE[:1] + FOUR[:3], "undetermined"),
        ([seat("ed", state="queued"), *FOUR[:3], *STRANGE[:1]], "undetermined"),
        ([seat("ed", state="dozing"), *FOUR[:3]], "undetermined"),
    ],
)
def test_where_it_is_not_known_how_many_are_held_nobody_is_freed(
    fleet: list[Session], ruling: str
) -> None:
    """Each unknown owner may hold a seat of their own, and who is in an unknown state may
    hold one.
    """
    found = freed(house(PRESSED), fleet, IDLE)
    assert "offender" not in found.values()
    assert found["ben"] == ruling
    assert {found[s.id] for s in fleet if s.owner is None} <= {ruling}


TIGHT = a_policy({"seats": {"high": 3, "low": 3, "floor": "30m"}})
ACTIVE = [seat("kim"), seat("lea")]
BUSY = known(kim="1s", lea="1s")


def test_who_may_be_idle_for_just_the_floor_may_go_first() -> None:
    """Of two that may be equal the later name goes first, and while that is not known, neither
    does.
    """
    learnt = {
        **BUSY,
        "anna": active("anna", ago("30m")),
        "zed": active("zed", ago("30m"), ago("1s")),
    }
    found = freed(house(TIGHT), [seat("anna"), seat("zed"), *ACTIVE], learnt)
    assert (found["anna"], found["zed"]) == ("undetermined", "undetermined")


def test_who_is_idle_for_just_the_floor_goes_first() -> None:
    """Where that is certain the other stays, however little is known of it."""
    learnt = {
        **BUSY,
        "anna": active("anna", ago("30m"), ago("1s")),
        "zed": active("zed", ago("30m")),
    }
    found = freed(house(TIGHT), [seat("anna"), seat("zed"), *ACTIVE], learnt)
    assert (found["anna"], found["zed"]) == ("compliant", "offender")


def test_a_seat_that_is_perhaps_not_held_takes_nobodys_place_for_certain() -> None:
    """Dora may be the third to go, or not, as the first of them may not be one."""
    fleet = [seat("anna", state="dozing"), *FOUR[1:], seat("ed")]
    found = freed(house(PRESSED), fleet, {**IDLE, **known(ed="50m")})
    assert found == {
        "anna": "undetermined", "ben": "offender", "carl": "undetermined", "dora": "undetermined", "ed": "compliant",
    }  # fmt: skip


def test_an_exempt_seat_takes_nobodys_place() -> None:
    """However long it is idle: the next one may still be the first to go."""
    rules = house(TIGHT, protect=[{"owner": "anna@Planning", "reason": "x"}])
    found = freed(rules, FOUR, {**IDLE, "ben": active("ben", ago("3h"), ago("1s"))})
    assert found["ben"] == "undetermined"


def test_one_too_young_to_be_idle_for_the_floor_needs_no_log() -> None:
    """A session of ten minutes stays, whatever its log would tell, and takes nobody's place."""
    young = seat("dora", created_at=ago("10m"))
    found = freed(house(PRESSED), [*FOUR[:3], young], {**IDLE, "dora": active("dora", None)})
    assert found == {
        "anna": "offender",
        "ben": "offender",
        "carl": "compliant",
        "dora": "compliant",
    }


def test_nobody_is_idle_for_longer_than_the_session_is_old() -> None:
    """Whatever the clock of its log says."""
    young = seat("dora", created_at=ago("10m"))
    assert (
        freed(house(PRESSED), [*FOUR[:3], young], {**IDLE, **known(dora="9h")})["dora"]
        == "compliant"
    )


def test_the_reason_tells_the_figures() -> None:
    """Whether there is no pressure, or others are longer idle."""
    calm = verdicts(house(PRESSED), FOUR[:3], IDLE)[0]
    assert calm.findings[0].note == "3 of 3 seats in use"
    last = verdicts(house(PRESSED), FOUR, IDLE)[-1]
    assert last.findings[0].note == (
        "4 of 3 seats in use; dora@Planning is not among the longest idle, or not for 30m"
    )


def test_low_is_not_above_high() -> None:
    """It would free seats that nobody needs."""
    with pytest.raises(ValueError, match=r"'low' \(4\) is above 'high' \(3\)"):
        a_policy({"seats": {"high": 3, "low": 4, "floor": "30m"}})


APPS = st.sampled_from(["Planner", "Planner", "Night Planner", None])
MINUTES = st.one_of(st.none(), st.integers(0, 300))
FLEETS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), MINUTES, st.booleans(), APPS), min_size=1, max_size=12
)


@given(FLEETS, st.integers(1, 5), st.integers(0, 5))
def test_never_more_than_asked_and_never_below_the_floor(
    fleet: list[tuple[str, int | None, bool, str | None]], high: int, low: int
) -> None:
    """Enough seats stay; who is freed is idle for the floor and certainly not exempt.

    A lost look frees nobody more.
    """
    rule = {"seats": {"high": high, "low": min(low, high), "floor": "30m"}}
    rules = house(a_policy(rule, WEBUI), protect=[{"app": "Night Planner", "reason": "x"}])
    sessions = [seat(owner, id=f"s{n}", app=app) for n, (owner, _, _, app) in enumerate(fleet)]
    learnt = {
        f"s{n}": Activity(
            f"s{n}",
            None if idle is None else ago(f"{idle}m") if idle else NOW,
            NOW if fresh else ago("1s"),
            "x",
        )
        for n, (_, idle, fresh, _) in enumerate(fleet)
    }
    found = judge(rules, sessions, learnt, NOW)
    gone = {v.session.user for v in found if v.ruling is Ruling.OFFENDER}
    owners = {s.user for s in sessions}
    assert len(owners - gone) >= min(low, high, len(owners))
    assert not gone or len(owners) > high
    for n, (owner, idle, _, app) in enumerate(fleet):
        assert owner not in gone or (
            idle is not None and idle >= 30 and learnt[f"s{n}"].learnt_at == NOW
        )
        assert owner not in gone or app == "Planner"
    blind = judge(rules, sessions, dict(list(learnt.items())[1:]), NOW)
    assert {v.session.user for v in blind if v.ruling is Ruling.OFFENDER} <= gone


def test_one_who_may_not_be_selected_frees_nobody_elses_seat() -> None:
    """Whether anna was active in a session that counts is not known, so she may be the longest
    idle.
    """
    rules = house(a_policy({"seats": {"high": 1, "low": 1, "floor": "30m"}}, {"app": "Planner"}))
    fleet = [seat("anna"), seat("anna", id="perhaps", app=None), seat("ben")]
    found = freed(rules, fleet, known(anna="5h", perhaps="1m", ben="3h"))
    assert "offender" not in found.values()


def test_one_of_whom_a_part_is_not_known_may_be_any_owner() -> None:
    """What happens in a session whose environment is not known may happen in anybody's of that
    user.
    """
    fleet = [*FOUR, seat("ANNA", environment=None)]
    found = freed(house(PRESSED), fleet, {**IDLE, **known(ANNA="1m")})
    assert (found["anna"], found["ben"]) == ("undetermined", "offender")


def test_an_owner_is_as_idle_as_in_a_session_spelt_otherwise() -> None:
    """A policy does not select it, but who uses it is not idle."""
    rules = house(a_policy(RULE, {"app": "Planner"}))
    found = freed(
        rules, [*FOUR, seat("anna", id="other", app="PLANNER\u200b")], {**IDLE, **known(other="1m")}
    )
    assert found["anna"] != "offender"
    assert "other" not in found
