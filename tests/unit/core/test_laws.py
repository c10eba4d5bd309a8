"""What holds for every fleet and every policy: the laws, not the examples."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from support import core_builders
from support.core_builders import NOW, a_policy, active, by_id, plan_of
from support.core_strategies import (
    LASTING,
    Fleet,
    Known,
    fleets,
    houses,
    positive_rules,
    probed_scenes,
    quotas,
    scenes,
    settled_by_probes,
    without_quotas,
)
from support.laws import examples

from reaper.core.judging import judge as judging
from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import PolicySet
from reaper.core.language.selector import Exemption
from reaper.core.model.session import CLOCKS_DIFFER, Phase

HIDEABLE = ("state", "user", "environment", "app", "created_at", "started_at", "gb_hours")
Scene = tuple[Fleet, Known]
Probed = tuple[Fleet, Known, Known]

verdicts = partial(core_builders.verdicts, lasting=LASTING)
rulings = partial(core_builders.rulings, lasting=LASTING)
unresolved = partial(judging.unresolved, lasting=LASTING)
law = examples(50)


@law
@given(houses(), scenes)
def test_only_offenders_are_planned(rules: PolicySet, scene: Scene) -> None:
    """Each planned session is one that an enforcing policy convicts, and that very policy does not
    exempt.
    """
    found = verdicts(rules, *scene)
    convicted = {
        v.session.id for v in found if v.ruling is Ruling.OFFENDER and v.policy.mode == "enforce"
    }
    plan = plan_of(found)
    assert {step.session.id for step in plan.steps} == convicted
    asked = [v for step in plan.steps for v in step.verdicts]
    assert all(
        v.ruling is Ruling.OFFENDER and v.exemption is None and not v.unknowns for v in asked
    )


@law
@given(houses(), scenes)
def test_protected_sessions_are_never_planned(rules: PolicySet, scene: Scene) -> None:
    """What `protect` covers, or may cover, is in no plan, whatever any policy says."""
    planned = [step.session for step in plan_of(verdicts(rules, *scene)).steps]
    assert not any(exemption.test(session) for exemption in rules.protect for session in planned)


@law
@given(houses(), scenes)
def test_unknown_states_are_never_planned(rules: PolicySet, scene: Scene) -> None:
    """A session in a state that nobody knows is in no plan."""
    planned = [step.session for step in plan_of(verdicts(rules, *scene)).steps]
    assert all(session.phase in (Phase.RUNNING, Phase.WAITING) for session in planned)


@law
@given(houses(), scenes, st.data())
def test_knowing_less_never_convicts(rules: PolicySet, scene: Scene, data: st.DataObject) -> None:
    """Hiding a known field of one session turns no session of the fleet into an offender; but for
    a time yet to come, for which nothing is believed of the session.
    """
    fleet, known = scene
    number = data.draw(st.integers(0, len(fleet) - 1))
    name = data.draw(st.sampled_from(HIDEABLE))
    value = getattr(fleet[number], name)
    assume(not isinstance(value, datetime) or value <= NOW + CLOCKS_DIFFER)
    field: dict[str, Any] = {name: None}
    hidden = replace(fleet[number], **field)
    before = rulings(rules, fleet, known)
    after = rulings(rules, [*fleet[:number], hidden, *fleet[number + 1 :]], known)
    convicted = {key for key, one in after.items() if one is Ruling.OFFENDER}
    assert convicted <= {key for key, one in before.items() if one is Ruling.OFFENDER}


@law
@given(houses(), scenes, st.data())
def test_a_lost_look_never_convicts(rules: PolicySet, scene: Scene, data: st.DataObject) -> None:
    """Losing an activity, its time or its freshness turns no session into an offender."""
    fleet, known = scene
    id_ = data.draw(st.sampled_from([session.id for session in fleet]))
    was = known.get(id_)
    lost = [{}, by_id(active(id_, None))]
    lost += [by_id(replace(was, learnt_at=NOW - timedelta(minutes=1)))] if was else []
    rest = {key: one for key, one in known.items() if key != id_}
    before = rulings(rules, fleet, known)
    after = rulings(rules, fleet, rest | data.draw(st.sampled_from(lost)))
    assert all(
        before[key] is Ruling.OFFENDER for key, one in after.items() if one is Ruling.OFFENDER
    )


@law
@given(houses(positive_rules), scenes, st.data())
def test_more_recent_activity_never_convicts(
    rules: PolicySet, scene: Scene, data: st.DataObject
) -> None:
    """A session that was active later than known is not convicted for it (by rules
    without `not`).
    """
    fleet, known = scene
    id_ = data.draw(st.sampled_from([session.id for session in fleet]))
    was = known.get(id_)
    at = data.draw(st.sampled_from([NOW, NOW - timedelta(minutes=90)]))
    if was is None or was.at is None or was.at > at:
        return
    before = rulings(rules, fleet, known)
    after = rulings(rules, fleet, known | by_id(replace(was, at=at)))
    own = [key for key in after if key[1] == id_]
    assert all(before[key] is Ruling.OFFENDER for key in own if after[key] is Ruling.OFFENDER)


@law
@given(houses(settled_by_probes), probed_scenes)
def test_probing_the_unresolved_is_enough(rules: PolicySet, scene: Probed) -> None:
    """Looking at the unresolved sessions alone gives every ruling that looking at all of them would
    give.
    """
    fleet, known, fresh = scene
    wanted = {session.id for session in unresolved(rules, fleet, known, NOW)}
    looked = {id_: one for id_, one in fresh.items() if id_ in wanted}
    assert rulings(rules, fleet, known | looked) == rulings(rules, fleet, known | fresh)


@law
@given(houses(without_quotas), scenes)
def test_every_unresolved_session_is_worth_its_look(rules: PolicySet, scene: Scene) -> None:
    """Without quotas, a fresh look at each unresolved session could show an activity that changes a
    ruling.
    """
    fleet, known = scene
    before = rulings(rules, fleet, known)
    for session in unresolved(rules, fleet, known, NOW):
        was = known.get(session.id)
        bounds = [was.at if was else None, session.created_at if session.age(NOW) else None]
        earliest = max(filter(None, bounds), default=NOW - timedelta(days=1))
        moments = {max(NOW - timedelta(hours=hours), earliest) for hours in (0, 1, 2, 3, 24)}
        after = [rulings(rules, fleet, known | by_id(active(session, at))) for at in moments]
        assert any(one != before for one in after)


@law
@given(houses(), scenes)
def test_what_was_just_looked_at_is_not_asked_again(rules: PolicySet, scene: Scene) -> None:
    """A session whose activity was learnt in this pass is never unresolved."""
    fleet, known = scene
    asked = {session.id for session in unresolved(rules, fleet, known, NOW)}
    assert not {id_ for id_, one in known.items() if one.learnt_at >= NOW} & asked


@law
@given(quotas, scenes)
def test_a_quota_leaves_its_owner_enough(rule: dict[str, dict[str, int]], scene: Scene) -> None:
    """A quota never leaves an owner with fewer running sessions than it allows, nor touches one who
    has no more.
    """
    fleet, known = scene
    found = verdicts(a_policy(rule, "all"), fleet, known)
    for owner in {session.owner for session in fleet} - {None}:
        running = [s.id for s in fleet if s.owner == owner and s.phase is Phase.RUNNING]
        ended = [
            v.session.id for v in found if v.session.owner == owner and v.ruling is Ruling.OFFENDER
        ]
        assert set(ended) <= set(running)
        assert not ended or len(running) - len(ended) >= rule["owner_sessions"]["over"]


@law
@given(houses(), scenes, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(
    rules: PolicySet, scene: Scene, random: Random
) -> None:
    """However the sessions are listed, the rulings and what is to be probed are the same."""
    fleet, known = scene
    shuffled = list(fleet)
    random.shuffle(shuffled)
    assert rulings(rules, fleet, known) == rulings(rules, shuffled, known)
    one, other = (unresolved(rules, seen, known, NOW) for seen in (fleet, shuffled))
    assert {s.id for s in one} == {s.id for s in other}


@law
@given(houses(), scenes)
def test_a_session_listed_twice_counts_once(rules: PolicySet, scene: Scene) -> None:
    """A list that repeats sessions convicts nobody whom the list without the repetition
    does not.
    """
    fleet, known = scene
    assert rulings(rules, fleet, known) == rulings(rules, [*fleet, *fleet], known)


@law
@given(houses(), scenes)
def test_judging_is_pure(rules: PolicySet, scene: Scene) -> None:
    """The same input gives the same verdicts, reasons and plan, and is left as it was."""
    fleet, known = scene
    copies = list(fleet), dict(known)
    first, second = (
        [(v.ruling, v.reason, v.findings, v.fingerprint) for v in verdicts(rules, fleet, known)]
        for _ in "12"
    )
    assert first == second
    assert (fleet, known) == copies


@law
@given(houses(), fleets)
def test_every_verdict_says_why(rules: PolicySet, fleet: Fleet) -> None:
    """No verdict on a session is without a reason in words."""
    assert all(verdict.reason for verdict in verdicts(rules, fleet))


@law
@given(houses(), scenes)
def test_a_look_that_may_not_show_everybody_convicts_nobody_more(
    rules: PolicySet, scene: Scene
) -> None:
    """Who is missing in it may be anybody's company."""
    before = rulings(rules, *scene)
    after = core_builders.rulings(rules, *scene, lasting=None)
    assert all(
        before[key] is Ruling.OFFENDER for key, one in after.items() if one is Ruling.OFFENDER
    )


@law
@given(houses(), scenes, st.data())
def test_an_exemption_ends_the_matter(rules: PolicySet, scene: Scene, data: st.DataObject) -> None:
    """Whom one more exemption covers is exempt from every policy, and nothing it says convicts
    anybody for certain.
    """
    fleet, known = scene
    session = data.draw(st.sampled_from(fleet))
    if session.owner is None:
        return
    more = Exemption.model_validate({"owner": session.owner, "reason": "tested"})
    after = rulings(replace(rules, protect=(*rules.protect, more)), fleet, known)
    own = {session.id for session in fleet if session.owner == more.owner}
    assert {one for key, one in after.items() if key[1] in own} <= {Ruling.EXEMPT}
