"""Fleets, policies and activities of every kind that the rules could meet."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import strategies as st

from reaper.core.judging.persistence import Condition, ObservedSince
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Session
from reaper.core.planning.memory import Memory, Streak
from support.core_builders import NOW, a_policy, active, house

Fleet = list[Session]
Known = dict[str, Activity]

USERS = ["anna", "bob", None]
STATES = ["running", "queued", "launching", "solving", "hibernating", "terminated", None]
LENGTHS = ["1h", "2h", "3h"]

moments = st.one_of(
    st.sampled_from([timedelta(hours=h) for h in (0, 1, 2, 3, 4)]),
    st.integers(-600, 4 * 3600).map(lambda seconds: timedelta(seconds=seconds)),
).map(lambda length: NOW - length)


def sessions(id_: str) -> st.SearchStrategy[Session]:
    return st.builds(
        Session,
        id=st.just(id_),
        kind=st.sampled_from(["webui", "webui", "task", "solve"]),
        state=st.sampled_from(["running", *STATES]),
        user=st.sampled_from(USERS),
        environment=st.sampled_from(["Planning", "Planning", None]),
        app=st.sampled_from(["Planner", "Router", None]),
        name=st.just(""),
        created_at=st.none() | moments,
        started_at=st.none() | moments,
        gb_hours=st.none() | st.integers(0, 4),
    )


LASTING: ObservedSince = {
    (f"s{number}", condition): NOW - timedelta(hours=2)
    for number in range(5)
    for condition in Condition
}
"""Whoever is alone or unreachable now has been so for two hours."""

fleets: st.SearchStrategy[Fleet] = st.integers(1, 5).flatmap(
    lambda count: st.tuples(*(sessions(f"s{number}") for number in range(count))).map(list)
)

idle_rules = st.sampled_from(LENGTHS).map(
    lambda over: {"idle": {"over": over, "kinds": ["webui", "task", "solve"]}}
)
age_rules = st.sampled_from(LENGTHS).map(lambda over: {"age": over})
queued_rules = st.sampled_from(LENGTHS).map(lambda over: {"queued": over})
quotas = st.builds(
    lambda over, keep: {"owner_sessions": {"over": over, "keep": keep}},
    st.integers(0, 3),
    st.sampled_from(["newest", "oldest", "most_recently_active"]),
)
running_rules = st.sampled_from(LENGTHS).map(lambda over: {"running_for": over})
costly_rules = st.integers(1, 3).map(lambda over: {"gb_hours": over})
orphan_rules = st.sampled_from(LENGTHS).map(lambda over: {"orphan": over})
lost_rules = st.sampled_from(LENGTHS).map(lambda over: {"unreachable_for": over})
seat_rules = st.builds(
    lambda high, fewer, floor: {
        "seats": {"high": high, "low": max(high - fewer, 0), "floor": floor}
    },
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from(LENGTHS),
)
alone_rules = idle_rules | age_rules | queued_rules | running_rules | costly_rules | orphan_rules
"""Rules that no other session's log has a part in."""

probed_rules = alone_rules | quotas | seat_rules
single_rules = probed_rules | lost_rules


def _joined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return several.map(lambda rules: {"any": rules}) | several.map(lambda rules: {"all": rules})


