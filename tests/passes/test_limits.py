"""Limits abort a whole plan, latch, and count the fleet: each is seen to fire, and not to fire one below."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pass_house import IDLE, UNLIMITED, policies

from reaper.core.limits import Limit, Limits
from reaper.store import acknowledge

if TYPE_CHECKING:
    from pass_house import House, MakeHouse

BUSY = {"idle": "5m"}


def limits(**more: Any) -> Limits:  # noqa: ANN401 - any limit
    return UNLIMITED.model_copy(update=more)


def fleet(house: MakeHouse, gone: int, busy: int = 0) -> House:
    return house(
        *[{"name": f"gone{n}", "idle": "3h"} for n in range(gone)], *[{**BUSY, "name": f"busy{n}"} for n in range(busy)]
    )


@pytest.mark.parametrize(
    ("limit", "policy_limit", "gone", "busy"),
    [
        (limits(run=Limit(sessions=2)), None, 2, 0),
        (limits(run=Limit(percent=50)), None, 5, 5),
        (limits(policy=Limit(sessions=2)), None, 2, 0),
        (limits(policy=Limit(percent=40)), None, 4, 6),
        (limits(), {"sessions": 2}, 2, 0),
        (limits(), {"percent": 50}, 4, 4),
        (limits(hour=Limit(sessions=2)), None, 2, 0),
        (limits(hour=Limit(percent=50)), None, 4, 4),
    ],
)
def test_a_limit_lets_pass_what_it_allows_and_nothing_of_more(
    house: MakeHouse, limit: Limits, policy_limit: dict[str, Any] | None, gone: int, busy: int
) -> None:
    """At a limit everything is ended; one over it nothing at all is, and the run is recorded as halted."""
    rules = policies({**IDLE, "limits": policy_limit} if policy_limit else IDLE)
    acme = fleet(house, gone, busy)
    acme.limits = limit
    world = acme.emulator.world
    extra = world.add_session(owner="anna@Planning", age="5h", idle="3h", name="one more")
    if busy:
        world.end(next(s.id for s in world.sessions if s.name == "busy0"))
    over = acme.once(rules)
    assert (acme.ended, bool(over.plan.halted)) == ([], True)
    assert set(acme.outcomes(over).values()) == {"withheld"}
    world.touch(extra.id)
    acknowledge(acme.store, over.run_id, at=acme.clock.now(), by="me", reason="seen")
    within = acme.once(rules)
    assert (len(acme.ended), within.plan.halted) == (gone, ())


def test_zero_means_zero(house: MakeHouse) -> None:
    """A limit of 0 sessions, or of 0 percent, ends nobody, however small the fleet."""
    acme = fleet(house, 1)
    for limit in (Limit(sessions=0), Limit(percent=0)):
        acme.limits = limits(run=limit)
        assert acme.once(policies(IDLE)).plan.halted
    assert acme.ended == []


def test_a_percentage_of_a_small_fleet_is_not_nothing(house: MakeHouse) -> None:
    """20 % of three running sessions lets three end."""
    acme = fleet(house, 3)
    acme.limits = limits(run=Limit(percent=20))
    acme.once(policies(IDLE))
    assert len(acme.ended) == 3


def test_a_halted_account_is_latched_until_a_person_acknowledges_it(house: MakeHouse) -> None:
    """Later runs end nothing, also what is within the limit, until the run is acknowledged."""
    acme = fleet(house, 3)
    acme.limits = limits(run=Limit(sessions=2))
    halted = acme.once(policies(IDLE))
    acme.emulator.world.touch(acme.emulator.world.sessions[0].id)
    latched = acme.once(policies(IDLE))
    assert (acme.ended, latched.plan.halted) == ([], ())
    assert {o.detail for o in latched.outcomes.values()} == {
        f"run {halted.run_id} was halted by a limit (`reaper acknowledge {halted.run_id}` once you have seen why)"
    }
    assert acknowledge(acme.store, halted.run_id, at=acme.clock.now(), by="me", reason="") == [halted.run_id]
    acme.once(policies(IDLE))
    assert len(acme.ended) == 2


def test_a_dry_run_over_a_limit_latches_nothing(house: MakeHouse) -> None:
    """A dry run says that it would be halted, and the account is not held by it."""
    acme = fleet(house, 3)
    acme.limits = limits(run=Limit(sessions=2))
    assert acme.once(policies(IDLE), enforce=False).plan.halted
    acme.limits = UNLIMITED
    acme.once(policies(IDLE))
    assert len(acme.ended) == 3


def test_the_hour_counts_every_run_and_slides(house: MakeHouse) -> None:
    """What other runs ended within the last hour counts; after an hour it does not any more."""
    acme = fleet(house, 2)
    acme.limits = limits(hour=Limit(sessions=2))
    acme.once(policies(IDLE))
    acme.emulator.world.add_session(owner="ben@Planning", age="5h", idle="3h", name="third")
    halted = acme.once(policies(IDLE))
    assert (len(acme.ended), bool(halted.plan.halted)) == (2, True)
    acknowledge(acme.store, halted.run_id, at=acme.clock.now(), by="me", reason="")
    acme.emulator.world.advance(timedelta(hours=1))
    acme.once(policies(IDLE))
    assert len(acme.ended) == 3


def test_defaults_are_on() -> None:
    """Without a word in the settings, a run ends at most 10 sessions and 20 percent, and an hour 30."""
    usual = Limits()
    assert (usual.run.sessions, usual.run.percent, usual.hour.sessions) == (10, 20, 30)
    assert usual.run.exceeded(11, 1000)
    assert not usual.run.exceeded(10, 1000)
    assert usual.run.exceeded(9, 40)
    assert not usual.run.exceeded(8, 40)
    assert usual.hour.exceeded(31, 1000)
    assert not usual.hour.exceeded(30, 1000)
