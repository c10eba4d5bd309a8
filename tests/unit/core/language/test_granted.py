"""Exemptions given by hand: they match as those in a policy file do, and end at a moment."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core_builders import NOW, a_policy, a_session, house

from reaper.core.judging.judge import judge
from reaper.core.judging.verdict import Ruling
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.policy import PolicySet
from reaper.core.language.selector import Exemption
from reaper.core.model.matching import Answer

HOUR = timedelta(hours=1)
OLD = house(a_policy({"age": "2h"}))


def by_hand(**named: Any) -> ManualExemption:  # noqa: ANN401 - any field of an exemption
    return ManualExemption.model_validate(
        {"id": 7, "reason": "on the phone", "by": "anna", **named}
    )


def kept(exemption: Exemption) -> PolicySet:
    return PolicySet(OLD.policies, granted=(exemption,))


@pytest.mark.parametrize(
    ("session", "answer"),
    [
        ("3c1a7547-9f6e-4d0b-8b54-0e5a8f0d7c11", Answer.YES),
        ("3c1a7547", Answer.YES),
        ("3C1A7547", Answer.YES),
        ("*7c11", Answer.YES),
        ("/^3c1a/", Answer.YES),
        ("9f6e", Answer.NO),
        ("3c1a7548", Answer.NO),
    ],
)
def test_a_session_is_named_by_its_id_or_the_beginning_of_it(session: str, answer: Answer) -> None:
    """As other commands take it, in either case; a pattern is one."""
    assert (
        by_hand(session=session).test(a_session("3c1a7547-9f6e-4d0b-8b54-0e5a8f0d7c11")) is answer
    )


FIELDS = [
    {"owner": "Anna@*"},
    {"owner": "ben@Planning"},
    {"app": "plan*"},
    {"environment": "Supply", "kind": "webui"},
]


@given(
    st.sampled_from(FIELDS),
    st.sampled_from(["anna", "ben", None]),
    st.sampled_from(["Planner", None]),
)
def test_it_covers_what_the_same_words_in_a_file_cover(
    named: dict[str, str], user: str, app: str
) -> None:
    """Case, patterns, and what is not known: one verdict for both."""
    session = a_session(user=user, app=app)
    written = house(*OLD.policies, protect=[{**named, "reason": "x"}])
    (hand,), (file,) = (
        judge(rules, [session], {}, NOW) for rules in (kept(by_hand(**named)), written)
    )
    assert hand.ruling is file.ruling


@pytest.mark.parametrize(
    ("later", "ruling"),
    [(HOUR - timedelta(microseconds=1), Ruling.EXEMPT), (HOUR, Ruling.OFFENDER)],
)
def test_it_ends_at_its_moment_exactly(later: timedelta, ruling: Ruling) -> None:
    """Up to it, not from it on."""
    rules = kept(by_hand(owner="anna@*", ends=NOW + HOUR))
    assert [v.ruling for v in judge(rules, [a_session()], {}, NOW + later)] == [ruling]


def test_a_verdict_names_its_number_its_reason_its_author_and_its_end() -> None:
    """Whoever reads it knows what to remove, and whom to ask."""
    (verdict,) = judge(kept(by_hand(owner="anna@*", ends=NOW + HOUR)), [a_session()], {}, NOW)
    assert verdict.reason == "exempt: #7 by anna: on the phone, until 2026-11-23 13:00Z"


def test_what_is_written_in_a_file_decides_first() -> None:
    """So an exemption by hand that says the same again is seen never to be used."""
    rules = PolicySet(
        OLD.policies,
        house(protect=[{"owner": "*@*", "reason": "x"}]).protect,
        granted=(by_hand(kind="*"),),
    )
    (verdict,) = judge(rules, [a_session()], {}, NOW)
    assert verdict.reason == "exempt: x"


def test_it_holds_where_only_some_policies_are_judged_again() -> None:
    """As in a second look."""
    assert kept(by_hand(kind="*")).only(frozenset({"p"})).exemptions == (by_hand(kind="*"),)