def _joined_or_negated(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _joined(inner) | inner.map(lambda rule: {"not": rule})


positive_rules = st.recursive(single_rules, _joined, max_leaves=3)
rules = st.recursive(single_rules, _joined_or_negated, max_leaves=4)
settled_by_probes = st.recursive(probed_rules, _joined_or_negated, max_leaves=4)
without_quotas = st.recursive(alone_rules, _joined_or_negated, max_leaves=4)

selections = st.sampled_from(
    [
        "all",
        {"kind": "webui"},
        {"app": "Planner"},
        {"owner": {"not": "bob@*"}},
        {"state": ["running", "queued"]},
    ]
)
exempted: list[dict[str, Any]] = [
    {"owner": "bob@Planning"},
    {"app": {"not": "Planner"}},
    {"state": "queued"},
]
exemptions = st.lists(
    st.sampled_from(exempted),
    max_size=1,
).map(lambda found: [{"reason": "tested", **one} for one in found])


def houses(of: st.SearchStrategy[Any] = rules) -> st.SearchStrategy[PolicySet]:
    policy = st.builds(
        lambda rule, select, exempt, mode: a_policy(rule, select, exempt=exempt, mode=mode),
        of,
        selections,
        exemptions,
        st.sampled_from(["enforce", "observe"]),
    )
    numbered = st.lists(policy, min_size=1, max_size=2).map(
        lambda found: [
            one.model_copy(update={"name": f"p{number}"}) for number, one in enumerate(found)
        ]
    )
    return st.builds(lambda found, protect: house(*found, protect=protect), numbered, exemptions)


@st.composite
def known_of(draw: st.DrawFn, fleet: Fleet) -> Known:
    """What is known of some sessions: fresh, stale, or that the look failed.

    Nothing from before they were started.
    """
    found = {}
    for session in fleet:
        at = draw(st.none() | moments)
        for began in (session.created_at, session.started_at):
            at = max(at, began) if at is not None and began is not None else at
        learnt_at = draw(st.sampled_from([NOW, NOW - timedelta(minutes=5)]))
        if draw(st.booleans()):
            found[session.id] = replace(
                active(session, at, learnt_at), unreachable=at is None and draw(st.booleans())
            )
    return found


@st.composite
def fresh_of(draw: st.DrawFn, fleet: Fleet, known: Known) -> Known:
    """What a probe of every session could add.

    An activity no earlier than the one known, or that it failed.
    """
    found = {}
    for session in fleet:
        before = known.get(session.id)
        if before is not None and before.learnt_at >= NOW:
            continue
        floor = before.at if before else None
        at: datetime | None = max(draw(moments), floor) if floor else draw(st.none() | moments)
        found[session.id] = active(session, at)
    return found


scenes = fleets.flatmap(lambda fleet: st.tuples(st.just(fleet), known_of(fleet)))
probed_scenes = scenes.flatmap(lambda scene: st.tuples(*map(st.just, scene), fresh_of(*scene)))

lately = st.sampled_from(["1h", "3h"]).map(lambda length: {"for": length}) | st.integers(1, 3).map(
    lambda count: {"observations": count}
)
times: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "only_during": st.sampled_from(
            [
                "Mon-Fri 08:00-18:00 UTC",
                "Mon-Fri 19:00-07:00 Europe/Amsterdam",
                "weekends UTC",
                "Mon 12:00-13:00 UTC",
            ]
        ),
        "after": lately,
        "from": st.sampled_from([date(2026, 11, 23), date(2026, 11, 24)]),
        "until": st.just(date(2026, 12, 24)),
    },
)
"""Windows that are open and closed at noon on Monday, 23 November 2026.

Waits, first and last days.
"""


def timed_houses() -> st.SearchStrategy[PolicySet]:
    """Houses whose policies have hours, waits and days of their own."""
    timed = st.builds(
        lambda rule, select, mode, when: a_policy(rule, select, mode=mode, **when),
        rules,
        selections,
        st.sampled_from(["enforce", "enforce", "notify", "observe"]),
        times,
    )
    several = st.lists(timed, min_size=1, max_size=3)
    return several.map(
        lambda found: house(*(p.model_copy(update={"name": f"p{n}"}) for n, p in enumerate(found)))
    )


@st.composite
def memories(draw: st.DrawFn, rules: PolicySet, fleet: Fleet) -> Memory:
    """For some sessions and policies a streak, of the present text or of another one."""
    found = {}
    for session, policy in product(fleet, rules.policies):
        if draw(st.booleans()):
            text = draw(st.sampled_from([policy.hash, policy.hash, "another text"]))
            found[session.id, policy.name] = Streak(
                text, NOW - timedelta(hours=draw(st.integers(0, 4))), draw(st.integers(1, 4))
            )
    return Memory(streaks=found)


remembered_scenes = timed_houses().flatmap(
    lambda rules: scenes.flatmap(
        lambda scene: st.tuples(st.just(rules), st.just(scene), memories(rules, scene[0]))
    )
)
