"""A session of a kind that nobody knows is never ended, and protects its owner's others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from support.core_builders import (
    NOW,
    a_policy,
    a_session,
    active,
    ago,
    by_id,
    house,
    ruling,
    rulings,
    the_verdict,
)
from support.core_strategies import LASTING, Fleet, Known, houses, scenes
from support.laws import examples

from reaper.core.judging.judge import judge, unresolved
from reaper.core.judging.persistence import Condition, conditions
from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.model.session import Phase

STRANGER = a_session("stranger", kind="external")
RULES = [
    {"age": "1h"},
    {"running_for": "1h"},
    {"not": {"idle": {"over": "2h", "kinds": ["webui", "task", "solve"]}}},
    {"not": {"orphan": "1h"}},
    {"not": {"queued": "1h"}},
    {"owner_sessions": {"over": 0}},
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_no_rule_makes_an_offender_of_it(rule: object) -> None:
    """Even what is old beyond doubt, and selected by a policy for all, is at most undetermined."""
    session = replace(STRANGER, started_at=ago("9h"))
    verdict = the_verdict(a_policy(rule, "all"), session, active(session, ago("9h")))
    assert verdict.ruling is Ruling.UNDETERMINED
    assert "the kind 'external' is not one that is known" in verdict.reason


def test_the_record_of_one_that_is_over_is_not_deleted() -> None:
    """Also what ended long ago stays."""
    over = replace(STRANGER, state="finished", created_at=ago("10d"), ended_at=ago("9d"))
    broom = Policy.model_validate({"name": "p", "select": "all", "delete_when": {"ended": "1d"}})
    assert ruling(broom, over) is Ruling.UNDETERMINED


def test_an_exemption_covers_it_all_the_same() -> None:
    """Exemptions win over what is not known."""
    rules = house(a_policy({"age": "1h"}, "all"), protect=[{"owner": "anna@*", "reason": "r"}])
    assert ruling(rules, STRANGER) is Ruling.EXEMPT


def test_its_states_mean_nothing() -> None:
    """Whether it runs is not known, and it is never looked at when that could change nothing."""
    assert STRANGER.phase is Phase.UNKNOWN
    idle = a_policy({"idle": {"over": "2h", "kinds": ["webui", "task", "solve"]}}, "all")
    assert unresolved(house(idle), [STRANGER], {}, NOW) == []


def test_it_may_be_what_its_owner_waits_for() -> None:
    """A silent session of the same owner and app is not known to be idle while it lives."""
    tab = a_session("tab")
    silent = by_id(active(tab, ago("9h")))
    idle = a_policy({"idle": "2h"})
    assert rulings(idle, [tab], silent) == {("p", "tab"): Ruling.OFFENDER}
    assert rulings(idle, [tab, STRANGER], silent) == {("p", "tab"): Ruling.UNDETERMINED}


def test_it_puts_no_other_session_over_a_quota() -> None:
    """Two that are allowed two stay, however many of a strange kind run beside them."""
    quota = a_policy({"owner_sessions": {"over": 2, "keep": "newest"}}, "all")
    own = [a_session("a", created_at=ago("3h")), a_session("b", created_at=ago("2h"))]
    strangers = [replace(STRANGER, id=f"x{n}", created_at=ago("1h")) for n in range(3)]
    found = rulings(quota, [*own, *strangers])
    assert Ruling.OFFENDER not in found.values()
    third = a_session("c", created_at=ago("1h"))
    assert rulings(quota, [*own, third])["p", "a"] is Ruling.OFFENDER


def test_nobody_counts_it_as_alone() -> None:
    """That its owner has no other session is not remembered: it is not known to compute."""
    assert conditions([STRANGER], {}) == set()
    solve = a_session("solve", kind="solve", user="bob")
    assert conditions([solve], {}) == {("solve", Condition.ALONE.value)}


@examples(100)
@given(houses(), scenes)
def test_for_every_fleet_and_house_none_of_a_strange_kind_is_an_offender(
    rules: PolicySet, scene: tuple[Fleet, Known]
) -> None:
    """Whatever the policies say."""
    fleet = [replace(session, kind="external") for session in scene[0]]
    found = judge(rules, fleet, scene[1], NOW, LASTING)
    assert not [verdict for verdict in found if verdict.ruling is Ruling.OFFENDER]
