"""When a verdict changes by itself.

The second before it is the old one, at the moment it is the new one.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core_builders import NOW, SECOND, a_policy, a_session, active, ago, house
from support.core_strategies import Fleet, Known, fleets, houses, known_of
from support.laws import examples

from reaper.core.explaining.forecast import Change, Forecast
from reaper.core.judging.verdict import Observation, Ruling
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Session, Snapshot

TICK = timedelta(microseconds=1)
MONTH = 30 * 24 * 3600


def looked(rules: PolicySet, sessions: Fleet, known: Known, **more: Any) -> Observation:  # noqa: ANN401 - what a pass can say
    return Observation(
        "acme", NOW, Snapshot("acme", tuple(sessions)), rules, (), known, known, **more
    )


def forecast(
    rules: PolicySet, session: Session, *others: Session, known: Known | None = None
) -> Forecast:
    seen = looked(rules, [session, *others], known or {})
    return Forecast(rules, rules.policies[0], session, seen)


def told(change: Change | None) -> tuple[Any, Any]:
    assert change is not None
    return change.at, change.verdict.ruling if change.verdict else None


def idle_since(session: Session, length: str) -> Known:
    return {session.id: active(session, ago(length))}


def test_an_idle_session_is_due_when_its_silence_has_lasted() -> None:
    """Idle for 48 minutes of two hours: in 1h 12m."""
    session = a_session()
    change = forecast(
        house(a_policy({"idle": "2h"})), session, known=idle_since(session, "48m")
    ).next_change()
    assert told(change) == (NOW + timedelta(hours=1, minutes=12), Ruling.OFFENDER)


@pytest.mark.parametrize(
    ("rule", "more", "at"),
    [
        ({"age": "12h"}, {}, timedelta(hours=2)),
        ({"running_for": "3h"}, {"started_at": ago("1h")}, timedelta(hours=2)),
        ({"queued": "11h"}, {"state": "queued"}, timedelta(hours=1)),
        ({"all": [{"age": "11h"}, {"not": {"age": "30h"}}]}, {}, timedelta(hours=1)),
        ({"any": [{"age": "20h"}, {"age": "12h"}]}, {}, timedelta(hours=2)),
    ],
)
def test_each_length_of_time_is_counted_from_its_beginning(
    rule: Any,  # noqa: ANN401
    more: dict[str, Any],
    at: timedelta,
) -> None:
    """Whatever rule asks for it, wherever it stands."""
    change = forecast(house(a_policy(rule)), a_session(**more)).next_change()
    assert told(change) == (NOW + at, Ruling.OFFENDER)


@pytest.mark.parametrize(
    "exemption",
    [{"until": "2026-11-23"}, {"until": "2026-11-24"}],
)
def test_an_exemption_ends_with_its_day(exemption: dict[str, str]) -> None:
    """In UTC, whole."""
    rules = house(a_policy({"age": "2h"}, exempt=[{"app": "*", "reason": "x", **exemption}]))
    at, ruling = told(forecast(rules, a_session()).next_change())
    assert f"{at - SECOND:%Y-%m-%d %H:%M:%S}" == f"{exemption['until']} 23:59:59"
    assert ruling is Ruling.OFFENDER


def test_an_exemption_by_hand_ends_at_its_moment() -> None:
    """To the second."""
    end = NOW + timedelta(minutes=7)
    granted = ManualExemption.model_validate({"app": "*", "reason": "x", "ends": end})
    rules = PolicySet((a_policy({"age": "2h"}),), granted=(granted,))
    assert told(forecast(rules, a_session()).next_change()) == (end, Ruling.OFFENDER)


@pytest.mark.parametrize(
    ("window", "hours", "acts"), [("19:00-07:00 UTC", 7, True), ("07:00-19:00 UTC", 7, False)]
)
def test_an_offenders_window_opens_and_closes(window: str, hours: int, acts: bool) -> None:
    """It is Monday noon; the verdict stays, but whether it is acted upon does not."""
    rules = house(a_policy({"age": "2h"}, only_during=window))
    change = forecast(rules, a_session()).next_change()
    assert change is not None
    assert (change.at, change.acts) == (NOW + timedelta(hours=hours), acts)


def test_a_policy_that_is_not_in_force_yet_judges_from_its_first_day_on() -> None:
    """And one that ends says nothing any more after its last."""
    coming = forecast(
        house(a_policy({"age": "2h"}, **{"from": "2026-11-25"})), a_session()
    ).next_change()
    going = forecast(house(a_policy({"age": "2h"}, until="2026-11-24")), a_session()).next_change()
    assert told(coming) == (NOW + timedelta(hours=36), Ruling.OFFENDER)
    assert told(going) == (NOW + timedelta(hours=36), None)


@pytest.mark.parametrize("rule", [{"age": "2h"}, {"queued": "2h"}, {"gb_hours": 5}])
def test_what_no_time_changes_has_no_next_change(rule: dict[str, Any]) -> None:
    """An offender stays one, and what does not wait never waits long enough."""
    assert forecast(house(a_policy(rule)), a_session()).next_change() is None


def test_a_condition_that_this_look_is_the_first_to_show_begins_now() -> None:
    """The record would count from here on."""
    session = a_session(kind="solve")
    rules = house(a_policy({"orphan": "2h"}, {"kind": "solve"}))
    assert told(forecast(rules, session).next_change()) == (
        NOW + timedelta(hours=2),
        Ruling.OFFENDER,
    )


def test_others_that_become_idle_relieve_or_press_a_session() -> None:
    """Where seats are weighed, the silence of others counts."""
    mine, other = a_session("mine"), a_session("other", user="ben")
    known = {**idle_since(mine, "50m"), **idle_since(other, "55m")}
    rules = house(a_policy({"seats": {"high": 1, "low": 1, "floor": "1h"}}))
    found = forecast(rules, other, mine, known=known).next_change()
    assert told(found) == (NOW + timedelta(minutes=5), Ruling.OFFENDER)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[PolicySet, Fleet, dict[str, Activity]]:
    rules, fleet = draw(houses()), draw(fleets)
    return rules, fleet, draw(known_of(fleet))


@given(_cases(), st.data())
@examples(150)
def test_the_predicted_moment_is_exact(
    case: tuple[PolicySet, Fleet, Known], data: st.DataObject
) -> None:
    """Until it the verdict is the old one, whenever one looks; at it, it is another.

    Without one, nothing changes.
    """
    rules, fleet, known = case
    session = data.draw(st.sampled_from(fleet))
    policy = data.draw(st.sampled_from(rules.policies))
    found = Forecast(rules, policy, session, looked(rules, fleet, known))

    def ruling(at: Any) -> Ruling | None:  # noqa: ANN401 - a moment
        verdict = found.verdict_at(at)
        return verdict.ruling if verdict else None

    change, now = found.next_change(), ruling(NOW)
    seconds = (change.at - NOW - TICK).total_seconds() if change else MONTH
    between = NOW + timedelta(seconds=data.draw(st.floats(0, max(seconds, 0))))
    assert ruling(between) == now
    if change is not None:
        assert ruling(change.at - TICK) == now
        assert ruling(change.at) == (change.verdict.ruling if change.verdict else None) != now


def test_what_is_not_looked_behind_is_told() -> None:
    """Where hundreds of sessions weigh, the moments to come are too many to try them all."""
    tabs = [a_session(f"s{n}", user=f"u{n}") for n in range(100)]
    known = {s.id: active(s, NOW - timedelta(seconds=n)) for n, s in enumerate(tabs)}
    pressed = house(a_policy({"seats": {"high": 1, "low": 0, "floor": "1h"}}))
    change = forecast(pressed, tabs[0], *tabs[1:], known=known).next_change()
    assert change is not None
    assert (change.open_end, change.verdict) == (True, None)
    assert NOW < change.at < NOW + timedelta(hours=1)
