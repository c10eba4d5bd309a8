"""For every fleet and policy: spelling a name otherwise, or working, ends nobody's session."""

import re
from dataclasses import replace
from typing import Any, NamedTuple
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st
from support.core_builders import a_policy, house, rulings
from support.core_strategies import LASTING, Fleet, Known, fleets, known_of, positive_rules, rules
from support.laws import examples

from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Session

law = examples(150)

SPOKEN = {
    "anna": "j\u00fcrgen stra\u00df",
    "bob": "i\u00e7\u0131l",
    "Planning": "Pl\u00e4ne",
    "Planner": "\u00dcber App",
    "Router": "Ro\u0131ter",
}
"""Names of people who live with accents, in place of those of the other laws."""

UNSEEN = ["\u200b", "\u00ad", "\ufeff", "\u2060", "\u200e", "\u202e"]
PATTERNS = {
    "owner": ["{bob}@{Planning}", "{anna}@*", "*@{Planning}", "/^{bob}@/", "/{Planning}$/"],
    "app": ["{Planner}", "*App", "/^{Router}$/"],
    "environment": ["{Planning}"],
}


@st.composite
def spellings(draw: st.DrawFn, text: str, *, around: bool = True) -> str:
    """The name as somebody else would type it; white space around it where that may be."""
    cased = "".join(draw(st.sampled_from([one, one.upper(), one.lower()])) for one in text)
    formed = normalize(draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])), cased)
    if draw(st.booleans()):
        place = draw(st.integers(0, len(formed)))
        formed = formed[:place] + draw(st.sampled_from(UNSEEN)) + formed[place:]
    ends = st.sampled_from(["", "", " ", "\u00a0", "\u3000"]) if around else st.just("")
    return draw(ends) + formed + draw(ends)


@st.composite
def respelt_patterns(draw: st.DrawFn, match: Any) -> Any:  # noqa: ANN401 - any match
    if isinstance(match, dict):
        return {"not": draw(respelt_patterns(match["not"]))}
    if match.startswith("/"):
        return f"/{draw(spellings(match[1:-1], around=False))}/"
    pieces = re.split(r"([*?@])", match)
    return "".join(
        one if one in ("", "*", "?", "@") else draw(spellings(one, around=False)) for one in pieces
    )


@st.composite
def respelt_sessions(draw: st.DrawFn, session: Session) -> Session:
    names = {field: getattr(session, field) for field in ("user", "environment", "app", "name")}
    spelt: dict[str, Any] = {field: draw(spellings(text)) for field, text in names.items() if text}
    return replace(session, **spelt)


Matches = dict[str, Any]


@st.composite
def matches(draw: st.DrawFn) -> Matches:
    field = draw(st.sampled_from(sorted(PATTERNS)))
    pattern = draw(st.sampled_from(PATTERNS[field])).format_map(SPOKEN)
    return {field: {"not": pattern} if draw(st.booleans()) else pattern}


@st.composite
def respelt(draw: st.DrawFn, written: Matches) -> Matches:
    return {field: draw(respelt_patterns(match)) for field, match in written.items()}


class Written(NamedTuple):
    """What a policy selects, whom it exempts, and whom all policies do."""

    select: Matches
    exempt: list[Matches]
    protect: list[Matches]

    def around(self, rule: object) -> PolicySet:
        exempt, protect = ([{**one, "reason": "tested"} for one in group] for group in self[1:])
        return house(a_policy(rule, self.select or "all", exempt=exempt), protect=protect)


@st.composite
def respelt_policies(draw: st.DrawFn, written: Written) -> Written:
    exempt, protect = ([draw(respelt(one)) for one in group] for group in written[1:])
    return Written(draw(respelt(written.select)), exempt, protect)


def spoken(session: Session) -> Session:
    named: dict[str, Any] = {
        field: SPOKEN[name]
        for field in ("user", "environment", "app")
        if (name := getattr(session, field)) in SPOKEN
    }
    return replace(session, **named)


spoken_fleets: st.SearchStrategy[Fleet] = fleets.map(lambda found: [spoken(one) for one in found])
spoken_scenes = spoken_fleets.flatmap(lambda fleet: st.tuples(st.just(fleet), known_of(fleet)))
exemptions = st.lists(matches(), max_size=2)
policies = st.builds(Written, st.just({}) | matches(), exemptions, exemptions)


def offenders(rules_: PolicySet, fleet: Fleet, known: Known) -> set[tuple[str, str]]:
    return {
        key for key, one in rulings(rules_, fleet, known, LASTING).items() if one is Ruling.OFFENDER
    }


@law
@given(rules, policies, spoken_scenes, st.data())
def test_spelling_a_name_otherwise_convicts_nobody(
    rule: object, written: Written, scene: tuple[Fleet, Known], data: st.DataObject
) -> None:
    """Case, normal form, invisible characters and surrounding space, in any name of a session or a
    pattern.
    """
    fleet, known = scene
    before = offenders(written.around(rule), fleet, known)
    spelt = [data.draw(respelt_sessions(one)) if data.draw(st.booleans()) else one for one in fleet]
    assert offenders(data.draw(respelt_policies(written)).around(rule), spelt, known) <= before


@law
@given(rules, exemptions, spoken_scenes, st.data())
def test_without_a_selection_spelling_changes_nothing(
    rule: object, exempt: list[Matches], scene: tuple[Fleet, Known], data: st.DataObject
) -> None:
    """In flight, orphans, quotas and seats.

    Whatever is spelt otherwise is still the same person and app.
    """
    fleet, known = scene
    every = Written(
        {}, [one for one in exempt if {type(match) for match in one.values()} == {str}], []
    ).around(rule)
    spelt = [data.draw(respelt_sessions(one)) for one in fleet]
    assert rulings(every, spelt, known, LASTING) == rulings(every, fleet, known, LASTING)


@law
@given(positive_rules, spoken_scenes, st.data())
def test_work_in_flight_never_ends_its_owners_session(
    rule: object, scene: tuple[Fleet, Known], data: st.DataObject
) -> None:
    """A further solve or task, in any state, convicts no WebUI session."""
    fleet, known = scene
    state = data.draw(
        st.sampled_from(["queued", "assigned", "launching", "running", "solving", "dozing", None])
    )
    work = replace(
        data.draw(st.sampled_from(fleet)),
        id="s9",
        kind=data.draw(st.sampled_from(["solve", "task"])),
    )
    added = data.draw(respelt_sessions(replace(work, state=state)))
    tabs = Written({"kind": "webui"}, [], []).around(rule)
    assert offenders(tabs, [*fleet, added], known) <= offenders(tabs, fleet, known)
