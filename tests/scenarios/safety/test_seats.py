"""Seats under pressure, in whole runs.

Down to `low`, whole owners, and no further than the fleet still asks for.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.safety_house import GENEROUS, House, Open, idle, rules

SEATS = {
    "name": "seats", "mode": "enforce", "select": {"kind": "webui"},
    "terminate_when": {"seats": {"high": 4, "low": 2, "floor": "30m"}},
}  # fmt: skip
HOUSE = rules(SEATS)
PACES = pytest.mark.parametrize(
    "per_minute", [0, 4], ids=["at once", "with a new look at the fleet for each"]
)


def pressed(house: Open, *more: dict[str, Any]) -> House:
    """Six owners hold a seat each, idle for one to six hours."""
    home = house(
        *(idle(who, f"{who}@Planning", idle=f"{n}h") for n, who in enumerate("abcdef", 1)), *more
    )
    home.limits = GENEROUS
    return home


def who(home: House) -> list[str]:
    return sorted(home.ended())


@PACES
def test_seats_are_freed_down_to_low(house: Open, per_minute: int) -> None:
    """The four longest idle of six go, though after two of them no more than `high` are held."""
    home = pressed(house)
    home.pass_once(HOUSE, per_minute=per_minute)
    assert who(home) == ["c", "d", "e", "f"]


@PACES
def test_an_owner_goes_with_all_sessions(house: Open, per_minute: int) -> None:
    """A seat is free when none of its owner's sessions is left."""
    home = pressed(house, idle("f2", "f@Planning", idle="5h"), idle("f3", "f@Planning", idle="7h"))
    home.pass_once(HOUSE, per_minute=per_minute)
    assert who(home) == ["c", "d", "e", "f", "f2", "f3"]


@PACES
def test_an_owner_in_upper_and_lower_case_goes_with_all_sessions(
    house: Open, per_minute: int
) -> None:
    """One person, however each session writes the name."""
    home = pressed(house, idle("f2", "F@Planning", idle="7h"))
    home.pass_once(HOUSE, per_minute=per_minute)
    assert who(home) == ["c", "d", "e", "f", "f2"]


@PACES
def test_who_returns_to_one_session_keeps_all(house: Open, per_minute: int) -> None:
    """Every session of the owner is looked at again immediately before."""
    home = pressed(house, idle("f2", "f@Planning", idle="5h"))
    home.upon("list", lambda _: home.world.touch("f2"), nth=7)
    results = home.outcomes(HOUSE, per_minute=per_minute)
    assert (results["f"], results["f2"]) == ("no-longer-due", "no-longer-due")
    assert who(home) == ["c", "d", "e"]


def test_seats_that_were_given_back_meanwhile_are_not_freed_again(house: Open) -> None:
    """Two leave by themselves before the first turn.

    No more than `high` are held, and all others stay.
    """
    home = pressed(house)

    def leave(_: object) -> None:
        for id_ in "ab":
            home.world.get(id_).state, home.world.get(id_).over_at = "Terminated", home.clock.now()

    home.upon("list", leave, nth=7)
    home.pass_once(HOUSE)
    assert who(home) == []


def test_a_dry_run_says_the_same(house: Open) -> None:
    """Nothing is freed, and each of them is still due at its turn."""
    home = pressed(house, idle("f2", "f@Planning"))
    assert home.outcomes(HOUSE, enforce=False) == dict.fromkeys(
        ["c", "d", "e", "f", "f2"], "withheld"
    )
