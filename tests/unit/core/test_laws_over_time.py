"""What holds for every fleet, every policy with hours, days and waits of its own, and whatever
earlier looks left.
"""

import random
from dataclasses import replace
from functools import partial

from hypothesis import given
from hypothesis import strategies as st
from support import core_builders
from support.core_builders import NOW, UNLIMITED
from support.core_strategies import (
    LASTING,
    Fleet,
    Known,
    houses,
    positive_rules,
    remembered_scenes,
    scenes,
    sessions,
    timed_houses,
)
from support.laws import examples

from reaper.core.judging.judge import unresolved
from reaper.core.judging.verdict import Ruling
from reaper.core.language.after import After
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.model.duration import Duration
from reaper.core.model.session import Session
from reaper.core.planning.memory import Memory, Streak
from reaper.core.planning.plan import Plan, build_plan

Scene = tuple[Fleet, Known]
Remembered = tuple[PolicySet, Scene, Memory]

verdicts = partial(core_builders.verdicts, lasting=LASTING)
rulings = partial(core_builders.rulings, lasting=LASTING)
law = examples(30)


def planned(rules: PolicySet, scene: Scene, memory: Memory) -> Plan:
    return build_plan(verdicts(rules, *scene), memory, UNLIMITED, scene[0], NOW)


def asked(plan: Plan) -> set[tuple[str, str, frozenset[str]]]:
    """What is asked of the server, and for whom."""
    return {(step.session.id, step.action, step.policies) for step in plan.steps}


def convicted(found: core_builders.Rulings) -> set[tuple[str, str]]:
    return {key for key, one in found.items() if one is Ruling.OFFENDER}


@law
@given(remembered_scenes)
def test_nothing_ends_out_of_hours_before_its_time_or_by_a_policy_that_is_not_in_force(
    scene: Remembered,
) -> None:
    """Every policy that a step names enforces, is in force, has its window open and its wait behind
    it.
    """
    memory = scene[2]
    for step in planned(*scene).steps:
        for policy in (verdict.policy for verdict in step.verdicts):
            assert policy.acts_at(NOW)
            assert policy.dormant(NOW) is None
            assert _waited(policy, memory.streaks.get((step.session.id, policy.name)))


def _waited(policy: Policy, streak: Streak | None) -> bool:
    """Whether its `after` is over with this look; what another text found counts for nothing."""
    own = streak if streak is not None and streak.policy_hash == policy.hash else None
    match policy.after:
        case After(observations=int() as looks):
            return (own.looks if own else 0) + 1 >= looks
        case After(for_=Duration() as length):
            return NOW - (own.since if own else NOW) >= length.delta
        case _:
            return True


@law
@given(remembered_scenes)
def test_whoever_is_convicted_is_ended_waits_or_is_told_of(scene: Remembered) -> None:
    """No offender is lost between the verdict and the plan, and none is in it who is no
    offender.
    """
    rules, seen, _ = scene
    found = {v.session.id for v in verdicts(rules, *seen) if v.ruling is Ruling.OFFENDER}
    plan = planned(*scene)
    steps, waiting = {s.session.id for s in plan.steps}, {w.session.id for w in plan.waiting}
    told = {c.verdict.session.id for c in plan.to_tell} | {v.session.id for v in plan.observed}
    assert steps | waiting | told == found


@law
@given(remembered_scenes)
def test_forgetting_how_long_it_was_an_offender_ends_nobody(scene: Remembered) -> None:
    """Without its streaks a plan has no step that it has not with them."""
    rules, seen, memory = scene
    without = {(session, action) for session, action, _ in asked(planned(rules, seen, Memory()))}
    assert without <= {
        (session, action) for session, action, _ in asked(planned(rules, seen, memory))
    }


@law
@given(remembered_scenes, st.randoms(use_true_random=False))
def test_the_order_of_the_policies_does_not_matter(
    scene: Remembered, chance: random.Random
) -> None:
    """However the files are named: the same verdicts, the same questions, the same steps."""
    rules, seen, memory = scene
    shuffled = list(rules.policies)
    chance.shuffle(shuffled)
    other = replace(rules, policies=tuple(shuffled))
    assert rulings(rules, *seen) == rulings(other, *seen)
    questions = ({s.id for s in unresolved(r, *seen, NOW, LASTING)} for r in (rules, other))
    assert next(questions) == next(questions)
    assert {s for s, _, _ in asked(planned(*scene))} == {
        s for s, _, _ in asked(planned(other, seen, memory))
    }


@law
@given(timed_houses(), scenes, st.data())
def test_one_policy_more_spares_nobody(rules: PolicySet, scene: Scene, data: st.DataObject) -> None:
    """Each policy judges by itself: taking one away changes nothing that the others say."""
    gone = data.draw(st.sampled_from(rules.policies)).name
    rest = replace(rules, policies=tuple(p for p in rules.policies if p.name != gone))
    whole = rulings(rules, *scene)
    assert rulings(rest, *scene) == {key: one for key, one in whole.items() if key[0] != gone}


@law
@given(houses(positive_rules), scenes)
def test_forgetting_how_long_it_lasted_never_convicts(rules: PolicySet, scene: Scene) -> None:
    """Who is first seen alone, or out of reach, is no orphan and not unreachable yet (by rules
    without `not`).
    """
    assert convicted(core_builders.rulings(rules, *scene, lasting={})) <= convicted(
        rulings(rules, *scene)
    )


@law
@given(houses(), scenes, sessions("stranger"))
def test_an_entry_that_tells_nothing_convicts_nobody(
    rules: PolicySet, scene: Scene, one: Session
) -> None:
    """It may be anybody's, run or not: whatever hangs on it is not known."""
    stranger = replace(
        one, state=None, user=None, environment=None, app=None, created_at=None, started_at=None
    )
    fleet, known = scene
    before, after = rulings(rules, fleet, known), rulings(rules, [*fleet, stranger], known)
    assert convicted(after) <= convicted(before)
