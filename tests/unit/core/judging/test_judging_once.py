"""A look judges a session once, and again only where more was learnt of it."""

from hypothesis import given, settings
from support.core_builders import NOW, a_policy, a_session, active, ago, by_id, house
from support.core_strategies import LASTING, Fleet, Known, houses, probed_scenes

from reaper.core.judging.judge import Judgement, judge
from reaper.core.judging.verdict import Ruling, Verdict
from reaper.core.language.policy import PolicySet


@settings(max_examples=200, deadline=None)
@given(houses(), probed_scenes)
def test_what_is_learnt_later_counts_like_what_was_known(
    rules: PolicySet, scene: tuple[Fleet, Known, Known]
) -> None:
    """Whoever was probed, the verdicts and their evidence are those of judging anew."""
    fleet, known, fresh = scene
    once = Judgement(rules, fleet, known, NOW, LASTING)
    wanted = {session.id for session in once.unresolved()}
    learnt = {id_: found for id_, found in fresh.items() if id_ in wanted}

    once.learn(learnt)

    anew = judge(rules, fleet, {**known, **learnt}, NOW, LASTING)
    assert [told(v) for v in once.verdicts()] == [told(v) for v in anew]


def told(verdict: Verdict) -> Verdict:
    return verdict.materialized()


def test_a_quota_is_weighed_anew_for_all_that_it_weighs() -> None:
    """What is learnt of one session can convict another."""
    rules = house(a_policy({"owner_sessions": {"over": 1, "keep": "most_recently_active"}}))
    fleet = [a_session("a"), a_session("b")]
    once = Judgement(rules, fleet, by_id(active("a", ago("4h"))), NOW)
    assert [v.ruling for v in once.verdicts()] == [Ruling.UNDETERMINED] * 2

    once.learn(by_id(active("b", ago("1h"))))

    assert [v.ruling for v in once.verdicts()] == [Ruling.OFFENDER, Ruling.COMPLIANT]
