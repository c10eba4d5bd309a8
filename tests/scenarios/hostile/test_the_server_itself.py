"""With no switch thrown the hostile server is an ordinary tenant, so that what a switch changes is
the switch's.
"""

from __future__ import annotations

import pytest
from support.hostile_house import IDLE, OLD, House, Open


@pytest.mark.parametrize("generation", [1, 2])
def test_a_truthful_tenant_is_reaped(tenant: Open, generation: int) -> None:
    """The idle session is ended in the way of its generation, the busy one stays, and no record is
    destroyed.
    """
    house = tenant(generation)
    house.may_end = {"gone"}
    house.session("gone")
    house.session("busy", "ben@Supply", idle="1m")
    run = house.run(IDLE)
    assert (run.code, run.complete, run.outcomes) == (0, True, {"gone": "terminated"})
    assert [request.method for request in house.server.asked("terminate")] == [
        "DELETE" if generation == 1 else "PATCH"
    ]
    assert (house.server.ended, house.server.destroyed) == (["gone"], [])


def test_a_dry_run_asks_for_nothing(house: House) -> None:
    """It says who would be ended."""
    house.session("gone")
    assert house.run(IDLE, enforce=False).planned == {"gone"}


def test_a_second_run_finds_nothing_more_to_do(house: House) -> None:
    """What was ended is over in the next look, and nobody else was touched."""
    house.may_end = {"gone"}
    house.session("gone")
    house.session("young", "ben@Supply", age="1h")
    house.run(OLD)
    house.later("5m")
    assert house.run().outcomes == {}


def test_long_lists_and_logs_are_read_to_their_end(house: House) -> None:
    """A tenant that serves three entries a page is read as completely as any other."""
    house.server.switches.page_cap = 3
    house.may_end = {f"s{n}" for n in range(7)}
    for n in range(7):
        house.session(f"s{n}", f"user{n}@Planning", age=f"{9 + n}h")
    assert house.run(IDLE).planned == house.may_end
    assert set(house.server.ended) == house.may_end
