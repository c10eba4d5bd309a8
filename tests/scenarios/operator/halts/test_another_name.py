"""Two names for one tenant, one after the other: what holds it under one holds it under both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from support.safety_cli import POLICIES, Cli, Desk, ended
from support.safety_house import idle

from reaper.clock import SystemClock
from reaper.emulator import Emulator
from reaper.store import SqlLedger, open_database

SEVERAL = [idle(f"idle{number}", f"u{number}@Planning") for number in range(3)]
STRICT = {"run": {"sessions": 2}, "hour": {"sessions": 2}, "policy": {"sessions": 9}}


def renamed(desk: Desk, account: Emulator) -> None:
    """The tenant of `old` is called `new`, and its address is written otherwise."""
    desk.write(POLICIES, new=f"{account.url.upper().replace('HTTP', 'http')}/")


HELD: dict[str, Callable[[Cli], object]] = {
    "paused by": lambda reaper: reaper("pause", "--account", "old", "--reason", "year-end"),
    "exempt": lambda reaper: reaper(
        *("exempt", "add", "--account", "old", "--kind", "webui"),
        *("--forever", "--reason", "budget round"),
    ),
    "was halted by a limit": lambda reaper: reaper("run", "--enforce"),
}


@pytest.mark.parametrize("why", list(HELD))
def test_what_a_person_forbids_outlives_the_name(reaper: Cli, desk: Desk, why: str) -> None:
    """A pause, an exemption and a halt that were given to it, or made, under the other one."""
    account = desk.account(*SEVERAL)
    desk.settings["limits"] = STRICT
    desk.write(POLICIES, old=account)
    reaper("run")
    HELD[why](reaper)
    desk.settings["limits"] = {}
    renamed(desk, account)
    run = reaper("run", "--enforce")
    assert (ended(account), why in run.out) == ([], True)


def test_the_hour_counts_what_ended_under_the_other_name(reaper: Cli, desk: Desk) -> None:
    """A new name is no new hour."""
    account = desk.account(*SEVERAL[:2])
    desk.settings["limits"] = STRICT
    desk.write(POLICIES, old=account)
    assert (reaper("run", "--enforce").code, len(ended(account))) == (0, 2)
    account.world.add_session(**SEVERAL[2])
    renamed(desk, account)
    halted = reaper("run", "--enforce")
    assert (halted.code, len(ended(account))) == (5, 2)
    assert "within the hour this would make 3 sessions" in halted.out


def test_two_reapers_under_two_names_are_one_too_many(reaper: Cli, desk: Desk) -> None:
    """The second one leaves the account to the first, and says as what it is locked."""
    account = desk.account(*SEVERAL)
    desk.write(POLICIES, old=account)
    assert reaper("run").code == 0
    store = open_database(desk.database_url)
    address = account.url.rstrip("/")
    other = SqlLedger(
        store, SystemClock(), "somebody", "1", timedelta(minutes=15), addresses={"old": address}
    )
    with other.lease("old"):
        renamed(desk, account)
        run = reaper("run", "--enforce")
    store.close()
    assert ended(account) == []
    assert "new: the same tenant is locked as 'old' by somebody" in run.out + run.err


def test_another_address_is_another_tenant(reaper: Cli, desk: Desk) -> None:
    """What holds one account holds no other."""
    old, other = desk.account(*SEVERAL), desk.account(*SEVERAL)
    desk.write(POLICIES, old=old)
    reaper("run")
    reaper("pause", "--account", "old", "--reason", "year-end")
    desk.write(POLICIES, new=other)
    assert (reaper("run", "--enforce").code, len(ended(other))) == (0, 3)
