"""What holds whatever the names, the work in flight and the looks.

None of it ends anybody, or ends him sooner.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from support.core_builders import a_policy, a_session, house, rulings
from support.core_strategies import LASTING, Fleet, Known, houses, idle_rules, rules, scenes
from support.hostile_house import IDLE, Open
from support.hostile_wire import refusal
from support.laws import examples

from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Session

Scene = tuple[Fleet, Known]
Spelling = Callable[[str], str]

law = examples(50)
SPELLINGS: list[Spelling] = [
    str.upper,
    str.swapcase,
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: name[:1] + "\u200b" + name[1:],
    lambda name: name[:2] + "\u00ad" + name[2:],
    lambda name: "\ufeff" + name + "\u2060",
    lambda name: f"\u200e{name}\u200f",
    lambda name: f" {name}\u00a0",
    lambda name: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name),
]
spellings = st.lists(st.sampled_from(SPELLINGS), min_size=1, max_size=3)


def spelt(name: str | None, ways: list[Spelling]) -> str | None:
    for way in ways if name is not None else ():
        name = way(str(name))
    return name


def respelt(session: Session, ways: list[Spelling]) -> Session:
    names: dict[str, Any] = {
        field: spelt(getattr(session, field), ways) for field in ("user", "environment", "app")
    }
    return replace(session, **names)


def convicted(by: PolicySet, fleet: Fleet, known: Known) -> set[tuple[str, str]]:
    found = rulings(by, fleet, known, LASTING)
    return {key for key, one in found.items() if one is Ruling.OFFENDER}


patterns = st.sampled_from(["bob@Planning", "b?b@plan*", "/^bob@/", "ANNA@planning", "*@Planning"])
exempting = st.builds(
    lambda rule, select, owner: house(
        a_policy(rule, select), protect=[{"owner": owner, "reason": "tested"}]
    ),
    rules,
    st.sampled_from(["all", {"owner": {"not": "anna@*"}}, {"app": {"not": "Router"}}]),
    patterns,
)


@examples(200)
@given(houses() | exempting, scenes, st.data())
def test_the_spelling_of_a_name_never_makes_an_offender(
    by: PolicySet, scene: Scene, data: st.DataObject
) -> None:
    """Some sessions' owners and apps in other spellings.

    Nobody is an offender who was none before.
    """
    fleet, known = scene
    after = [
        respelt(one, data.draw(spellings)) if data.draw(st.booleans()) else one for one in fleet
    ]
    assert convicted(by, after, known) <= convicted(by, fleet, known)


work_states = st.sampled_from(
    ["assigned", "launching", "running", "solving", "a state that nobody knows"]
)


@law
@given(idle_rules, scenes, st.sampled_from(["solve", "task"]), work_states, st.data())
def test_added_work_in_flight_never_ends_its_owners_session(
    rule: dict[str, object], scene: Scene, kind: str, state: str, data: st.DataObject
) -> None:
    """Whoever has a solve or task in flight for an app, under whatever spelling, is not
    idle there.
    """
    fleet, known = scene
    owner = data.draw(st.sampled_from(fleet))
    work = a_session(
        "work",
        kind=kind,
        state=state,
        user=owner.user,
        environment=owner.environment,
        app=owner.app,
    )
    found = convicted(
        PolicySet((a_policy(rule),)), [*fleet, respelt(work, data.draw(spellings))], known
    )
    own = {
        s.id
        for s in fleet
        if (s.user, s.environment, s.app) == (owner.user, owner.environment, owner.app)
    }
    assert not {id_ for _, id_ in found} & own


looks = st.lists(
    st.tuples(
        st.sampled_from([5, 10, 14, 16, 40, 120]),
        st.sampled_from(["fine", "fine", "fine", "doubtful"]),
    ),
    min_size=4,
    max_size=12,
)
READY = timedelta(minutes=15)


@pytest.mark.slow
@examples(12, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(looks)
def test_no_gap_and_no_doubtful_look_makes_an_end_earlier(
    tenant: Open, drawn: list[tuple[int, str]]
) -> None:
    """Whoever is due by `for: 1h` was seen so in trustworthy looks without a gap, the first an hour
    ago or more.
    """
    home = tenant()
    home.session("idle", "ben@Supply", age="2d", idle="1d")
    home.write({**IDLE, "after": {"for": "1h"}})
    fine: list[datetime] = []
    for minutes, how in drawn:
        home.clock.wait(minutes * 60.0)
        home.server.switches.gateway = lambda r, how=how: (
            refusal(500) if how == "doubtful" and (r.what, r.kind) == ("list", "task") else None
        )
        planned = home.run(enforce=False).planned
        fine += [home.clock.true()] if how == "fine" else []
        if planned:
            assert fine[-1] - _unbroken(fine) >= timedelta(hours=1)


def _unbroken(fine: list[datetime]) -> datetime:
    """The first of the last looks that follow one another."""
    first = fine[-1]
    for at in reversed(fine[:-1]):
        if first - at > READY:
            break
        first = at
    return first
