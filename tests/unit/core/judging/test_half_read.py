"""What was sent of a session and could not be read.

It is not understood, and it is somebody for the others.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import core_builders
from support.core_builders import NOW, a_policy, a_session, active, ago, by_id, house, the_verdict
from support.core_strategies import LASTING, Fleet, Known, houses, scenes
from support.laws import examples

from reaper.core.judging.judge import judge, unresolved
from reaper.core.judging.verdict import Observation, Ruling
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.model.session import Phase, Problem, Session, Snapshot, Unreadable
from reaper.core.planning.plan import Step, judge_again

OLD = {"age": "1h"}
GARBAGE = ("kind", "state", "user", "environment", "app", "app_version", "name", "description",
           "created_at", "started_at", "ended_at", "gb_hours", "run_time")  # fmt: skip

rulings = partial(core_builders.rulings, lasting=LASTING)


def spoiled(session: Session, field: str) -> Session:
    """The session as it is read when garbage was sent in the field."""
    problems = (*session.problems, Problem(field, f"{field}: 'garbage' is not text"))
    unread: dict[str, Any] = {} if field == "kind" else {field: None}
    return replace(session, problems=problems, **unread)


@pytest.mark.parametrize(
    "field", ["state", "user", "environment", "created_at", "started_at", "ended_at", "run_time"]
)
def test_a_field_that_every_session_is_understood_by_leaves_it_undetermined(field: str) -> None:
    """Garbage in the state, the owner or any time keeps a session, whatever the rule asks."""
    verdict = the_verdict(a_policy({"not": {"gb_hours": 5}}), spoiled(a_session(gb_hours=1), field))
    assert verdict.ruling is Ruling.UNDETERMINED
    assert verdict.reason.startswith(
        f"it could be read only in part ({field}: 'garbage' is not text)"
    )


@pytest.mark.parametrize("field", ["app", "app_version", "name", "description"])
def test_a_field_that_a_policy_selects_or_exempts_by_counts_for_all_of_them(field: str) -> None:
    """What one policy, or an exemption, reads must be readable before any policy judges the
    session.
    """
    session = spoiled(a_session(), field)
    other = a_policy({"age": "99h"}, {field: "x"}, name="other")
    for rules in (
        house(a_policy(OLD), other),
        house(a_policy(OLD), protect=[{"reason": "r", field: "x"}]),
    ):
        (verdict,) = (v for v in judge(rules, [session], {}, NOW) if v.policy.name == "p")
        assert verdict.ruling is Ruling.UNDETERMINED
    assert the_verdict(a_policy(OLD), session).ruling is Ruling.OFFENDER


def test_what_a_rule_judges_by_must_be_readable() -> None:
    """Garbage in the hours counts where a rule asks for them, and in the app where one asks for
    idleness.
    """
    for field, rule in (("gb_hours", {"gb_hours": 1}), ("app", {"idle": "2h"})):
        rules = a_policy({"any": [rule, OLD]})
        assert the_verdict(rules, spoiled(a_session(), field)).ruling is Ruling.UNDETERMINED
        assert the_verdict(a_policy(OLD), spoiled(a_session(), field)).ruling is Ruling.OFFENDER


def test_what_is_not_sent_is_only_unknown() -> None:
    """A field that is absent or null spoils nothing but the rules that ask for it."""
    assert (
        the_verdict(a_policy(OLD), a_session(user=None, started_at=None)).ruling is Ruling.OFFENDER
    )


def test_an_exemption_still_covers_it() -> None:
    """An unknown never voids an exemption."""
    rules = a_policy(OLD, exempt=[{"reason": "r", "app": "Planner"}])
    assert the_verdict(rules, spoiled(a_session(), "created_at")).ruling is Ruling.EXEMPT


def test_its_log_is_not_read() -> None:
    """No request is spent on a session whose verdict nothing can settle."""
    assert (
        unresolved(house(a_policy({"idle": "2h"})), [spoiled(a_session(), "created_at")], {}, NOW)
        == []
    )


def test_a_record_with_an_unreadable_end_is_kept() -> None:
    """A session that is over is not deleted by when it was first seen to be, where its own time
    cannot be read.
    """
    deleting = {"name": "p", "mode": "enforce", "select": "all", "delete_when": {"ended": "1h"}}
    rules = house(Policy.model_validate(deleting))
    ended = a_session(state="finished", ended_at=ago("9h"))
    assert judge(rules, [ended], {}, NOW)[0].ruling is Ruling.OFFENDER
    dated = replace(spoiled(ended, "ended_at"), ended_at=ago("9h"))
    assert judge(rules, [dated], {}, NOW)[0].ruling is Ruling.UNDETERMINED


def test_the_second_look_relies_on_what_the_first_did() -> None:
    """Garbage that comes before a step's turn keeps the session, though its own policy does not
    read the field.
    """
    rules = house(a_policy(OLD), a_policy({"age": "99h"}, {"name": "x"}, name="other"))
    step = Step(a_session(), (judge(rules, [a_session()], {}, NOW)[0],))
    (again,) = judge_again(
        step, [spoiled(a_session(), "name")], {}, rules.only(frozenset({"p"})), NOW
    )
    assert again.ruling is Ruling.UNDETERMINED


def test_a_solve_half_read_may_be_in_flight() -> None:
    """A solve in a readable state of which another field is garbage still may keep its owner's
    session.
    """
    tab, rules = a_session(), a_policy({"idle": "2h"})
    silent = active(tab, ago("5h"))
    assert the_verdict(rules, tab, silent).ruling is Ruling.OFFENDER
    for field in ("state", "user", "app", "created_at"):
        solve = spoiled(a_session("s2", kind="solve"), field)
        assert the_verdict(rules, tab, silent, others=[solve]).ruling is not Ruling.OFFENDER


@pytest.mark.parametrize("owner", ["anna", None])
def test_an_entry_without_a_usable_id_is_somebody(owner: str | None) -> None:
    """A solve whose id is garbage may be in flight for its owner, or for anybody where that is not
    known.
    """
    tab, rules = a_session(), house(a_policy({"idle": "2h"}))
    glimpse = a_session("", kind="solve", user=owner)
    for one in (
        Unreadable("solve", None, "no usable id", glimpse),
        Unreadable("solve", None, "no session"),
    ):
        snapshot = Snapshot("acme", (tab,), (one, one))
        (verdict,) = judge(rules, snapshot.everybody, by_id(active(tab, ago("5h"))), NOW)
        assert verdict.session is tab
        assert verdict.ruling is Ruling.UNDETERMINED
    other = replace(glimpse, user="bob")
    snapshot = Snapshot("acme", (tab,), (Unreadable("solve", None, "no usable id", other),))
    assert (
        judge(rules, snapshot.everybody, by_id(active(tab, ago("5h"))), NOW)[0].ruling
        is Ruling.OFFENDER
    )


def test_a_stranger_may_hold_the_seat_that_looks_idle() -> None:
    """A session whose user cannot be read may be the longest idle owner's, who then is not idle at
    all.
    """
    rules = a_policy({"seats": {"high": 1, "low": 1, "floor": "1h"}})
    idle, busy, other = a_session("s1"), a_session("s2"), a_session("s3", user="bob")
    known = by_id(active(idle, ago("9h")), active(busy, NOW), active(other, ago("2h")))
    fleet = [idle, busy, other]
    assert rulings(rules, fleet, known)["p", "s1"] is Ruling.COMPLIANT
    assert (
        rulings(rules, [idle, spoiled(busy, "user"), other], known)["p", "s1"]
        is not Ruling.OFFENDER
    )
    assert (
        rulings(rules, [idle, replace(busy, user=None), other], known)["p", "s1"]
        is not Ruling.OFFENDER
    )


def test_a_look_names_those_half_read() -> None:
    """The sessions of which something could not be read are there to be counted and shown."""
    rules = house(a_policy(OLD))
    fleet = (
        a_session(),
        spoiled(a_session("s2"), "created_at"),
        spoiled(a_session("s3"), "description"),
    )
    seen = Observation("acme", NOW, Snapshot("acme", fleet), rules, judge(rules, fleet, {}, NOW))
    assert [session.id for session in seen.half_read] == ["s2"]


def test_an_unread_session_never_counts_as_running() -> None:
    """Whatever its state says, a session half read is in an unknown phase; over is over."""
    assert replace(a_session(), half_read=True).phase is Phase.UNKNOWN
    assert replace(a_session(state="finished"), half_read=True).phase is Phase.OVER


@examples(150)
@given(houses(), scenes, st.data())
def test_garbage_never_makes_an_offender(
    rules: PolicySet, scene: tuple[Fleet, Known], data: st.DataObject
) -> None:
    """A field replaced by garbage convicts neither its session nor any other."""
    fleet, known = scene
    number = data.draw(st.integers(0, len(fleet) - 1))
    field = data.draw(st.sampled_from(GARBAGE))
    before = rulings(rules, fleet, known)
    after = rulings(
        rules, [*fleet[:number], spoiled(fleet[number], field), *fleet[number + 1 :]], known
    )
    convicted = {key for key, one in after.items() if one is Ruling.OFFENDER}
    assert convicted <= {key for key, one in before.items() if one is Ruling.OFFENDER}
    relied_on = rules.relied_on(NOW)
    own = [one for (_, id_), one in after.items() if id_ == fleet[number].id]
    assert field not in relied_on or all(one in (Ruling.UNDETERMINED, Ruling.EXEMPT) for one in own)


@examples(150)
@given(houses(), scenes, st.data())
def test_an_entry_that_loses_its_id_never_makes_an_offender(
    rules: PolicySet, scene: tuple[Fleet, Known], data: st.DataObject
) -> None:
    """A session whose id or kind turns to garbage, or of which nothing at all can be read, convicts
    no other.
    """
    fleet, known = scene
    lost = fleet[data.draw(st.integers(0, len(fleet) - 1))]
    rest = tuple(session for session in fleet if session is not lost)
    glimpse = data.draw(st.sampled_from([lost, replace(lost, kind="solve"), None]))
    looked = Snapshot("acme", rest, (Unreadable(lost.kind, None, "garbage", glimpse),))
    before = rulings(rules, fleet, known)
    after = core_builders.rulings(rules, looked.everybody, known, None)
    convicted = {key for key, one in after.items() if one is Ruling.OFFENDER}
    assert convicted <= {key for key, one in before.items() if one is Ruling.OFFENDER}


@pytest.mark.parametrize("field", ["created_at", "started_at"])
@pytest.mark.parametrize("keep", ["newest", "oldest", "most_recently_active"])
def test_a_time_that_has_yet_to_come_ends_nobody(field: str, keep: str) -> None:
    """It is not understood, and says so; nor does it cost its owner's other session a place."""
    rules = house(a_policy({"owner_sessions": {"over": 1, "keep": keep}}))
    odd = a_session("odd", **{"started_at": ago("9h"), field: NOW + timedelta(days=5)})
    fleet = [odd, a_session("s2", created_at=ago("5h"), started_at=ago("5h"))]
    activity = by_id(active("odd", ago("8h")), active("s2", ago("4h")))
    verdicts = {v.session.id: v for v in judge(rules, fleet, activity, NOW)}
    assert all(v.ruling is not Ruling.OFFENDER for v in verdicts.values())
    assert f"{field}: 2026-11-28T12:00:00+00:00 lies in the future" in verdicts["odd"].reason


def test_a_clock_a_little_fast_is_no_garbage() -> None:
    """A session that began while the look was taken is understood."""
    fresh = a_session(created_at=NOW + timedelta(seconds=30))
    (verdict,) = judge(house(a_policy({"not": {"gb_hours": 5}})), [fresh], {}, NOW)
    assert "only in part" not in verdict.reason
