"""Seats, and records to be deleted, where the server does not tell the truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support.hostile_house import IDLE, House, quota
from support.hostile_server import Switches, stamp

SEATS = {**IDLE, "terminate_when": {"seats": {"high": 3, "low": 1, "floor": "1h"}}}
RECORDS = {
    "name": "records",
    "mode": "enforce",
    "select": {"kind": ["solve", "task"]},
    "delete_when": {"ended": "1d"},
}
Lie = Callable[[House], object]


def two_users(house: House) -> None:
    """In truth two seats are taken, and three may be."""
    for name in ("anna", "ben"):
        house.session(f"{name}1", f"{name}@Planning", idle="5h")


def ghosts(house: House, **more: Any) -> None:  # noqa: ANN401 - fields as they are sent
    """Sessions of people who are not there."""
    for number in range(4):
        house.session(f"ghost{number}", f"ghost{number}@Planning", **more)


def ghosts_at_first(house: House) -> None:
    """The first look is shown people that are gone before the second."""
    ghosts(house, idle="2h")

    def vanish(_: object) -> None:
        for number in range(4):
            house.server.tenant.sessions.pop(("webui", f"ghost{number}"), None)

    house.server.upon("list", vanish, nth=4)  # the first look reads three lists


CROWDED: dict[str, Lie] = {
    "people who are gone at the second look": ghosts_at_first,
    "one person in many spellings": lambda house: [
        house.session(f"a{n}", f"{how}@Planning", idle="1m")
        for n, how in enumerate(("ANNA", " anna", "Anna ", "\uff41nna"))
    ],
    "people without a name": lambda house: ghosts(house, user_name=None),
    "people whose name is no text": lambda house: ghosts(house, user_name=["x"]),
    "sessions in no known state": lambda house: [
        house.session(f"k{n}", f"k{n}@Planning", state="odd") for n in range(4)
    ],
    "sessions that are over": lambda house: ghosts(house, state="terminated"),
    "sessions of tomorrow": lambda house: ghosts(
        house,
        idle="2h",
        created_at=stamp(house.clock.true() + timedelta(days=1)),
        started_at=stamp(house.clock.true() + timedelta(days=1)),
    ),
}
"""How a server makes two seats look like more than three."""


@pytest.mark.parametrize("name", CROWDED)
def test_a_crowd_that_is_none_frees_no_seat(house: House, name: str) -> None:
    """No seat is freed upon people who are not known to be there."""
    two_users(house)
    CROWDED[name](house)
    house.run(SEATS)
    assert not {"anna1", "ben1"} & set(house.server.ended)


@pytest.mark.parametrize("lie", ["list_total_counts_the_page", "list_ignores_offset"])
def test_seats_are_not_counted_from_half_a_list(house: House, lie: str) -> None:
    """Where a page is taken for the whole, nobody knows who holds a seat."""
    for number in range(5):
        house.session(f"s{number}", f"user{number}@Planning", idle=f"{number + 2}h")
    house.server.switches = Switches(page_cap=2)
    setattr(house.server.switches, lie, True)
    house.run(SEATS)
    assert house.server.ended == []


def test_sessions_of_tomorrow_push_nobody_out_of_a_quota(house: House) -> None:
    """The newest stay, but one that was not created yet may not be there at all."""
    house.session("true", "anna@Planning")
    tomorrow = stamp(house.clock.true() + timedelta(days=1))
    for number in range(3):
        house.session(f"g{number}", "anna@Planning", created_at=tomorrow, started_at=tomorrow)
    house.run(quota(2))
    assert house.server.ended == []


def test_seats_are_freed_where_the_server_tells_the_truth(house: House) -> None:
    """Else the lies above would show nothing."""
    house.may_end = {f"s{number}" for number in range(5)}
    for number in range(5):
        house.session(f"s{number}", f"user{number}@Planning", idle=f"{number + 2}h")
    house.run(SEATS)
    assert len(house.server.ended) == 4


def over(house: House, ended: str = "3d", **more: Any) -> None:  # noqa: ANN401 - as it is sent
    """A solve that ended so long ago, if it did."""
    sent = {"state": "finished", "ended_at": stamp(house.ago(ended)), **more}
    house.session("record", kind="solve", age="5d", log=[], **sent)


def running_at_the_second_look(house: House) -> None:
    over(house)

    def revive(_: object) -> None:
        house.server.tenant.sessions["solve", "record"].sent.update(state="running", ended_at=None)

    house.server.upon("read", revive)


def ended_just_now_at_the_second_look(house: House) -> None:
    over(house)

    def later(_: object) -> None:
        sent = house.server.tenant.sessions["solve", "record"].sent
        sent["ended_at"] = stamp(house.clock.true())

    house.server.upon("read", later)


def another_at_the_second_look(house: House) -> None:
    over(house)

    def another(_: object) -> None:
        sent = house.server.tenant.sessions["solve", "record"].sent
        sent.update(user_name="somebody", created_at=stamp(house.ago("4d")))

    house.server.upon("read", another)


NOT_OVER: dict[str, Lie] = {
    "it runs at the second look": running_at_the_second_look,
    "it ended later at the second look": ended_just_now_at_the_second_look,
    "it is another at the second look": another_at_the_second_look,
    "it runs, and ended": lambda house: over(house, state="running"),
    "in a state that nobody knows": lambda house: over(house, state="sleeping"),
    "ended before it began": lambda house: over(house, ended="9d"),
    "ended in the future": lambda house: over(
        house, ended_at=stamp(house.clock.true() + timedelta(days=1))
    ),
    "ended at no time": lambda house: over(house, ended_at="yesterday"),
    "ended at a number": lambda house: over(house, ended_at=1),
    "ended in no zone": lambda house: over(house, ended_at="2026-11-01T00:00:00"),
}
"""How a server makes a record that is needed look like one that may go."""


@pytest.mark.parametrize("name", NOT_OVER)
def test_a_record_that_may_be_needed_is_kept(house: House, name: str) -> None:
    """What is not known to be over for so long is not deleted, by either look."""
    NOT_OVER[name](house)
    house.run(RECORDS)
    assert house.server.destroyed == []


def test_a_record_that_is_over_is_deleted(house: House) -> None:
    """Else the lies above would show nothing."""
    house.may_end = {"record"}
    over(house)
    house.run(RECORDS)
    assert [str(one) for one in house.server.destroyed] == ["record"]
