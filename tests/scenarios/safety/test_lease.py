"""One reaper at a time for each account; one that was held up ends nothing any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.safety_house import IDLE, Open, Tripwire, idle, rules

from reaper.errors import LeaseHeld, LeaseLost
from reaper.store import Database
from reaper.store.lease import take

HOUSE = rules(IDLE)
TWO = (idle("a", "anna@Planning"), idle("b", "ben@Planning"))
LENGTH = timedelta(minutes=2)
both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@both
def test_a_second_reaper_leaves_and_says_to_whom(house: Open) -> None:
    """While one works, another raises Held with the holder's name, and asks the account for
    nothing.
    """
    home = house(*TWO)
    said: list[str] = []

    def second(_: object) -> None:
        before = len(home.asked)
        with pytest.raises(LeaseHeld) as left:
            home.pass_once(HOUSE, actor="ben@replica")
        said.append(str(left.value))
        assert len(home.asked) == before

    home.upon("terminate", second)
    assert set(home.outcomes(HOUSE, actor="anna@desk").values()) == {"terminated"}
    assert said == ["acme: locked by anna@desk for at most 2m more; skipped"]
    assert sorted(home.ended()) == ["a", "b"]


@both
def test_the_lease_of_a_crashed_holder_runs_out(house: Open, database: Database) -> None:
    """A holder that never comes back keeps the account for two minutes and no longer."""
    home = house(idle())
    take(database, home.clock, "acme", "ben@crashed", LENGTH)
    home.later(seconds=119)
    with pytest.raises(LeaseHeld, match="locked by ben@crashed"):
        home.pass_once(HOUSE)
    home.later(seconds=1)
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


@both
@pytest.mark.parametrize(("when", "ended"), [("read", 0), ("terminate", 1)])
def test_a_holder_whose_lease_was_taken_over_ends_nothing_more(
    house: Open, database: Database, when: str, ended: int
) -> None:
    """It hangs for three minutes, another takes the account over, and its next intent is
    refused.
    """
    home = house(*TWO)

    def taken_over(_: object) -> None:
        home.later(minutes=3)
        take(database, home.clock, "acme", "ben@replica", LENGTH)

    home.upon(when, taken_over)
    with pytest.raises(
        LeaseLost, match="another reaper took the account over; nothing more is ended by this one"
    ):
        home.pass_once(HOUSE)
    assert len(home.endings()) == ended
    with pytest.raises(LeaseHeld, match="ben@replica"):
        home.pass_once(HOUSE, actor="eva@third")


@both
def test_a_holder_that_lost_the_lease_during_its_look_writes_nothing(
    house: Open, database: Database
) -> None:
    """No run, no decision, no step of one that is not its own any more."""
    home = house(*TWO)

    def taken_over(_: object) -> None:
        home.later(minutes=3)
        take(database, home.clock, "acme", "ben@replica", LENGTH)

    home.upon("log", taken_over)
    with pytest.raises(LeaseLost):
        home.pass_once(HOUSE)
    assert (home.rows("SELECT id FROM runs"), home.endings()) == ([], [])


@both
def test_a_holder_held_up_after_its_intent_asks_for_nothing(house: Open) -> None:
    """Its lease ran out between the intent and the request, though nobody took it.

    Withheld, and not sent.
    """
    home = house(idle())
    report = home.pass_once(
        HOUSE, ledger=lambda made: Tripwire(made, lambda: home.later(minutes=10))
    )
    assert (report.outcomes["anna"].result, home.endings()) == ("withheld", [])
    assert "its lease expired" in report.outcomes["anna"].detail
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_a_lease_is_renewed_with_every_step(house: Open) -> None:
    """Ten steps of a minute each, under a lease of two: nobody else gets in, and all are taken."""
    home = house(
        *(idle(f"s{n}", f"s{n}@Planning") for n in range(3)),
        *(idle(f"b{n}", idle="1m") for n in range(9)),
    )
    held: list[bool] = []

    def slow(_: object) -> None:
        home.later(seconds=110)
        with pytest.raises(LeaseHeld):
            take(home.database, home.clock, "acme", "ben@replica", LENGTH)
        held.append(True)

    home.upon("terminate", slow, nth=0)
    assert set(home.outcomes(HOUSE).values()) == {"terminated"}
    assert len(held) == 3


def test_leases_are_by_account(house: Open, database: Database) -> None:
    """A reaper at work on another account keeps nobody out of this one."""
    home = house(idle())
    take(database, home.clock, "other", "ben@replica", LENGTH)
    assert home.outcomes(HOUSE) == {"anna": "terminated"}


def test_a_pass_that_failed_gives_the_account_back(house: Open) -> None:
    """An account that could not be read is free for the next reaper at once."""
    home = house(idle(), faults="500:1")
    assert home.pass_once(HOUSE).error is not None
    home.faulty("")
    assert home.outcomes(HOUSE, actor="ben@replica") == {"anna": "terminated"}
