"""Two sets of policies over one look: what counts as a difference, and what does not."""

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from support.core_builders import (
    NOW,
    UNLIMITED,
    a_policy,
    a_session,
    active,
    ago,
    by_id,
    house,
    verdicts,
)
from support.core_strategies import LASTING, Fleet, Known, remembered_scenes, scenes, timed_houses
from support.laws import examples

from reaper.core.explaining.comparison import Judged, differences, rewritten
from reaper.core.explaining.disposition import dispositions
from reaper.core.judging.verdict import Observation, Ruling
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Snapshot
from reaper.core.planning.memory import Memory
from reaper.core.planning.plan import build_plan

Scene = tuple[Fleet, Known]
law = examples(20)
IDLE = partial(a_policy, {"idle": "2h"})


def judged(rules: PolicySet, scene: Scene, memory: Memory | None = None) -> Judged:
    fleet, known = scene
    found = verdicts(rules, fleet, known, lasting=LASTING)
    seen = Observation("acme", NOW, Snapshot("acme", tuple(fleet)), rules, found, known)
    return seen, build_plan(found, memory or Memory(), UNLIMITED, fleet, NOW)


@law
@given(remembered_scenes)
def test_a_set_differs_from_itself_in_nothing(scene: tuple[PolicySet, Scene, Memory]) -> None:
    """Whatever the fleet, and however often it is judged."""
    rules, seen, memory = scene
    assert differences(judged(rules, seen, memory), judged(rules, seen, memory)) == []
    backwards = replace(rules, policies=rules.policies[::-1])
    assert rewritten(rules, backwards) == rewritten(rules, rules)


@law
@given(timed_houses(), timed_houses(), scenes)
def test_each_difference_is_one_from_either_side(
    old: PolicySet, new: PolicySet, scene: Scene
) -> None:
    """The same sessions differ both ways; where nothing differs, the same would be ended."""
    one, other = judged(old, scene), judged(new, scene)
    there, back = differences(one, other), differences(other, one)
    assert [(d.session.id, d.old.what, d.new.what) for d in there] == [
        (d.session.id, d.new.what, d.old.what) for d in back
    ]
    differing = {d.session.id for d in there}
    ended = ({s.session.id for s in plan.steps} - differing for _, plan in (one, other))
    assert next(ended) == next(ended)


@law
@given(remembered_scenes)
def test_only_what_a_run_would_do_is_said_to_be_done(
    scene: tuple[PolicySet, Scene, Memory],
) -> None:
    """Whom a plan has no step for is not shown as ended, and whom it has one for is."""
    rules, seen, memory = scene
    look, plan = judged(rules, seen, memory)
    found = dispositions(look, plan)
    actions = {step.session.id: step.action for step in plan.steps}
    assert {
        id_: one.what
        for id_, one in found.items()
        if one.what in ("terminate", "interrupt-solve", "interrupt-execution")
    } == actions
    assert all(one.reason() for one in found.values())
    assert {v.session.id for v in look.verdicts if v.ruling is Ruling.OFFENDER} <= {
        id_ for id_, one in found.items() if one.what not in ("exempt", "unknown", "left-alone")
    }


@pytest.mark.parametrize(
    ("changed", "keys"),
    [
        ({"mode": "observe"}, ("mode",)),
        ({"terminate_when": {"idle": "3h"}}, ("terminate_when",)),
        ({"exempt": [{"owner": "a@b", "reason": "x"}], "from": "2026-01-01"}, ("exempt", "from")),
        ({"after": {"for": "1h"}}, ("after",)),
        ({}, ()),
    ],
)
def test_a_changed_policy_is_told_with_its_keys(
    changed: dict[str, object], keys: tuple[str, ...]
) -> None:
    """As they are written in the file; what is only written otherwise is no change."""
    found = rewritten(house(IDLE()), house(IDLE(**changed)))
    assert found.changed == ({"p": keys} if keys else {})


def test_another_reason_alone_is_no_difference() -> None:
    """A session that both end by the policy of one name is treated the same.

    By another name it is not.
    """
    session = a_session()
    scene = [session], by_id(active(session, ago("5h")))
    shorter, named = house(a_policy({"idle": "1h"})), house(IDLE(name="other"))
    assert differences(judged(house(IDLE()), scene), judged(shorter, scene)) == []
    (one,) = differences(judged(house(IDLE()), scene), judged(named, scene))
    assert (one.old.policies, one.new.policies) == (("p",), ("other",))
    assert one.new.reason() == "idle 5h, limit 2h (other)"


def test_who_is_not_judged_is_left_alone_and_says_so() -> None:
    """By a policy that selects nobody there."""
    session = a_session()
    scene = [session], by_id(active(session, ago("5h")))
    (one,) = differences(
        judged(house(IDLE()), scene),
        judged(house(a_policy({"age": "1h"}, {"kind": "task"})), scene),
    )
    assert (one.new.what, one.new.reason(one.old.policies)) == ("left-alone", "no policy judges it")
